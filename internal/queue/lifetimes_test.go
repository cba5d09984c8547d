package queue

import (
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
)

func TestLifetimes(t *testing.T) {
	rr := blockedBy(0, asks(opPollAdd, listenerFile()))
	qt.Check(t, qt.DeepEquals(rr.Lifetimes, &Lifetimes{Long: []int{0}, Churn: []Churn{{Slot: 1, Removals: 2}}}))
}

func TestLifetimesAreNotGuessed(t *testing.T) {
	s := New(events.Ordered)
	s.Merge(queueWalk(1e9, map[uint64]int64{10: 1}, []uint64{10, 20}, polls(1, 10)), nil)
	rr := s.Explain(Input{}).Rings[0]
	qt.Check(t, qt.Equals(rr.Queue.State, Blocked))
	qt.Check(t, qt.IsNil(rr.Lifetimes), qt.Commentf("no walk tells the slots of what was removed"))
}

func TestLifetimesOfManySlots(t *testing.T) {
	s, tail := script(t, events.Ordered), uint64(0)
	const slots = maxChurn + 10
	for i := range uint64(slots + 1) { // slot 7 is emptied twice
		e := removesAfter(tail, 10+10*i, i+1)
		e.Slot = uint32(i % slots)
		if i == slots {
			e.Slot = 7
		}
		play(s, e, born(20+10*i))
		if i > 0 {
			play(s, zero(10+10*i))
		}
		tail = 10 + 10*i
	}
	s.Holders(queueWalk(1e12, map[uint64]int64{10: 1}, []uint64{10}, polls(1, 10)))
	l := s.Explain(Input{}).Rings[0].Lifetimes
	qt.Assert(t, qt.HasLen(l.Churn, maxChurn))
	qt.Check(t, qt.Equals(l.Churn[0], Churn{Slot: 7, Removals: 2}))
	qt.Check(t, qt.Equals(l.Churn[1], Churn{Slot: 0, Removals: 1}))
	qt.Check(t, qt.Equals(l.More, 10))
}
