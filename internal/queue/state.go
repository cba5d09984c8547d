package queue

import (
	"slices"

	"uringtrace/internal/events"
)

// maxEnded is how many rings are kept for the report after their end.
const maxEnded = 256

// mostNodes is how many nodes of one ring are held one by one.
const mostNodes = 1 << 23

// State is all that is known of a process's rings. It is not safe for
// concurrent use.
type State struct {
	reclaim events.Reclaim
	classes *classes
	rings   map[uint64]*ring // the youngest ring at each address
	all     []*ring          // by number, ended ones included

	most     int   // nodes of one ring
	lastRing int   // number given last
	hooked   bool  // events of nodes arrive: a ring's end will be told
	last     named // what the last event was about

	anonymous uint64             // losses so far that belong to no ring
	untracked uint64             // rings so far that found no room to be followed
	lostAt    uint64             // before which some event was lost
	sought    map[uint64]uint64  // rings that are followed and not known -> what was lost of them
	unsure    string             // why there may be rings that are not known; empty: there are none
	unsureAt  uint64             // before which such a ring was made
	unheard   map[uint64]unheard // by ring, for the next Merge
	forgotten int                // repairs of rings that are not kept any more
}

// named keeps the numbers of what an event was about: it may be gone since.
type named struct {
	ring, node     uint64
	ringNo, nodeNo int
}

// New makes an empty state for a kernel of that generation.
func New(reclaim events.Reclaim) *State {
	return &State{reclaim: reclaim, classes: newClasses(), rings: make(map[uint64]*ring), most: mostNodes}
}

// Number is what to call a ring and one of its nodes in print: small, stable
// and never reused; 0 if unknown. For the event that was applied last it
// answers even if that event ended the node. A put has no node of its own:
// node 0 then is the one that was being released.
func (s *State) Number(ring, node uint64) (ringNo, nodeNo int) {
	if s.last.ring == ring && s.last.node == node {
		return s.last.ringNo, s.last.nodeNo
	}
	r := s.rings[ring]
	if r == nil {
		return 0, 0
	}
	if id := r.node(node); id != 0 {
		nodeNo = int(r.at(id).number)
	}
	return r.number, nodeNo
}

// Status is where a ring stands.
type Status struct {
	Ring      int // number
	FD        int // -1: unknown
	Nodes     int // queued or releasing
	Releasing int
	Head      int    // number of the queue's first node, 0: queue is empty
	Tail      int    // number of its last
	Since     uint64 // ns, when Head became the head
	Older     bool   // it was the head before we looked, which was at Since
	Removed   uint64 // resources, as observed live
	Released  uint64
	Sockets   uint64 // of those, truly released
	Exact     bool
	Inexact   string // why not exact
	Ended     bool
}

// Status tells where each ring stands, in the order of their numbers.
func (s *State) Status() []Status {
	out := make([]Status, 0, len(s.all))
	for _, r := range s.all {
		out = append(out, r.status())
	}
	return out
}

// StatusAt tells where the ring stands that was the last at an address.
func (s *State) StatusAt(addr uint64) (Status, bool) {
	r := s.rings[addr]
	if r == nil {
		return Status{}, false
	}
	return r.status(), true
}

func (r *ring) status() Status {
	st := Status{
		Ring: r.number, FD: r.fd, Nodes: r.queue.n + r.releasing.n + r.beyond, Releasing: r.releasing.n,
		Removed: r.removed, Released: r.released, Sockets: r.sockets,
		Exact: r.inexact == "", Inexact: r.inexact, Ended: r.ended,
	}
	if head := r.queue.head; head != 0 {
		st.Head, st.Since, st.Older = int(r.at(head).number), r.headSince, r.headOlder
		st.Tail = int(r.at(r.queue.tail).number)
	}
	return st
}

// MaybeHeld yields ring and number of every queued node that is not known to be
// without holders, in the order of the queues. Where nodes are independent it is
// those that have left their slot and are still used.
func (s *State) MaybeHeld(yield func(ring, node int) bool) {
	for _, r := range s.all {
		nodes := r.each(&r.queue)
		if r.reclaim == events.Independent {
			nodes = r.offTable
		}
		for n := range nodes {
			if !n.zero() && !yield(r.number, int(n.number)) {
				return
			}
		}
	}
}

// offTable yields the nodes that have left their slot and are still used.
func (r *ring) offTable(yield func(*node) bool) {
	for _, n := range r.known {
		if n.place() == offTable && !yield(n) {
			return
		}
	}
}

// Size is how many rings and nodes are held.
func (s *State) Size() (rings, nodes int) {
	for _, r := range s.all {
		nodes += r.nodes.used()
	}
	return len(s.all), nodes
}

// Inexact lists the rings that want a fresh walk. Those that no walk can put right
// are not among them: nobody has them any more, or their events do not arrive.
func (s *State) Inexact() []uint64 {
	var out []uint64
	for _, r := range s.all {
		if r.inexact != "" && !r.ended && !r.exiting && !r.deaf {
			out = append(out, r.addr)
		}
	}
	return out
}

// live finds the ring that is at an address now.
func (s *State) live(addr uint64) *ring {
	if r := s.rings[addr]; r != nil && !r.ended {
		return r
	}
	return nil
}

// add makes a ring; a former one at its address has ended.
func (s *State) add(addr uint64) *ring {
	if old := s.rings[addr]; old != nil {
		s.end(old)
	}
	s.lastRing++
	r := newRing(s.classes, s.reclaim, addr, s.lastRing)
	r.lostAt = s.lostAt
	s.rings[addr] = r
	s.all = append(s.all, r)
	return r
}

// end ends a ring and lets the oldest ended ones go when they are many. The
// address still finds it: its sockets may be released later.
func (s *State) end(r *ring) {
	if r.ended {
		return
	}
	r.end()
	ended, oldest := 0, -1
	for i, other := range s.all {
		if other.ended {
			ended++
			if oldest < 0 {
				oldest = i
			}
		}
	}
	if ended <= maxEnded {
		return
	}
	if gone := s.all[oldest]; s.rings[gone.addr] == gone {
		delete(s.rings, gone.addr)
	}
	s.forgotten += s.all[oldest].repairs
	s.all = slices.Delete(s.all, oldest, oldest+1)
}
