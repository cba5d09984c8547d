//go:build giouring && linux

package ring

import (
	"fmt"
	"syscall"
	"time"

	"github.com/pawelgaczynski/giouring"
	"golang.org/x/sys/unix"
)

// Completion is the end of a request, or one of several results of a multishot one.
type Completion struct {
	UserData uint64
	// Result is what the system call of the same name would return, or -errno.
	Result int32
	// Flags are IORING_CQE_F_* bits.
	Flags uint32
}

// Err returns the error in the result, a unix.Errno, or nil.
func (c Completion) Err() error {
	if c.Result < 0 {
		return unix.Errno(-c.Result)
	}
	return nil
}

// More reports whether the request goes on and will complete again.
func (c Completion) More() bool { return c.Flags&giouring.CQEFMore != 0 }

// Take takes the next completion if one is there already, without a system call.
func (r *Ring) Take() (Completion, bool) {
	if r.uring.CQReady() == 0 {
		return Completion{}, false
	}
	cqe, err := r.uring.PeekCQE()
	if err != nil || cqe == nil {
		return Completion{}, false
	}
	c := Completion{UserData: cqe.UserData, Result: cqe.Res, Flags: cqe.Flags}
	r.uring.CQESeen(cqe)
	return c, true
}

// Wait takes the next completion, waiting for it up to timeout. On a DeferTaskrun
// ring it is also what lets requests make progress. If none came in time, the
// error wraps unix.ETIME.
func (r *Ring) Wait(timeout time.Duration) (Completion, error) {
	deadline := time.Now().Add(timeout)
	for {
		left := max(time.Until(deadline), 0)
		r.timeout[0] = syscall.NsecToTimespec(left.Nanoseconds())
		cqe, err := r.wait()
		switch {
		case cqe != nil:
			return *cqe, nil
		case err == unix.EINTR, err == unix.ETIME, err == nil:
			// ETIME may come early, after task work that completed nothing.
			if left == 0 {
				return Completion{}, fmt.Errorf("wait %v for a completion: %w", timeout, unix.ETIME)
			}
		default:
			return Completion{}, fmt.Errorf("wait for a completion: %w", err)
		}
	}
}

// wait makes one attempt with r.timeout and takes the completion off the ring.
func (r *Ring) wait() (*Completion, error) {
	cqe, err := r.uring.WaitCQETimeout(&r.timeout[0])
	if cqe == nil {
		return nil, err
	}
	c := &Completion{UserData: cqe.UserData, Result: cqe.Res, Flags: cqe.Flags}
	r.uring.CQESeen(cqe)
	return c, nil
}
