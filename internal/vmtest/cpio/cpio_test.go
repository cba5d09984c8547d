package cpio

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/go-quicktest/qt"
)

// member is what the test's own reader finds.
type member struct {
	Name         string
	Mode         uint64
	Inode        uint64
	Major, Minor uint64
	Body         string
}

// readArchive is a reader that knows nothing of the writer's code.
func readArchive(t *testing.T, data []byte) []member {
	t.Helper()
	var members []member
	r := bytes.NewReader(data)
	offset := func() int64 { return int64(len(data) - r.Len()) }
	take := func(n uint64) string {
		buf := make([]byte, n)
		_, err := io.ReadFull(r, buf)
		qt.Assert(t, qt.IsNil(err))
		return string(buf)
	}
	pad := func() {
		for offset()%4 != 0 {
			qt.Assert(t, qt.Equals(take(1), "\x00"))
		}
	}
	for {
		qt.Assert(t, qt.Equals(take(6), "070701"))
		var field [13]uint64
		for i := range field {
			value, err := strconv.ParseUint(take(8), 16, 32)
			qt.Assert(t, qt.IsNil(err))
			field[i] = value
		}
		name := take(field[11])
		qt.Assert(t, qt.IsTrue(strings.HasSuffix(name, "\x00")))
		name = strings.TrimSuffix(name, "\x00")
		pad()
		body := take(field[6])
		pad()
		if name == "TRAILER!!!" {
			qt.Assert(t, qt.Equals(r.Len(), 0))
			return members
		}
		members = append(members, member{Name: name, Inode: field[0], Mode: field[1], Major: field[9], Minor: field[10], Body: body})
	}
}

func TestTreeReadsBack(t *testing.T) {
	dir := t.TempDir()
	qt.Assert(t, qt.IsNil(os.MkdirAll(filepath.Join(dir, "sub"), 0o700)))
	qt.Assert(t, qt.IsNil(os.WriteFile(filepath.Join(dir, "sub", "data"), []byte("12345"), 0o640)))
	qt.Assert(t, qt.IsNil(os.Chmod(filepath.Join(dir, "sub", "data"), 0o640)))
	qt.Assert(t, qt.IsNil(os.Symlink("sub/data", filepath.Join(dir, "link"))))
	qt.Assert(t, qt.IsNil(os.Chmod(dir, 0o755)))

	tree := NewTree()
	tree.Char("/dev/console", 5, 1)
	tree.Dir("/tmp", 0o777|os.ModeSticky)
	tree.Bytes("/etc/hosts", []byte("old"), 0o600)
	tree.Bytes("etc//hosts", []byte("localhost"), 0o644)
	tree.Link("/bin/sh", "busybox")
	qt.Assert(t, qt.IsNil(tree.Copy("/a/b", dir)))
	qt.Assert(t, qt.IsNil(tree.Copy("/copy", filepath.Join(dir, "link"))))
	qt.Check(t, qt.IsTrue(tree.Has("/a/b/link")))
	qt.Check(t, qt.IsFalse(tree.Has("/a/c")))

	var archive bytes.Buffer
	qt.Assert(t, qt.IsNil(tree.Write(&archive)))
	got := readArchive(t, archive.Bytes())
	for i := range got {
		qt.Check(t, qt.Equals(got[i].Inode, uint64(i+1)))
		got[i].Inode = 0
	}
	qt.Check(t, qt.DeepEquals(got, []member{
		{Name: "a", Mode: 0o040755},
		{Name: "a/b", Mode: 0o040755},
		{Name: "a/b/link", Mode: 0o120777, Body: "sub/data"},
		{Name: "a/b/sub", Mode: 0o040700},
		{Name: "a/b/sub/data", Mode: 0o100640, Body: "12345"},
		{Name: "bin", Mode: 0o040755},
		{Name: "bin/sh", Mode: 0o120777, Body: "busybox"},
		{Name: "copy", Mode: 0o100640, Body: "12345"},
		{Name: "dev", Mode: 0o040755},
		{Name: "dev/console", Mode: 0o020666, Major: 5, Minor: 1},
		{Name: "etc", Mode: 0o040755},
		{Name: "etc/hosts", Mode: 0o100644, Body: "localhost"},
		{Name: "tmp", Mode: 0o041777},
	}))
}

func TestWriterNoticesShortBody(t *testing.T) {
	w := NewWriter(io.Discard)
	err := w.Add(Header{Name: "x", Mode: TypeFile, Size: 5}, strings.NewReader("abc"))
	qt.Check(t, qt.ErrorMatches(err, `body of x after 3 of 5 bytes: .*`))
	err = w.Add(Header{Name: "big", Mode: TypeFile, Size: 1 << 32}, nil)
	qt.Check(t, qt.ErrorMatches(err, `big: 4294967296 bytes are too many.*`))
}

func TestFileMustBeRegular(t *testing.T) {
	qt.Check(t, qt.ErrorMatches(NewTree().File("/x", t.TempDir()), `.*: not a regular file`))
}
