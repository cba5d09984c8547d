package queue

import (
	"slices"

	"uringtrace/internal/events"
)

// Merge makes the state current by a walk and the events from shortly before
// it until it ended, none of which has been applied yet. The walk may or may
// not have their effects already; each is laid over it so that both is right.
// Rings that the events alone keep exact are left to the events. What could
// not be joined exactly stays inexact. It reports whether the state is exact, as far as
// a walk can make it so: if not, the rings should be walked again.
func (s *State) Merge(w *events.Walk, window []events.Event) bool {
	return s.MergeTelling(w, window, func(*events.Event) {})
}

// MergeTelling is Merge that calls tell after each event of the window has been
// applied: Number knows its node then and maybe not any more later. Of the walk's nodes
// it leaves, up to 6.12, those of rings that are left to the events: a queue's memory
// goes back while it is taken in, so that there is never room for both.
func (s *State) MergeTelling(w *events.Walk, window []events.Event, tell func(*events.Event)) bool {
	verdicts := s.judge(w, window)
	settled := true
	for addr, v := range verdicts {
		settled = settled && (v.settled(s.reclaim) || s.deaf(addr))
	}
	j := s.join(w, verdicts, newMerger)
	j.take()
	j.finish()
	for i := range window {
		s.Apply(&window[i])
		tell(&window[i])
	}
	j.conclude()
	s.Holders(w)
	return settled && !s.Doubtful()
}

// take takes in the nodes of the rings that the walk replaces. On C a second look tells
// what has left its table.
func (j *join) take() {
	replaced := func(ring uint64) bool { return j.mergers[ring] != nil && j.reclaim != events.Independent }
	j.walk.DrainSome(replaced, func(wn *events.WalkNode) {
		if m := j.mergers[wn.Ring]; m != nil {
			m.absorb(wn)
		}
	})
}

// join is a merge under way.
type join struct {
	*State
	walk     *events.Walk
	verdicts map[uint64]*verdict
	mergers  map[uint64]*merger // of the rings that the walk replaces
	replaced []*ring            // in the order of the walk
}

func (s *State) join(w *events.Walk, verdicts map[uint64]*verdict, merge func(*ring, *events.WalkRing) *merger) *join {
	j := &join{
		State: s, walk: w, verdicts: verdicts,
		mergers: make(map[uint64]*merger, len(w.Rings)), replaced: make([]*ring, 0, len(w.Rings)),
	}
	for i := range w.Rings {
		wr := &w.Rings[i]
		if verdicts[wr.Ring].keep() || j.mergers[wr.Ring] != nil {
			continue
		}
		r := s.live(wr.Ring)
		if r == nil {
			r = s.add(wr.Ring)
		}
		j.mergers[wr.Ring] = merge(r, wr)
		j.replaced = append(j.replaced, r)
	}
	for _, nodes := range w.More {
		if m := j.mergers[nodes.Ring()]; m != nil {
			m.byAddr.reserve(nodes.Len(), m.addrOf)
		}
	}
	s.share(w)
	return j
}

// finish ends the part of the walk.
func (j *join) finish() {
	for i := range j.walk.Requests {
		if m := j.mergers[j.walk.Requests[i].Ring]; m != nil {
			m.takeRequest(&j.walk.Requests[i])
		}
	}
	for _, r := range j.replaced {
		j.mergers[r.addr].finish(j.walk.Begin)
	}
}

// conclude ends the part of the window.
func (j *join) conclude() {
	for _, r := range j.replaced {
		r.conclude(j.verdicts[r.addr], j.reclaim)
		j.mergers[r.addr].credit()
		r.firstSeen(j.walk.End)
		u, deaf := j.unheard[r.addr]
		r.deaf = deaf && !u.settles
	}
	j.unheard = nil
	if j.unsureAt <= j.walk.Begin {
		j.unsure = ""
	}
	j.endUnseen(j.walk)
}

