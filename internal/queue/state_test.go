package queue

import (
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
)

func loss(kind events.Kind, n uint64, byRing map[uint64]uint64) events.Loss {
	return events.Loss{ByKind: map[events.Kind]uint64{kind: n}, ByRing: byRing}
}

// both is what was lost of the two rings.
func both(one, two uint64) map[uint64]uint64 { return map[uint64]uint64{ring1: one, 0x2000: two} }

// twoRings has rings at 0x1000 and 0x2000.
func twoRings() *State {
	s := New(events.Ordered)
	s.Apply(&events.Event{Kind: events.RingCreate, Ring: ring1, Node: 10})
	s.Apply(&events.Event{Kind: events.RingCreate, Ring: 0x2000, Node: 20})
	return s
}

func TestLossOfARing(t *testing.T) {
	s := twoRings()
	s.MarkLost(loss(events.NodeZero, 2, both(2, 0)))
	qt.Check(t, qt.DeepEquals(s.Inexact(), []uint64{ring1}))
	qt.Check(t, qt.Equals(s.live(ring1).inexact, "lost 2 events"))
	s.Merge(&events.Walk{Rings: []events.WalkRing{{Ring: ring1, Active: 10}}}, nil)
	qt.Check(t, qt.HasLen(s.Inexact(), 0))
	s.MarkLost(loss(events.NodeZero, 2, both(2, 0)))
	qt.Check(t, qt.HasLen(s.Inexact(), 0), qt.Commentf("the same loss does not count again"))
	s.MarkLost(loss(events.NodeZero, 3, both(3, 0)))
	qt.Check(t, qt.Equals(s.live(ring1).inexact, "lost 1 event"))
}

func TestLossOfSomeRing(t *testing.T) {
	s := twoRings()
	s.MarkLost(events.Loss{Missed: 1, ByRing: both(0, 0)})
	qt.Check(t, qt.HasLen(s.Inexact(), 2), qt.Commentf("a hook that was skipped is any ring's"))
	qt.Check(t, qt.Equals(s.live(ring1).inexact, "lost 1 event of some ring"))
	s.Merge(&events.Walk{Rings: []events.WalkRing{{Ring: ring1, Active: 10}, {Ring: 0x2000, Active: 20}}}, nil)
	s.MarkLost(events.Loss{Missed: 1, ByRing: both(0, 0)})
	qt.Check(t, qt.HasLen(s.Inexact(), 0), qt.Commentf("the same loss does not count again"))
}

func TestLossOfARingThatIsCountedAnew(t *testing.T) {
	s := twoRings()
	s.MarkLost(loss(events.NodeZero, 2, both(2, 0)))
	walk := &events.Walk{Rings: []events.WalkRing{{Ring: ring1, Active: 10}}}
	s.Merge(walk, nil)
	// Its end and the creation of the next at its address were not heard.
	s.MarkLost(loss(events.NodeZero, 3, both(1, 0)))
	qt.Check(t, qt.Equals(s.live(ring1).inexact, "lost 1 event"))
}

func TestRingFoundByItsFileIsNotExiting(t *testing.T) {
	s := twoRings()
	s.Apply(&events.Event{Kind: events.RingExit, Ring: ring1})
	s.MarkLost(events.Loss{Missed: 2}) // RingGone and RingCreate
	s.Merge(&events.Walk{Rings: []events.WalkRing{{Ring: ring1, Active: 30}}}, nil)
	qt.Check(t, qt.IsFalse(s.live(ring1).exiting))
}

func TestLossOfAnEndedRing(t *testing.T) {
	s := twoRings()
	s.Apply(&events.Event{Kind: events.RingGone, Ring: ring1})
	s.Apply(&events.Event{Kind: events.RingCreate, Ring: ring1, Node: 30})
	s.MarkLost(loss(events.NodeNew, 1, both(0, 0))) // the former ring's; its count went with it
	qt.Check(t, qt.HasLen(s.Inexact(), 0), qt.Commentf("it concerns nobody any more"))
}

func TestEndThatWasLost(t *testing.T) {
	s := twoRings()
	l := loss(events.RingGone, 1, map[uint64]uint64{0x2000: 0})
	l.Begin, l.End, l.Elsewhere = 10, 20, 1
	s.MarkLost(l)
	qt.Check(t, qt.IsTrue(s.all[0].ended), qt.Commentf("it is not followed any more"))
	qt.Check(t, qt.DeepEquals(s.Inexact(), []uint64{0x2000}), qt.Commentf("its count went with it"))
	qt.Check(t, qt.IsTrue(s.Doubtful()))
}

func TestCreationThatWasLost(t *testing.T) {
	s := New(events.Ordered)
	l := loss(events.RingCreate, 1, map[uint64]uint64{ring1: 1})
	l.End = 10
	s.MarkLost(l)
	qt.Check(t, qt.IsTrue(s.Doubtful()))
	s.Merge(&events.Walk{Begin: 5, Rings: []events.WalkRing{{Ring: ring1, Active: 10}}}, nil)
	qt.Check(t, qt.IsTrue(s.Doubtful()), qt.Commentf("the walk began before it"))
	s.Merge(&events.Walk{Begin: 15, Rings: []events.WalkRing{{Ring: ring1, Active: 10}}}, nil)
	qt.Check(t, qt.IsFalse(s.Doubtful()))
	qt.Check(t, qt.HasLen(s.all, 1))
}

