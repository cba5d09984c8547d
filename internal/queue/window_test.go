package queue

import (
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
)

// A cold join by hand: the walk has met this, the hooks have said that
// meanwhile.
type coldJoin struct {
	name    string
	gen     events.Reclaim
	walk    func(w *events.Walk)
	window  []events.Event
	settled bool
	line    string
}

func queuedAt(node uint64, refs int64, file uint64) events.WalkNode {
	return events.WalkNode{Ring: ring1, Node: node, First: true, Refs: refs, Put: node + 1, Resource: tcpFile(file)}
}

func has(active uint64, nodes ...events.WalkNode) func(*events.Walk) {
	return func(w *events.Walk) { w.Rings[0].Active, w.Nodes = active, nodes }
}

func doneAt(node, file uint64) events.WalkNode {
	n := queuedAt(node, 0, file)
	n.Done = true
	return n
}

func releasingAt(node, file uint64) events.WalkNode {
	n := doneAt(node, file)
	n.Place = events.AtReleasing
	return n
}

func coldJoinsDeferred() []coldJoin {
	return []coldJoin{
		{
			name: "A: nothing happened", gen: events.OrderedDeferred, settled: true,
			walk: has(30, queuedAt(10, 1, 1), queuedAt(20, 1, 2)), line: "10[1] 20[2]",
		},
		{
			name: "A: the walk has the removal", gen: events.OrderedDeferred, settled: true,
			walk:   has(20, queuedAt(10, 1, 1)),
			window: []events.Event{switchesEmpty(0, 10), removes(10, 1), switches(10, 20)}, line: "10[1]",
		},
		{
			name: "A: the walk came before the removal", gen: events.OrderedDeferred, settled: true,
			walk:   has(10),
			window: []events.Event{switchesEmpty(0, 10), removes(10, 1), switches(10, 20)}, line: "10[1]",
		},
		{
			name: "A: the node may have had removals before the window", gen: events.OrderedDeferred,
			walk: has(10), window: []events.Event{removes(10, 2), switches(10, 20)}, line: "10[2]",
		},
		{
			name: "A: but the walk has them all", gen: events.OrderedDeferred, settled: true,
			walk:   has(20, queuedAt(10, 1, 1)),
			window: []events.Event{removes(10, 2), switches(10, 20)}, line: "10[1]",
		},
		{
			name: "A: a node moved to the worker's list under the walk", gen: events.OrderedDeferred, settled: true,
			walk:   has(30, queuedAt(10, 1, 1), queuedAt(20, 1, 2), releasingAt(10, 1)),
			window: []events.Event{zero(10)}, line: "20[2] | 10[1]",
		},
		{
			name: "A: the walk met a head on its way to the worker", gen: events.OrderedDeferred, settled: true,
			walk: has(30, doneAt(10, 1), queuedAt(20, 1, 2)), line: "20[2] | 10[1]",
		},
		{
			name: "A: the worker released something", gen: events.OrderedDeferred,
			walk: has(30, queuedAt(20, 1, 2), releasingAt(10, 1)), window: []events.Event{batch(), puts(10, 1)}, line: "20[2]",
		},
	}
}

func coldJoinsOrdered() []coldJoin {
	return []coldJoin{
		{
			name: "B: zeros behind a held head only flag", gen: events.Ordered, settled: true,
			walk:   has(30, queuedAt(10, 1, 1), queuedAt(20, 1, 2)),
			window: []events.Event{zero(20)}, line: "10[1] 20[2]+",
		},
		{
			name: "B: the head's holders ended", gen: events.Ordered,
			walk: has(30, queuedAt(10, 1, 1), queuedAt(20, 1, 2)), window: []events.Event{zero(10)}, line: "20[2]",
		},
		{
			name: "B: without a queue a zero may be anybody's", gen: events.Ordered,
			walk: has(30), window: []events.Event{removes(10, 1), born(20), zero(10), removes(20, 2), born(30)}, line: "20[2]",
		},
		{
			name: "B: the walk came before the removal", gen: events.Ordered, settled: true,
			walk:   has(20, queuedAt(10, 1, 1)),
			window: []events.Event{removesAfter(10, 20, 2), born(30)}, line: "10[1] 20[2]",
		},
		{
			name: "B: the walk came after it", gen: events.Ordered, settled: true,
			walk:   has(30, queuedAt(10, 1, 1), queuedAt(20, 1, 2)),
			window: []events.Event{removesAfter(10, 20, 2), born(30)}, line: "10[1] 20[2]",
		},
		{
			name: "B: the walk came between the new node and the queue", gen: events.Ordered, settled: true,
			walk:   has(30, queuedAt(10, 1, 1)),
			window: []events.Event{removesAfter(10, 20, 2), born(30)}, line: "10[1] 20[2]",
		},
		{
			name: "B: a marker that the walk may have or not", gen: events.Ordered,
			walk: has(20, queuedAt(10, 1, 1)), window: []events.Event{born(30)}, line: "10[1] 20[]",
		},
		{
			name: "B: a marker that the walk has", gen: events.Ordered,
			walk:   has(30, queuedAt(10, 1, 1), events.WalkNode{Ring: ring1, Node: 20, First: true}),
			window: []events.Event{born(30)}, line: "10[1] 20[]+",
		},
		{
			name: "the ring's end began", gen: events.Ordered,
			walk: has(20, queuedAt(10, 1, 1)), window: []events.Event{{Kind: events.RingExit}}, line: "10[1]",
		},
		{
			name: "torn lists", gen: events.Ordered,
			walk: func(w *events.Walk) {
				has(30, queuedAt(10, 1, 1))(w)
				w.Rings[0].Torn = 1
			}, line: "10[1]",
		},
	}
}

