package queue

// place says where a node is in the life that the ring's kernel gives it.
type place uint8

const (
	nowhere   place = iota // known, and neither active nor queued; C: slot unknown
	active                 // takes the references of new requests
	queued                 // in the queue
	releasing              // A: given to the deferred worker
	inTable                // C: sits in a slot
	offTable               // C: left its slot and is still used
)

// nodeID is a node's index in its ring's slab; 0 is none. Indices instead of
// pointers keep a million nodes small and out of the garbage collector's way.
type nodeID uint32

// node is one io_rsrc_node. Its identity is the address and the birth: the
// address maps to the youngest bearer, the number is not used again.
//
// There may be millions, so it has no more than most of them need; what few
// have is in a detail.
type node struct {
	addr   uint64
	life   life
	item   brief  // the newest; most nodes have no other
	first  uint32 // A: fingerprint of the address of its newest item; 0 once that is released
	prev   nodeID
	next   nodeID
	number uint32
}

// life is when a node became known as a new one and what has become of it
// since: its birth in the upper 56 bits, 0 if it was there before we looked, and
// below them its place and three flags.
type life uint64

const (
	placeBits = 1<<3 - 1

	zeroFlag    life = 1 << 3 // the kernel has said that it has no holders
	takenFlag   life = 1 << 4 // A: the deferred worker has it; a walk no longer finds it
	countedFlag life = 1 << 5 // a walk has counted its holders; more than none are in its detail
	detailFlag  life = 1 << 6 // it has a detail

	lifeBits = 8
)

func (n *node) place() place     { return place(n.life & placeBits) }
func (n *node) zero() bool       { return n.life&zeroFlag != 0 }
func (n *node) taken() bool      { return n.life&takenFlag != 0 }
func (n *node) move(to place)    { n.life = n.life&^placeBits | life(to) }
func (n *node) set(f life)       { n.life |= f }
func (n *node) clear(f life)     { n.life &^= f }
func (n *node) born(time uint64) { n.life = n.life&(1<<lifeBits-1) | life(time<<lifeBits) }

// birth is 0 for what was there before we looked.
func (n *node) birth() uint64 { return uint64(n.life >> lifeBits) }

// bornAfter compares as on a clock face: 56 bits of ns are two years.
func (n *node) bornAfter(time uint64) bool {
	born := n.birth()
	return born != 0 && int64((born-time)<<lifeBits) > 0
}

// fingerprint of an address, to look for it among few; never 0 but for 0.
func fingerprint(addr uint64) uint32 {
	if addr == 0 {
		return 0
	}
	return uint32(addr*spread>>32) | 1
}

// list is a doubly linked list through node.prev and node.next.
type list struct {
	head, tail nodeID
	n          int
}

func (r *ring) at(id nodeID) *node { return r.nodes.at(uint32(id)) }

// node finds the present bearer of an address; 0: none.
func (r *ring) node(addr uint64) nodeID {
	if addr == 0 {
		return 0
	}
	return nodeID(r.byAddr.find(addr, r.addrOf))
}

// bear makes a new node; a former bearer of the address is dropped.
func (r *ring) bear(addr, born uint64) nodeID {
	if addr == 0 {
		return 0
	}
	if old := r.node(addr); old != 0 {
		r.drop(old)
	}
	return r.create(addr, born)
}

// create is bear for an address that nobody has.
func (r *ring) create(addr, born uint64) nodeID {
	id := nodeID(r.nodes.take())
	r.lastNode = max(r.lastNode+1, 1) // after four thousand million it starts anew
	n := r.at(id)
	*n = node{addr: addr, number: r.lastNode}
	n.born(born)
	r.byAddr.put(uint32(id), addr, r.addrOf)
	return id
}

func (r *ring) addrOf(id uint32) uint64 { return r.nodes.at(id).addr }

// drop forgets a node, wherever it is.
func (r *ring) drop(id nodeID) {
	n := r.at(id)
	r.unlink(id)
	r.clearItems(n)
	if r.active == id {
		r.active = 0
	}
	if r.putting == id {
		r.putting = 0
	}
	if r.expect == id {
		r.expect = 0
	}
	if r.pending.node == id {
		r.pending = removal{}
	}
	r.dropDetail(n)
	r.byAddr.remove(n.addr, r.addrOf)
	r.nodes.give(uint32(id))
}

// link appends a node to the list of its new place.
func (r *ring) link(l *list, id nodeID, to place) {
	r.unlink(id)
	if r.active == id {
		r.active = 0
	}
	n := r.at(id)
	n.move(to)
	n.prev, n.next = l.tail, 0
	if l.tail != 0 {
		r.at(l.tail).next = id
	} else {
		l.head = id
	}
	l.tail = id
	l.n++
}

// unlink takes a node from wherever it is; its place is nowhere afterwards.
func (r *ring) unlink(id nodeID) {
	n := r.at(id)
	var l *list
	switch n.place() {
	case queued:
		l = &r.queue
	case releasing:
		l = &r.releasing
	case inTable:
		if key := r.slotKey(&n.item); r.inSlot(key) == id {
			r.bySlot.remove(key, r.slotOf)
		}
	}
	n.move(nowhere)
	if l == nil {
		return
	}
	if n.prev != 0 {
		r.at(n.prev).next = n.next
	} else {
		l.head = n.next
	}
	if n.next != 0 {
		r.at(n.next).prev = n.prev
	} else {
		l.tail = n.prev
	}
	l.n--
	n.prev, n.next = 0, 0
}

// each yields the nodes of a list, oldest first.
func (r *ring) each(l *list) func(yield func(*node) bool) {
	return func(yield func(*node) bool) {
		for id := l.head; id != 0; {
			n := r.at(id)
			id = n.next
			if !yield(n) {
				return
			}
		}
	}
}

// known yields all nodes, wherever they are, in an order that does not depend
// on chance.
func (r *ring) known(yield func(nodeID, *node) bool) {
	for i := uint32(1); i <= r.nodes.top; i++ {
		if n := r.nodes.at(i); n.addr != 0 && !yield(nodeID(i), n) {
			return
		}
	}
}
