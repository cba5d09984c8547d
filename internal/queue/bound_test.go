package queue

import (
	"testing"
	"unsafe"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
)

// The bounds that docs/concepts.md states.
const (
	boundNode  = 64   // bytes per queued node with one resource
	boundExtra = 48   // more for one with a tag, a buffer or counted holders
	boundItem  = 48   // per further resource of a node
	boundSlot  = 80   // per filled slot where nodes are independent
	boundRing  = 4096 // per ring that does nothing
)

// grown is the heap that fn's states take.
func grown(fn func() []*State) float64 {
	before := heap()
	states := fn()
	after := heap()
	for _, s := range states {
		s.last = named{} // it is still in use
	}
	return float64(after) - float64(before)
}

func TestBytesPerNode(t *testing.T) {
	qt.Check(t, qt.Equals(unsafe.Sizeof(node{}), 48))
	const nodes = 1<<18/8*7 + 1 // the index has just doubled
	for _, gen := range []events.Reclaim{events.OrderedDeferred, events.Ordered} {
		t.Run(gen.String(), func(t *testing.T) {
			bytes := grown(func() []*State {
				s := New(gen)
				grow(s, gen, nodes)
				return []*State{s}
			})
			t.Logf("%.1f bytes per node", bytes/nodes)
			qt.Check(t, qt.IsTrue(bytes/nodes <= boundNode))
		})
	}
}

func TestBytesPerNodeThatHasMore(t *testing.T) {
	const nodes = 1<<18/8*7 + 1
	bytes := grown(func() []*State {
		s := New(events.Ordered)
		s.Apply(&events.Event{Kind: events.RingCreate, Ring: ring1, Node: 8})
		for i := range uint64(nodes) {
			e := removesAfter(8*i, 8*(i+1), 1e9+i)
			e.Ring, e.Tag = ring1, i+1
			s.Apply(&e)
			next := born(8 * (i + 2))
			next.Ring = ring1
			s.Apply(&next)
		}
		qt.Assert(t, qt.HasLen(s.Inexact(), 0))
		return []*State{s}
	})
	t.Logf("%.1f bytes per node", bytes/nodes)
	qt.Check(t, qt.IsTrue(bytes/nodes <= boundNode+boundExtra))
}

func TestBytesPerFurtherResource(t *testing.T) {
	const items = 1<<18/8*7 + 1
	bytes := grown(func() []*State {
		s := New(events.OrderedDeferred)
		s.Apply(&events.Event{Kind: events.RingCreate, Ring: ring1, Node: 8})
		for i := range uint64(items) {
			e := removes(8, 1e9+i)
			e.Ring, e.Tag = ring1, i+1
			s.Apply(&e)
		}
		qt.Assert(t, qt.HasLen(s.Inexact(), 0))
		return []*State{s}
	})
	t.Logf("%.1f bytes per resource", bytes/items)
	qt.Check(t, qt.IsTrue(bytes/items <= boundItem))
}

func TestBytesPerSlot(t *testing.T) {
	const slots = 1<<18/8*7 + 1
	bytes := grown(func() []*State {
		s := New(events.Independent)
		s.Apply(&events.Event{Kind: events.RingCreate, Ring: ring1})
		for i := range uint64(slots) {
			s.Apply(&events.Event{Kind: events.NodeNew, Ring: ring1, Node: 8 * (i + 1)})
			s.Apply(&events.Event{Kind: events.NodeSlot, Ring: ring1, Node: 8 * (i + 1), Slot: uint32(i), Resource: tcpFile(1e9 + i)})
		}
		qt.Assert(t, qt.HasLen(s.Inexact(), 0))
		return []*State{s}
	})
	t.Logf("%.1f bytes per slot", bytes/slots)
	qt.Check(t, qt.IsTrue(bytes/slots <= boundSlot))
}

func TestBytesPerRing(t *testing.T) {
	const rings = 10_000
	bytes := grown(func() []*State {
		s := New(events.Ordered)
		walk := &events.Walk{Begin: 1, End: 2}
		for i := range uint64(rings) {
			walk.Rings = append(walk.Rings, events.WalkRing{Ring: ring1 * (i + 1), FD: int32(i), Active: ring1*(i+1) + 8})
		}
		s.Merge(walk, nil)
		qt.Assert(t, qt.HasLen(s.Explain(Input{}).Rings, rings))
		return []*State{s}
	})
	t.Logf("%.0f bytes per ring", bytes/rings)
	qt.Check(t, qt.IsTrue(bytes/rings <= boundRing))
}

// days is what a server does all day: nodes at ever new addresses, with tags and
// with several resources, sockets that go, rings that come and go.
type days struct {
	s    *State
	gen  events.Reclaim
	ring uint64
	last uint64 // address given last
	time uint64
}

