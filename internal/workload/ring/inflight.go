//go:build giouring && linux

package ring

import (
	"math"

	"github.com/pawelgaczynski/giouring"
)

// The requests below wait for something that may never come, which is what makes
// them pins. Buffers must be from NewBuffer and stay until the request has ended.

// PollMultishot queues a poll that completes each time file is ready and goes on.
// Needs kernel 5.13.
func (r *Ring) PollMultishot(file File, events uint32, userData uint64) error {
	return r.queueOn(file, userData, func(sqe *entry, fd int) { sqe.PreparePollMultishot(fd, events) })
}

// Accept queues an accept(2), whose result is an ordinary descriptor.
func (r *Ring) Accept(file File, userData uint64) error {
	return r.queueOn(file, userData, func(sqe *entry, fd int) { sqe.PrepareAccept(fd, 0, 0, 0) })
}

// AcceptMultishot queues an accept that completes for each connection and goes on.
// Needs kernel 5.19.
func (r *Ring) AcceptMultishot(file File, userData uint64) error {
	return r.queueOn(file, userData, func(sqe *entry, fd int) { sqe.PrepareMultishotAccept(fd, 0, 0, 0) })
}

// Recv queues a recv(2) into buf.
func (r *Ring) Recv(file File, buf []byte, userData uint64) error {
	return r.queueOn(file, userData, func(sqe *entry, fd int) {
		sqe.PrepareRecv(fd, uintptr(address(buf)), uint32(len(buf)), 0)
	})
}

// anyPosition is the offset for files that have none.
const anyPosition = math.MaxUint64

// Read queues a read(2) into buf.
func (r *Ring) Read(file File, buf []byte, userData uint64) error {
	return r.queueOn(file, userData, func(sqe *entry, fd int) {
		sqe.PrepareRead(fd, uintptr(address(buf)), uint32(len(buf)), anyPosition)
	})
}

// ReadAsync is Read that goes to a worker thread (IOSQE_ASYNC) without an attempt
// in the submitter.
func (r *Ring) ReadAsync(file File, buf []byte, userData uint64) error {
	return r.queueOn(file, userData, func(sqe *entry, fd int) {
		sqe.PrepareRead(fd, uintptr(address(buf)), uint32(len(buf)), anyPosition)
		sqe.Flags |= giouring.SqeAsync
	})
}

// ReadFixed queues a read into buf, which is or lies in the registered buffer index.
func (r *Ring) ReadFixed(file File, buf []byte, index int, userData uint64) error {
	return r.queueOn(file, userData, func(sqe *entry, fd int) {
		sqe.PrepareReadFixed(fd, uintptr(address(buf)), uint32(len(buf)), anyPosition, index)
	})
}

// Splice queues a splice(2) of up to n bytes from one pipe to another. A worker
// thread makes the call and sleeps in it: the kernel never polls for a splice.
func (r *Ring) Splice(in, out File, n uint32, userData uint64) error {
	return r.queueOn(out, userData, func(sqe *entry, fd int) {
		flags := uint32(0)
		if in.fixed {
			flags = giouring.SpliceFFdInFixed
		}
		sqe.PrepareSplice(in.number, -1, fd, -1, n, flags)
	})
}

// UpdateFilesRequest is UpdateFiles as a request (IORING_OP_FILES_UPDATE), which
// also works on a ring without a descriptor. Its result is the number of slots. The
// next one may be queued only after this one has completed.
func (r *Ring) UpdateFilesRequest(offset uint32, fds []int32, userData uint64) error {
	n := copy(r.files, fds)
	if n < len(fds) {
		return updateError("files", offset, len(fds), n, nil)
	}
	return r.queue(userData, func(sqe *entry) {
		sqe.OpCode = giouring.OpFilesUpdate
		sqe.Fd = -1
		sqe.Off = uint64(offset)
		sqe.Addr = address(r.files)
		sqe.Len = uint32(n)
	})
}
