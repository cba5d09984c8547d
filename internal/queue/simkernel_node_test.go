package queue

// simPool hands out addresses. What was given back comes back at once, nearly
// always: the last one first, as slabs do.
type simPool struct {
	last uint64
	free []uint64
}

func (p *simPool) take(k *sim) uint64 {
	if n := len(p.free); n > 0 && k.chance(90) {
		addr := p.free[n-1]
		p.free = p.free[:n-1]
		return addr
	}
	p.last += 0x80
	return p.last
}

func (p *simPool) give(addr uint64) { p.free = append(p.free, addr) }

// simNode is an io_rsrc_node of any generation.
type simNode struct {
	addr       uint64
	ring       *simRing
	prev, next uint64     // in rsrc_ref_list: addresses of nodes, or the list's head
	llist      uint64     // A: the next one in rsrc_put_llist
	items      []*simItem // newest first; B, C: at most one
	refs       int        // requests; B, C: and the ring's or the table's own
	data       *simTable  // A: rsrc_data; C: the table it is in or was in
	switched   bool       // A: percpu_ref is in atomic mode
	done       bool       // A
	empty      bool       // B
	slot       uint32     // C
	inTable    bool       // C
}

// simItem is an io_rsrc_put.
type simItem struct {
	addr uint64
	tag  uint64
	slot uint32
	res  *simRes
}

// poison is what list_del leaves behind.
const poison = 0xdead_0000_0000_0100

func (k *sim) newNode(r *simRing) *simNode {
	n := &simNode{addr: k.nodes.take(k), ring: r}
	k.memory[n.addr] = n
	return n
}

// freeNode leaves the memory as it is, or spoils it.
func (k *sim) freeNode(n *simNode) {
	if k.chance(25) {
		n.ring, n.prev, n.next = nil, poison, poison
	}
	k.nodes.give(n.addr)
	k.freed.nodes++
}

// head is what the queue's list head has for an address.
func (r *simRing) head() uint64 { return r.addr + 8 }

func (r *simRing) first() uint64 {
	if len(r.queue) == 0 {
		return r.head()
	}
	return r.queue[0].addr
}

// enqueue is list_add_tail.
func (r *simRing) enqueue(n *simNode) {
	n.prev, n.next = r.head(), r.head()
	if len(r.queue) > 0 {
		last := r.queue[len(r.queue)-1]
		n.prev, last.next = last.addr, n.addr
	}
	r.queue = append(r.queue, n)
}

// dequeue is list_del of the first.
func (r *simRing) dequeue() *simNode {
	n := r.queue[0]
	r.queue = r.queue[1:]
	if len(r.queue) > 0 {
		r.queue[0].prev = r.head()
	}
	n.prev, n.next = poison, poison
	return n
}

// visible is how many requests that a walk can find hold the node.
func (n *simNode) visible() int {
	found := 0
	for _, q := range n.ring.requests {
		if (q.node == n || q.buffer == n) && !q.hidden {
			found++
		}
	}
	return found
}
