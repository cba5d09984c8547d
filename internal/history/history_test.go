package history_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
	. "uringtrace/internal/history"
	"uringtrace/internal/history/historytest"
	"uringtrace/internal/incident"
	"uringtrace/internal/queue"
)

func newHistory(reclaim events.Reclaim) *History {
	return New(incident.New(historytest.Subject(reclaim)))
}

func last(r *Ring) *Interval { return &r.Intervals[len(r.Intervals)-1] }

// TestPinsAgainstTheKernelsBooks holds every pin against a kernel that keeps books
// of its own, and the sums over time against the totals.
func TestPinsAgainstTheKernelsBooks(t *testing.T) {
	h := newHistory(events.Ordered)
	k := historytest.NewKernel(h.Take)
	k.Run(3000)
	h.Finish()
	want := make(map[uint64]*historytest.Node)
	for _, n := range k.Pins {
		want[n.Begin] = n
	}
	ended := 0
	for _, p := range h.Pins() {
		if p.End == StillHeld {
			continue
		}
		ended++
		n := want[p.Begin]
		qt.Assert(t, qt.IsNotNil(n))
		qt.Check(t, qt.Equals(p.Ended, n.End))
		qt.Check(t, qt.Equals(p.Released, n.Released))
		qt.Check(t, qt.Equals(p.End, HoldersEnded))
		qt.Check(t, qt.IsFalse(p.Older))
	}
	qt.Check(t, qt.Equals(ended, len(want)))
	qt.Check(t, qt.IsTrue(ended > 100), qt.Commentf("%d", ended))
	checkSums(t, h, k)
}

func checkSums(t *testing.T, h *History, k *historytest.Kernel) {
	t.Helper()
	qt.Assert(t, qt.HasLen(h.Rings(), 1))
	r := h.Rings()[0]
	begin, _ := h.Span()
	var removed, released uint64
	for i, at := range r.Intervals {
		removed += at.Removed
		released += at.Released
		qt.Check(t, qt.IsTrue(at.Least <= at.Last && at.Last <= at.Most))
		qt.Check(t, qt.Equals((at.Begin-begin)%h.Width(), 0))
		qt.Check(t, qt.IsTrue(i == 0 || at.Begin > r.Intervals[i-1].Begin))
	}
	qt.Check(t, qt.Equals(removed, k.Removed))
	qt.Check(t, qt.Equals(released, k.Released))
	qt.Check(t, qt.Equals(last(r).Last, len(k.Queue)))
}

// TestBounds follows far more than is kept.
func TestBounds(t *testing.T) {
	h := newHistory(events.Ordered)
	k := historytest.NewKernel(h.Take)
	for i := range 40_000 {
		k.Now += 1e7
		k.Remove(i%2 == 0)
		if i%2 == 0 && i%40 != 0 {
			k.Now += 2e9
			k.End(len(k.Queue) - 1)
		}
		if i > 2000 && i%40 == 0 {
			k.End(0)
		}
		if i%10 == 0 {
			k.Sample(i)
		}
	}
	h.Finish()
	checkSums(t, h, k)
	r := h.Rings()[0]
	qt.Check(t, qt.IsTrue(len(r.Intervals) <= MostIntervals && len(r.Intervals) > MostIntervals/4), qt.Commentf("%d intervals", len(r.Intervals)))
	qt.Check(t, qt.IsTrue(len(h.Sockets()) <= MostIntervals && len(h.Sockets()) > MostIntervals/4))
	qt.Check(t, qt.IsTrue(len(h.Moments()) <= MostMoments && len(h.Moments()) > MostMoments/4), qt.Commentf("%d moments", len(h.Moments())))
	shorter, refused := h.PinsLeftOut()
	qt.Check(t, qt.Equals(refused, 0))
	ended := 0
	for _, p := range h.Pins() {
		if p.End != StillHeld {
			ended++
		}
	}
	qt.Check(t, qt.Equals(ended, MostPins))
	qt.Check(t, qt.Equals(shorter+MostPins, len(k.Pins)))
	for i := 1; i < len(h.Moments()); i++ {
		qt.Check(t, qt.IsTrue(h.Moments()[i].Time > h.Moments()[i-1].Time))
	}
	samples := h.Sockets()
	qt.Check(t, qt.Equals(samples[len(samples)-1].Used, 39_990))
}

