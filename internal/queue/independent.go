package queue

import "uringtrace/internal/events"

// slotKey names a slot of one of the two tables.
func (r *ring) slotKey(it *brief) uint64 {
	key := uint64(it.slot)
	if r.classes.infos[it.class].buffer {
		key |= 1 << 32
	}
	return key
}

func (r *ring) slotOf(id uint32) uint64 { return r.slotKey(&r.nodes.at(id).item) }

// inSlot finds the node that sits in a slot; 0: none.
func (r *ring) inSlot(key uint64) nodeID { return nodeID(r.bySlot.find(key, r.slotOf)) }

// applyIndependent follows kernels where each registered slot is a node of its
// own and nothing waits for anything else (io_uring/rsrc.c from 6.13).
//
// In a window the last word on a node decides whether it is there: a node
// freed is gone and a node born is there, whatever the walk met on its way.
func (r *ring) applyIndependent(e *events.Event) {
	switch e.Kind {
	case events.NodeNew:
		id := r.node(e.Node)
		if id != 0 && r.merging {
			r.bornInWindow(id, e.Time)
			return // the walk has it
		}
		if id != 0 && r.at(id).place() != nowhere {
			r.doubt("a node came back that was not seen to be released")
		}
		r.bear(e.Node, e.Time)
	case events.NodeSlot:
		r.fillSlot(e)
	case events.NodeFree:
		r.freeIndependent(e)
	}
}

// bornInWindow: the walk has read the table before the node came into it if it
// has met the node with a request alone.
func (r *ring) bornInWindow(id nodeID, time uint64) {
	if n := r.at(id); n.place() == offTable {
		n.move(nowhere)
		n.born(time)
		r.setNewest(n, item{})
	}
}

func (r *ring) fillSlot(e *events.Event) {
	id := r.node(e.Node)
	if id == 0 {
		r.doubt("a slot was filled with a node that was not known")
		if id = r.bear(e.Node, e.Time); id == 0 {
			return
		}
	}
	if n := r.at(id); n.place() == nowhere {
		n.born(e.Time) // a walk that began before may have read the slot empty
	}
	r.settle(id, r.told(e))
}

// settle puts a node into the slot of its item; who was there has left and is
// still used, or its end would have been reported.
func (r *ring) settle(id nodeID, it item) {
	key := r.slotKey(&it.brief)
	if former := r.inSlot(key); former != 0 && former != id {
		r.removed++
		r.unlink(former)
		r.at(former).move(offTable)
	}
	r.unlink(id)
	n := r.at(id)
	r.setNewest(n, it)
	n.move(inTable)
	r.bySlot.put(uint32(id), key, r.slotOf)
}

func (r *ring) freeIndependent(e *events.Event) {
	id := r.node(e.Node)
	if id == 0 {
		r.doubt("a node was released that was not known")
		r.released++
		return
	}
	if r.at(id).place() != offTable {
		r.removed++
	}
	r.released++
	r.drop(id)
}
