//go:build linux

package probe

import (
	"errors"
	"fmt"
	"unsafe"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// records is an array in the kernel that a walk fills and we have mapped. It
// sits in an array of maps, so that it can grow without loading anything anew.
type records struct {
	outer *ebpf.Map
	spec  *ebpf.MapSpec
	inner *ebpf.Map
	mem   []byte
	room  int
}

func newRecords(outer *ebpf.Map, spec *ebpf.MapSpec, room int) (*records, error) {
	r := &records{outer: outer, spec: spec.Copy()}
	if err := r.grow(room); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// fit reports whether n records had room; if not it makes room for the next
// walk, with slack for what grows meanwhile.
func (r *records) fit(n uint64) (bool, error) {
	if n <= uint64(r.room) {
		return true, nil
	}
	return false, r.grow(int(n + n/4 + 1024))
}

func (r *records) grow(room int) error {
	if err := r.Close(); err != nil {
		return err
	}
	spec := r.spec.Copy()
	spec.MaxEntries = uint32(room)
	inner, err := ebpf.NewMap(spec)
	if err != nil {
		return fmt.Errorf("make room for %d walk records: %w", room, err)
	}
	if err := r.outer.Put(uint32(0), inner); err != nil {
		return errors.Join(fmt.Errorf("hand walk records to kernel: %w", err), inner.Close())
	}
	size := (room*int(spec.ValueSize) + unix.Getpagesize() - 1) &^ (unix.Getpagesize() - 1)
	mem, err := unix.Mmap(inner.FD(), 0, size, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return errors.Join(fmt.Errorf("map walk records: %w", err), inner.Close())
	}
	r.inner, r.mem, r.room = inner, mem, room
	return nil
}

// Close unmaps; a nil receiver is fine.
func (r *records) Close() error {
	if r == nil || r.inner == nil {
		return nil
	}
	err := errors.Join(unix.Munmap(r.mem), r.inner.Close())
	r.inner, r.mem, r.room = nil, nil, 0
	return err
}

// recordsOf views the first n records; valid until the next walk.
func recordsOf[T any](r *records, n int) []T {
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*T)(unsafe.Pointer(&r.mem[0])), n)
}
