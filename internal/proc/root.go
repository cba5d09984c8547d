package proc

import (
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
)

// Root is /proc of this machine.
func Root() fs.FS { return os.DirFS("/proc") }

// Comm is the name of process pid, empty if there is no such process.
func Comm(proc fs.FS, pid int) string { return strings.TrimSpace(read(proc, pid, "comm")) }

// read is the text of one file of a process. A process may end at any moment, so
// a file that can't be read is an empty one.
func read(proc fs.FS, pid int, name string) string {
	text, err := fs.ReadFile(proc, path.Join(strconv.Itoa(pid), name))
	if err != nil {
		return ""
	}
	return string(text)
}
