//go:build linux

package guest

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"uringtrace/internal/vmtest/klog"
)

// maxComplaints bounds what one program can report: a kernel that complains
// in a loop has said enough.
const maxComplaints = 20

// kernelLog reads /dev/kmsg, each record once.
type kernelLog struct {
	fd int
}

// found is what the kernel complained about.
type found struct {
	bad    []string
	stalls []string // may come from a slow or busy host as well
}

func openKernelLog() (*kernelLog, error) {
	// The raw descriptor: os.File would retry EAGAIN, which is the end here.
	fd, err := unix.Open("/dev/kmsg", unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open kernel log: %w", err)
	}
	return &kernelLog{fd: fd}, nil
}

// complaints returns those since the last call.
func (l *kernelLog) complaints() found {
	var f found
	buf := make([]byte, 8192)
	for {
		n, err := unix.Read(l.fd, buf)
		switch {
		case errors.Is(err, unix.EPIPE), errors.Is(err, unix.EINTR):
			// EPIPE: records were overwritten; go on with the oldest.
			continue
		case err != nil || n <= 0:
			return f
		}
		f.note(message(string(buf[:n])))
	}
}

func (f *found) note(msg string) {
	switch klog.Classify(msg) {
	case klog.Bad:
		if len(f.bad) < maxComplaints {
			f.bad = append(f.bad, msg)
		}
	case klog.Stall:
		if len(f.stalls) < maxComplaints {
			f.stalls = append(f.stalls, msg)
		}
	}
}

// message takes the text out of a record:
// "priority,sequence,µs,flags;text\n KEY=value\n".
func message(record string) string {
	_, text, _ := strings.Cut(record, ";")
	text, _, _ = strings.Cut(text, "\n")
	return text
}
