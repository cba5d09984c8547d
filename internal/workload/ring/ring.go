//go:build giouring && linux

package ring

import (
	"errors"
	"fmt"
	"runtime"
	"syscall"
	"unsafe"

	"github.com/pawelgaczynski/giouring"
	"golang.org/x/sys/unix"
)

// Ring is one io_uring instance. It belongs to the goroutine that made it: all
// methods must be called from there.
type Ring struct {
	uring *giouring.Ring
	fd    int
	flags Flags

	// args holds the arguments of one register call at a time.
	args *arena
	// timeout is what Wait hands to the kernel; the kernel reads it by address.
	timeout []syscall.Timespec
	// files is what UpdateFilesRequest hands to the kernel.
	files []int32

	// registered is the ring's place among the thread's registered rings, or
	// notRegistered.
	registered int
	closed     bool
}

// argsSize bounds the arguments of one call: room for a table of 64k descriptors
// with tags. Pages that are never touched cost nothing.
const argsSize = 1 << 20

// maxRequestFiles is the most slots that one UpdateFilesRequest changes.
const maxRequestFiles = 64

// New sets up a ring with room for entries submissions and locks the calling
// goroutine to its OS thread until Close, because a ring with SingleIssuer accepts
// no other thread. If the kernel has no io_uring, does not know a flag or has
// io_uring switched off, the error wraps errors.ErrUnsupported.
func New(entries uint32, flags Flags) (*Ring, error) {
	args, err := newArena(argsSize)
	if err != nil {
		return nil, fmt.Errorf("set up ring: %w", err)
	}
	timeout, err := place(args, syscall.Timespec{})
	if err != nil {
		return nil, fmt.Errorf("set up ring: %w", err)
	}
	files, err := place(args, make([]int32, maxRequestFiles)...)
	if err != nil {
		return nil, fmt.Errorf("set up ring: %w", err)
	}
	args.keep()

	runtime.LockOSThread()
	uring := giouring.NewRing()
	if err := uring.QueueInit(entries, uint32(flags)); err != nil {
		runtime.UnlockOSThread()
		_ = args.free()
		return nil, fmt.Errorf("set up ring with flags %v: %w", flags.Names(), setupError(err))
	}
	return &Ring{
		uring: uring, fd: uring.RingFd(), flags: flags, args: args, timeout: timeout, files: files,
		registered: notRegistered,
	}, nil
}

func setupError(err error) error {
	switch {
	case errors.Is(err, unix.ENOSYS):
		return fmt.Errorf("kernel built without io_uring: %w", err)
	case errors.Is(err, unix.EPERM):
		return fmt.Errorf("io_uring is switched off (sysctl kernel.io_uring_disabled or a seccomp filter): %w: %w", errors.ErrUnsupported, err)
	case errors.Is(err, unix.EINVAL):
		return fmt.Errorf("this kernel does not know the flags: %w: %w", errors.ErrUnsupported, err)
	default:
		return err
	}
}

// FD returns the ring's descriptor. It is valid until Close or KeepRegistered.
func (r *Ring) FD() int { return r.fd }

// Flags returns the flags the ring was set up with.
func (r *Ring) Flags() Flags { return r.flags }

// Close gives the ring back. Requests in flight are cancelled by the kernel some
// time later, their completions are lost. Close may be called twice.
func (r *Ring) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	err := r.unregister()
	r.uring.QueueExit()
	runtime.UnlockOSThread()
	if err := errors.Join(err, r.args.free()); err != nil {
		return fmt.Errorf("close ring: %w", err)
	}
	return nil
}

// register calls io_uring_register(2) with arg, which must lie outside the Go
// heap or be nil. It retries on EINTR: 6.1 returns it from calls that wait for
// requests to finish, and leaves everything registered.
func (r *Ring) register(opcode uint32, arg unsafe.Pointer, n uint32) (int, error) {
	for {
		ret, err := r.registerOnce(opcode, arg, n)
		if err != unix.EINTR {
			return ret, err
		}
	}
}

func (r *Ring) registerOnce(opcode uint32, arg unsafe.Pointer, n uint32) (int, error) {
	if r.closed {
		return 0, unix.EBADF
	}
	fd := r.fd
	if r.registered != notRegistered {
		fd, opcode = r.registered, opcode|giouring.RegisterUseRegisteredRing
	}
	ret, errno := r.uring.Register(fd, opcode, arg, n)
	if errno != 0 {
		return 0, errno
	}
	return int(ret), nil
}
