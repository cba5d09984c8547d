//go:build giouring && linux

package ring

import (
	"fmt"
	"syscall"
	"time"
	"unsafe"

	"github.com/pawelgaczynski/giouring"
	"golang.org/x/sys/unix"
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

// sync is the argument of SYNC_CANCEL. A negative timeout is none.
func (m Match) sync(timeout time.Duration) giouring.SyncCancelReg {
	limit := syscall.Timespec{Sec: -1, Nsec: -1}
	if timeout >= 0 {
		limit = syscall.NsecToTimespec(timeout.Nanoseconds())
	}
	return giouring.SyncCancelReg{Addr: m.userData, Fd: m.fd, Flags: m.flags, Timeout: limit}
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
// EEXIST: called from another thread on a SingleIssuer ring. Needs kernel 6.0, else
// the error wraps errors.ErrUnsupported.
//
// What a worker thread runs is cancelled too, but the answer says little about it.
// ETIME: nothing of a DeferTaskrun ring ends before its owner enters it again, and the
// kernel may miss the end of the request if that comes just before it goes to sleep
// (seen on 6.1). ENOENT: the kernel looks twice, and the first look may have ended it
// (seen on 6.18; Cancel has that too).
func (r *Ring) SyncCancel(match Match, timeout time.Duration) (int, error) {
	defer r.args.reset()
	arg, err := place(r.args, match.sync(timeout))
	if err != nil {
		return 0, fmt.Errorf("cancel: %w", err)
	}
	for interrupted := false; ; interrupted = true {
		n, err := r.registerOnce(giouring.RegisterSyncCancel, unsafe.Pointer(&arg[0]), 1)
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.ENOENT && interrupted:
			return 0, nil // it went while we were interrupted
		case err != nil:
			return 0, fmt.Errorf("cancel: %w", unsupported(err))
		}
		return n, nil
	}
}

// SyncCancelAt is SyncCancel on a ring that another process has made, known by a
// descriptor for it.
func SyncCancelAt(fd int, match Match, timeout time.Duration) (int, error) {
	// The kernel reads this one before it returns, and it has no pointers inside.
	arg := match.sync(timeout)
	n, errno := giouring.NewRing().Register(fd, giouring.RegisterSyncCancel, unsafe.Pointer(&arg), 1)
	if errno != 0 {
		return 0, fmt.Errorf("cancel: %w", errno)
	}
	return int(n), nil
}