// settled tells for each ring of a walk whether it is exact when that has been merged.
func settled(s *State, w *events.Walk, window []events.Event) map[uint64]bool {
	out := make(map[uint64]bool, len(w.Rings))
	for addr, v := range s.judge(w, window) {
		out[addr] = v.settled(s.reclaim)
	}
	return out
}

func TestColdJoins(t *testing.T) {
	for _, j := range append(coldJoinsDeferred(), coldJoinsOrdered()...) {
		t.Run(j.name, func(t *testing.T) {
			s := New(j.gen)
			w := &events.Walk{Begin: 5, Rings: []events.WalkRing{{Ring: ring1, FD: 5}}}
			j.walk(w)
			for i := range j.window {
				j.window[i].Ring, j.window[i].Time = ring1, uint64(i+1)
			}
			qt.Check(t, qt.Equals(settled(s, w, j.window)[ring1], j.settled))
			s.Merge(w, j.window)
			qt.Check(t, qt.Equals(line(s.live(ring1)), j.line))
			qt.Check(t, qt.Equals(s.live(ring1).inexact == "", j.settled))
			qt.Check(t, qt.HasLen(s.invariants(), 0))
		})
	}
}

func TestRingsThatEventsKeepAreNotReplaced(t *testing.T) {
	s := script(t, events.Ordered, removes(10, 1), born(20))
	// A torn walk that has less: of no consequence to a ring that is exact.
	s.Merge(&events.Walk{Rings: []events.WalkRing{{Ring: ring1, Active: 20, Torn: 1}}}, nil)
	qt.Check(t, qt.Equals(line(s.live(ring1)), "10[1]"))
	qt.Check(t, qt.HasLen(s.Inexact(), 0))
}

func TestRepairKeepsNumbersAndTime(t *testing.T) {
	s := script(t, events.Ordered, removes(10, 1), born(20), removesAfter(10, 20, 2), born(30))
	r := s.live(ring1)
	head, since := s.Status()[0].Head, r.headSince
	s.Holders(queueWalk(1, nil, nil))
	s.MarkLost(loss(events.NodeZero, 1, map[uint64]uint64{ring1: 1}))
	w := &events.Walk{Begin: 1e9, Rings: []events.WalkRing{{Ring: ring1, FD: 5}}}
	has(30, queuedAt(10, 1, 1), queuedAt(20, 1, 2))(w)
	s.Merge(w, nil)
	qt.Check(t, qt.Equals(s.Status()[0].Head, head))
	qt.Check(t, qt.Equals(r.headSince, since), qt.Commentf("it has been the head all the time"))
	for it := range r.items(r.at(r.queue.head)) {
		qt.Check(t, qt.Equals(it.slot, 1), qt.Commentf("no walk tells the slot; the event did"))
	}
	qt.Check(t, qt.Equals(s.Explain(Input{}).Rings[0].Seen.Repairs, 1))
	qt.Check(t, qt.Equals(s.Explain(Input{}).Rings[0].Seen.Repaired, "lost 1 event"))
}

func TestWithoutHooksAWalkEndsRings(t *testing.T) {
	s := New(events.Ordered)
	s.Merge(&events.Walk{Rings: []events.WalkRing{{Ring: ring1, FD: 5}, {Ring: 0x2000, FD: 6}}}, nil)
	s.Merge(&events.Walk{Rings: []events.WalkRing{{Ring: 0x2000, FD: 6}}}, nil)
	qt.Check(t, qt.IsTrue(s.all[0].ended))
	qt.Check(t, qt.IsFalse(s.all[1].ended))
}