// conclude ends the time in which events may tell what the walk has seen.
func (r *ring) conclude(v *verdict, reclaim events.Reclaim) {
	r.merging = false
	switch {
	case r.ended:
		return
	case v.unheard != "":
		r.distrust(v.unheard)
	case v.lossy:
		r.distrust("events were lost while it was walked")
	case r.beyond > 0:
		r.distrust(countNodes(r.beyond) + " more are queued, which were counted and not looked at one by one")
	case v.torn:
		r.distrust("its lists changed while they were walked")
	case !v.settled(reclaim):
		r.distrust("it was releasing while it was walked")
	}
	if reclaim == events.Independent {
		return // nodes whose slot is not known are nodes all the same
	}
	for id, n := range r.known {
		if n.place() == nowhere && r.pending.node != id {
			r.drop(id)
		}
	}
}

// credit counts what the merge has put right.
func (m *merger) credit() {
	if m.ended {
		return
	}
	if m.inexact == "" {
		m.inexact = m.wrong
		m.repair()
	}
}

// endUnseen is for the rings that this walk has not found. Without hooks nothing
// else tells of a ring's end. With hooks its end will be told; but until then one
// that is inexact can't be put right, for no process has it any more.
func (s *State) endUnseen(w *events.Walk) {
	found := make(map[uint64]bool, len(w.Rings))
	for i := range w.Rings {
		found[w.Rings[i].Ring] = true
	}
	for _, r := range slices.Clone(s.all) {
		switch {
		case r.ended || found[r.addr]:
		case !s.hooked && r.walked:
			s.end(r)
		case !s.hooked || r.inexact == "" || r.touched+uint64(stillness) >= w.Begin:
		case r.followed:
			r.exiting = true
		default:
			s.end(r)
		}
	}
}

// merger replaces what is known of a ring by what a walk has found. Of what
// was known before, nodes keep their numbers and what a walk can't tell.
type merger struct {
	*ring
	nodes slab[node]
	addrs index  // of nodes
	line  list   // the queue as it was, in nodes
	since uint64 // when its head became that
	older bool   // ... or before
	wrong string // why the ring was inexact before
	was   nodeID // the earlier self of the node that is being taken
	kept  *kept  // what is not replaced; nil: everything is
}

func newMerger(r *ring, wr *events.WalkRing) *merger {
	m := &merger{
		ring: r, nodes: r.nodes, addrs: r.byAddr, wrong: r.inexact,
		line: r.queue, since: r.headSince, older: r.headOlder,
	}
	r.forget()
	m.begin(wr)
	return m
}

func (m *merger) begin(wr *events.WalkRing) {
	r := m.ring
	r.describe(wr)
	r.inexact, r.blind, r.merging = "", true, true
	r.beyond = int(wr.Beyond)
	r.exiting = false // it was found by its file: that is another ring's end
	if wr.Active != 0 && r.reclaim != events.Independent {
		m.activate(wr.Active)
	}
}

// describe takes a ring's properties from a walk.
func (r *ring) describe(wr *events.WalkRing) {
	r.fd, r.registered = int(wr.FD), int(wr.Registered)
	r.flags, r.slots = wr.Flags, int(wr.Slots)
	r.shared = len(wr.Others) > 0
}

// activate prefers what the walk read last of the active node.
func (m *merger) activate(addr uint64) {
	if m.node(addr) == 0 {
		m.reuse(addr)
	}
	m.ring.activate(addr, 0)
}

// reuse makes a node at an address that none has yet, under its earlier number if
// it was known.
func (m *merger) reuse(addr uint64) nodeID {
	m.was = 0
	if addr == 0 {
		return 0
	}
	id := m.create(addr, 0)
	if m.was = nodeID(m.addrs.find(addr, m.wasAddr)); m.was == 0 {
		return id
	}
	m.lastNode-- // bear has just taken one
	n, was := m.at(id), m.nodes.at(uint32(m.was))
	n.number = was.number
	n.born(was.birth())
	return id
}

func (m *merger) wasAddr(id uint32) uint64 { return m.nodes.at(id).addr }

