//go:build giouring && linux

package play

import (
	"slices"

	"uringtrace/internal/workload"
)

// The ledger is a plain model of what the kernel keeps for a ring, to compare the
// kernel and those who watch it with. It knows both kinds of kernels at once:
// those with an ordered queue of nodes and those whose nodes are independent.

// thing is a file or buffer that can be registered. Counts say who keeps it.
type thing struct {
	kind  string
	inode uint64
	// descriptors, registrations and requests keep it on every kernel, a queued node
	// only on ordered ones.
	descriptors, registrations, requests, queued int
}

func (t *thing) aliveIndependent() bool { return t.descriptors+t.registrations+t.requests > 0 }
func (t *thing) aliveOrdered() bool     { return t.aliveIndependent() || t.queued > 0 }

// placed is one registration of a thing.
type placed struct {
	*thing
	slot int
	tag  uint64
	// requests are those in flight that were issued on it.
	requests int
	removed  bool
}

func (p *placed) truth() workload.Resource {
	return workload.Resource{Slot: p.slot, Kind: p.kind, Inode: p.inode, Tag: workload.UserData(p.tag)}
}

// node is what an ordered kernel queues for one call that removes something.
type node struct {
	resources []*placed
	// holders are the requests that were issued while it was the active one.
	holders []*pin
}

// ledger is the model of one ring.
type ledger struct {
	files, buffers []*placed
	// active is the node that new requests hold and the next removal fills.
	active *node
	queue  []*node
	// Tags that each kind of kernel has posted, and those dropped with their table.
	tagsOrdered, tagsIndependent, tagsDropped []uint64
}

func newLedger() *ledger { return &ledger{active: &node{}} }

// put is a call that fills slots from offset on; what is there is removed. A nil
// clears a slot, a kept one stays. It returns what was removed.
func (l *ledger) put(table []*placed, offset int, list []*placed) []*placed {
	var removed []*placed
	for i, p := range list {
		slot := offset + i
		if p == kept {
			continue
		}
		if old := table[slot]; old != nil {
			removed = append(removed, old)
		}
		table[slot] = p
		if p != nil {
			p.slot = slot
			p.registrations++
		}
	}
	l.remove(removed)
	return removed
}

// kept stands for a slot that a call leaves as it is.
var kept = &placed{}

func (l *ledger) remove(removed []*placed) {
	if len(removed) == 0 {
		return
	}
	for _, p := range removed {
		p.removed = true
		p.registrations--
		p.queued++
		l.releaseIndependent(p)
	}
	l.active.resources = removed
	l.queue = append(l.queue, l.active)
	l.active = &node{}
	l.releaseOrdered()
}

// drop is the end of a table, which goes past the queue.
func (l *ledger) drop(table []*placed) {
	for i, p := range table {
		if p == nil {
			continue
		}
		p.registrations--
		if p.tag != 0 {
			l.tagsDropped = append(l.tagsDropped, p.tag)
		}
		table[i] = nil
	}
}

// hold records a request on registered things.
func (l *ledger) hold(p *pin, on []*placed) *node {
	for _, r := range on {
		r.requests++
		r.thing.requests++
	}
	if len(on) == 0 {
		return nil
	}
	l.active.holders = append(l.active.holders, p)
	return l.active
}

// let is the end of a request that was held with hold.
func (l *ledger) let(p *pin, n *node, on []*placed) {
	for _, r := range on {
		r.requests--
		r.thing.requests--
		l.releaseIndependent(r)
	}
	if n != nil {
		n.holders = slices.DeleteFunc(n.holders, func(h *pin) bool { return h == p })
	}
	l.releaseOrdered()
}

// releaseIndependent is what a kernel with independent nodes does: a resource goes
// with its own last user.
func (l *ledger) releaseIndependent(p *placed) {
	if p.removed && p.requests == 0 && p.tag != 0 {
		l.tagsIndependent = append(l.tagsIndependent, p.tag)
	}
}

// releaseOrdered is what a kernel with an ordered queue does: only its head goes.
func (l *ledger) releaseOrdered() {
	for len(l.queue) > 0 && len(l.queue[0].holders) == 0 {
		for _, p := range l.queue[0].resources {
			p.queued--
			if p.tag != 0 {
				l.tagsOrdered = append(l.tagsOrdered, p.tag)
			}
		}
		l.queue = l.queue[1:]
	}
}

// truth describes the ring. The tags that have come are for the caller to add.
func (l *ledger) truth() workload.RingState {
	s := workload.RingState{
		Slots: len(l.files), Files: filled(l.files), Buffers: filled(l.buffers), Queue: []workload.QueuedNode{},
		TagsOrdered:     userData(l.tagsOrdered),
		TagsIndependent: userData(l.tagsIndependent),
		TagsDropped:     userData(l.tagsDropped),
	}
	for _, n := range l.queue {
		q := workload.QueuedNode{Holders: []workload.UserData{}}
		for _, p := range n.resources {
			q.Resources = append(q.Resources, p.truth())
		}
		for _, h := range n.holders {
			q.Holders = append(q.Holders, h.UserData)
		}
		s.Queue = append(s.Queue, q)
	}
	return s
}

func filled(table []*placed) []workload.Resource {
	list := []workload.Resource{}
	for _, p := range table {
		if p != nil {
			list = append(list, p.truth())
		}
	}
	return list
}

func userData(numbers []uint64) []workload.UserData {
	list := make([]workload.UserData, len(numbers))
	for i, n := range numbers {
		list[i] = workload.UserData(n)
	}
	return list
}
