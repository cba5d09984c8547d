package queue

import "uringtrace/internal/events"

// ring is one io_uring instance and all that is known of its nodes.
type ring struct {
	classes    *classes
	reclaim    events.Reclaim
	addr       uint64
	number     int
	fd         int // -1: none, or unknown
	registered int // index among registered rings, -1: none, or unknown
	flags      uint32
	slots      int // -1: unknown
	shares     []Share
	moreShares int // users beyond shares that the walk had no room for

	nodes      slab[node]
	byAddr     index // nodes
	details    slab[detail]
	detailBy   index // details
	older      slab[olderItem]
	lastNode   uint32 // number given last
	lastOldest oldest

	active    nodeID // A, B
	queue     list   // A, B: oldest first
	releasing list   // A: in the order in which they left the queue

	pending removal // B: waits for the node that replaces it
	putting nodeID  // A: the worker is in the middle of this node's items
	expect  nodeID  // A: the node that the worker should come to next
	blind   bool    // A: the worker may hold nodes that no walk has shown
	bySlot  index   // C: nodes

	requests []request // of the last walk
	walked   bool      // holders were read at least once

	first  look   // the first one at the queue
	looked uint64 // end of the last walk
	shared bool   // other processes have it, too

	headSince uint64 // when the queue's head became the head
	headOlder bool   // it was the head before we looked: headSince is when we did
	removed   uint64
	counted   bool              // removed is the kernel's own count; what was released is not known
	slotted   map[uint32]uint64 // removals by slot, if they are counted
	released  uint64
	sockets   uint64 // truly released
	repairs   int    // times that what was inexact was put right
	repaired  string // why it was inexact the last time
	touched   uint64 // time of the last event

	inexact  string // why not exact; empty: exact
	lost     uint64 // of ByRing, as far as it was taken into account
	lostAt   uint64 // before which something was lost
	born     uint64 // when it was created, if that was told
	followed bool   // its events arrive
	deaf     bool   // there is no room to follow it
	beyond   int    // nodes behind the queue, which a walk has only counted
	merging  bool   // events of a window are laid over a walk
	exiting  bool
	ended    bool
}

// removal is a B removal between its hook and its effect.
type removal struct {
	item    item
	node    nodeID
	tid     uint32
	set     bool
	applied bool // the walk already had it
}

// oldest remembers the end of the item chain that a walk is filling.
type oldest struct {
	node  uint32
	index uint32
}

func newRing(c *classes, reclaim events.Reclaim, addr uint64, number int) *ring {
	return &ring{
		classes: c, reclaim: reclaim, addr: addr, number: number, fd: -1, registered: -1, slots: -1,
	}
}

// doubt makes the ring inexact; the first reason stays. While a window is laid
// over a walk nothing is doubtful: it tells again what the walk may have seen.
func (r *ring) doubt(why string) {
	if r.inexact == "" && !r.merging && !r.exiting {
		r.inexact = why
	}
}

// distrust is doubt that holds even for a window over a walk.
func (r *ring) distrust(why string) {
	if r.inexact == "" {
		r.inexact = why
	}
}

// repair makes the ring exact again, or for the first time.
func (r *ring) repair() {
	if r.inexact != "" && (r.walked || r.born != 0) {
		r.repairs++
		r.repaired = r.inexact
	}
	r.inexact = ""
}

// forget empties the ring of nodes.
func (r *ring) forget() {
	r.nodes, r.details, r.older = slab[node]{}, slab[detail]{}, slab[olderItem]{}
	r.byAddr, r.detailBy, r.bySlot = index{}, index{}, index{}
	r.active, r.putting, r.expect = 0, 0, 0
	r.queue, r.releasing = list{}, list{}
	r.pending, r.lastOldest = removal{}, oldest{}
	r.requests = nil
	r.beyond = 0
}

// letGo forgets a queue that is longer than what is held one by one. What comes
// then is followed anew, which is not exact; a walk brings back as much of it as
// there is room for.
func (r *ring) letGo(most int) {
	r.forget()
	r.inexact = "more than " + countNodes(most) + " are queued, which is more than are followed one by one"
}

// end marks the ring as gone: its end has released everything.
func (r *ring) end() {
	for _, l := range []*list{&r.queue, &r.releasing} {
		for n := range r.each(l) {
			for range r.items(n) {
				r.released++
			}
		}
	}
	r.forget()
	r.inexact = "" // nothing is left to be wrong about
	r.ended = true
}

// activate makes the node at addr the active one.
func (r *ring) activate(addr, time uint64) {
	id := r.node(addr)
	if id != 0 && (id == r.active || r.merging && r.inLine(id)) {
		return // merging: the walk has seen it active, or already queued again
	}
	if id != 0 && r.inLine(id) {
		// An empty node may have been freed by a batch that took it between
		// the batch's hook and its effect. Any other should have been put.
		if n := r.at(id); n.place() != releasing || n.item.class != noClass {
			r.doubt("a node came back that was not seen to be released")
		}
	}
	if id == 0 || r.inLine(id) {
		id = r.bear(addr, time)
	}
	if id == 0 {
		return
	}
	if old := r.active; old != 0 {
		r.at(old).move(nowhere)
		if !r.merging {
			r.drop(old) // displaced without having been queued: it is lost to us
		}
	}
	r.active = id
	r.at(id).move(active)
}

func (r *ring) inLine(id nodeID) bool {
	p := r.at(id).place()
	return p == queued || p == releasing
}

// enqueue puts a node at the queue's tail.
func (r *ring) enqueue(id nodeID, time uint64) {
	n := r.at(id)
	n.clear(zeroFlag | takenFlag | countedFlag)
	r.link(&r.queue, id, queued)
	if r.queue.head == id {
		r.newHead(time, false)
	}
}

func (r *ring) newHead(since uint64, older bool) { r.headSince, r.headOlder = since, older }
