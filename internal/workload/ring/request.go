//go:build giouring && linux

package ring

import (
	"fmt"

	"github.com/pawelgaczynski/giouring"
	"golang.org/x/sys/unix"
)

// File is what a request works on: a fixed slot or an ordinary descriptor.
type File struct {
	number int
	fixed  bool
}

// Slot is the file in a fixed slot.
func Slot(n int) File { return File{n, true} }

// FD is the file behind an ordinary descriptor.
func FD(fd int) File { return File{fd, false} }

// entry is a submission that is being filled in.
type entry = giouring.SubmissionQueueEntry

// queue takes a free entry, lets prepare fill it in and marks it with user data.
// If all entries are taken it submits them first.
func (r *Ring) queue(userData uint64, prepare func(*entry)) error {
	sqe := r.uring.GetSQE()
	for sqe == nil {
		if err := r.Submit(); err != nil {
			return err
		}
		if _, err := r.uring.SQRingWait(); err != nil && err != unix.EINTR {
			return fmt.Errorf("wait for room in the submission queue: %w", err)
		}
		sqe = r.uring.GetSQE()
	}
	// giouring's Prepare functions set only the fields they know: the poll mask of
	// an earlier request would come back as read flags.
	*sqe = entry{}
	prepare(sqe)
	sqe.UserData = userData
	return nil
}

// queueOn is queue for a request on a file.
func (r *Ring) queueOn(file File, userData uint64, prepare func(sqe *entry, fd int)) error {
	return r.queue(userData, func(sqe *entry) {
		prepare(sqe, file.number)
		if file.fixed {
			sqe.Flags |= giouring.SqeFixedFile
		}
	})
}

// PollAdd queues a one-shot poll of file for events (unix.POLLIN, ...).
func (r *Ring) PollAdd(file File, events uint32, userData uint64) error {
	return r.queueOn(file, userData, func(sqe *entry, fd int) { sqe.PreparePollAdd(fd, events) })
}

// SocketDirect queues a socket(2) whose result goes into a fixed slot and gets no
// descriptor. Needs kernel 5.19.
func (r *Ring) SocketDirect(domain, typ, protocol int, slot uint32, userData uint64) error {
	return r.queue(userData, func(sqe *entry) {
		sqe.PrepareSocketDirect(domain, typ, protocol, slot, 0)
	})
}

// SocketDirectAlloc is SocketDirect into a free slot of the kernel's choice, which
// is the result of the completion. Needs kernel 5.19.
func (r *Ring) SocketDirectAlloc(domain, typ, protocol int, userData uint64) error {
	return r.queue(userData, func(sqe *entry) {
		sqe.PrepareSocketDirectAlloc(domain, typ, protocol, 0)
	})
}

// CloseDirect queues the removal of what is in a fixed slot.
func (r *Ring) CloseDirect(slot uint32, userData uint64) error {
	return r.queue(userData, func(sqe *entry) { sqe.PrepareCloseDirect(slot) })
}

// Nop queues a request that does nothing.
func (r *Ring) Nop(userData uint64) error {
	return r.queue(userData, func(sqe *entry) { sqe.PrepareNop() })
}

// Submit hands all queued requests to the kernel. On an SQPoll ring it returns
// before the kernel thread has taken them.
func (r *Ring) Submit() error {
	for {
		_, err := r.uring.Submit()
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return fmt.Errorf("submit requests: %w", err)
		}
		// The kernel stops at an entry it refuses; the others still have to go.
		if r.flags&SQPoll != 0 || r.uring.SQReady() == 0 {
			return nil
		}
	}
}
