package queue

import (
	"testing"
	"time"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
)

// queueWalk is a walk over ring1 with nodes in its queue, one file each, held
// as often as told.
func queueWalk(begin uint64, refs map[uint64]int64, nodes []uint64, requests ...events.WalkRequest) *events.Walk {
	w := &events.Walk{Begin: begin, End: begin, Rings: []events.WalkRing{{Ring: ring1, FD: 5}}}
	for _, n := range nodes {
		w.Nodes = append(w.Nodes, events.WalkNode{Ring: ring1, Node: n, First: true, Refs: refs[n], Put: n + 1, Resource: tcpFile(n / 10)})
	}
	for _, q := range requests {
		q.Ring = ring1
		w.Requests = append(w.Requests, q)
	}
	return w
}

func polls(request, node uint64) events.WalkRequest {
	return events.WalkRequest{Request: request, FileNode: node, Opcode: 6, UserData: request}
}

// pinnedHead has node 10 at the head and, without holders, 20 and 30 behind it.
func pinnedHead(t *testing.T) *State {
	return script(t, events.OrderedDeferred,
		removes(10, 1), switches(10, 20), removes(20, 2), switches(20, 30), zero(20),
		removes(30, 3), switches(30, 40), zero(30))
}

func blockers(s *State) []Blocker {
	return s.Explain(Input{Now: 1e12}).Rings[0].Blockers
}

func TestHoldersComeAndGo(t *testing.T) {
	s := pinnedHead(t)
	nodes := []uint64{10, 20, 30}

	s.Holders(queueWalk(1e9, map[uint64]int64{10: 2}, nodes, polls(1, 10), polls(2, 10), polls(3, 40)))
	b := blockers(s)
	qt.Assert(t, qt.HasLen(b, 1))
	qt.Check(t, qt.Equals(b[0].References, 2))
	qt.Check(t, qt.Equals(b[0].Found, 2))
	qt.Check(t, qt.Equals(b[0].Requests[0].Op, "POLL_ADD"))
	qt.Check(t, qt.Equals(b[0].Frees, Frees{Nodes: 3, Files: 3, Sockets: 3}))
	qt.Check(t, qt.HasLen(s.Explain(Input{}).Rings[0].Other, 1), qt.Commentf("the one on the active node"))

	s.Holders(queueWalk(2e9, map[uint64]int64{10: 1}, nodes, polls(2, 10)))
	b = blockers(s)
	qt.Check(t, qt.Equals(b[0].References, 1))
	qt.Check(t, qt.Equals(b[0].Found, 1))

	s.Holders(queueWalk(3e9, map[uint64]int64{10: 1}, nodes))
	b = blockers(s)
	qt.Assert(t, qt.HasLen(b, 1), qt.Commentf("held by what no walk finds"))
	qt.Check(t, qt.Equals(b[0].References, 1))
	qt.Check(t, qt.Equals(b[0].Found, 0))
	ring := s.Explain(Input{Now: 1e12}).Rings[0]
	qt.Check(t, qt.IsFalse(ring.Exact))
	qt.Check(t, qt.Equals(ring.Inexact, "1 holder was not found: most likely block I/O in flight, or a zero-copy send that is not acknowledged"))

	play(s, zero(10))
	qt.Check(t, qt.HasLen(blockers(s), 0))
	qt.Check(t, qt.HasLen(s.Explain(Input{}).Rings[0].Other, 0))
}

func TestRequestThatIsFoundTwiceCountsOnce(t *testing.T) {
	s := pinnedHead(t)
	again := polls(1, 10)
	again.Found = events.FoundWorkerRunning
	s.Holders(queueWalk(1e9, map[uint64]int64{10: 1}, []uint64{10, 20, 30}, polls(1, 10), again))
	qt.Check(t, qt.Equals(blockers(s)[0].Found, 1))
}

func TestHolderOfAFormerNodeAtTheAddress(t *testing.T) {
	s := script(t, events.Ordered, removes(10, 1), born(20), zero(10), removes(20, 2), born(10), removesAfter(20, 10, 3), born(30))
	// The walk is older than the present node 10.
	s.Holders(queueWalk(2e6, map[uint64]int64{10: 3}, []uint64{10}, polls(1, 10)))
	b := blockers(s)
	qt.Assert(t, qt.HasLen(b, 2))
	qt.Check(t, qt.Equals(b[1].Found, 0))
	qt.Check(t, qt.Equals(b[1].References, 1))
}

func TestUnknownCountIsNoPin(t *testing.T) {
	s := pinnedHead(t)
	unknown := map[uint64]int64{10: -1}
	s.Holders(queueWalk(1e9, unknown, []uint64{10, 20, 30}))
	ring := s.Explain(Input{Now: 1e12}).Rings[0]
	qt.Check(t, qt.Equals(ring.Queue, Counts{Nodes: 3, Releasing: 3, State: Releasing}))

	// With a request found it is one.
	s.Holders(queueWalk(2e9, unknown, []uint64{10, 20, 30}, polls(1, 10)))
	ring = s.Explain(Input{Now: 1e12}).Rings[0]
	qt.Check(t, qt.Equals(ring.Queue, Counts{Nodes: 3, Pinned: 1, Blocked: 2, State: Blocked}))
}