// TestWalkTellsWhoHolds: what a walk finds of a pin stays with it when it has ended.
func TestWalkTellsWhoHolds(t *testing.T) {
	h := newHistory(events.Ordered)
	k := historytest.NewKernel(h.Take)
	k.Remove(true)
	for range 9 {
		k.Remove(false)
	}
	k.Now += 2e9
	k.Tell(events.Held)
	moments := h.Moments()
	last := moments[len(moments)-1].Rings[0]
	qt.Check(t, qt.Equals(last.Queue, queue.Counts{Nodes: 10, Pinned: 1, Blocked: 9, State: queue.Blocked}))
	qt.Check(t, qt.Equals(last.Held.Sockets, 10))
	k.End(0)
	h.Finish()
	pins := h.Pins()
	qt.Assert(t, qt.HasLen(pins, 1))
	p := pins[0]
	qt.Check(t, qt.Equals(p.Released, 10))
	qt.Check(t, qt.Equals(p.Frees.Sockets, 10))
	qt.Assert(t, qt.HasLen(p.Requests, 1))
	qt.Check(t, qt.Equals(p.Requests[0].Op, "POLL_ADD"))
	qt.Check(t, qt.Equals(p.Ended-p.Begin, 2e9+1))
	qt.Check(t, qt.HasLen(h.Moments()[len(h.Moments())-1].Rings, 0))
}

// TestSilence: what was queued before nothing was heard for a while counts as blocked
// from when the head has been one for long enough.
func TestSilence(t *testing.T) {
	h := newHistory(events.Ordered)
	k := historytest.NewKernel(h.Take)
	k.Remove(true)
	k.Tell(events.Held)
	for range 9 {
		k.Now += 1000
		k.Remove(false)
	}
	since := k.Now - 9000
	k.Now += 10e9
	k.Sample(1)
	h.Finish()
	blocked := make(map[uint64]int)
	for _, m := range h.Moments() {
		for _, r := range m.Rings {
			blocked[m.Time] = r.Queue.Blocked
			qt.Check(t, qt.Equals(r.Queue.Nodes == 10, m.Time >= since+9000))
		}
	}
	qt.Check(t, qt.Equals(blocked[since+9000], 0))
	qt.Check(t, qt.Equals(blocked[since+1e9], 9))
	qt.Check(t, qt.Equals(blocked[k.Now], 9))
}

// TestWalksAlone: without events pins are known from walks, and so are their ends.
func TestWalksAlone(t *testing.T) {
	h := newHistory(events.Ordered)
	k := historytest.NewKernel(func(*events.Entry) {})
	join := func() { h.Take(&events.Entry{Kind: events.Joined, Time: k.Now + 1, Walk: k.Walk()}) }
	k.Remove(true)
	k.Remove(false)
	join()
	k.Now += 5e9
	h.Take(&events.Entry{Kind: events.Counted, Time: k.Now, Removals: []events.Removals{{Ring: historytest.RingAt, Total: 7}}})
	join()
	pins := h.Pins()
	qt.Assert(t, qt.HasLen(pins, 1))
	qt.Check(t, qt.IsTrue(pins[0].Older))
	qt.Check(t, qt.Equals(pins[0].End, StillHeld))
	k.End(0)
	k.Now += 1e9
	join()
	pins = h.Pins()
	qt.Assert(t, qt.HasLen(pins, 1))
	qt.Check(t, qt.Equals(pins[0].End, NotSeen))
	var removed uint64
	for _, at := range h.Rings()[0].Intervals {
		removed += at.Removed
	}
	qt.Check(t, qt.Equals(removed, 7))
}

