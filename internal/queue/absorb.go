package queue

import "uringtrace/internal/events"

// Absorb is Merge for a state that no events keep current, and a walk that
// nobody needs any more: its nodes' memory goes back while they are taken in, so
// that there is never room for both. A queue that has only grown since the last
// walk stays where it is.
func (s *State) Absorb(w *events.Walk) {
	verdicts := s.verdicts(w)
	grown := s.grown(w)
	j := s.join(w, verdicts, func(r *ring, wr *events.WalkRing) *merger {
		if grown[r.addr] {
			return newGrower(r, wr, w.Begin)
		}
		return newMerger(r, wr)
	})
	w.DrainNodes(func(wn *events.WalkNode) {
		if m := j.mergers[wn.Ring]; m != nil {
			verdicts[wn.Ring].meet(wn)
			m.absorb(wn)
		}
	})
	for _, r := range j.replaced {
		verdicts[r.addr].close(r)
	}
	j.finish()
	j.conclude()
	s.refresh(w).requests(w)
}

// close settles what was left open by what the ring has in line by now.
func (v *verdict) close(r *ring) {
	for addr := range v.open {
		if id := r.node(addr); id != 0 && r.inLine(id) {
			delete(v.open, addr) // the walk has all its items
		}
	}
}

// absorb takes a record, and who holds its node: there will be no second look.
func (m *merger) absorb(wn *events.WalkNode) {
	if m.kept != nil && wn.Place == events.AtQueue && m.kept.has(wn) {
		return
	}
	id := m.take(wn)
	if id == 0 {
		return
	}
	n := m.at(id)
	switch {
	case wn.Place == events.AtQueue && wn.First && n.place() == queued && !n.zero(),
		wn.Place == events.AtTable, wn.Place == events.AtBuffers:
		m.setRefs(n, wn.Refs)
	}
}

// grown tells which rings have all that was queued still at the head of their
// queue, as sameHead has it, so that what is new is behind it.
func (s *State) grown(w *events.Walk) map[uint64]bool {
	before := make(map[uint64]*cursor)
	for i := range w.Rings {
		r := s.live(w.Rings[i].Ring)
		if r != nil && r.queue.n > 0 && r.releasing.n == 0 && w.Rings[i].Torn == 0 {
			before[r.addr] = &cursor{ring: r, at: r.queue.head}
		}
	}
	if len(before) == 0 {
		return nil
	}
	w.EachNode(func(wn *events.WalkNode) {
		if c := before[wn.Ring]; c != nil {
			c.pass(wn)
		}
	})
	grown := make(map[uint64]bool, len(before))
	for addr, c := range before {
		grown[addr] = !c.differs && c.at == 0
	}
	return grown
}

// cursor goes along a queue with a walk.
type cursor struct {
	ring    *ring
	at      nodeID // 0: behind the last
	differs bool
}

func (c *cursor) pass(wn *events.WalkNode) {
	switch {
	case wn.Place == events.AtReleasing:
		c.differs = true
	case wn.Place == events.AtQueue && wn.First && c.at != 0:
		n := c.ring.at(c.at)
		c.differs = c.differs || n.addr != wn.Node || n.item.id != wn.Resource.ID
		c.at = n.next
	}
}

// kept is what of a queue stays where it is while the rest of a walk comes
// behind it.
type kept struct {
	refresh
	left int  // nodes
	old  bool // the last node was one of them
}

// newGrower is a merger that replaces nothing.
func newGrower(r *ring, wr *events.WalkRing, begin uint64) *merger {
	m := &merger{
		ring: r, wrong: r.inexact, since: r.headSince, older: r.headOlder,
		kept: &kept{refresh: refresh{ring: r, begin: begin}, left: r.queue.n},
	}
	m.begin(wr)
	return m
}

// has reports whether a record is of a node that was queued before, and brings
// that up to date.
func (k *kept) has(wn *events.WalkNode) bool {
	if wn.First {
		k.old = k.left > 0
		k.left--
	}
	if !k.old {
		return false
	}
	k.node(wn)
	if wn.Done || k.reclaim == events.Ordered && wn.Refs == 0 {
		k.noHolders(k.at(k.ring.node(wn.Node)))
	}
	return true
}
