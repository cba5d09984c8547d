package queue

import (
	"slices"

	"uringtrace/internal/events"
)

// simRing is an io_ring_ctx.
type simRing struct {
	k        *sim
	addr     uint64
	fd       int32
	flags    uint32
	created  bool
	watched  bool // the hooks have it in their filter
	exiting  bool
	locked   bool // uring_lock
	users    int  // calls that hold a reference on the ring's file
	files    simTable
	buffers  simTable
	requests []*simRequest

	active *simNode   // A, B
	spare  *simNode   // A: rsrc_backup_node
	queue  []*simNode // A, B: rsrc_ref_list

	llist   []*simNode // A: rsrc_put_llist, newest first
	taken   []*simNode // A: the worker's own, next first
	due     uint64     // A: when the worker is to run
	armed   bool       // A
	working bool       // A: there is a worker
	batch   bool       // A: between the worker's hook and its taking the list
	zeroing int        // A: ref_zero calls on their way
}

// simTable is a table of files or buffers with its rsrc_data.
type simTable struct {
	ring    *simRing
	typ     events.ResourceType
	slots   []simSlot // nil: none is registered
	hidden  bool      // nr_user_* is 0 while it is quiesced
	quiesce bool
	refs    int // A
}

type simSlot struct {
	res  *simRes
	tag  uint64
	node *simNode // C
}

func (t *simTable) usable() bool { return t.slots != nil && !t.hidden }

func (k *sim) create() {
	k.lastFD++
	r := &simRing{k: k, addr: k.others.take(k), fd: k.lastFD, flags: 1 << k.rnd.IntN(14)}
	r.files = simTable{ring: r, typ: events.File}
	r.buffers = simTable{ring: r, typ: events.Buffer}
	k.rings = append(k.rings, r)
	var active uint64
	if k.gen != events.Independent {
		r.active = k.newNode(r)
		r.active.refs = k.ownRef()
		active = r.active.addr
	}
	r.created, r.watched = true, k.hook != nil
	k.emit(r, events.Event{Kind: events.RingCreate, FD: r.fd, Flags: r.flags, Node: active})
}

// ownRef is what a node's count has on B and C besides the requests.
func (k *sim) ownRef() int {
	if k.gen == events.OrderedDeferred {
		return 0
	}
	return 1
}

// exit closes the ring's last file: no call is in progress then.
func (k *sim) exit(r *simRing) {
	if r.users > 0 || r.exiting {
		return
	}
	r.exiting = true
	k.start(func(c *simCall) {
		k.emit(r, events.Event{Kind: events.RingExit})
		c.pause()
		for len(r.requests) > 0 {
			c.lock(r)
			r.requests[0].end(c)
			r.unlock()
			c.pause()
		}
		c.wait(func() bool { return len(r.queue)+len(r.llist)+len(r.taken)+r.zeroing == 0 && !r.working })
		r.files.clear(c)
		r.buffers.clear(c)
		for _, n := range []*simNode{r.active, r.spare} {
			if n != nil {
				k.freeNode(n)
			}
		}
		k.rings = slices.DeleteFunc(k.rings, func(other *simRing) bool { return other == r })
		k.emit(r, events.Event{Kind: events.RingGone})
		k.others.give(r.addr)
	})
}

// open reports whether a ring that a walk finds is at an address.
func (k *sim) open(addr uint64) bool {
	return slices.ContainsFunc(k.rings, func(r *simRing) bool { return r.addr == addr && !r.exiting })
}

// clear frees what is still registered, without a node on A and B.
func (t *simTable) clear(c *simCall) {
	k := t.ring.k
	for i := range t.slots {
		s := &t.slots[i]
		switch {
		case s.node != nil:
			t.reset(c, uint32(i))
		case s.res != nil:
			k.put(s.res)
		}
	}
	t.slots = nil
}
