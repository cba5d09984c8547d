package proc

import (
	"cmp"
	"io/fs"
	"path"
	"slices"
	"strconv"
)

// ringLink is what the link of a ring's descriptor says.
const ringLink = "anon_inode:[io_uring]"

// User is a process that has rings open.
type User struct {
	PID   int
	Comm  string
	Rings int // descriptors of rings, of those that we may see
}

// Users lists the processes with a descriptor of a ring, by pid. It looks at links
// alone: a ring that was registered and closed has none, and processes of other
// users stay unseen without privilege.
func Users(proc fs.FS) []User {
	entries, err := fs.ReadDir(proc, ".")
	if err != nil {
		return nil // no /proc: nothing to see
	}
	var users []User
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if n := rings(proc, path.Join(e.Name(), "fd")); n > 0 {
			users = append(users, User{pid, Comm(proc, pid), n})
		}
	}
	slices.SortFunc(users, func(a, b User) int { return cmp.Compare(a.PID, b.PID) })
	return users
}

func rings(proc fs.FS, dir string) int {
	fds, err := fs.ReadDir(proc, dir)
	if err != nil {
		return 0 // it has ended, or belongs to somebody else
	}
	n := 0
	for _, fd := range fds {
		if link, err := fs.ReadLink(proc, path.Join(dir, fd.Name())); err == nil && link == ringLink {
			n++
		}
	}
	return n
}