func (d *days) apply(e events.Event) {
	d.time++
	e.Ring, e.Time = d.ring, d.time
	d.s.Apply(&e)
}

func (d *days) addr() uint64 {
	d.last += 64
	return d.last
}

func (d *days) removal(node uint64) events.Event {
	e := removes(node, d.addr())
	e.Tag = d.last % 3
	return e
}

// newRing ends the ring and makes another, nodes of which are then released.
func (d *days) newRing(nodes int) {
	if d.ring != 0 {
		d.apply(events.Event{Kind: events.RingExit})
		d.apply(events.Event{Kind: events.RingGone})
	}
	d.ring = d.addr()
	node := uint64(0)
	if d.gen != events.Independent {
		node = d.addr()
	}
	d.apply(events.Event{Kind: events.RingCreate, Node: node})
	for range nodes {
		next := d.addr()
		switch d.gen {
		case events.OrderedDeferred:
			d.deferred(node, next)
		case events.Ordered:
			d.apply(d.removal(node))
			d.apply(born(next))
			d.apply(zero(node))
		case events.Independent:
			slot := d.removal(next)
			slot.Kind = events.NodeSlot
			d.apply(events.Event{Kind: events.NodeNew, Node: next})
			d.apply(slot)
			d.apply(events.Event{Kind: events.NodeFree, Node: next})
		}
		d.apply(events.Event{Kind: events.SockRelease})
		node = next
	}
}

// deferred is an update of two slots and its release.
func (d *days) deferred(node, next uint64) {
	first, second := d.removal(node), d.removal(node)
	d.apply(first)
	d.apply(second)
	d.apply(switches(node, next))
	d.apply(zero(node))
	d.apply(batch())
	d.apply(puts(node, second.Resource.ID))
	d.apply(puts(node, first.Resource.ID))
}

func TestDaysDoNotGrow(t *testing.T) {
	const rings, nodes = 1000, 200 // of each generation about a million events
	for _, gen := range []events.Reclaim{events.OrderedDeferred, events.Ordered, events.Independent} {
		t.Run(gen.String(), func(t *testing.T) {
			d := &days{s: New(gen), gen: gen}
			live := func() {
				for range rings {
					d.newRing(nodes)
				}
			}
			live() // as many ended rings as are kept
			qt.Assert(t, qt.HasLen(d.s.Inexact(), 0))
			bytes := grown(func() []*State {
				live()
				return []*State{d.s}
			})
			qt.Check(t, qt.HasLen(d.s.Inexact(), 0))
			qt.Check(t, qt.IsTrue(bytes < 16<<10), qt.Commentf("%v bytes more after %d events", bytes, d.time/2))
		})
	}
}

// TestLongRingDoesNotGrow is a ring that lives for long.
func TestLongRingDoesNotGrow(t *testing.T) {
	for _, gen := range []events.Reclaim{events.OrderedDeferred, events.Ordered, events.Independent} {
		t.Run(gen.String(), func(t *testing.T) {
			d := &days{s: New(gen), gen: gen}
			d.newRing(100_000)
			r := d.s.live(d.ring)
			qt.Check(t, qt.Equals(r.inexact, ""))
			for name, n := range map[string]int{
				"nodes": int(r.nodes.top), "details": int(r.details.top), "older": int(r.older.top),
				"addresses": len(r.byAddr.slots), "details by address": len(r.detailBy.slots), "slots": len(r.bySlot.slots),
			} {
				qt.Check(t, qt.IsTrue(n <= minIndex), qt.Commentf("%s: %d", name, n))
			}
		})
	}
}

// TestTooLongQueueIsLetGo says so and starts again instead of growing.
func TestTooLongQueueIsLetGo(t *testing.T) {
	for _, gen := range []events.Reclaim{events.OrderedDeferred, events.Ordered} {
		t.Run(gen.String(), func(t *testing.T) {
			s := New(gen)
			s.most = 1000
			grow(s, gen, 999)
			qt.Check(t, qt.Equals(s.Status()[0].Nodes, 999))
			qt.Check(t, qt.HasLen(s.Inexact(), 0))
			for i := 999; i < 5000; i++ {
				node := uint64(0x1000 + 0x80*i)
				list := []events.Event{removesAfter(node-0x80, node, 1e9), born(node + 0x80)}
				if gen == events.OrderedDeferred {
					list = []events.Event{removes(node, 1e9), switches(node, node+0x80)}
				}
				play(s, list...)
				qt.Assert(t, qt.IsTrue(s.live(ring1).nodes.used() <= 1002))
			}
			qt.Check(t, qt.HasLen(s.invariants(), 0))
			report := s.Explain(Input{})
			qt.Check(t, qt.IsFalse(report.Exact))
			qt.Check(t, qt.Equals(report.Rings[0].Inexact, "more than 1000 nodes are queued, which is more than are followed one by one"))
		})
	}
}