func TestRingThatThereIsNoRoomToFollow(t *testing.T) {
	s := twoRings()
	l := loss(events.NodeZero, 0, both(0, 0))
	l.Rings, l.End = 1, 10
	s.MarkLost(l)
	qt.Check(t, qt.HasLen(s.Inexact(), 0))
	qt.Check(t, qt.IsTrue(s.Doubtful()), qt.Commentf("it has to be looked for"))
	walk := &events.Walk{Begin: 15, Rings: []events.WalkRing{{Ring: ring1, Active: 10}, {Ring: 0x2000, Active: 20}, {Ring: 0x3000, Active: 30}}}
	s.Unheard(0x3000, "no room", false)
	s.Merge(walk, nil)
	qt.Check(t, qt.IsFalse(s.Doubtful()), qt.Commentf("another walk does not help"))
	qt.Check(t, qt.Equals(s.live(0x3000).inexact, "no room"))
	qt.Check(t, qt.IsFalse(s.Explain(Input{Loss: l}).Exact))
	s.Merge(walk, nil)
	qt.Check(t, qt.Equals(s.live(0x3000).inexact, ""), qt.Commentf("there was room by then"))
}

func TestLossWithoutARing(t *testing.T) {
	s := New(events.Ordered)
	in := Input{Loss: loss(events.RingCreate, 1, map[uint64]uint64{ring1: 1})}
	s.MarkLost(in.Loss)
	report := s.Explain(in)
	qt.Check(t, qt.IsFalse(report.Exact))
	qt.Check(t, qt.DeepEquals(report.Lost, Lost{Events: 1, Kinds: map[string]uint64{"ring_create": 1}}))
}

func TestRingAddressComesBack(t *testing.T) {
	s := twoRings()
	s.Apply(&events.Event{Kind: events.NodeRemove, Ring: ring1, Node: 10, Resource: tcpFile(1)})
	s.Apply(&events.Event{Kind: events.NodeNew, Ring: ring1, Node: 11})
	s.Apply(&events.Event{Kind: events.RingExit, Ring: ring1})
	s.Apply(&events.Event{Kind: events.RingGone, Ring: ring1})
	s.Apply(&events.Event{Kind: events.SockRelease, Ring: ring1})
	s.Apply(&events.Event{Kind: events.RingCreate, Ring: ring1, Node: 10, FD: 9})
	status := s.Status()
	qt.Assert(t, qt.HasLen(status, 3))
	qt.Check(t, qt.Equals(status[0], Status{Ring: 1, Removed: 1, Released: 1, Sockets: 1, Exact: true, Ended: true}))
	qt.Check(t, qt.Equals(status[2], Status{Ring: 3, FD: 9, Exact: true}))
	qt.Check(t, qt.Equals(s.all[0].sockets, 1))
}

func TestRingWhoseEndWasNotHeard(t *testing.T) {
	s := twoRings()
	s.Apply(&events.Event{Kind: events.RingCreate, Ring: ring1, Node: 30})
	qt.Check(t, qt.IsTrue(s.all[0].ended))
	qt.Check(t, qt.Equals(s.live(ring1).number, 3))
}

func TestEndedRingsAreFew(t *testing.T) {
	s := New(events.Ordered)
	for range 2 * maxEnded {
		s.Apply(&events.Event{Kind: events.RingCreate, Ring: ring1, Node: 10})
	}
	qt.Check(t, qt.HasLen(s.all, maxEnded+1))
	qt.Check(t, qt.Equals(s.live(ring1).number, 2*maxEnded))
}

func TestNumbersOfTheLastEvent(t *testing.T) {
	s := script(t, events.Ordered, removes(10, 1), born(20), zero(10))
	ring, node := s.Number(ring1, 10)
	qt.Check(t, qt.Equals(ring, 1))
	qt.Check(t, qt.Equals(node, 1), qt.Commentf("it has gone with this very event"))
	_, node = s.Number(ring1, 20)
	qt.Check(t, qt.Equals(node, 2))
	ring, node = s.Number(stranger, 10)
	qt.Check(t, qt.Equals(ring, 0))
	qt.Check(t, qt.Equals(node, 0))
}

func TestNodeOfAPut(t *testing.T) {
	s := script(t, events.OrderedDeferred, removes(10, 1), switches(10, 20), zero(10), batch(), puts(10, 1))
	_, node := s.Number(ring1, 0)
	qt.Check(t, qt.Equals(node, 1))
}

func TestNames(t *testing.T) {
	qt.Check(t, qt.Equals(OpName(6), "POLL_ADD"))
	qt.Check(t, qt.Equals(OpName(13), "ACCEPT"))
	qt.Check(t, qt.Equals(OpName(255), "OP_255"))
	qt.Check(t, qt.DeepEquals(FlagNames(1<<12|1<<13|1<<31), []string{"SINGLE_ISSUER", "DEFER_TASKRUN", "BIT_31"}))
	qt.Check(t, qt.IsNotNil(FlagNames(0)))
	qt.Check(t, qt.Equals(RegisterOpName(registeredRing|24), "REGISTER_SYNC_CANCEL"))
	qt.Check(t, qt.Equals(RegisterOpName(999), "REGISTER_999"))
}

func TestStatusAtAndWhatMayBeHeld(t *testing.T) {
	s := script(t, events.Ordered, removes(10, 1), born(20), removesAfter(10, 20, 2), born(30), zero(20), removesAfter(20, 30, 3), born(40))
	st, ok := s.StatusAt(ring1)
	qt.Check(t, qt.IsTrue(ok))
	qt.Check(t, qt.Equals(st, s.Status()[0]))
	qt.Check(t, qt.Equals(st.Head, 1))
	qt.Check(t, qt.Equals(st.Tail, 3))
	var held []int
	for _, node := range s.MaybeHeld {
		held = append(held, node)
	}
	qt.Check(t, qt.DeepEquals(held, []int{1, 3}))
	_, ok = s.StatusAt(stranger)
	qt.Check(t, qt.IsFalse(ok))
}
