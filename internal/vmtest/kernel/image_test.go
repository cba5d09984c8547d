package kernel

import (
	"testing"

	"github.com/go-quicktest/qt"
)

func candidates(names ...string) []candidate {
	var all []candidate
	for _, name := range names {
		all = append(all, candidate{name: name})
	}
	return all
}

func TestChooseNewest(t *testing.T) {
	offered := candidates(
		"linux-image-6.1.0-9-cloud-amd64-unsigned",
		"linux-image-6.1.0-56-cloud-amd64-unsigned",
		"linux-image-6.1.0-56-cloud-amd64-dbg",
		"linux-image-6.1.0-57-cloud-arm64-unsigned",
		"linux-image-6.12-cloud-amd64",
		"linux-image-6.12.9+deb12-cloud-amd64-unsigned",
		"linux-image-6.12.117+deb12-cloud-amd64-unsigned",
		"linux-image-6.12.118+deb12-cloud-amd64",
		"linux-binary-7.2.12+deb13-cloud-amd64",
		"linux-binary-7.3.4+deb13-cloud-amd64",
		"linux-binary-7.3.10+deb13-cloud-amd64",
		"linux-binary-7.10.1+deb13-cloud-amd64",
		"linux-binary-unsigned-7.3.11+deb13-cloud-amd64",
	)
	for name, want := range map[string]string{
		"6.1":  "linux-image-6.1.0-56-cloud-amd64-unsigned",
		"6.12": "linux-image-6.12.117+deb12-cloud-amd64-unsigned",
		"7.3":  "linux-binary-7.3.10+deb13-cloud-amd64",
	} {
		i, err := imageByName(name)
		qt.Assert(t, qt.IsNil(err))
		got, err := i.choose(offered)
		qt.Assert(t, qt.IsNil(err))
		qt.Check(t, qt.Equals(got.name, want))
	}
}

func TestChooseFallsBackToNewerLine(t *testing.T) {
	i, err := imageByName("7.3")
	qt.Assert(t, qt.IsNil(err))
	got, err := i.choose(candidates(
		"linux-binary-6.19.2+deb13-cloud-amd64",
		"linux-binary-7.9.4+deb13-cloud-amd64",
		"linux-binary-7.10.1+deb13-cloud-amd64",
	))
	qt.Assert(t, qt.IsNil(err))
	qt.Check(t, qt.Equals(got.name, "linux-binary-7.10.1+deb13-cloud-amd64"))
	_, err = i.choose(nil)
	qt.Check(t, qt.ErrorMatches(err, "no package matches .* in suite trixie-backports: .*"))
}

func TestUnknownKernel(t *testing.T) {
	_, err := Cache{dir: t.TempDir()}.Find("5.15")
	qt.Check(t, qt.ErrorMatches(err, `unknown kernel "5.15": known are 6.1, 6.12, 7.3, .*`))
}

func TestCompareVersions(t *testing.T) {
	ordered := []string{"", "6.1.0-9", "6.1.0-10", "6.1.0-010a", "6.9", "6.12.9", "6.12.117", "10.0"}
	for i, a := range ordered {
		for j, b := range ordered {
			got := compareVersions(a, b)
			qt.Check(t, qt.Equals(got < 0, i < j), qt.Commentf("%q %q", a, b))
			qt.Check(t, qt.Equals(got == 0, i == j), qt.Commentf("%q %q", a, b))
		}
	}
}

func TestParseCandidates(t *testing.T) {
	got, err := parseCandidates(`Package: linux-image-6.1.0-56-cloud-amd64-unsigned
Version: 6.1.192-2
Description: Linux 6.1
 for x86-64 cloud
Size: 27000000

Package: b
Version: 2
Size: 3
`)
	qt.Assert(t, qt.IsNil(err))
	qt.Check(t, qt.IsTrue(len(got) == 2))
	qt.Check(t, qt.Equals(got[0], candidate{name: "linux-image-6.1.0-56-cloud-amd64-unsigned", version: "6.1.192-2", size: 27000000}))
	_, err = parseCandidates("Package: b\nVersion: 2\n")
	qt.Check(t, qt.ErrorMatches(err, "apt-cache show: size of b: .*"))
}

func TestImageRelease(t *testing.T) {
	for name, want := range map[string]string{
		"/boot/vmlinuz-6.1.0-56-cloud-amd64":                    "6.1.0-56-cloud-amd64",
		"/usr/lib/modules/7.3.4+deb13-cloud-amd64/vmlinuz":      "7.3.4+deb13-cloud-amd64",
		"/usr/lib/modules/7.3.4+deb13-cloud-amd64/kernel/fs.ko": "",
		"/boot/System.map-6.1.0":                                "",
	} {
		got, ok := imageRelease(name)
		qt.Check(t, qt.Equals(ok, want != ""))
		if ok {
			qt.Check(t, qt.Equals(got, want))
		}
	}
}
