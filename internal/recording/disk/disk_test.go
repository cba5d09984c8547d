package disk

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-quicktest/qt"
)

func TestFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "some.urec")
	f, err := Create(name, false)
	qt.Assert(t, qt.IsNil(err))
	_, err = f.Write([]byte("first"))
	qt.Assert(t, qt.IsNil(err))
	qt.Check(t, qt.IsFalse(f.Full()))
	qt.Assert(t, qt.IsNil(f.Close()))
	info, err := os.Stat(name)
	qt.Assert(t, qt.IsNil(err))
	qt.Check(t, qt.Equals(info.Mode().Perm(), mode))

	_, err = Create(name, false)
	qt.Check(t, qt.ErrorIs(err, ErrExists))
	qt.Check(t, qt.Equals(content(t, name), "first"))
	f, err = Create(name, true)
	qt.Assert(t, qt.IsNil(err))
	qt.Assert(t, qt.IsNil(f.Close()))
	qt.Check(t, qt.Equals(content(t, name), ""))

	_, err = Create(filepath.Dir(name), true)
	qt.Check(t, qt.ErrorMatches(err, ".* is no file: it is not replaced"))
}

func content(t *testing.T, name string) string {
	t.Helper()
	r, err := Open(name)
	qt.Assert(t, qt.IsNil(err))
	data, err := io.ReadAll(r)
	qt.Assert(t, qt.IsNil(err))
	qt.Assert(t, qt.IsNil(r.Close()))
	return string(data)
}

// size is what a directory takes.
func size(t *testing.T, dir string) int64 {
	t.Helper()
	entries, err := os.ReadDir(dir)
	qt.Assert(t, qt.IsNil(err))
	var n int64
	for _, e := range entries {
		info, err := e.Info()
		qt.Assert(t, qt.IsNil(err))
		n += info.Size()
	}
	return n
}

// TestRing writes far more than the maximum: it never has more, and what it has is
// the newest, in order.
func TestRing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ring")
	const most = 8000
	r, err := CreateRing(dir, most, false)
	qt.Assert(t, qt.IsNil(err))
	var all bytes.Buffer
	for i := range 500 {
		data := bytes.Repeat([]byte{byte(i)}, 50+i%300)
		all.Write(data)
		_, err := r.Write(data)
		qt.Assert(t, qt.IsNil(err))
		qt.Assert(t, qt.IsTrue(size(t, dir) <= most))
		if r.Full() {
			qt.Assert(t, qt.IsNil(r.Turn()))
		}
	}
	qt.Assert(t, qt.IsNil(r.Close()))
	got := content(t, dir)
	qt.Check(t, qt.IsTrue(len(got) > most*3/4), qt.Commentf("%d", len(got)))
	qt.Check(t, qt.IsTrue(bytes.HasSuffix(all.Bytes(), []byte(got))))

	_, err = CreateRing(dir, most, false)
	qt.Check(t, qt.ErrorIs(err, ErrExists))
	r, err = CreateRing(dir, most, true)
	qt.Assert(t, qt.IsNil(err))
	qt.Check(t, qt.Equals(content(t, dir), ""))
	r.Discard()
	_, err = os.Stat(dir)
	qt.Check(t, qt.ErrorIs(err, os.ErrNotExist))
}

func TestRingTooSmall(t *testing.T) {
	r, err := CreateRing(t.TempDir(), 100, false)
	qt.Assert(t, qt.IsNil(err))
	_, err = r.Write(make([]byte, 101))
	qt.Check(t, qt.ErrorIs(err, ErrWalk))
	qt.Assert(t, qt.IsNil(r.Close()))
}

// TestOthersAreLeftAlone: --force removes segments and nothing else.
func TestOthersAreLeftAlone(t *testing.T) {
	dir := t.TempDir()
	qt.Assert(t, qt.IsNil(os.WriteFile(filepath.Join(dir, "00000000.urec"), nil, mode)))
	qt.Assert(t, qt.IsNil(os.WriteFile(filepath.Join(dir, "thesis.tex"), nil, mode)))
	_, err := CreateRing(dir, MinRing, true)
	qt.Check(t, qt.ErrorIs(err, ErrExists))
	entries, err := os.ReadDir(dir)
	qt.Assert(t, qt.IsNil(err))
	qt.Check(t, qt.HasLen(entries, 2))
}

// TestOldestGoesWhileItIsRead: then the recording begins later.
func TestOldestGoesWhileItIsRead(t *testing.T) {
	dir := t.TempDir()
	for i, text := range []string{"a", "b", "c"} {
		qt.Assert(t, qt.IsNil(os.WriteFile(filepath.Join(dir, segmentName(i)), []byte(text), mode)))
	}
	r, err := Open(dir)
	qt.Assert(t, qt.IsNil(err))
	qt.Assert(t, qt.IsNil(os.Remove(filepath.Join(dir, segmentName(0)))))
	data, err := io.ReadAll(r)
	qt.Assert(t, qt.IsNil(err))
	qt.Check(t, qt.Equals(string(data), "bc"))

	_, err = Open(t.TempDir())
	qt.Check(t, qt.ErrorMatches(err, ".* has no segments of a recording in it"))
	_, err = Open(filepath.Join(dir, "absent"))
	qt.Check(t, qt.IsTrue(errors.Is(err, os.ErrNotExist)))
}
