package queue

import (
	"slices"

	"uringtrace/internal/events"
)

// simRequest is an io_kiocb in flight.
type simRequest struct {
	addr   uint64
	ring   *simRing
	node   *simNode // A, B: rsrc_node; C: file_node
	buffer *simNode // C: buf_node
	res    *simRes  // the file
	data   uint64   // user_data
	slot   int32
	opcode uint8
	found  events.Found
	hidden bool // in no list: block I/O, zero-copy notifications
}

// submit starts a request on a fixed file, a fixed buffer, both or neither.
func (k *sim) submit(r *simRing) {
	r.users++
	k.start(func(c *simCall) {
		c.lock(r)
		q := &simRequest{
			addr: k.others.take(k), ring: r, slot: -1, opcode: uint8(k.rnd.IntN(len(opNames))),
			found: events.Found(k.rnd.IntN(4)), data: k.rnd.Uint64(),
		}
		// On C what no list has can't be seen to hold what has left its slot.
		q.hidden = k.gen != events.Independent && k.chance(15)
		q.takeFile()
		if k.chance(30) {
			q.takeBuffer()
		}
		r.requests = append(r.requests, q)
		r.unlock()
		r.users--
	})
}

func (q *simRequest) takeFile() {
	k, t := q.ring.k, &q.ring.files
	if k.chance(10) || !t.usable() {
		return
	}
	i := k.rnd.IntN(len(t.slots))
	s := t.slots[i]
	if s.res == nil {
		return
	}
	q.slot, q.res, q.node = int32(i), s.res, s.node
	if q.node == nil {
		q.node = q.ring.active
	}
	q.node.refs++
}

func (q *simRequest) takeBuffer() {
	k, t := q.ring.k, &q.ring.buffers
	if !t.usable() {
		return
	}
	s := t.slots[k.rnd.IntN(len(t.slots))]
	switch {
	case s.res == nil:
	case s.node != nil:
		q.buffer = s.node
		q.buffer.refs++
	case q.node == nil:
		q.node = q.ring.active
		q.node.refs++
	}
}

// finish ends a request.
func (k *sim) finish(q *simRequest) {
	r := q.ring
	r.users++
	k.start(func(c *simCall) {
		c.lock(r)
		if slices.Contains(r.requests, q) {
			q.end(c)
		}
		r.unlock()
		r.users--
	})
}

func (q *simRequest) end(c *simCall) {
	r, k := q.ring, q.ring.k
	r.requests = slices.DeleteFunc(r.requests, func(other *simRequest) bool { return other == q })
	c.pause()
	for _, n := range []*simNode{q.node, q.buffer} {
		if n != nil {
			k.drop(c, n)
		}
	}
	k.others.give(q.addr)
}

// drop gives a request's reference back.
func (k *sim) drop(c *simCall, n *simNode) {
	n.refs--
	switch k.gen {
	case events.OrderedDeferred:
		if n.refs == 0 && n.switched {
			k.zeroDeferred(c, n)
		}
	case events.Ordered:
		if n.refs == 0 {
			k.zeroOrdered(c, n)
		}
	case events.Independent:
		if n.refs == 0 {
			k.freeIndependent(c, n)
		}
	}
}
