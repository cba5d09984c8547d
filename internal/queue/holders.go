package queue

import "uringtrace/internal/events"

// request is one that the last walk found, and the nodes that it holds by
// number: an address may have changed hands since.
type request struct {
	events.WalkRequest
	file, buffer uint32 // 0: none that is known
}

// Holders takes from a walk who holds which node. Events that are newer than
// the walk may have been applied already; the queues stay as they are.
func (s *State) Holders(w *events.Walk) {
	fresh := s.refresh(w)
	w.EachNode(func(wn *events.WalkNode) {
		if f := fresh[wn.Ring]; f != nil {
			f.node(wn)
		}
	})
	fresh.requests(w)
	for _, f := range fresh {
		if s.reclaim == events.Independent {
			f.leaveTable()
		}
		if f.unheard > 0 {
			f.distrust("the kernel skipped hooks: " + countNodes(f.unheard) + " lost the last holder unheard")
		}
	}
}

// refreshes by ring.
type refreshes map[uint64]*refresh

func (s *State) refresh(w *events.Walk) refreshes {
	fresh := make(refreshes, len(w.Rings))
	for i := range w.Rings {
		wr := &w.Rings[i]
		if r := s.live(wr.Ring); r != nil {
			r.describe(wr)
			r.walked, r.looked = true, w.End
			r.requests = nil
			fresh[wr.Ring] = &refresh{ring: r, tgid: wr.TGID, begin: w.Begin, seen: make(map[uint64]struct{})}
		}
	}
	for i := range w.Shares {
		// A process may have a ring more than once.
		if f := fresh[w.Shares[i].Ring]; f != nil && w.Shares[i].TGID != f.tgid {
			f.shared = true
		}
	}
	return fresh
}

func (fresh refreshes) requests(w *events.Walk) {
	for i := range w.Requests {
		wr := &w.Requests[i]
		if f := fresh[wr.Ring]; f != nil {
			f.request(wr)
		}
	}
}

// refresh lays one ring's part of a walk over its nodes.
type refresh struct {
	*ring
	tgid    uint32 // of the process that has it
	begin   uint64
	seen    map[uint64]struct{} // requests, and on C nodes in a table
	last    nodeID              // A: node of the record before
	older   uint32              // A: its next item
	unheard int                 // A: nodes whose last holder's end no event has told
}

// current finds a node that is the same as the walk's: one born since then
// only has the address.
func (f *refresh) current(addr uint64) nodeID {
	id := f.ring.node(addr)
	if id == 0 || f.at(id).bornAfter(f.begin) {
		return 0
	}
	return id
}

func (f *refresh) node(wn *events.WalkNode) {
	id := f.current(wn.Node)
	if id == 0 {
		f.last = 0
		return
	}
	n := f.at(id)
	switch wn.Place {
	case events.AtQueue, events.AtReleasing:
		if n.place() == queued && wn.Place == events.AtQueue && !n.zero() && wn.First {
			f.setRefs(n, wn.Refs)
			if wn.Done {
				// The hook fires before the flag is set and all events that
				// are older than the walk have been applied: it was skipped,
				// as kprobes are when they interrupt another.
				f.unheard++
			}
		}
		if it := f.itemAt(id, n, wn.First); it != nil && it.class != noClass && it.id == wn.Resource.ID {
			f.update(it, wn)
		}
	case events.AtTable, events.AtBuffers:
		f.seen[wn.Node] = struct{}{}
		f.setRefs(n, wn.Refs)
		f.inSlot(id, n, wn)
	}
}

// itemAt walks along a node's items with the records.
func (f *refresh) itemAt(id nodeID, n *node, first bool) *brief {
	if first {
		f.last, f.older = id, f.olderOf(n)
		return &n.item
	}
	if f.last != id || f.older == 0 {
		return nil
	}
	it := f.ring.older.at(f.older)
	f.older = it.next
	return &it.brief
}

// update takes what changes in a resource's life: its state, and who else
// refers to it.
func (f *refresh) update(it *brief, wn *events.WalkNode) {
	it.class = f.classes.by(f.classes.of(&wn.Resource), f.classes.stack(it.class))
	it.refs = uint16(min(wn.Resource.Refs, maxRefs))
}

// inSlot learns where a node sits, if no event has said so.
func (f *refresh) inSlot(id nodeID, n *node, wn *events.WalkNode) {
	it := f.itemOf(&wn.Resource, wn.Slot, wn.Tag)
	if n.place() == inTable && f.slotKey(&n.item) == f.slotKey(&it.brief) {
		it.class = f.classes.by(it.class, f.classes.stack(n.item.class))
		f.setNewest(n, it)
		return
	}
	if n.place() != nowhere {
		return
	}
	if other := f.ring.inSlot(f.slotKey(&it.brief)); other != 0 && f.at(other).bornAfter(f.begin) {
		f.setNewest(n, it)
		n.move(offTable)
		f.removed++
		return
	}
	f.settle(id, it)
}

// leaveTable finds the nodes whose slot was cleared while they were used, for
// which there is no event.
func (f *refresh) leaveTable() {
	held := make(map[uint32]*request, len(f.requests))
	for i := range f.requests {
		q := &f.requests[i]
		held[q.file], held[q.buffer] = q, q
	}
	for id, n := range f.known {
		if _, ok := f.seen[n.addr]; ok || n.bornAfter(f.begin) || n.place() == offTable {
			continue
		}
		q := held[n.number]
		if n.place() == nowhere && q == nil {
			continue // between its allocation and its slot
		}
		f.unlink(id)
		n.move(offTable)
		f.removed++
		switch {
		case q == nil || n.item.class != noClass:
		case q.file == n.number:
			f.setNewest(n, f.itemOf(&q.File, uint32(max(q.Slot, 0)), 0))
		default:
			f.setNewest(n, f.unseenBuffer())
		}
	}
}

// request remembers a request; one may be found in two places at once.
func (f *refresh) request(wr *events.WalkRequest) {
	if _, ok := f.seen[wr.Request]; ok {
		return
	}
	f.seen[wr.Request] = struct{}{}
	q := request{WalkRequest: *wr}
	if id := f.current(wr.FileNode); id != 0 {
		q.file = f.at(id).number
	}
	if id := f.current(wr.BufNode); id != 0 {
		q.buffer = f.at(id).number
	}
	f.requests = append(f.requests, q)
}
