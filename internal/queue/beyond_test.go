package queue

import (
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
)

// endless is a walk that has a held node, two behind it, and counted more.
func endless(begin uint64, more uint32) *events.Walk {
	node := func(addr uint64, refs int64) events.WalkNode {
		return events.WalkNode{
			Ring: ring1, Node: addr, Refs: refs, First: true, Place: events.AtQueue,
			Resource: events.Resource{ID: addr + 1, Type: events.File, Kind: events.Socket, Family: 2, Proto: 6},
		}
	}
	return &events.Walk{
		Begin: begin, End: begin + 1,
		Rings: []events.WalkRing{{Ring: ring1, FD: 3, Registered: -1, Reclaim: events.Ordered, Active: 0x9000, Beyond: more}},
		Nodes: []events.WalkNode{node(0x1000, 1), node(0x2000, 0), node(0x3000, 0)},
	}
}

// TestBeyond: nodes that were only counted are told as such, and what is not known of
// them is not made up. The blocker is known all the same.
func TestBeyond(t *testing.T) {
	for name, take := range map[string]func(*State, *events.Walk){
		"merge": func(s *State, w *events.Walk) { s.Merge(w, nil) }, "absorb": (*State).Absorb,
	} {
		t.Run(name, func(t *testing.T) {
			s := New(events.Ordered)
			take(s, endless(1e9, 1000))
			rr := s.Explain(Input{Now: 9e9}).Rings[0]
			qt.Check(t, qt.Equals(rr.Queue, Counts{Nodes: 1003, Pinned: 1, Blocked: 2, Beyond: 1000, State: Blocked}))
			qt.Check(t, qt.IsFalse(rr.Exact))
			qt.Check(t, qt.StringContains(rr.Inexact, "1000 nodes more are queued"))
			qt.Check(t, qt.Equals(rr.Held.Sockets, 3))
			qt.Assert(t, qt.HasLen(rr.Blockers, 1))
			qt.Check(t, qt.Equals(rr.Blockers[0].Frees.Nodes, 3))
			qt.Check(t, qt.Equals(s.Status()[0].Nodes, 1003))

			take(s, endless(2e9, 0)) // what was too much has gone
			rr = s.Explain(Input{Now: 9e9}).Rings[0]
			qt.Check(t, qt.Equals(rr.Queue.Nodes, 3))
			qt.Check(t, qt.IsTrue(rr.Queue.Beyond == 0 && rr.Inexact != "1000"))
		})
	}
}
