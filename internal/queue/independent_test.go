package queue

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
)

func fills(node uint64, slot uint32, file uint64) events.Event {
	return events.Event{Kind: events.NodeSlot, Node: node, Slot: slot, Resource: tcpFile(file)}
}

// table writes a ring's nodes: "10@3[1]" is one in slot 3 with file 1, "10![1]"
// one that has left its slot, "10?" one whose slot is not known.
func table(r *ring) string {
	var out []string
	for _, n := range r.known {
		switch n.place() {
		case inTable:
			out = append(out, fmt.Sprintf("%d@%d[%d]", n.addr, n.item.slot, n.item.id))
		case offTable:
			out = append(out, fmt.Sprintf("%d![%d]", n.addr, n.item.id))
		default:
			out = append(out, fmt.Sprintf("%d?", n.addr))
		}
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func TestIndependent(t *testing.T) {
	for _, sc := range []scene{
		{
			name:   "a node comes into a slot and goes",
			events: []events.Event{born(20), fills(20, 3, 1), freed(20)},
		},
		{
			name:   "a slot is replaced while a request holds what was in it",
			events: []events.Event{born(20), fills(20, 3, 1), born(30), fills(30, 3, 2)},
			line:   "20![1] 30@3[2]",
		},
		{
			name:   "and its end",
			events: []events.Event{born(20), fills(20, 3, 1), born(30), fills(30, 3, 2), freed(20)},
			line:   "30@3[2]",
		},
		{
			name:   "a direct slot is not told",
			events: []events.Event{born(20)},
			line:   "20?",
		},
		{
			name:   "an update tells of slots that it skipped, too",
			events: []events.Event{born(20), fills(20, 3, 1), fills(20, 3, 1)},
			line:   "20@3[1]",
		},
		{
			name:   "an address comes back at once",
			events: []events.Event{born(20), fills(20, 3, 1), freed(20), born(20), fills(20, 4, 2)},
			line:   "20@4[2]",
		},
		{
			name:    "a node comes back whose end was not heard",
			events:  []events.Event{born(20), fills(20, 3, 1), born(20)},
			line:    "20?",
			inexact: "a node came back that was not seen to be released",
		},
		{
			name:    "a stranger comes into a slot",
			events:  []events.Event{fills(20, 3, 1)},
			line:    "20@3[1]",
			inexact: "a slot was filled with a node that was not known",
		},
		{
			name:    "a stranger ends",
			events:  []events.Event{freed(20)},
			inexact: "a node was released that was not known",
		},
	} {
		t.Run(sc.name, func(t *testing.T) {
			s := New(events.Independent)
			play(s, events.Event{Kind: events.RingCreate, FD: 5})
			play(s, sc.events...)
			r := s.live(ring1)
			qt.Check(t, qt.Equals(table(r), sc.line))
			qt.Check(t, qt.Equals(r.inexact, sc.inexact))
			qt.Check(t, qt.HasLen(s.invariants(), 0))
		})
	}
}

// tableWalk is a walk over ring1 with a node in each of some slots.
func tableWalk(begin uint64, requests []events.WalkRequest, nodes ...events.WalkNode) *events.Walk {
	w := &events.Walk{Begin: begin, End: begin, Rings: []events.WalkRing{{Ring: ring1, FD: 5, Reclaim: events.Independent}}}
	for _, n := range nodes {
		n.Ring, n.First = ring1, true
		w.Nodes = append(w.Nodes, n)
	}
	for _, q := range requests {
		q.Ring = ring1
		w.Requests = append(w.Requests, q)
	}
	return w
}

func inSlot(node uint64, slot uint32, file uint64) events.WalkNode {
	return events.WalkNode{Node: node, Slot: slot, Place: events.AtTable, Resource: tcpFile(file)}
}

func TestHoldersOfIndependentNodes(t *testing.T) {
	s := New(events.Independent)
	play(s, events.Event{Kind: events.RingCreate, FD: 5}, born(20), born(30), born(40))
	r := s.live(ring1)
	polls := []events.WalkRequest{{Request: 1, FileNode: 20, File: tcpFile(1), Slot: 3}}

	s.Holders(tableWalk(1e9, polls, inSlot(20, 3, 1), inSlot(30, 4, 2)))
	qt.Check(t, qt.Equals(table(r), "20@3[1] 30@4[2] 40?"), qt.Commentf("direct slots are learnt"))

	// Slot 3 is cleared while the poll goes on, which no event tells.
	s.Holders(tableWalk(2e9, polls, inSlot(30, 4, 2)))
	qt.Check(t, qt.Equals(table(r), "20![1] 30@4[2] 40?"))
	report := s.Explain(Input{})
	ring := report.Rings[0]
	qt.Check(t, qt.Equals(ring.Queue, Counts{Nodes: 1, Pinned: 1, State: Clear}))
	qt.Check(t, qt.Equals(ring.Held.Sockets, 1))
	qt.Assert(t, qt.HasLen(ring.Blockers, 1))
	qt.Check(t, qt.Equals(ring.Blockers[0].References, 1))
	qt.Check(t, qt.Equals(ring.Blockers[0].Requests[0].UserData, "0x0"))
	qt.Check(t, qt.Equals(ring.Blockers[0].Frees, Frees{Nodes: 1, Files: 1, Sockets: 1}))
	qt.Check(t, qt.HasLen(ring.Other, 0))
	qt.Check(t, qt.HasLen(ring.Remedies, 0), qt.Commentf("nothing is blocked"))
	qt.Check(t, qt.IsTrue(ring.Exact))

	play(s, freed(20))
	qt.Check(t, qt.Equals(table(r), "30@4[2] 40?"))
	qt.Check(t, qt.Equals(r.inexact, ""))
	qt.Check(t, qt.HasLen(s.invariants(), 0))
}

func TestBufferThatOnlyARequestKeeps(t *testing.T) {
	requests := []events.WalkRequest{{Request: 1, BufNode: 20, Slot: -1}}
	held := func(s *State) Held { return s.Explain(Input{}).Rings[0].Held }

	cold := New(events.Independent)
	cold.Merge(tableWalk(1e9, requests), nil)
	qt.Check(t, qt.DeepEquals(held(cold), Held{Buffers: 1}))

	live := New(events.Independent)
	play(live, events.Event{Kind: events.RingCreate, FD: 5}, born(20))
	live.Holders(tableWalk(1e9, requests))
	qt.Check(t, qt.DeepEquals(held(live), Held{Buffers: 1}))
}

func TestNodeThatAWalkMetOnlyWithItsRequest(t *testing.T) {
	s := New(events.Independent)
	play(s, events.Event{Kind: events.RingCreate, FD: 5})
	s.live(ring1).distrust("to be walked")
	// The walk reads slot 3, node 20 comes into it, a request takes it, and the
	// walk reads the requests.
	w := tableWalk(10e6, []events.WalkRequest{{Request: 1, FileNode: 20, File: tcpFile(1), Slot: 3}})
	s.Merge(w, []events.Event{{Kind: events.NodeNew, Ring: ring1, Node: 20, Time: 11e6}})
	qt.Check(t, qt.Equals(table(s.live(ring1)), "20?"))
	qt.Check(t, qt.HasLen(s.Inexact(), 0))
}

func TestWalkThatBeganBeforeASlotWasFilled(t *testing.T) {
	s := New(events.Independent)
	play(s, events.Event{Kind: events.RingCreate, FD: 5}, born(20), events.Event{
		Kind: events.NodeSlot, Time: 11e6, Node: 20, Slot: 3, Resource: tcpFile(1),
	})
	s.Holders(tableWalk(10e6, nil)) // it read slot 3 empty
	qt.Check(t, qt.Equals(table(s.live(ring1)), "20@3[1]"))
}