// TestDeferred: what is let go leaves the queue at once and is released later.
func TestDeferred(t *testing.T) {
	h := newHistory(events.OrderedDeferred)
	now := uint64(1e9)
	hear := func(e events.Event) {
		now += 1e9
		e.Ring, e.Time = historytest.RingAt, now
		h.Take(&events.Entry{Kind: events.Heard, Time: now, Event: &e})
	}
	remove := func(node, next uint64) {
		hear(events.Event{Kind: events.NodeRemove, Node: node, Resource: events.Resource{ID: node + 1, Type: events.File, Kind: events.Regular}})
		hear(events.Event{Kind: events.NodeSwitch, Node: node, Next: next, First: node + 2})
	}
	hear(events.Event{Kind: events.RingCreate, FD: 5, Node: 0x100})
	remove(0x100, 0x200)
	begin := now
	remove(0x200, 0x300)
	hear(events.Event{Kind: events.NodeZero, Node: 0x200})
	qt.Check(t, qt.Equals(last(h.Rings()[0]).Last, 2))
	hear(events.Event{Kind: events.NodeZero, Node: 0x100})
	end := now
	hear(events.Event{Kind: events.PutBatch})
	hear(events.Event{Kind: events.NodePut, First: 0x202, Resource: events.Resource{ID: 0x201}})
	hear(events.Event{Kind: events.NodePut, First: 0x102, Resource: events.Resource{ID: 0x101}})
	h.Finish()
	pins := h.Pins()
	qt.Assert(t, qt.HasLen(pins, 1)) // the other was held for a second
	qt.Check(t, qt.Equals(pins[0].Begin, begin))
	qt.Check(t, qt.Equals(pins[0].Ended, end))
	qt.Check(t, qt.Equals(pins[0].Released, 2))
	qt.Check(t, qt.Equals(last(h.Rings()[0]).Last, 0))
	qt.Check(t, qt.HasLen(h.Rings()[0].Inexact, 0))
}

// TestNonsense: entries that no kernel would tell are taken as well, and what is
// kept stays within its bounds.
func TestNonsense(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 5))
	kinds := events.Kinds()
	for round := range 12 {
		h := newHistory(events.OrderedDeferred + events.Reclaim(round%3))
		now := uint64(math.MaxUint64) >> rnd.IntN(60)
		nonsense := func() events.Event {
			now += rnd.Uint64N(1e12) // it may start over
			at := func() uint64 { return rnd.Uint64N(12) * 0x100 }
			return events.Event{
				Kind: kinds[rnd.IntN(len(kinds))], Time: now, Ring: 0x1000 * (1 + rnd.Uint64N(3)), Node: at(), Next: at(), First: at(), Tail: at(),
				Slot: rnd.Uint32N(4), Resource: events.Resource{ID: at(), Sock: at(), Type: events.ResourceType(rnd.IntN(3)), Kind: events.Socket},
			}
		}
		for range 3000 {
			e := nonsense()
			switch rnd.IntN(30) {
			case 0:
				walk := &events.Walk{Begin: now, End: now, Rings: []events.WalkRing{{Ring: e.Ring, Active: e.Next}}}
				for range rnd.IntN(5) {
					n := nonsense()
					walk.Nodes = append(walk.Nodes, events.WalkNode{Ring: e.Ring, Node: n.Node, Refs: rnd.Int64N(3) - 1, First: true, Place: events.Place(rnd.IntN(5)), Resource: n.Resource})
					walk.Requests = append(walk.Requests, events.WalkRequest{Ring: e.Ring, Request: n.Next, FileNode: n.Node})
				}
				h.Take(&events.Entry{Kind: []events.EntryKind{events.Joined, events.Held, events.Checked}[rnd.IntN(3)], Time: now, Walk: walk})
			case 1:
				h.Take(&events.Entry{Kind: events.Lost, Time: now, Loss: &events.Loss{Missed: rnd.Uint64N(9)}})
			case 2:
				h.Take(&events.Entry{Kind: events.Sampled, Time: now, Sockets: int(e.Node)})
			default:
				h.Take(&events.Entry{Kind: events.Heard, Time: now, Event: &e})
			}
		}
		h.Finish()
		qt.Check(t, qt.IsTrue(len(h.Moments()) <= MostMoments))
		for _, r := range h.Rings() {
			qt.Check(t, qt.IsTrue(len(r.Intervals) <= MostIntervals && len(r.Inexact) <= MostSpans))
		}
	}
}

