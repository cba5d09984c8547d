package proc

import (
	"fmt"
	"io/fs"
	"path"
	"strconv"
)

// Sockets counts the sockets in use in the network namespace of process pid.
func Sockets(proc fs.FS, pid int) (int, error) {
	text, err := fs.ReadFile(proc, path.Join(strconv.Itoa(pid), "net", "sockstat"))
	if err != nil {
		return 0, fmt.Errorf("count sockets: %w", err)
	}
	var n int
	if _, err := fmt.Sscanf(string(text), "sockets: used %d", &n); err != nil {
		return 0, fmt.Errorf("count sockets in /proc/%d/net/sockstat: %w", pid, err)
	}
	return n, nil
}
