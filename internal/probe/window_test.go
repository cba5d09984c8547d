//go:build linux

package probe

import (
	"testing"
	"unsafe"

	"github.com/go-quicktest/qt"

	"uringtrace/bpf"
	"uringtrace/internal/events"
)

// written is what a walk leaves of a ring: its name, then nodes of which every
// third has more.
func written(ring uint64, nodes int) []bpf.WireWalkNode {
	out := []bpf.WireWalkNode{{Node: ring, Bits: bpf.WireNodeBits(bpf.WirePlaceAT_RING)}}
	for i := range uint64(nodes) {
		n := bpf.WireWalkNode{
			Node: ring + i, Rsrc: i, Put: i + 1, Refs: 1, Proto: 6, Family: 2, File: uint8(events.Socket) | 7<<bpf.WireNodeBitsNODE_KIND_BITS,
			Bits: bpf.WireNodeBitsNODE_FIRST | bpf.WireNodeBits(events.File)<<bpf.WireNodeBitsNODE_TYPE_SHIFT,
		}
		if i%3 != 0 {
			out = append(out, n)
			continue
		}
		n.Bits |= bpf.WireNodeBitsNODE_MORE
		// A tag that, taken for a node, would be a ring's name.
		more := bpf.WireWalkMore{Refs: int64(i), Tag: ^uint64(0), Bytes: 4096, Pages: 0x05050505, Slot: 0x05050505}
		out = append(out, n, *(*bpf.WireWalkNode)(unsafe.Pointer(&more)))
	}
	return out
}

func checkNodes(t *testing.T, each func(func(*events.WalkNode)), ring uint64, nodes int) {
	t.Helper()
	i := uint64(0)
	each(func(n *events.WalkNode) {
		want := events.WalkNode{
			Ring: ring, Node: ring + i, Put: i + 1, First: true, Place: events.AtQueue,
			Resource: events.Resource{ID: i, Refs: 1, Type: events.File, Kind: events.Socket, Family: 2, Proto: 6, State: 7},
		}
		if i%3 == 0 {
			want.Refs, want.Tag, want.Slot = int64(i), ^uint64(0), 0x05050505
			want.Resource.Bytes, want.Resource.Pages = 4096, 0x05050505
		}
		if *n != want {
			t.Fatalf("node %d of ring %d is %+v, not %+v", i, ring, *n, want)
		}
		i++
	})
	qt.Assert(t, qt.Equals(i, uint64(nodes)))
}

func TestWindow(t *testing.T) {
	w := &window{}
	lengths := []int{10, 0, 3 * blockSize, 5}
	for i, n := range lengths {
		// The second part of a ring has its name no more.
		records := written(1000*uint64(i), n)
		half := len(records) / 2
		for half > 0 && records[half-1].Bits&bpf.WireNodeBitsNODE_MORE != 0 {
			half--
		}
		qt.Assert(t, qt.IsNil(w.add(records[:half])))
		qt.Assert(t, qt.IsNil(w.add(records[half:])))
	}
	qt.Check(t, qt.Equals(w.seen, 10+3*blockSize+5))
	blocks := len(w.blocks)
	qt.Assert(t, qt.IsTrue(blocks > 4))
	rings, err := w.nodes()
	qt.Assert(t, qt.IsNil(err))
	qt.Assert(t, qt.HasLen(rings, len(lengths)))
	for range 2 {
		for i, r := range rings {
			qt.Check(t, qt.Equals(r.Ring(), 1000*uint64(i)))
			checkNodes(t, r.Each, r.Ring(), lengths[i])
		}
	}
	held := func() (n int) {
		for _, b := range w.blocks {
			if b != nil {
				n++
			}
		}
		return n
	}
	most := 0
	checkNodes(t, func(fn func(*events.WalkNode)) {
		rings[2].Drain(func(n *events.WalkNode) {
			most = max(most, blocks-held())
			fn(n)
		})
	}, 2000, lengths[2])
	qt.Check(t, qt.IsTrue(most >= blocks-3), qt.Commentf("%d of %d blocks went while they were read", most, blocks))
	for i, r := range rings {
		if i != 2 {
			checkNodes(t, r.Drain, r.Ring(), lengths[i])
		}
		checkNodes(t, r.Each, r.Ring(), 0)
	}
	qt.Check(t, qt.Equals(held(), 0))
}

// TestBeyondTheWindow: what is too much is counted by ring, and what was taken in
// before stays as it is.
func TestBeyondTheWindow(t *testing.T) {
	w := &window{}
	qt.Assert(t, qt.IsNil(w.add(written(1000, 10))))
	more := written(1000, 7)[1:]
	active := bpf.WireWalkNode{Node: 1, Bits: bpf.WireNodeBitsNODE_FIRST | bpf.WireNodeBits(bpf.WirePlaceAT_ACTIVE)}
	w.countOnly(append(more, active))
	w.countOnly(written(2000, 5))
	qt.Check(t, qt.Equals(w.seen, 10+7+5))
	qt.Check(t, qt.DeepEquals(w.beyond(), map[uint64]uint32{1000: 7, 2000: 5}))
	rings, err := w.nodes()
	qt.Assert(t, qt.IsNil(err))
	qt.Assert(t, qt.HasLen(rings, 2))
	checkNodes(t, rings[0].Each, 1000, 10)
	checkNodes(t, rings[0].Drain, 1000, 10)
	for _, each := range []func(func(*events.WalkNode)){rings[1].Each, rings[1].Drain} {
		checkNodes(t, each, 2000, 0)
	}
}
