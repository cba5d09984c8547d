//go:build giouring && linux

package ring

import (
	"errors"
	"fmt"
	"time"
	"unsafe"

	"github.com/pawelgaczynski/giouring"
	"golang.org/x/sys/unix"
)

// Empty in a list of descriptors clears the slot.
const Empty int32 = -1

// Keep in a list of descriptors leaves the slot as it is. Needs kernel 5.12.
const Keep = int32(giouring.RegisterFilesSkip)

// RegisterFilesSparse registers a fixed file table of n empty slots. Needs kernel
// 5.19, else the error wraps errors.ErrUnsupported; EBUSY means that the ring has
// a table, EMFILE that n is above the limit of open files.
func (r *Ring) RegisterFilesSparse(n uint32) error {
	defer r.args.reset()
	arg, err := place(r.args, giouring.RsrcRegister{Nr: n, Flags: giouring.RsrcRegisterSparse})
	if err == nil {
		_, err = r.register(giouring.RegisterFiles2, unsafe.Pointer(&arg[0]), uint32(unsafe.Sizeof(arg[0])))
	}
	if err != nil {
		return fmt.Errorf("register a sparse table of %d files: %w", n, unsupported(err))
	}
	return nil
}

// RegisterFiles registers a fixed file table that holds fds; Empty leaves a slot
// free. The caller keeps the descriptors.
func (r *Ring) RegisterFiles(fds []int32) error {
	defer r.args.reset()
	arg, err := place(r.args, fds...)
	if err == nil {
		_, err = r.register(giouring.RegisterFiles, unsafe.Pointer(unsafe.SliceData(arg)), uint32(len(arg)))
	}
	if err != nil {
		return fmt.Errorf("register %d files: %w", len(fds), err)
	}
	return nil
}

// UpdateFiles puts fds into the slots from offset on. What was there is removed.
// An update that stops half-way is an error that says how far it came.
func (r *Ring) UpdateFiles(offset uint32, fds []int32) error {
	defer r.args.reset()
	list, err := place(r.args, fds...)
	var arg []giouring.FilesUpdate
	if err == nil {
		arg, err = place(r.args, giouring.FilesUpdate{Offset: offset, Fds: address(list)})
	}
	var n int
	if err == nil {
		n, err = r.register(giouring.RegisterFilesUpdate, unsafe.Pointer(&arg[0]), uint32(len(fds)))
	}
	return updateError("files", offset, len(fds), n, err)
}

// UpdateFilesTag is UpdateFiles with a tag for each slot: once the kernel has
// released the resource it posts a completion with the tag as user data, unless
// the tag is 0. Needs kernel 5.13.
func (r *Ring) UpdateFilesTag(offset uint32, fds []int32, tags []uint64) error {
	if len(tags) != len(fds) {
		return fmt.Errorf("update %d files with %d tags: %w", len(fds), len(tags), unix.EINVAL)
	}
	n, err := updateTags(r, giouring.RegisterFilesUpdate2, offset, fds, tags)
	return updateError("files", offset, len(fds), n, err)
}

// UnregisterFiles drops the table. Before Linux 6.13 it waits until no request
// holds a node, for ever if one is pinned. ENXIO means that there is no table.
func (r *Ring) UnregisterFiles() error {
	if _, err := r.register(giouring.UnregisterFiles, nil, 0); err != nil {
		return fmt.Errorf("unregister files: %w", err)
	}
	return nil
}

// UnregisterFilesWithin is UnregisterFiles that gives up after patience. The error
// then wraps unix.EINTR and the table is as it was. It must be called from the
// thread that made the ring, as all methods.
func (r *Ring) UnregisterFilesWithin(patience time.Duration) error {
	stop := interruptAfter(patience)
	defer stop()
	begin := time.Now()
	for {
		_, err := r.registerOnce(giouring.UnregisterFiles, nil, 0)
		// An earlier interruption is none of ours.
		if err == unix.EINTR && time.Since(begin) < patience {
			continue
		}
		if err != nil {
			return fmt.Errorf("unregister files: %w", err)
		}
		return nil
	}
}

// interruptAfter makes system calls that the calling thread sleeps in return after
// patience. It goes on until stop is called: the first signal may come just before
// a call. The runtime takes SIGURG for one of its own, which do no harm.
func interruptAfter(patience time.Duration) (stop func()) {
	thread := unix.Gettid()
	done, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		timer := time.NewTimer(patience)
		defer timer.Stop()
		for {
			select {
			case <-done:
				return
			case <-timer.C:
				_ = unix.Tgkill(unix.Getpid(), thread, unix.SIGURG) // the thread waits for us, so it exists
				timer.Reset(interruptInterval)
			}
		}
	}()
	return func() { close(done); <-gone }
}

const interruptInterval = 10 * time.Millisecond

// updateTags is IORING_REGISTER_FILES_UPDATE2 and IORING_REGISTER_BUFFERS_UPDATE,
// which differ only in what an item is. Both want the size of the argument where
// older calls want a count.
func updateTags[T any](r *Ring, opcode, offset uint32, items []T, tags []uint64) (int, error) {
	defer r.args.reset()
	list, err := place(r.args, items...)
	if err != nil {
		return 0, err
	}
	marks, err := place(r.args, tags...)
	if err != nil {
		return 0, err
	}
	arg, err := place(r.args, giouring.RsrcUpdate2{
		Offset: offset,
		Data:   address(list),
		Tags:   address(marks),
		Nr:     uint32(len(items)),
	})
	if err != nil {
		return 0, err
	}
	return r.register(opcode, unsafe.Pointer(&arg[0]), uint32(unsafe.Sizeof(arg[0])))
}

func updateError(what string, offset uint32, want, done int, err error) error {
	if err != nil {
		return fmt.Errorf("update %d %s from slot %d: %w", want, what, offset, err)
	}
	if done != want {
		return fmt.Errorf("update %d %s from slot %d: kernel stopped after %d", want, what, offset, done)
	}
	return nil
}

// unsupported marks the answer of a kernel that does not know a registration.
func unsupported(err error) error {
	if errors.Is(err, unix.EINVAL) {
		return fmt.Errorf("%w: %w", errors.ErrUnsupported, err)
	}
	return err
}
