package queue

import "uringtrace/internal/events"

// applyOrdered follows kernels with one resource a node, released from the
// queue's head at once (io_uring/rsrc.c, 6.4 to 6.12). All its hooks fire under
// the ring's lock, so each sees the effect of the one before.
func (r *ring) applyOrdered(e *events.Event) {
	switch e.Kind {
	case events.NodeRemove:
		r.removeOrdered(e)
	case events.NodeNew:
		r.newOrdered(e)
	case events.NodeZero:
		r.zeroOrdered(e)
	case events.Register:
		// The task has left the kernel: its removal, if one still waits for a
		// node, got none.
		if r.pending.set && r.pending.tid == e.TID {
			r.dropPending()
		}
	}
}

// removeOrdered remembers a removal until it gets its new node. One that is
// still waiting when the next comes has failed for want of memory.
//
// In a window: a removal whose node the walk has in the queue is in the walk.
// One whose node it has not there is not, for nothing was released meanwhile.
func (r *ring) removeOrdered(e *events.Event) {
	r.dropPending()
	if !r.merging {
		r.checkTail(e)
	}
	id := r.node(e.Node)
	if id != 0 && r.inLine(id) {
		r.pending.applied = true
		r.doubt("a removal on a node that was already queued")
		return
	}
	if id == 0 || id != r.active {
		if e.Tail != 0 { // else all that matters of the queue is known by this event
			r.doubt("a removal on a node that was not the active one")
		}
		if !r.merging {
			r.activate(e.Node, 0) // it is by now, or the kernel would not use it
			id = r.node(e.Node)
		} else if id == 0 {
			id = r.bear(e.Node, 0)
		}
		if id == 0 {
			return
		}
	}
	r.pending = removal{item: r.told(e), node: id, tid: e.TID, set: true}
}

// dropPending forgets a removal that got no new node. Its own node may be known by
// nothing else, if the walk came before.
func (r *ring) dropPending() {
	if id := r.pending.node; id != 0 && !r.merging && r.at(id).place() == nowhere {
		r.drop(id)
	}
	r.pending = removal{}
}

// checkTail holds the kernel's last node, as the removal's hook saw it, against
// ours. An empty queue in the kernel puts everything right that was wrong here,
// unless the event is older than what was lost.
func (r *ring) checkTail(e *events.Event) {
	if e.Tail == 0 {
		if r.queue.n > 0 {
			r.doubt("the kernel's queue was found empty")
		}
		for r.queue.head != 0 {
			r.releaseHead()
		}
		if e.Time > r.lostAt && !r.deaf {
			r.repair()
		}
		return
	}
	if r.queue.tail == 0 || r.at(r.queue.tail).addr != e.Tail {
		r.doubt("the queue's tail differs from the kernel's")
	}
}

// newOrdered: a node was allocated and becomes the active one. The node before
// it goes to the tail, with the resource whose removal asked for the new node,
// or empty when the ring is to be quiesced.
func (r *ring) newOrdered(e *events.Event) {
	p := r.pending
	r.pending = removal{}
	switch {
	case p.applied:
		r.removed++
	case p.set:
		r.removed++
		r.push(r.at(p.node), p.item)
		r.enqueue(p.node, e.Time)
	case r.active != 0 && !(r.merging && r.node(e.Node) != 0):
		r.enqueue(r.active, e.Time)
	}
	r.activate(e.Node, e.Time)
}

// zeroOrdered flags a node and releases what is free of holders, from the head.
func (r *ring) zeroOrdered(e *events.Event) {
	id := r.node(e.Node)
	if id == 0 || r.at(id).place() != queued {
		r.doubt("holders of an unknown node ended")
		return
	}
	n := r.at(id)
	r.noHolders(n)
	for head := r.queue.head; head != 0 && r.at(head).zero(); head = r.queue.head {
		r.releaseHead()
		r.newHead(e.Time, false)
	}
}

func (r *ring) releaseHead() {
	head := r.queue.head
	for range r.items(r.at(head)) {
		r.released++
	}
	r.drop(head)
}
