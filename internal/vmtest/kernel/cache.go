package kernel

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// ErrNotCached means that a kernel has not been fetched yet.
var ErrNotCached = errors.New("not in the cache")

const (
	infoName   = "kernel.json"
	bzImage    = "vmlinuz"
	debugImage = "vmlinux"
	lockName   = ".lock"
	workPrefix = ".fetch-"
)

// Kernel is one that can be booted.
type Kernel struct {
	Name    string `json:"name"`
	Package string `json:"package"`
	Version string `json:"version"` // of the package
	Release string `json:"release"` // as uname -r says
	Path    string `json:"-"`       // of the bzImage
	Debug   string `json:"-"`       // path of the ELF with debug information; empty: not fetched
}

// Cache is the directory of fetched kernels: one directory per name with the
// bzImage and kernel.json, and maybe the ELF with debug information.
type Cache struct {
	dir string
}

// OpenCache returns the cache below $URINGTRACE_CACHE or the user's cache
// directory. Nothing is created yet.
func OpenCache() (Cache, error) {
	root := os.Getenv("URINGTRACE_CACHE")
	if root == "" {
		var err error
		if root, err = os.UserCacheDir(); err != nil {
			return Cache{}, fmt.Errorf("find the cache directory: %w: set URINGTRACE_CACHE", err)
		}
	}
	root, err := filepath.Abs(root)
	if err != nil {
		return Cache{}, err
	}
	return Cache{dir: filepath.Join(root, "uringtrace", "kernels")}, nil
}

// Dir is where the kernels are.
func (c Cache) Dir() string { return c.dir }

// Find returns a cached kernel. It returns an error that wraps ErrNotCached if
// the name is known and the kernel is not there.
func (c Cache) Find(name string) (Kernel, error) {
	if _, err := imageByName(name); err != nil {
		return Kernel{}, err
	}
	return c.read(name)
}

// List returns all cached kernels in the order of Names.
func (c Cache) List() ([]Kernel, error) {
	var kernels []Kernel
	for _, name := range Names() {
		k, err := c.read(name)
		if errors.Is(err, ErrNotCached) {
			continue
		}
		if err != nil {
			return nil, err
		}
		kernels = append(kernels, k)
	}
	return kernels, nil
}

func (c Cache) read(name string) (Kernel, error) {
	dir := filepath.Join(c.dir, name)
	data, err := os.ReadFile(filepath.Join(dir, infoName))
	if errors.Is(err, fs.ErrNotExist) {
		return Kernel{}, fmt.Errorf("kernel %s: %w", name, ErrNotCached)
	}
	if err != nil {
		return Kernel{}, err
	}
	k := Kernel{Path: filepath.Join(dir, bzImage)}
	if err := json.Unmarshal(data, &k); err != nil {
		return Kernel{}, fmt.Errorf("decode %s: %w", filepath.Join(dir, infoName), err)
	}
	if _, err := os.Stat(k.Path); err != nil {
		return Kernel{}, err
	}
	if name := filepath.Join(dir, debugImage); exists(name) {
		k.Debug = name
	}
	return k, nil
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// store makes the finished directory work the one of k.
func (c Cache) store(work string, k Kernel) error {
	data, err := json.MarshalIndent(k, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(work, infoName), append(data, '\n'), 0o644); err != nil {
		return err
	}
	target := filepath.Join(c.dir, k.Name)
	// What is there has no kernel.json, or nobody would store.
	if err := os.RemoveAll(target); err != nil {
		return err
	}
	return os.Rename(work, target)
}

// lock keeps other processes from fetching until the returned function is
// called.
func (c Cache) lock() (func(), error) {
	if err := os.MkdirAll(c.dir, 0o755); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(c.dir, lockName), os.O_CREATE|os.O_RDWR|unix.O_CLOEXEC, 0o644)
	if err != nil {
		return nil, err
	}
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if !errors.Is(err, unix.EINTR) {
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", f.Name(), err)
		}
	}
}

// sweep removes what interrupted fetches left. The lock must be held.
func (c Cache) sweep() {
	old, _ := filepath.Glob(filepath.Join(c.dir, workPrefix+"*"))
	for _, dir := range old {
		// What cannot be removed is only in the way of disk space.
		_ = os.RemoveAll(dir)
	}
}
