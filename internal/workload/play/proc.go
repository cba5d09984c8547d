//go:build giouring && linux

package play

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// fdinfo returns what the kernel says about one of our rings. It leaves most of it
// out if the ring happens to be locked, so this tries again.
func fdinfo(fd int) (string, error) {
	for deadline := time.Now().Add(reapTimeout); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		text, err := os.ReadFile(fmt.Sprintf("/proc/self/fdinfo/%d", fd))
		if err != nil {
			return "", fmt.Errorf("look at ring %d: %w", fd, err)
		}
		if strings.Contains(string(text), "PollList:") {
			return string(text), nil
		}
	}
	return "", fmt.Errorf("look at ring %d: %w: it stays locked", fd, unix.ETIME)
}

// sqThread returns the kernel's thread that submits for an SQPOLL ring. Until that
// has started, the kernel shows the thread that made the ring.
func sqThread(fd int) (int, error) {
	for deadline := time.Now().Add(reapTimeout); time.Now().Before(deadline); {
		info, err := fdinfo(fd)
		if err != nil {
			return 0, err
		}
		_, rest, _ := strings.Cut(info, "SqThread:")
		var tid int
		if _, err := fmt.Sscan(rest, &tid); err == nil && tid > 0 && tid != unix.Gettid() {
			return tid, nil
		}
	}
	return 0, fmt.Errorf("find the submitting thread of ring %d: %w", fd, unix.ETIME)
}

// sleepingWorkers counts the worker threads of submitter tid that sleep in a request.
// An idle one sleeps in the loop that waits for work.
func sleepingWorkers(tid int) (int, error) {
	names, err := filepath.Glob("/proc/self/task/*/comm")
	if err != nil {
		return 0, fmt.Errorf("look for worker threads: %w", err)
	}
	sleeping := 0
	for _, name := range names {
		comm, err := os.ReadFile(name)
		if gone(err) || strings.TrimSpace(string(comm)) != fmt.Sprintf("iou-wrk-%d", tid) {
			continue
		}
		// "0" is a thread that runs.
		at, err := os.ReadFile(filepath.Join(filepath.Dir(name), "wchan"))
		if err != nil && !gone(err) {
			return 0, fmt.Errorf("look at a worker thread: %w", err)
		}
		if place := string(at); place != "" && place != "0" && !strings.HasPrefix(place, "io_wq") {
			sleeping++
		}
	}
	return sleeping, nil
}

// gone reports whether a thread has ended between two looks.
func gone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ESRCH)
}
