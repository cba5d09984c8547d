//go:build giouring && linux

package ring

import (
	"fmt"
	"testing"

	"github.com/go-quicktest/qt"
	"golang.org/x/sys/unix"
)

func TestBuffersWithTags(t *testing.T) {
	r := open(t, 0)
	var buffers [3][]byte
	for i := range buffers {
		mem, err := NewBuffer(4096)
		qt.Assert(t, qt.IsNil(err))
		defer func() { qt.Check(t, qt.IsNil(FreeBuffer(mem))) }()
		buffers[i] = mem
	}
	shown := func(i int) string { return fmt.Sprintf("0x%x/4096", address(buffers[i])) }
	// Some kernels add where the pages come from.
	is := func(slot, buffer int) {
		t.Helper()
		got := readInfo(t, r).buffers[slot]
		qt.Assert(t, qt.Equals(got[:min(len(got), len(shown(buffer)))], shown(buffer)))
	}

	qt.Assert(t, qt.IsNil(r.RegisterBuffersTags([][]byte{buffers[0], buffers[1], nil}, []uint64{81, 82, 0})))
	is(0, 0)
	is(1, 1)

	qt.Assert(t, qt.IsNil(r.UpdateBuffersTag(1, [][]byte{buffers[2], buffers[1]}, []uint64{83, 84})))
	is(0, 0)
	is(1, 2)
	is(2, 1)
	qt.Assert(t, qt.DeepEquals(reap(t, r, 1), map[uint64]int32{82: 0}))

	qt.Assert(t, qt.IsNil(r.UnregisterBuffers()))
	qt.Assert(t, qt.HasLen(readInfo(t, r).buffers, 0))
}

func TestBuffersNeedOneTagEach(t *testing.T) {
	r := open(t, 0)
	qt.Assert(t, qt.ErrorIs(r.RegisterBuffersTags([][]byte{nil}, nil), unix.EINVAL))
	qt.Assert(t, qt.ErrorIs(r.UpdateBuffersTag(0, [][]byte{nil}, nil), unix.EINVAL))
	qt.Assert(t, qt.ErrorIs(r.UnregisterBuffers(), unix.ENXIO))
}
