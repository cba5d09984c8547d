package proc_test

import (
	"io/fs"
	"os"
	"testing"
	"testing/fstest"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/proc"
)

func TestUsers(t *testing.T) {
	link := func(to string) *fstest.MapFile { return &fstest.MapFile{Mode: fs.ModeSymlink, Data: []byte(to)} }
	text := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	fsys := fstest.MapFS{
		"meminfo":  text(""),
		"900/comm": text("dragonfly\n"), "900/fd/0": link("/dev/null"),
		"900/fd/5": link("anon_inode:[io_uring]"), "900/fd/6": link("anon_inode:[io_uring]"),
		"1000/comm": text("nginx\n"), "1000/fd/3": link("anon_inode:[io_uring]"),
		"80/comm": text("bash\n"), "80/fd/0": link("anon_inode:[eventpoll]"),
		"81/comm": text("kthreadd\n"),
	}
	qt.Check(t, qt.DeepEquals(proc.Users(fsys), []proc.User{{900, "dragonfly", 2}, {1000, "nginx", 1}}))
	qt.Check(t, qt.HasLen(proc.Users(os.DirFS("/nonsense")), 0))
}
