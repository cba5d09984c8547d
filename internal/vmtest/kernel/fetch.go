package kernel

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

// Fetcher downloads kernels into a cache.
type Fetcher struct {
	Cache    Cache
	Apt      string // apt's configuration directory, usually /etc/apt
	Progress *Progress
}

// Fetch makes sure that the named kernels are in the cache. Those that are
// cost nothing: apt runs only for the others.
func (f Fetcher) Fetch(ctx context.Context, names ...string) error {
	return f.each(ctx, names, f.missing, f.fetch)
}

// each fetches what is missing of names.
func (f Fetcher) each(ctx context.Context, names []string, missing func([]string) ([]image, error), fetch func(context.Context, *apt, image) error) error {
	wanted, err := missing(names)
	if err != nil || len(wanted) == 0 {
		return err
	}
	unlock, err := f.Cache.lock()
	if err != nil {
		return err
	}
	defer unlock()
	// Somebody else may have fetched them while this process waited.
	if wanted, err = missing(names); err != nil || len(wanted) == 0 {
		return err
	}
	f.Cache.sweep()
	work, err := os.MkdirTemp(f.Cache.Dir(), workPrefix)
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	a, err := newApt(work, f.Apt, wanted)
	if err != nil {
		return err
	}
	f.Progress.Say("kernels: reading package lists")
	if err := a.update(ctx); err != nil {
		return err
	}
	for _, i := range wanted {
		if err := fetch(ctx, a, i); err != nil {
			return fmt.Errorf("kernel %s: %w", i.name, err)
		}
	}
	return nil
}

func (f Fetcher) missing(names []string) ([]image, error) {
	var wanted []image
	for _, name := range names {
		i, err := imageByName(name)
		if err != nil {
			return nil, err
		}
		if _, err := f.Cache.read(name); errors.Is(err, ErrNotCached) {
			wanted = append(wanted, i)
		} else if err != nil {
			return nil, err
		}
	}
	return wanted, nil
}

func (f Fetcher) fetch(ctx context.Context, a *apt, i image) error {
	found, err := a.search(ctx, i)
	if err != nil {
		return err
	}
	best, err := i.choose(found)
	if err != nil {
		return err
	}
	if !i.packages[0].MatchString(best.name) {
		f.Progress.Say("kernel %s: its line is gone from %s, taking the newest one instead", i.name, i.suite)
	}
	stop := f.Progress.Watch(fmt.Sprintf("kernel %s: downloading %s", i.name, best.name), a.debs(), best)
	deb, err := a.download(ctx, best)
	stop()
	if err != nil {
		return err
	}
	dir := filepath.Join(a.dir, "kernel-"+i.name)
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	release, err := unpack(ctx, deb, filepath.Join(dir, bzImage), imageRelease)
	if err != nil {
		return fmt.Errorf("unpack %s: %w", filepath.Base(deb), err)
	}
	k := Kernel{Name: i.name, Package: best.name, Version: best.version, Release: release}
	if err := f.Cache.store(dir, k); err != nil {
		return err
	}
	f.Progress.Say("kernel %s: %s is ready", i.name, release)
	return os.Remove(deb)
}

// unpack writes the kernel of a package to dst and returns its release. releaseOf
// takes that out of the kernel's name, and knows no other file.
func unpack(ctx context.Context, deb, dst string, releaseOf func(name string) (string, bool)) (release string, err error) {
	cmd := exec.CommandContext(ctx, "dpkg-deb", "--fsys-tarfile", deb)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	release, err = unpackTar(out, dst, releaseOf)
	// dpkg-deb must not die of a closed pipe: let it finish.
	_, drainErr := io.Copy(io.Discard, out)
	if waitErr := cmd.Wait(); waitErr != nil {
		return "", errors.Join(waitErr, said(stderr.String()))
	}
	return release, errors.Join(err, drainErr)
}

func unpackTar(r io.Reader, dst string, releaseOf func(name string) (string, bool)) (release string, err error) {
	files := tar.NewReader(r)
	for {
		h, err := files.Next()
		if errors.Is(err, io.EOF) {
			return "", errors.New("no kernel in it")
		}
		if err != nil {
			return "", err
		}
		release, ok := releaseOf(path.Clean("/" + h.Name))
		if !ok || h.Typeflag != tar.TypeReg {
			continue
		}
		f, err := os.Create(dst)
		if err != nil {
			return "", err
		}
		if _, err := io.Copy(f, files); err != nil {
			f.Close()
			return "", err
		}
		return release, f.Close()
	}
}

// imageRelease takes the release out of the name of a kernel image:
// /boot/vmlinuz-RELEASE, or since 7.3 /usr/lib/modules/RELEASE/vmlinuz.
func imageRelease(name string) (string, bool) {
	if release, ok := strings.CutPrefix(name, "/boot/vmlinuz-"); ok {
		return release, true
	}
	if rest, ok := strings.CutPrefix(name, "/usr/lib/modules/"); ok {
		return strings.CutSuffix(rest, "/vmlinuz")
	}
	return "", false
}
