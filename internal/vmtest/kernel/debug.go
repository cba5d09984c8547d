package kernel

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// debugDir is where Debian's packages have kernels with debug information, and
// where debuggers look for them.
const debugDir = "/usr/lib/debug/boot/vmlinux-"

// DebugPath is where a debugger on k looks for its debug information.
func (k Kernel) DebugPath() string { return debugDir + k.Release }

// FetchDebug makes sure that the cache has the debug information of the named
// kernels, which are in it. It is some ten times as large as all else: an archive
// has it for its newest kernels alone, and few need it.
func (f Fetcher) FetchDebug(ctx context.Context, names ...string) error {
	return f.each(ctx, names, f.missingDebug, f.fetchDebug)
}

func (f Fetcher) missingDebug(names []string) ([]image, error) {
	var wanted []image
	for _, name := range names {
		i, err := imageByName(name)
		if err != nil {
			return nil, err
		}
		k, err := f.Cache.read(name)
		if err != nil {
			return nil, err
		}
		if k.Debug == "" {
			wanted = append(wanted, i)
		}
	}
	return wanted, nil
}

func (f Fetcher) fetchDebug(ctx context.Context, a *apt, i image) error {
	k, err := f.Cache.read(i.name)
	if err != nil {
		return err
	}
	i.packages = []*regexp.Regexp{debugPackage(k.Release)}
	found, err := a.search(ctx, i)
	if err != nil {
		return err
	}
	c, err := chooseDebug(k, found)
	if err != nil {
		return err
	}
	stop := f.Progress.Watch(fmt.Sprintf("kernel %s: downloading %s", i.name, c.name), a.debs(), c)
	deb, err := a.download(ctx, c)
	stop()
	if err != nil {
		return err
	}
	f.Progress.Say("kernel %s: unpacking its debug information", i.name)
	name := filepath.Join(a.dir, debugImage)
	release, err := unpack(ctx, deb, name, debugRelease)
	if err != nil {
		return fmt.Errorf("unpack %s: %w", filepath.Base(deb), err)
	}
	if release != k.Release {
		return fmt.Errorf("%s is of %s, the kernel is %s", filepath.Base(deb), release, k.Release)
	}
	if err := os.Rename(name, filepath.Join(f.Cache.dir, k.Name, debugImage)); err != nil {
		return err
	}
	f.Progress.Say("kernel %s: its debug information is ready", i.name)
	return os.Remove(deb)
}

// debugPackage matches the name of the package with a kernel's debug information.
func debugPackage(release string) *regexp.Regexp {
	return regexp.MustCompile("^linux-image-" + regexp.QuoteMeta(release) + "-dbg$")
}

// chooseDebug returns the package of the very build of k.
func chooseDebug(k Kernel, found []candidate) (candidate, error) {
	for _, c := range found {
		if !debugPackage(k.Release).MatchString(c.name) {
			continue
		}
		if c.version != k.Version {
			return candidate{}, fmt.Errorf("%s is there as %s, the kernel in the cache is %s", c.name, c.version, k.Version)
		}
		return c, nil
	}
	return candidate{}, fmt.Errorf("the archive has no debug package of %s", k.Release)
}

// debugRelease takes the release out of the name of a kernel with debug
// information.
func debugRelease(name string) (string, bool) { return strings.CutPrefix(name, debugDir) }
