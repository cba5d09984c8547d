//go:build linux

package probe

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"uringtrace/internal/proc"
)

// Process is a handle on a running process that can't come to mean another one.
type Process struct {
	PID  int
	Comm string
	fd   int
}

// OpenProcess opens process pid, which must be a process and not a thread of
// one. The error wraps ErrGone if there is none. The caller closes it. Minimum
// kernel: 5.3 (pidfd_open).
func OpenProcess(pid int) (*Process, error) {
	fd, err := unix.PidfdOpen(pid, 0)
	switch {
	case errors.Is(err, unix.ESRCH):
		return nil, fmt.Errorf("%w: %d; %s", ErrGone, pid, candidates(proc.Users(proc.Root())))
	case errors.Is(err, unix.EINVAL):
		return nil, fmt.Errorf("%w: %d is a thread; give the process, %s", ErrGone, pid, leader(pid))
	case err != nil:
		return nil, fmt.Errorf("open process %d: %w", pid, err)
	}
	return &Process{PID: pid, Comm: proc.Comm(proc.Root(), pid), fd: fd}, nil
}

// Exited reports whether the process has ended.
func (p *Process) Exited() bool {
	fds := []unix.PollFd{{Fd: int32(p.fd), Events: unix.POLLIN}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n > 0
}

// Close closes the handle.
func (p *Process) Close() error { return unix.Close(p.fd) }

// maxCandidates keeps the error one sentence.
const maxCandidates = 4

// candidates names processes that could have been meant, for an error's remedy.
func candidates(users []proc.User) string {
	if len(users) == 0 {
		return "no process has an io_uring open"
	}
	words := make([]string, 0, maxCandidates+1)
	for i, u := range users {
		if i == maxCandidates {
			words = append(words, fmt.Sprintf("%d more", len(users)-i))
			break
		}
		words = append(words, fmt.Sprintf("%d %q", u.PID, u.Comm))
	}
	return "with an io_uring there are " + strings.Join(words, ", ")
}

// leader names the process of a thread, for an error's remedy.
func leader(tid int) string {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(tid) + "/status")
	if err != nil {
		return "its Tgid in /proc/TID/status"
	}
	for line := range strings.Lines(string(b)) {
		if tgid, ok := strings.CutPrefix(line, "Tgid:"); ok {
			return strings.TrimSpace(tgid)
		}
	}
	return "its Tgid in /proc/TID/status"
}