func TestUnknownCountBehindAPinIsUnsettled(t *testing.T) {
	s := script(t, events.OrderedDeferred,
		removes(10, 1), switches(10, 20), removes(20, 2), switches(20, 30), zero(20), removes(30, 3), switches(30, 40))
	s.Holders(queueWalk(1e9, map[uint64]int64{10: 1, 30: -1}, []uint64{10, 20, 30}, polls(1, 10)))
	at := func(now uint64) Counts {
		return s.Explain(Input{Settle: 2 * time.Second, Now: now}).Rings[0].Queue
	}
	qt.Check(t, qt.Equals(at(1e12), Counts{Nodes: 3, Pinned: 1, Blocked: 1, Unsettled: 1, State: Blocked}))
	qt.Check(t, qt.Equals(at(1e9), Counts{Nodes: 3, Pinned: 1, Releasing: 2, State: Releasing}), qt.Commentf("too early to tell"))
	play(s, zero(30))
	qt.Check(t, qt.Equals(at(1e12), Counts{Nodes: 3, Pinned: 1, Blocked: 2, State: Blocked}))
}

func TestHolderOfANewerNodeIsUnread(t *testing.T) {
	s := script(t, events.Ordered, removes(10, 1), born(20))
	s.Holders(queueWalk(1e12, map[uint64]int64{10: 1}, []uint64{10}, polls(1, 10)))
	qt.Check(t, qt.IsTrue(s.Explain(Input{}).Rings[0].Exact))
	play(s, removesAfter(10, 20, 2), born(30)) // its holder took it before, but no walk has looked since
	ring := s.Explain(Input{}).Rings[0]
	qt.Check(t, qt.Equals(ring.Queue.Pinned, 2))
	qt.Check(t, qt.Equals(ring.Inexact, "holders of 1 node were not read yet"))
}

func TestHoldersNotReadYet(t *testing.T) {
	s := pinnedHead(t)
	ring := s.Explain(Input{}).Rings[0]
	qt.Check(t, qt.IsFalse(ring.Exact))
	qt.Check(t, qt.Equals(ring.Inexact, "holders of 1 node were not read yet"))
	qt.Check(t, qt.Equals(ring.Queue.Blocked, 0))
}

func TestBlockedNeverBeforeItsTime(t *testing.T) {
	const settle = 2 * time.Second
	for _, gen := range []events.Reclaim{events.OrderedDeferred, events.Ordered} {
		s := script(t, gen)
		if gen == events.Ordered {
			play(s, removes(10, 1), born(20), removesAfter(10, 20, 2), born(30), zero(20))
		} else {
			play(s, removes(10, 1), switches(10, 20), removes(20, 2), switches(20, 30), zero(20))
		}
		since := s.live(ring1).headSince
		s.Holders(queueWalk(1e9, map[uint64]int64{10: 1}, []uint64{10, 20}, polls(1, 10)))
		at := func(after time.Duration) Counts {
			return s.Explain(Input{Settle: settle, Now: since + uint64(after)}).Rings[0].Queue
		}
		blocked := Counts{Nodes: 2, Pinned: 1, Blocked: 1, State: Blocked}
		early := Counts{Nodes: 2, Pinned: 1, Releasing: 1, State: Releasing}
		qt.Check(t, qt.Equals(at(0), early), qt.Commentf("%v", gen))
		qt.Check(t, qt.Equals(at(settle-1), early), qt.Commentf("%v", gen))
		qt.Check(t, qt.Equals(at(settle), blocked), qt.Commentf("%v", gen))
	}
}

func TestNextPinMustLastToo(t *testing.T) {
	s := script(t, events.OrderedDeferred,
		removes(10, 1), switches(10, 20), removes(20, 2), switches(20, 30), removes(30, 3), switches(30, 40), zero(30),
		events.Event{Kind: events.NodeZero, Node: 10, Time: 9e9})
	s.Holders(queueWalk(9.5e9, map[uint64]int64{20: 1}, []uint64{20, 30}, polls(1, 20)))
	blocked := func(now uint64) int {
		return s.Explain(Input{Settle: 2 * time.Second, Now: now}).Rings[0].Queue.Blocked
	}
	qt.Check(t, qt.Equals(blocked(10e9), 0))
	qt.Check(t, qt.Equals(blocked(11e9), 1))
}

func TestExitingIsNotBlocked(t *testing.T) {
	s := pinnedHead(t)
	s.Holders(queueWalk(1e9, map[uint64]int64{10: 1}, []uint64{10, 20, 30}, polls(1, 10)))
	play(s, events.Event{Kind: events.RingExit})
	ring := s.Explain(Input{Now: 1e12}).Rings[0]
	qt.Check(t, qt.IsTrue(ring.Exiting))
	qt.Check(t, qt.Equals(ring.Queue, Counts{Nodes: 3, Pinned: 1, Releasing: 2, State: Releasing}))
	play(s, events.Event{Kind: events.RingGone})
	ring = s.Explain(Input{Now: 1e12}).Rings[0]
	qt.Check(t, qt.IsTrue(ring.Ended))
	qt.Check(t, qt.Equals(ring.Queue, Counts{State: Clear}))
	qt.Check(t, qt.Equals(ring.Seen.Released, 3))
}

func TestDoneThatNoEventTold(t *testing.T) {
	s := script(t, events.OrderedDeferred, removes(10, 1), switches(10, 20), removes(20, 2), switches(20, 30))
	w := queueWalk(1e9, map[uint64]int64{10: 1}, []uint64{10, 20}, polls(1, 10))
	w.Nodes[1].Done = true
	s.Holders(w)
	qt.Check(t, qt.Equals(s.live(ring1).inexact, "the kernel skipped hooks: 1 node lost the last holder unheard"))
}