func TestLossIsASpan(t *testing.T) {
	h := newHistory(events.Ordered)
	k := historytest.NewKernel(h.Take)
	k.Remove(true)
	for i := range uint64(500) {
		k.Now += 1e9
		begin := k.Now
		k.Lose(i + 1)
		k.Now += 1e8 + i
		k.Tell(events.Joined)
		if i > 0 {
			continue
		}
		spans := h.Rings()[0].Inexact
		qt.Assert(t, qt.HasLen(spans, 1))
		qt.Check(t, qt.DeepEquals(spans[0], Span{Begin: begin, End: k.Now + 1, Why: "lost 1 event"}))
	}
	spans, merged := h.Rings()[0].Inexact, 0
	qt.Check(t, qt.IsTrue(len(spans) <= MostSpans))
	for _, s := range spans {
		merged += s.Merged
	}
	qt.Check(t, qt.Equals(len(spans)+merged, 500))
	losses := h.Losses()
	qt.Check(t, qt.HasLen(losses, MostSpans))
	qt.Check(t, qt.Equals(losses[len(losses)-1].Events, 500))
}

func TestRingsThatEndAreLetGoWhenTheyAreMany(t *testing.T) {
	h := newHistory(events.Ordered)
	k := historytest.NewKernel(h.Take)
	k.Remove(true)
	for i := range uint64(3000) {
		addr := 0x100_0000 + i*0x1000
		for _, e := range []events.Event{{Kind: events.RingCreate, FD: 6, Node: addr + 8}, {Kind: events.RingGone}} {
			e.Ring, e.Time = addr, k.Now
			h.Take(&events.Entry{Kind: events.Heard, Time: k.Now, Event: &e})
		}
	}
	qt.Check(t, qt.HasLen(h.Rings(), MostRings))
	qt.Check(t, qt.Equals(h.RingsLeftOut(), 3001-MostRings))
	qt.Check(t, qt.Equals(h.Rings()[0].Number, 1)) // it has a queue
}

// TestIndependent: there is no queue; what has left its slot and is still used is
// known from walks, and its end from an event.
func TestIndependent(t *testing.T) {
	h := newHistory(events.Independent)
	walk := &events.Walk{
		Begin: 1e9, End: 1e9 + 1,
		Rings:    []events.WalkRing{{Ring: historytest.RingAt, TGID: 4121, FD: 5, Registered: -1, Slots: 8, Reclaim: events.Independent}},
		Requests: []events.WalkRequest{{Ring: historytest.RingAt, Request: 1, FileNode: 0x2000, Opcode: 6, Buffer: -1, File: events.Resource{ID: 3, Refs: 1, Type: events.File, Kind: events.FIFO}}},
	}
	h.Take(&events.Entry{Kind: events.Joined, Time: 1e9 + 2, Walk: walk})
	e := events.Event{Kind: events.NodeFree, Time: 3e9, Ring: historytest.RingAt, Node: 0x2000}
	qt.Assert(t, qt.HasLen(h.Pins(), 1))
	qt.Check(t, qt.Equals(h.Rings()[0].Intervals[0].Last, 1))
	h.Take(&events.Entry{Kind: events.Heard, Time: 3e9, Event: &e})
	h.Finish()
	pins := h.Pins()
	qt.Assert(t, qt.HasLen(pins, 1))
	qt.Check(t, qt.Equals(pins[0].Ended, 3e9))
	qt.Check(t, qt.Equals(pins[0].End, HoldersEnded))
	qt.Check(t, qt.Equals(last(h.Rings()[0]).Last, 0))
}

// BenchmarkTake measures following a leak: each removal is three entries.
func BenchmarkTake(b *testing.B) {
	for name, leak := range map[string]bool{"leak": true, "churn": false} {
		b.Run(name, func(b *testing.B) {
			h := newHistory(events.Ordered)
			n := 0
			k := historytest.NewKernel(func(e *events.Entry) { n++; h.Take(e) })
			k.Remove(leak)
			for b.Loop() {
				k.Now += 1e4
				k.Remove(false)
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "entries/s")
		})
	}
}
