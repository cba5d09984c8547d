package kernel

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-quicktest/qt"
)

func TestDebugPackageIsOfTheVeryBuild(t *testing.T) {
	k := Kernel{Name: "6.12", Version: "6.12.117-1", Release: "6.12.117+deb12-cloud-amd64"}
	offered := candidates(
		"linux-image-6.12.118+deb12-cloud-amd64-dbg",
		"linux-image-6.12.117+deb12-cloud-amd64-unsigned",
		"linux-image-6.12.117+deb12-cloud-amd64-dbg",
	)
	_, err := chooseDebug(k, offered[:2])
	qt.Check(t, qt.ErrorMatches(err, `the archive has no debug package of 6\.12\.117\+deb12-cloud-amd64`))
	_, err = chooseDebug(k, offered)
	qt.Check(t, qt.ErrorMatches(err, `.*-dbg is there as , the kernel in the cache is 6\.12\.117-1`))
	offered[2].version = k.Version
	got, err := chooseDebug(k, offered)
	qt.Assert(t, qt.IsNil(err))
	qt.Check(t, qt.Equals(got.name, "linux-image-6.12.117+deb12-cloud-amd64-dbg"))
}

func TestDebugRelease(t *testing.T) {
	got, ok := debugRelease("/usr/lib/debug/boot/vmlinux-6.1.0-56-cloud-amd64")
	qt.Check(t, qt.IsTrue(ok))
	qt.Check(t, qt.Equals(got, "6.1.0-56-cloud-amd64"))
	_, ok = debugRelease("/usr/lib/debug/lib/modules/6.1.0-56-cloud-amd64/kernel/fs/ext4/ext4.ko")
	qt.Check(t, qt.IsFalse(ok))
	qt.Check(t, qt.Equals(Kernel{Release: got}.DebugPath(), "/usr/lib/debug/boot/vmlinux-6.1.0-56-cloud-amd64"))
}

func TestFetchOfCachedDebugInformationRunsNothing(t *testing.T) {
	c := Cache{dir: t.TempDir()}
	t.Setenv("PATH", "/nowhere")
	var said bytes.Buffer
	f := Fetcher{Cache: c, Apt: "testdata/apt", Progress: NewProgress(&said, false)}
	qt.Check(t, qt.ErrorIs(f.FetchDebug(context.Background(), "6.1"), ErrNotCached))
	put(t, c, Kernel{Name: "6.1"})
	qt.Check(t, qt.ErrorMatches(f.FetchDebug(context.Background(), "6.1"), "apt-get not found: .*"))
	name := filepath.Join(c.Dir(), "6.1", debugImage)
	qt.Assert(t, qt.IsNil(os.WriteFile(name, []byte("ELF"), 0o644)))
	qt.Check(t, qt.IsNil(f.FetchDebug(context.Background(), "6.1")))
	k, err := c.Find("6.1")
	qt.Assert(t, qt.IsNil(err))
	qt.Check(t, qt.Equals(k.Debug, name))
	qt.Check(t, qt.Equals(said.String(), ""))
}
