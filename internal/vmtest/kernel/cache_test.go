package kernel

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-quicktest/qt"
)

func put(t *testing.T, c Cache, k Kernel) {
	t.Helper()
	unlock, err := c.lock()
	qt.Assert(t, qt.IsNil(err))
	defer unlock()
	work, err := os.MkdirTemp(c.Dir(), workPrefix)
	qt.Assert(t, qt.IsNil(err))
	qt.Assert(t, qt.IsNil(os.WriteFile(filepath.Join(work, bzImage), []byte("image"), 0o644)))
	qt.Assert(t, qt.IsNil(c.store(work, k)))
}

func TestCache(t *testing.T) {
	t.Setenv("URINGTRACE_CACHE", t.TempDir())
	c, err := OpenCache()
	qt.Assert(t, qt.IsNil(err))
	_, err = c.Find("6.1")
	qt.Check(t, qt.ErrorIs(err, ErrNotCached))

	want := Kernel{Name: "6.1", Package: "p", Version: "1", Release: "6.1.0-56-cloud-amd64"}
	put(t, c, want)
	got, err := c.Find("6.1")
	qt.Assert(t, qt.IsNil(err))
	want.Path = filepath.Join(os.Getenv("URINGTRACE_CACHE"), "uringtrace", "kernels", "6.1", "vmlinuz")
	qt.Check(t, qt.Equals(got, want))
	all, err := c.List()
	qt.Assert(t, qt.IsNil(err))
	qt.Check(t, qt.DeepEquals(all, []Kernel{want}))
}

func TestSweepRemovesInterruptedFetches(t *testing.T) {
	c := Cache{dir: t.TempDir()}
	put(t, c, Kernel{Name: "6.1"})
	qt.Assert(t, qt.IsNil(os.Mkdir(filepath.Join(c.dir, workPrefix+"1"), 0o755)))
	c.sweep()
	_, err := os.Stat(filepath.Join(c.dir, workPrefix+"1"))
	qt.Check(t, qt.ErrorIs(err, os.ErrNotExist))
	_, err = c.Find("6.1")
	qt.Check(t, qt.IsNil(err))
}

func TestFetchOfCachedKernelsRunsNothing(t *testing.T) {
	c := Cache{dir: t.TempDir()}
	put(t, c, Kernel{Name: "6.1"})
	t.Setenv("PATH", "/nowhere")
	var said bytes.Buffer
	f := Fetcher{Cache: c, Apt: "testdata/apt", Progress: NewProgress(&said, false)}
	qt.Check(t, qt.IsNil(f.Fetch(context.Background(), "6.1")))
	qt.Check(t, qt.Equals(said.String(), ""))
	qt.Check(t, qt.ErrorMatches(f.Fetch(context.Background(), "6.12"), "apt-get not found: .*"))
}
