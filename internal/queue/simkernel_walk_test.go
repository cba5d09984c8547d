package queue

import (
	"slices"

	"uringtrace/internal/events"
)

// simWalk reads the simulated kernel as bpf/walk.h reads the real one: without
// a lock, one field after the other. Anything may happen in between.
type simWalk struct {
	*events.Walk
	k       *sim
	between func()
	torn    uint32
}

func (k *sim) walk(between func()) *events.Walk {
	w := &simWalk{Walk: &events.Walk{Begin: k.clock()}, k: k, between: between}
	var walked []*simRing
	for _, r := range slices.Clone(k.rings) {
		w.between()
		if r.exiting || !r.created {
			continue // it has no file any more
		}
		r.users++ // the iterator holds its file
		w.ring(r)
		r.users--
		walked = append(walked, r)
	}
	for _, r := range walked {
		w.workers(r)
	}
	w.End = k.clock()
	return w.Walk
}

// still is a walk over a kernel that stands still.
func (k *sim) still() *events.Walk { return k.walk(func() {}) }

func (w *simWalk) ring(r *simRing) {
	wr := events.WalkRing{Ring: r.addr, FD: r.fd, Flags: r.flags, Reclaim: w.k.gen}
	if r.files.usable() {
		wr.Slots = uint32(len(r.files.slots))
	}
	if r.active != nil {
		wr.Active = r.active.addr
	}
	w.torn = 0
	w.between()
	if w.k.gen == events.Independent {
		w.table(&r.files, events.AtTable)
		w.table(&r.buffers, events.AtBuffers)
	} else {
		w.queue(r)
		w.releasing(r)
		w.active(r)
	}
	w.polls(r, events.FoundPoll)
	w.polls(r, events.FoundPollLocked)
	wr.Torn = w.torn
	w.Rings = append(w.Rings, wr)
}

func (w *simWalk) queue(r *simRing) {
	prev, cur := r.head(), r.first()
	for cur != r.head() {
		w.between()
		n := w.k.memory[cur]
		if n == nil || n.prev != prev || n.ring != r {
			w.torn++
			break
		}
		w.node(r, n, events.AtQueue)
		w.between()
		prev, cur = cur, w.k.memory[cur].next
	}
	if cur != r.head() {
		w.torn++
	}
}

func (w *simWalk) releasing(r *simRing) {
	if w.k.gen != events.OrderedDeferred || len(r.llist) == 0 {
		return
	}
	for cur := r.llist[0].addr; cur != 0; cur = w.k.memory[cur].llist {
		w.between()
		n := w.k.memory[cur]
		if n == nil || n.ring != r {
			w.torn++
			return
		}
		w.node(r, n, events.AtReleasing)
		w.between()
	}
}

// node writes one record for each item, or one for a node that has none.
func (w *simWalk) node(r *simRing, n *simNode, at events.Place) {
	wn := events.WalkNode{Ring: r.addr, Node: n.addr, Place: at, First: true, Done: n.done}
	switch {
	case w.k.gen == events.Ordered:
		wn.Refs = int64(n.refs)
	case at == events.AtQueue && !n.done && !n.switched:
		wn.Refs = -1
	case at == events.AtQueue && !n.done:
		wn.Refs = int64(n.refs)
	}
	if len(n.items) == 0 {
		w.Nodes = append(w.Nodes, wn)
	}
	for _, it := range n.items {
		wn.Put, wn.Tag, wn.Resource = it.addr, it.tag, *it.res.describe()
		w.Nodes = append(w.Nodes, wn)
		wn.First = false
		w.between()
	}
}

func (w *simWalk) active(r *simRing) {
	wn := events.WalkNode{Ring: r.addr, Place: events.AtActive, First: true, Refs: -1}
	if n := r.active; n != nil {
		wn.Node = n.addr
		if w.k.gen == events.Ordered {
			wn.Refs = int64(n.refs - 1)
		}
	}
	w.Nodes = append(w.Nodes, wn)
	w.between()
}

func (w *simWalk) table(t *simTable, at events.Place) {
	nr := len(t.slots)
	for i := 0; i < nr && i < len(t.slots); i++ {
		n := t.slots[i].node
		if n == nil {
			continue
		}
		it := n.items[0]
		w.Nodes = append(w.Nodes, events.WalkNode{
			Ring: t.ring.addr, Node: n.addr, Place: at, Slot: uint32(i), First: true,
			Refs: int64(n.refs - 1), Tag: it.tag, Resource: *it.res.describe(),
		})
		w.between()
	}
}

// polls follows a hash chain: it ends where a request has left it.
func (w *simWalk) polls(r *simRing, found events.Found) {
	for _, q := range slices.Clone(r.requests) {
		if q.found != found || q.hidden {
			continue
		}
		w.between()
		if !slices.Contains(r.requests, q) {
			w.torn++
			return
		}
		w.request(q)
	}
}

func (w *simWalk) workers(r *simRing) {
	for _, q := range slices.Clone(r.requests) {
		if q.found != events.FoundPoll && q.found != events.FoundPollLocked && !q.hidden {
			w.request(q)
			w.between()
		}
	}
}

func (w *simWalk) request(q *simRequest) {
	wr := events.WalkRequest{
		Ring: q.ring.addr, Request: q.addr, UserData: q.data, Slot: q.slot,
		Opcode: q.opcode, Found: q.found, TID: 100,
	}
	if q.node != nil {
		wr.FileNode = q.node.addr
	}
	if q.buffer != nil {
		wr.BufNode = q.buffer.addr
	}
	if q.res != nil {
		wr.File, wr.Flags = *q.res.describe(), 1
		t := &q.ring.files
		wr.Replaced = !t.usable() || int(q.slot) >= len(t.slots) || t.slots[q.slot].res != q.res
	}
	w.Requests = append(w.Requests, wr)
}

// partNodes are a ring's part of a walk as the probe hands it out: gone once drained.
type partNodes struct {
	ring  uint64
	nodes []events.WalkNode
}

func (p *partNodes) Ring() uint64 { return p.ring }

func (p *partNodes) Len() int { return len(p.nodes) }

func (p *partNodes) Each(fn func(*events.WalkNode)) {
	for i := range p.nodes {
		fn(&p.nodes[i])
	}
}

func (p *partNodes) Drain(fn func(*events.WalkNode)) {
	p.Each(fn)
	p.nodes = nil
}

// inParts turns a walk's list of nodes into its rings' parts.
func inParts(w *events.Walk) {
	for _, n := range w.Nodes {
		if last := len(w.More) - 1; last < 0 || w.More[last].Ring() != n.Ring {
			w.More = append(w.More, &partNodes{ring: n.Ring})
		}
		part := w.More[len(w.More)-1].(*partNodes)
		part.nodes = append(part.nodes, n)
	}
	w.Nodes = nil
}
