package kernel

import (
	"fmt"
	"regexp"
	"strings"
)

// archive is one of the two hosts of a Debian release.
type archive string

const (
	mainArchive     archive = "main"
	securityArchive archive = "security"
)

// image says where a kernel comes from.
type image struct {
	name    string
	archive archive
	suite   string
	// packages are patterns of package names, the preferred one first. A
	// later one counts only when nothing matches the earlier: lines of
	// backports come and go.
	packages []*regexp.Regexp
}

// images are all kernels that vmrun knows.
func images() []image {
	return []image{
		{name: "6.1", archive: securityArchive, suite: "bookworm-security", packages: []*regexp.Regexp{
			regexp.MustCompile(`^linux-image-6\.1\.0-[0-9]+-cloud-amd64-unsigned$`),
		}},
		{name: "6.12", archive: securityArchive, suite: "bookworm-security", packages: []*regexp.Regexp{
			regexp.MustCompile(`^linux-image-6\.12\.[0-9]+\+deb12-cloud-amd64-unsigned$`),
		}},
		{name: "7.3", archive: mainArchive, suite: "trixie-backports", packages: []*regexp.Regexp{
			// Since 7.3 linux-image is only a bracket around other packages.
			regexp.MustCompile(`^linux-binary-7\.3\.[0-9]+\+deb13-cloud-amd64$`),
			regexp.MustCompile(`^linux-binary-([7-9]|[1-9][0-9])\.[0-9.]+\+deb13-cloud-amd64$`),
		}},
	}
}

// Names returns the names that Find and Fetch accept.
func Names() []string {
	var names []string
	for _, i := range images() {
		names = append(names, i.name)
	}
	return names
}

func imageByName(name string) (image, error) {
	for _, i := range images() {
		if i.name == name {
			return i, nil
		}
	}
	return image{}, fmt.Errorf("unknown kernel %q: known are %s, or give the path of a bzImage", name, strings.Join(Names(), ", "))
}

// choose returns the newest of the packages that match i.
func (i image) choose(packages []candidate) (candidate, error) {
	for _, pattern := range i.packages {
		var best candidate
		for _, p := range packages {
			if pattern.MatchString(p.name) && (best.name == "" || compareVersions(p.name, best.name) > 0) {
				best = p
			}
		}
		if best.name != "" {
			return best, nil
		}
	}
	return candidate{}, fmt.Errorf("no package matches %s in suite %s: adapt the pattern in internal/vmtest/kernel/image.go", i.packages[0], i.suite)
}

// compareVersions compares two names or versions: runs of digits by value,
// everything else by byte. It is negative if a is older.
func compareVersions(a, b string) int {
	for a != "" && b != "" {
		an, arest := leadingNumber(a)
		bn, brest := leadingNumber(b)
		if an != "" && bn != "" {
			if c := compareNumbers(an, bn); c != 0 {
				return c
			}
			a, b = arest, brest
			continue
		}
		if a[0] != b[0] {
			return int(a[0]) - int(b[0])
		}
		a, b = a[1:], b[1:]
	}
	return len(a) - len(b)
}

func leadingNumber(s string) (digits, rest string) {
	rest = strings.TrimLeft(s, "0123456789")
	return s[:len(s)-len(rest)], rest
}

func compareNumbers(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}
