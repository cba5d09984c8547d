//go:build giouring && linux

package ring

import (
	"fmt"
	"unsafe"

	"github.com/pawelgaczynski/giouring"
	"golang.org/x/sys/unix"
)

// NewBuffer returns size bytes of zeroed memory outside the Go heap, whole pages
// from a page boundary on. The caller gives it back with FreeBuffer, and not
// before the kernel is done with it.
func NewBuffer(size int) ([]byte, error) {
	mem, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return nil, fmt.Errorf("map %d bytes: %w", size, err)
	}
	return mem, nil
}

// FreeBuffer gives memory from NewBuffer back.
func FreeBuffer(mem []byte) error {
	if err := unix.Munmap(mem); err != nil {
		return fmt.Errorf("unmap %d bytes: %w", len(mem), err)
	}
	return nil
}

// iovec mirrors struct iovec (include/uapi/linux/uio.h) without a Go pointer.
type iovec struct {
	base, size uint64
}

func iovecs(buffers [][]byte) []iovec {
	vecs := make([]iovec, len(buffers))
	for i, b := range buffers {
		vecs[i] = iovec{address(b), uint64(len(b))}
	}
	return vecs
}

// RegisterBuffersTags registers buffers, all from NewBuffer, with a tag each; see
// UpdateFilesTag. A nil buffer leaves the slot free. Needs kernel 5.13.
func (r *Ring) RegisterBuffersTags(buffers [][]byte, tags []uint64) error {
	if len(tags) != len(buffers) {
		return fmt.Errorf("register %d buffers with %d tags: %w", len(buffers), len(tags), unix.EINVAL)
	}
	if err := r.registerBuffers(iovecs(buffers), tags); err != nil {
		return fmt.Errorf("register %d buffers: %w", len(buffers), err)
	}
	return nil
}

func (r *Ring) registerBuffers(vecs []iovec, tags []uint64) error {
	defer r.args.reset()
	list, err := place(r.args, vecs...)
	if err != nil {
		return err
	}
	marks, err := place(r.args, tags...)
	if err != nil {
		return err
	}
	arg, err := place(r.args, giouring.RsrcRegister{
		Nr:   uint32(len(vecs)),
		Data: address(list),
		Tags: address(marks),
	})
	if err != nil {
		return err
	}
	_, err = r.register(giouring.RegisterBuffers2, unsafe.Pointer(&arg[0]), uint32(unsafe.Sizeof(arg[0])))
	return err
}

// UpdateBuffersTag replaces the buffers from slot offset on. What was there is
// removed, its tag posted once it is released. Needs kernel 5.13.
func (r *Ring) UpdateBuffersTag(offset uint32, buffers [][]byte, tags []uint64) error {
	if len(tags) != len(buffers) {
		return fmt.Errorf("update %d buffers with %d tags: %w", len(buffers), len(tags), unix.EINVAL)
	}
	n, err := updateTags(r, giouring.RegisterBuffersUpdate, offset, iovecs(buffers), tags)
	return updateError("buffers", offset, len(buffers), n, err)
}

// UnregisterBuffers drops all buffers. It waits like UnregisterFiles.
func (r *Ring) UnregisterBuffers() error {
	if _, err := r.register(giouring.UnregisterBuffers, nil, 0); err != nil {
		return fmt.Errorf("unregister buffers: %w", err)
	}
	return nil
}
