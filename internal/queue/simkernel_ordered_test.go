package queue

import "uringtrace/internal/events"

// Generation B, io_uring/rsrc.c of 6.12.

// allocOrdered is io_rsrc_node_alloc.
func (r *simRing) allocOrdered() *simNode {
	n := r.k.newNode(r)
	n.refs = 1
	r.k.emit(r, events.Event{Kind: events.NodeNew, Node: n.addr})
	return n
}

// removeOrdered is io_queue_rsrc_removal.
func (r *simRing) removeOrdered(c *simCall, t *simTable, slot uint32, tid uint32) bool {
	k, n, s := r.k, r.active, &t.slots[slot]
	k.follow(r, s.res)
	e := events.Event{
		Kind: events.NodeRemove, Node: n.addr, Resource: *s.res.describe(),
		Slot: slot, Tag: s.tag, TID: tid,
	}
	if len(r.queue) > 0 {
		e.Tail = r.queue[len(r.queue)-1].addr
	}
	k.emit(r, e)
	c.pause()
	if k.chance(k.shortage) {
		return false
	}
	next := r.allocOrdered()
	c.pause()
	r.active = next
	c.pause()
	n.items = []*simItem{{tag: s.tag, slot: slot, res: s.res}}
	r.enqueue(n)
	*s = simSlot{}
	c.pause()
	k.drop(c, n)
	return true
}

// zeroOrdered is io_rsrc_node_ref_zero.
func (k *sim) zeroOrdered(c *simCall, n *simNode) {
	r := n.ring
	k.emit(r, events.Event{Kind: events.NodeZero, Node: n.addr})
	c.pause()
	for len(r.queue) > 0 && r.queue[0].refs == 0 {
		n := r.dequeue()
		for _, it := range n.items {
			k.release(it.res)
		}
		c.pause()
		k.freeNode(n)
	}
}

// markOrdered is the first half of io_rsrc_ref_quiesce: an empty node.
func (r *simRing) markOrdered(c *simCall) {
	k, n := r.k, r.active
	backup := r.allocOrdered()
	c.pause()
	n.empty = true
	r.enqueue(n)
	c.pause()
	k.drop(c, n)
	r.active = backup
}
