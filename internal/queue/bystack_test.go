package queue

import (
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
)

// from is a removal of what a stack had put into the slot.
func from(stack uint32, e events.Event) events.Event {
	e.Stack = stack
	return e
}

func stacksHold(s *State) map[uint32]int {
	report := s.Explain(Input{Costs: Costs{Node: 64, File: 256}})
	var out map[uint32]int
	sum := Held{}
	for _, h := range report.Rings[0].ByStack {
		if out == nil {
			out = make(map[uint32]int)
		}
		out[h.Stack] = h.Sockets
		sum.Sockets += h.Sockets
		sum.Bytes += h.Bytes
		sum.Files += h.Files
	}
	if out != nil {
		all := report.Rings[0].Held
		if sum.Sockets != all.Sockets || sum.Bytes != all.Bytes || sum.Files != all.Files {
			panic("what stacks have does not add up")
		}
	}
	return out
}

func TestHeldByStack(t *testing.T) {
	s := script(t, events.Ordered,
		from(7, removes(10, 1)), born(20), from(9, removesAfter(10, 20, 2)), born(30), zero(20),
		removesAfter(20, 30, 3), born(40), zero(30), from(7, removesAfter(30, 40, 4)), born(50), zero(40),
		from(7, removesAfter(40, 50, 4)), born(60), zero(50), // one file twice
	)
	qt.Check(t, qt.DeepEquals(stacksHold(s), map[uint32]int{0: 1, 7: 3, 9: 1}))
}

// Without stacks nothing is counted by them.
func TestHeldByNoStack(t *testing.T) {
	qt.Check(t, qt.IsNil(stacksHold(script(t, events.Ordered, removes(10, 1), born(20)))))
}

// A walk does not know stacks; what events have told stays.
func TestStacksSurviveWalks(t *testing.T) {
	removals := []events.Event{from(7, removes(10, 1)), born(20), from(9, removesAfter(10, 20, 2)), born(30), zero(20)}
	walk := func() *events.Walk {
		return &events.Walk{
			Begin: 1e9, End: 2e9,
			Rings: []events.WalkRing{{Ring: ring1, Active: 30, FD: 5, Reclaim: events.Ordered}},
			Nodes: []events.WalkNode{
				{Ring: ring1, Node: 10, Refs: 1, First: true, Resource: tcpFile(1)},
				{Ring: ring1, Node: 20, Refs: 0, First: true, Resource: tcpFile(2)},
				{Ring: ring1, Node: 30, Refs: 1, First: true, Place: events.AtActive},
			},
			Requests: []events.WalkRequest{{Ring: ring1, Request: 1, FileNode: 10, Stack: 11, Slot: 0, Buffer: -1}},
		}
	}
	held := script(t, events.Ordered, removals...)
	held.Holders(walk())
	merged := script(t, events.Ordered, removals...)
	merged.rings[ring1].inexact = "something was lost"
	merged.Merge(walk(), nil)
	for _, s := range []*State{held, merged} {
		qt.Check(t, qt.DeepEquals(stacksHold(s), map[uint32]int{7: 1, 9: 1}))
		report := s.Explain(Input{})
		qt.Assert(t, qt.HasLen(report.Rings[0].Blockers, 1))
		qt.Check(t, qt.Equals(report.Rings[0].Blockers[0].Requests[0].Stack, 11))
	}
}

// Where there is no room for more classes, the stack is forgotten and not the kind.
func TestTooManyStacks(t *testing.T) {
	c := newClasses()
	file := tcpFile(1)
	plain := c.of(&file)
	for stack := uint32(1); len(c.infos) <= maxClasses; stack++ {
		c.by(plain, stack)
	}
	qt.Check(t, qt.Equals(c.by(plain, 1<<20), plain))
	qt.Check(t, qt.Equals(c.stack(c.by(plain, 5)), 5))
	qt.Check(t, qt.Equals(c.infos[c.by(plain, 5)].name, "tcp CLOSE"))
}
