//go:build giouring && linux

package ring

import (
	"fmt"
	"syscall"
	"time"
	"unsafe"

	"github.com/pawelgaczynski/giouring"
)

// Match says which requests to cancel.
type Match struct {
	userData uint64
	fd       int32
	flags    uint32
}

// MatchUserData is the first request found that carries userData.
func MatchUserData(userData uint64) Match {
	return Match{userData: userData, fd: -1}
}

// MatchFile is every request on file. For a slot this is the file that is there
// now, not the one that was there when the request was issued. Needs kernel 6.0.
func MatchFile(file File) Match {
	m := Match{fd: int32(file.number), flags: giouring.AsyncCancelFd | giouring.AsyncCancelAll}
	if file.fixed {
		m.flags |= giouring.AsyncCancelFdFixed
	}
	return m
}

// Cancel queues an ASYNC_CANCEL, itself marked with userData. Its result is 0 or,
// for MatchFile, the number of requests; -ENOENT if there was none, -EALREADY if
// the request is past cancelling. Each cancelled request completes by itself.
func (r *Ring) Cancel(match Match, userData uint64) error {
	return r.queue(userData, func(sqe *entry) {
		sqe.PrepareCancel64(match.userData, int(match.flags))
		sqe.Fd = match.fd
	})
}

// SyncCancel cancels at once and waits up to timeout until the requests are gone;
// a negative timeout waits for ever. It returns the number of requests for
// MatchFile and 0 otherwise. ENOENT: no such request; ETIME: still there;
// EEXIST: called from another thread on a SingleIssuer ring. Needs kernel 6.0,
// else the error wraps errors.ErrUnsupported.
func (r *Ring) SyncCancel(match Match, timeout time.Duration) (int, error) {
	limit := syscall.Timespec{Sec: -1, Nsec: -1}
	if timeout >= 0 {
		limit = syscall.NsecToTimespec(timeout.Nanoseconds())
	}

	defer r.args.reset()
	arg, err := place(r.args, giouring.SyncCancelReg{
		Addr: match.userData, Fd: match.fd, Flags: match.flags, Timeout: limit,
	})
	if err != nil {
		return 0, fmt.Errorf("cancel: %w", err)
	}
	n, err := r.register(giouring.RegisterSyncCancel, unsafe.Pointer(&arg[0]), 1)
	if err != nil {
		return 0, fmt.Errorf("cancel: %w", unsupported(err))
	}
	return n, nil
}
