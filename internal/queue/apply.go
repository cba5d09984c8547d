package queue

import (
	"strconv"

	"uringtrace/internal/events"
)

// Apply takes the next event. Events of one ring come in the order in which
// their hooks fired.
func (s *State) Apply(e *events.Event) {
	s.last = named{ring: e.Ring, node: e.Node}
	switch e.Kind {
	case events.RingCreate:
		s.create(e)
		return
	case events.SockRelease:
		if r := s.rings[e.Ring]; r != nil {
			r.sockets++
			s.last.ringNo = r.number
		}
		return
	}
	r := s.live(e.Ring)
	if r == nil {
		if r = s.stray(e); r == nil {
			return
		}
	}
	if r.nodes.used() > s.most {
		r.letGo(s.most)
	}
	s.last.ringNo = r.number
	r.touched = e.Time
	switch e.Kind {
	case events.RingExit:
		r.exiting = true
	case events.RingGone:
		s.end(r)
	default:
		s.applyNode(r, e)
	}
}

// stray is what to do with an event of a ring that nothing was heard of: its
// creation was lost, or it was there before us and the walk is yet to come.
func (s *State) stray(e *events.Event) *ring {
	switch e.Kind {
	case events.RingExit, events.RingGone, events.Register:
		if r := s.rings[e.Ring]; r != nil {
			s.last.ringNo = r.number
		}
		return nil
	}
	r := s.add(e.Ring)
	r.inexact = "it was there before it was walked"
	return r
}

// registeredFDOnly is IORING_SETUP_REGISTERED_FD_ONLY: what its creation returned
// is no descriptor but an index among the registered rings.
const registeredFDOnly = 1 << 15

func (s *State) create(e *events.Event) {
	r := s.add(e.Ring)
	r.fd, r.flags, r.slots = int(e.FD), e.Flags, 0
	if e.Flags&registeredFDOnly != 0 {
		r.fd, r.registered = -1, int(e.FD)
	}
	r.born, r.followed = e.Time, true
	r.activate(e.Node, e.Time)
	r.firstSeen(e.Time)
	s.last.ringNo = r.number
	if r.active != 0 {
		s.last.nodeNo = int(r.at(r.active).number)
	}
}

func (s *State) applyNode(r *ring, e *events.Event) {
	if e.Kind != events.Register {
		s.hooked = true
	}
	if id := r.node(e.Node); id != 0 { // it may be gone afterwards
		s.last.nodeNo = int(r.at(id).number)
	}
	switch s.reclaim {
	case events.OrderedDeferred:
		if e.Kind == events.NodePut {
			s.last.nodeNo = r.nameOfPut(e)
		}
		r.applyDeferred(e)
	case events.Ordered:
		r.applyOrdered(e)
	case events.Independent:
		r.applyIndependent(e)
	}
	if s.last.nodeNo == 0 || e.Kind == events.NodeNew {
		if id := r.node(e.Node); id != 0 {
			s.last.nodeNo = int(r.at(id).number)
		}
	}
}

// nameOfPut is the number of the node whose item a put is about to release.
func (r *ring) nameOfPut(e *events.Event) int {
	id := r.putting
	if id == 0 {
		id = r.startingWith(e.First)
	}
	if id == 0 {
		return 0
	}
	return int(r.at(id).number)
}

// Removals takes what was counted in the kernel, in place of events.
func (s *State) Removals(all []events.Removals) {
	for i := range all {
		if r := s.live(all[i].Ring); r != nil {
			r.removed, r.slotted, r.counted = all[i].Total, all[i].BySlot, true
		}
	}
}

func countEvents(n uint64) string {
	if n == 1 {
		return "1 event"
	}
	return strconv.FormatUint(n, 10) + " events"
}

func countNodes(n int) string {
	if n == 1 {
		return "1 node"
	}
	return strconv.Itoa(n) + " nodes"
}
