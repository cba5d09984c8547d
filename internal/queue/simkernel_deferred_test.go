package queue

import (
	"slices"

	"uringtrace/internal/events"
)

// Generation A, io_uring/rsrc.c of 6.1. The worker's delay is
// shorter here, so that more happens in fewer steps.
const (
	simGrace = 30  // an RCU grace period, at most
	simDelay = 100 // HZ in the kernel
)

// switchStart is io_rsrc_node_switch_start.
func (r *simRing) switchStart() {
	if r.k.gen == events.OrderedDeferred && r.spare == nil {
		r.spare = r.k.newNode(r)
	}
}

// switchNode is io_rsrc_node_switch; t nil: nothing is to be queued.
func (r *simRing) switchNode(c *simCall, t *simTable) {
	k, n := r.k, r.active
	e := events.Event{Kind: events.NodeSwitch, Next: r.spare.addr}
	if t != nil {
		e.Node = n.addr
		if len(n.items) > 0 {
			e.First = n.items[0].addr
		}
	}
	k.emit(r, e)
	c.pause()
	if t != nil {
		n.data = t
		r.enqueue(n)
		t.refs++
		c.pause()
		k.kill(n)
		r.active = nil
		c.pause()
	}
	if r.active == nil {
		r.active, r.spare = r.spare, nil
	}
}

// removeDeferred is io_queue_rsrc_removal.
func (r *simRing) removeDeferred(c *simCall, t *simTable, slot uint32) bool {
	k, s := r.k, &t.slots[slot]
	k.follow(r, s.res)
	k.emit(r, events.Event{Kind: events.NodeRemove, Node: r.active.addr, Resource: *s.res.describe(), Slot: slot, Tag: s.tag})
	c.pause()
	if k.chance(k.shortage) {
		return false
	}
	r.active.items = slices.Insert(r.active.items, 0, &simItem{addr: k.items.take(k), tag: s.tag, slot: slot, res: s.res})
	*s = simSlot{}
	c.pause()
	return true
}

// kill is percpu_ref_kill: an RCU grace period later the count is exact.
func (k *sim) kill(n *simNode) {
	k.start(func(c *simCall) {
		k.sleep(c, 1+k.rnd.IntN(simGrace), nil)
		n.switched = true
		if n.refs == 0 {
			k.zeroDeferred(c, n)
		}
	})
}

// zeroDeferred is io_rsrc_node_ref_zero.
func (k *sim) zeroDeferred(c *simCall, n *simNode) {
	r := n.ring
	if !k.races {
		c.wait(func() bool { return !r.batch })
	}
	r.zeroing++
	k.emit(r, events.Event{Kind: events.NodeZero, Node: n.addr})
	c.pause()
	n.done = true
	delay := uint64(simDelay)
	if n.data.quiesce {
		delay = 0
	}
	for len(r.queue) > 0 && r.queue[0].done {
		n := r.dequeue()
		n.llist = 0
		if len(r.llist) > 0 {
			n.llist = r.llist[0].addr
		} else {
			r.due, r.armed = k.now+delay, true
		}
		r.llist = slices.Insert(r.llist, 0, n)
	}
	r.zeroing--
	r.work()
}

// work is mod_delayed_work: one worker, that may be asked for again.
func (r *simRing) work() {
	k := r.k
	if !r.armed || r.working {
		return
	}
	r.working = true
	k.start(func(c *simCall) {
		for r.armed {
			c.timed = true
			c.wait(func() bool { return k.now >= r.due && (k.races || r.zeroing == 0) })
			c.timed = false
			r.armed = false
			r.putWork(c)
		}
		r.working = false
	})
}

// putWork is io_rsrc_put_work.
func (r *simRing) putWork(c *simCall) {
	k := r.k
	r.batch = true
	k.emit(r, events.Event{Kind: events.PutBatch})
	c.pause()
	r.taken, r.llist, r.batch = r.llist, nil, false
	for len(r.taken) > 0 {
		n := r.taken[0]
		for len(n.items) > 0 {
			it := n.items[0]
			n.items = n.items[1:]
			k.emit(r, events.Event{Kind: events.NodePut, First: it.addr, Resource: events.Resource{ID: it.res.id}})
			c.pauseStill()
			k.release(it.res)
			k.items.give(it.addr)
		}
		r.taken = r.taken[1:]
		n.data.refs--
		k.freeNode(n)
		c.pauseStill()
	}
}

// release is what a node does with its resource in the end.
func (k *sim) release(s *simRes) {
	switch {
	case s.typ == events.Buffer:
		k.freed.buffers++
	case s.socket():
		k.freed.sockets++
		fallthrough
	default:
		k.freed.files++
	}
	k.put(s)
}
