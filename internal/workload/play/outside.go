//go:build giouring && linux

package play

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"uringtrace/internal/workload"
	"uringtrace/internal/workload/ring"
)

// What somebody else can do about a pin: a process that may trace the one with the
// ring takes a copy of a descriptor (pidfd_getfd) and acts on that. The owner sleeps
// meanwhile and does not enter its ring.

// Words of the companion.
const (
	outsideCancel   = "cancel"
	outsideShutdown = "shutdown"
)

func cancelFromOutside(s *scene) (workload.Acted, error) {
	return fromOutside(outsideCancel, s.main().ring.FD(), s.options.UserData)
}

func shutdownFromOutside(s *scene) (workload.Acted, error) {
	return fromOutside(outsideShutdown, s.listener.fd, s.options.UserData)
}

func fromOutside(word string, fd int, pin workload.UserData) (workload.Acted, error) {
	cmd := exec.Command("/proc/self/exe", CompanionArg, word,
		strconv.Itoa(os.Getpid()), strconv.Itoa(fd), pin.String())
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return workload.Acted{}, fmt.Errorf("act from outside: %w", err)
	}
	result, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		return workload.Acted{}, fmt.Errorf("act from outside: %w", err)
	}
	return workload.Acted{Result: result}, nil
}

// actOutside is what the companion does. Its result is as in workload.Acted.
func actOutside(args []string) (int, error) {
	if len(args) != 4 {
		return 0, fmt.Errorf("want a word, process, descriptor and user data, got %q", args)
	}
	pid, pidErr := strconv.Atoi(args[1])
	remote, fdErr := strconv.Atoi(args[2])
	var pin workload.UserData
	if pidErr != nil || fdErr != nil || pin.Set(args[3]) != nil {
		return 0, fmt.Errorf("want a word, process, descriptor and user data, got %q", args)
	}
	fd, err := borrow(pid, remote)
	if err == nil {
		defer unix.Close(fd)
	}
	n := 0
	switch {
	case err != nil:
	case args[0] == outsideCancel:
		n, err = ring.SyncCancelAt(fd, ring.MatchUserData(uint64(pin)), reapTimeout)
	case args[0] == outsideShutdown:
		err = unix.Shutdown(fd, unix.SHUT_RDWR)
	default:
		return 0, fmt.Errorf("no such word: %q", args[0])
	}
	acted, err := returned(n, err)
	return acted.Result, err
}

// borrow returns a descriptor for what another process has open. Needs kernel 5.6.
func borrow(pid, remote int) (int, error) {
	process, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return 0, fmt.Errorf("open process %d: %w", pid, err)
	}
	defer unix.Close(process)
	fd, err := unix.PidfdGetfd(process, remote, 0)
	if err != nil {
		return 0, fmt.Errorf("take descriptor %d of process %d: %w", remote, pid, err)
	}
	return fd, nil
}
