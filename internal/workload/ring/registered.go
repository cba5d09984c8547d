//go:build giouring && linux

package ring

import (
	"errors"
	"fmt"
	"unsafe"

	"github.com/pawelgaczynski/giouring"
	"golang.org/x/sys/unix"
)

// notRegistered is the index of a ring that is used through its descriptor.
const notRegistered = -1

// anyIndex lets the kernel pick the first free one.
const anyIndex = ^uint32(0)

// KeepRegistered registers the ring with the calling thread and closes its
// descriptor. From then on that thread alone reaches it, by the index returned.
// Requests work as before, register calls only from kernel 6.3 on: older ones
// answer EINVAL. Needs kernel 5.18.
func (r *Ring) KeepRegistered() (int, error) {
	// giouring keeps its index to itself. The first free one will be free again.
	index, err := r.registerIndex()
	if err != nil {
		return 0, err
	}
	if err := r.dropIndex(r.fd, index); err != nil {
		return 0, err
	}
	if _, err := r.uring.RegisterRingFd(); err != nil {
		return 0, fmt.Errorf("register the ring's descriptor: %w", err)
	}
	if err := r.closeFD(); err != nil {
		return 0, errors.Join(err, r.dropIndex(r.fd, index))
	}
	r.registered = index
	return index, nil
}

func (r *Ring) registerIndex() (int, error) {
	defer r.args.reset()
	arg, err := place(r.args, giouring.RsrcUpdate{Offset: anyIndex, Data: uint64(r.fd)})
	if err == nil {
		_, err = r.register(giouring.RegisterRingFDs, unsafe.Pointer(&arg[0]), 1)
	}
	if err != nil {
		return 0, fmt.Errorf("register the ring's descriptor: %w", unsupported(err))
	}
	return int(arg[0].Offset), nil
}

// dropIndex forgets a registered ring. Any ring's descriptor serves to say so.
func (r *Ring) dropIndex(fd, index int) error {
	defer r.args.reset()
	arg, err := place(r.args, giouring.RsrcUpdate{Offset: uint32(index)})
	if err != nil {
		return err
	}
	_, errno := r.uring.Register(fd, giouring.UnregisterRingFDs, unsafe.Pointer(&arg[0]), 1)
	if errno != 0 {
		return fmt.Errorf("unregister ring %d of the thread: %w", index, errno)
	}
	return nil
}

// closeFD closes the descriptor and keeps its number, which giouring closes once
// more in the end, from going to somebody else.
func (r *Ring) closeFD() error {
	placeholder, err := unix.Open("/dev/null", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("close the ring's descriptor: %w", err)
	}
	err = unix.Dup3(placeholder, r.fd, unix.O_CLOEXEC)
	if err := errors.Join(err, unix.Close(placeholder)); err != nil {
		return fmt.Errorf("close the ring's descriptor: %w", err)
	}
	return nil
}

// unregister undoes KeepRegistered. Kernels before 6.3 do that only through a
// ring that has a descriptor, and so do we on all.
func (r *Ring) unregister() error {
	if r.registered == notRegistered {
		return nil
	}
	helper := giouring.NewRing()
	if err := helper.QueueInit(1, 0); err != nil {
		return fmt.Errorf("unregister ring %d of the thread: %w", r.registered, err)
	}
	defer helper.QueueExit()
	err := r.dropIndex(helper.RingFd(), r.registered)
	r.registered = notRegistered
	return err
}