// take adds one record and returns its node. One with several has them one after
// the other.
func (m *merger) take(wn *events.WalkNode) nodeID {
	id := m.node(wn.Node)
	switch wn.Place {
	case events.AtActive:
		if wn.Node != 0 {
			m.activate(wn.Node)
		}
	case events.AtQueue:
		if wn.First || id == 0 {
			if id != 0 && m.inLine(id) {
				return id
			}
			if id == 0 {
				id = m.reuse(wn.Node)
			}
			if id == 0 {
				return 0
			}
			m.enqueue(id, 0)
			if wn.Done || m.reclaim == events.Ordered && wn.Refs == 0 {
				m.at(id).set(zeroFlag)
			}
		}
		m.attach(id, wn)
	case events.AtReleasing:
		return m.takeReleasing(id, wn)
	case events.AtTable, events.AtBuffers:
		if id != 0 {
			m.drop(id)
		}
		if id = m.reuse(wn.Node); id != 0 {
			m.settle(id, m.itemOf(&wn.Resource, wn.Slot, wn.Tag))
		}
	}
	return id
}

// takeReleasing adds a record of the worker's list. A node that was found in
// the queue just before has moved meanwhile.
func (m *merger) takeReleasing(id nodeID, wn *events.WalkNode) nodeID {
	if wn.First || id == 0 {
		if id != 0 && m.inLine(id) && m.at(id).place() == queued {
			m.clearItems(m.at(id))
		}
		if id == 0 {
			if id = m.reuse(wn.Node); id == 0 {
				return 0
			}
		}
		m.link(&m.releasing, id, releasing)
		n := m.at(id)
		m.noHolders(n)
	}
	m.attach(id, wn)
	return id
}

// attach adds the record's resource; its slot was told by an event, if any.
func (m *merger) attach(id nodeID, wn *events.WalkNode) {
	n := m.at(id)
	if wn.First {
		n.first = fingerprint(wn.Put)
	}
	if wn.Resource.Type == events.NoResource && wn.Put == 0 && wn.Resource.ID == 0 {
		return
	}
	it := m.itemOf(&wn.Resource, noSlot, wn.Tag)
	if wn.First && m.was != 0 {
		if was := m.nodes.at(uint32(m.was)); was.addr == wn.Node && was.item.id == it.id {
			it.slot = was.item.slot
			it.class = m.classes.by(it.class, m.classes.stack(was.item.class))
		}
	}
	m.pushOldest(n, it)
}

// takeRequest adds the nodes that only a request keeps: they left the table.
func (m *merger) takeRequest(wr *events.WalkRequest) {
	if m.reclaim != events.Independent {
		return
	}
	for _, addr := range []uint64{wr.FileNode, wr.BufNode} {
		if addr == 0 || m.node(addr) != 0 {
			continue
		}
		id := m.reuse(addr)
		n := m.at(id)
		n.move(offTable)
		if addr == wr.FileNode {
			m.setNewest(n, m.itemOf(&wr.File, uint32(max(wr.Slot, 0)), 0))
		} else {
			m.setNewest(n, m.unseenBuffer())
		}
	}
}

// finish puts the worker's list, which walks give newest first, into the order
// of the queue and lets go what was caught between its last holder's end and
// its release.
func (m *merger) finish(begin uint64) {
	r := m.ring
	r.reverse(&r.releasing)
	r.newHead(begin, true)
	if m.kept != nil || m.sameHead() {
		r.newHead(m.since, m.older)
	}
	switch r.reclaim {
	case events.OrderedDeferred:
		r.advance(begin)
	case events.Ordered:
		for head := r.queue.head; head != 0 && r.at(head).zero(); head = r.queue.head {
			r.drop(head)
		}
	}
}

// sameHead reports whether the head is the node that it was. Its address alone
// does not tell: the kernel uses it again at once. But behind a head that stays
// nothing goes, so all that was queued must still be there, in order.
func (m *merger) sameHead() bool {
	was, is := m.line.head, m.queue.head
	if was == 0 {
		return false
	}
	for ; was != 0; was, is = m.nodes.at(uint32(was)).next, m.at(is).next {
		if is == 0 {
			return false
		}
		before, now := m.nodes.at(uint32(was)), m.at(is)
		if before.addr != now.addr || before.item.id != now.item.id {
			return false
		}
	}
	return true
}

func (r *ring) reverse(l *list) {
	for id := l.head; id != 0; {
		n := r.at(id)
		next := n.next
		n.prev, n.next = n.next, n.prev
		id = next
	}
	l.head, l.tail = l.tail, l.head
}
