package queue

import "uringtrace/internal/events"

// How far from where the worker should be a node is looked for. A reference
// that reaches zero while a batch starts may miss it, or catch it, by as many
// nodes as there are processors.
const putSearch = 64

// applyDeferred follows kernels that collect an update's removals in one node
// and release nodes by a delayed worker (io_uring/rsrc.c up to 6.3).
func (r *ring) applyDeferred(e *events.Event) {
	switch e.Kind {
	case events.NodeRemove:
		r.removeDeferred(e)
	case events.NodeSwitch:
		r.switchDeferred(e)
	case events.NodeZero:
		r.zeroDeferred(e)
	case events.PutBatch:
		r.startBatch()
	case events.NodePut:
		r.putDeferred(e)
	}
}

// removeDeferred attaches a resource to the active node.
//
// In a window: a walk lists the items of queued nodes only, and a node is
// queued after its last removal. So for a node that the walk has in line the
// walk has this removal too; for any other it can't have it.
func (r *ring) removeDeferred(e *events.Event) {
	r.removed++
	id := r.node(e.Node)
	if id == 0 {
		r.doubt("a removal on a node that was not known")
		r.activate(e.Node, e.Time)
		if id = r.active; id == 0 {
			return
		}
	}
	if r.inLine(id) {
		r.doubt("a removal on a node that was already queued")
		return
	}
	r.push(r.at(id), r.told(e))
}

// switchDeferred queues the active node and makes Next active.
//
// In a window: nodes are only ever added at the tail, so one that the walk has
// in line is where it belongs and any other comes behind all that it has.
func (r *ring) switchDeferred(e *events.Event) {
	if e.Node == 0 {
		// A first registration. With a node in place the kernel keeps it and
		// the spare one for later.
		if r.active == 0 {
			r.activate(e.Next, e.Time)
		}
		return
	}
	id := r.node(e.Node)
	if id == 0 {
		r.doubt("a node was queued that was not known")
		id = r.bear(e.Node, 0)
	}
	if r.inLine(id) {
		r.doubt("a node was queued twice")
	} else {
		n := r.at(id)
		n.first = fingerprint(e.First)
		if e.First == 0 {
			r.clearItems(n) // removals that failed for want of memory
		} else if n.item.class == noClass {
			r.distrust("a node was queued whose removals were not seen")
		}
		r.enqueue(id, e.Time)
	}
	r.activate(e.Next, e.Time)
}

// zeroDeferred flags a node and moves what is free of holders, from the head
// on, to the worker's list. Hooks of several processors may fire in another
// order than they get the lock; the order of the list is the queue's anyway.
func (r *ring) zeroDeferred(e *events.Event) {
	id := r.node(e.Node)
	if id == 0 || r.at(id).place() != queued {
		if id == 0 || r.at(id).place() != releasing {
			r.doubt("holders of an unknown node ended")
		}
		return
	}
	n := r.at(id)
	r.noHolders(n)
	r.advance(e.Time)
}

// advance moves nodes without holders from the queue's head to the worker.
func (r *ring) advance(time uint64) {
	for head := r.queue.head; head != 0 && r.at(head).zero(); head = r.queue.head {
		r.link(&r.releasing, head, releasing)
		r.newHead(time, false)
	}
}

// startBatch: the worker takes all that waits, newest first.
func (r *ring) startBatch() {
	r.putting = 0
	r.blind = false
	for id := r.releasing.tail; id != 0; {
		n := r.at(id)
		if n.taken() {
			// The worker is one work item: it was done with the last batch.
			r.doubt("a batch began before the last one's nodes were seen released")
			break
		}
		this := id
		id = n.prev
		n.set(takenFlag)
		if n.item.class == noClass {
			r.drop(this) // nothing of it will be reported
		}
	}
	r.expect = r.releasing.tail
}

// putDeferred: one resource is released. The address of a node's newest item
// names the node; its others follow before the next node's.
func (r *ring) putDeferred(e *events.Event) {
	r.released++
	id := r.putting
	if id == 0 || r.at(id).item.id != e.Resource.ID {
		found := r.startingWith(e.First)
		if found == 0 {
			if !r.blind {
				r.doubt("a resource was released that no known node holds")
			}
			return
		}
		if id != 0 {
			r.doubt("a node was released in part")
		}
		id = found
	}
	n := r.at(id)
	n.first = 0
	n.set(takenFlag)
	if it := r.pop(n); it.id != e.Resource.ID {
		r.doubt("a node released another resource than it was given")
	}
	r.putting = id
	if n.item.class == noClass {
		before := n.prev
		r.drop(id)
		r.expect = before
	}
}

// startingWith finds the releasing node whose newest item is at addr, near to
// where the worker should be.
func (r *ring) startingWith(addr uint64) nodeID {
	if addr == 0 {
		return 0
	}
	first := fingerprint(addr)
	from := r.expect
	if from == 0 {
		from = r.releasing.tail
	}
	for id, i := from, 0; id != 0 && i < putSearch; id, i = r.at(id).prev, i+1 {
		if r.at(id).first == first {
			return id
		}
	}
	for id, i := from, 0; id != 0 && i < putSearch; id, i = r.at(id).next, i+1 {
		if r.at(id).first == first {
			return id
		}
	}
	return 0
}
