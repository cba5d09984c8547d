package queue

import "uringtrace/internal/events"

// Generation C, io_uring/rsrc.c of 7.3.

// reset is io_reset_rsrc_node: the slot gives up its node.
func (t *simTable) reset(c *simCall, slot uint32) {
	n := t.slots[slot].node
	if n == nil {
		return
	}
	n.inTable = false
	t.ring.k.drop(c, n)
	t.slots[slot] = simSlot{}
}

// fillIndependent puts a new node with a resource into a slot; a file's slot
// is cleared before its node is made, a buffer's and a direct one after.
func (t *simTable) fillIndependent(c *simCall, slot uint32, res *simRes, tag uint64, direct bool) {
	r, k := t.ring, t.ring.k
	if t.typ == events.File && !direct {
		t.reset(c, slot)
	}
	n := k.newNode(r)
	n.refs = 1
	k.emit(r, events.Event{Kind: events.NodeNew, Node: n.addr})
	c.pause()
	n.items = []*simItem{{tag: tag, slot: slot, res: res}}
	n.data, n.slot = t, slot
	t.reset(c, slot)
	n.inTable = true
	t.slots[slot] = simSlot{res: res, tag: tag, node: n}
	c.pause()
}

// freeIndependent is io_free_rsrc_node.
func (k *sim) freeIndependent(c *simCall, n *simNode) {
	k.emit(n.ring, events.Event{Kind: events.NodeFree, Node: n.addr})
	c.pause()
	for _, it := range n.items {
		k.release(it.res)
	}
	k.freeNode(n)
}

// tell is the hook at the exit of __io_sqe_files_update.
func (t *simTable) tell(offset, done uint32) {
	k := t.ring.k
	if k.gen != events.Independent || t.typ != events.File {
		return
	}
	for i := offset; i < offset+done; i++ {
		if n := t.slots[i].node; n != nil {
			it := n.items[0]
			k.follow(t.ring, it.res)
			k.emit(t.ring, events.Event{Kind: events.NodeSlot, Node: n.addr, Slot: i, Tag: it.tag, Resource: *it.res.describe()})
		}
	}
}
