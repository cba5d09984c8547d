//go:build kernel

package observe

import (
	"runtime"
	"testing"
	"unsafe"

	"github.com/go-quicktest/qt"
	"golang.org/x/sys/unix"
)

// ownRing is a ring of the test's own process, which can so do one thing at a time
// and know what the hooks have seen. See include/uapi/linux/io_uring.h.
type ownRing struct {
	t  *testing.T
	fd int
}

const (
	registerFiles       = 2
	registerFilesUpdate = 6
)

// newOwnRing has a table of one slot.
func newOwnRing(t *testing.T) *ownRing {
	t.Helper()
	var params [120]byte // struct io_uring_params
	fd, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 4, uintptr(unsafe.Pointer(&params)), 0)
	qt.Assert(t, qt.Equals(errno, 0))
	r := &ownRing{t, int(fd)}
	none := int32(-1)
	r.register(registerFiles, unsafe.Pointer(&none))
	t.Cleanup(r.close)
	return r
}

func (r *ownRing) register(op int, arg unsafe.Pointer) {
	r.t.Helper()
	_, _, errno := unix.Syscall6(unix.SYS_IO_URING_REGISTER, uintptr(r.fd), uintptr(op), uintptr(arg), 1, 0, 0)
	qt.Assert(r.t, qt.Equals(errno, 0))
}

// put puts fd into the slot; -1 empties it.
func (r *ownRing) put(fd int) {
	r.t.Helper()
	fds := &[1]int32{int32(fd)}
	var pin runtime.Pinner
	pin.Pin(fds)
	defer pin.Unpin()
	up := struct { // struct io_uring_files_update
		offset, _ uint32
		fds       uint64
	}{fds: uint64(uintptr(unsafe.Pointer(fds)))}
	r.register(registerFilesUpdate, unsafe.Pointer(&up))
}

// churn puts a new socket into the slot and removes it, n times.
func (r *ownRing) churn(n int) {
	r.t.Helper()
	for range n {
		fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		qt.Assert(r.t, qt.IsNil(err))
		r.put(fd)
		qt.Assert(r.t, qt.IsNil(unix.Close(fd)))
		r.put(-1)
	}
}

func (r *ownRing) close() {
	if r.fd >= 0 {
		qt.Check(r.t, qt.IsNil(unix.Close(r.fd)))
		r.fd = -1
	}
}
