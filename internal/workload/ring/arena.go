//go:build giouring && linux

package ring

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// arena is memory outside the Go heap for what the kernel reads by address. The
// addresses travel as plain integers, which the garbage collector does not follow
// and a moving stack would break.
type arena struct {
	mem  []byte
	used int
	// kept is the part that reset leaves alone.
	kept int
}

func newArena(size int) (*arena, error) {
	mem, err := NewBuffer(size)
	if err != nil {
		return nil, err
	}
	return &arena{mem: mem}, nil
}

// keep makes everything placed so far survive reset.
func (a *arena) keep() { a.kept = a.used }

// reset forgets what was placed since keep.
func (a *arena) reset() { a.used = a.kept }

// free gives the memory back; what is placed afterwards is refused.
func (a *arena) free() error {
	mem := a.mem
	a.mem = nil
	return FreeBuffer(mem)
}

// align suits every structure of the io_uring interface.
const align = 16

// place copies values into the arena, side by side, and returns the copy, which is
// valid until reset. T must not hold Go pointers.
func place[T any](a *arena, values ...T) ([]T, error) {
	if len(values) == 0 {
		return nil, nil
	}
	if a.mem == nil {
		return nil, fmt.Errorf("arguments for a closed ring: %w", unix.EBADF)
	}
	start := (a.used + align - 1) &^ (align - 1)
	end := start + len(values)*int(unsafe.Sizeof(values[0]))
	if end > len(a.mem) {
		return nil, fmt.Errorf("arguments of %d bytes: %w", end-start, unix.ENOMEM)
	}
	a.used = end
	placed := unsafe.Slice((*T)(unsafe.Pointer(&a.mem[start])), len(values))
	copy(placed, values)
	return placed, nil
}

// address returns where placed memory lies, as the kernel wants it; 0 for none.
func address[T any](placed []T) uint64 {
	return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(placed))))
}
