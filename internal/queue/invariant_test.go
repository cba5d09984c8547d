package queue

import (
	"fmt"

	"uringtrace/internal/events"
)

// invariants looks at each ring's own structure: every entry of its slabs is
// either free or reachable, and lists, places and indexes agree. What does not
// hold is told.
func (s *State) invariants() []string {
	var b breaches
	for _, r := range s.all {
		b.nodes(r)
		b.list(r, &r.queue, queued)
		b.list(r, &r.releasing, releasing)
		b.slots(r)
	}
	return b
}

type breaches []string

func (b *breaches) hold(ok bool, r *ring, what string, args ...any) {
	if !ok {
		*b = append(*b, fmt.Sprintf("ring %d: %s %v", r.number, what, args))
	}
}

func (b *breaches) nodes(r *ring) {
	numbers := make(map[uint32]bool)
	nodes, items, details := 0, 0, 0
	var places [offTable + 1]int
	for id, n := range r.known {
		nodes++
		places[n.place()]++
		b.hold(r.node(n.addr) == id, r, "a node is not its address's bearer", n.number)
		b.hold(!numbers[n.number], r, "two nodes have a number", n.number)
		b.hold(n.number <= r.lastNode, r, "a number was not given yet", n.number)
		numbers[n.number] = true
		if d := r.detail(n); d != nil {
			details++
			b.hold(d.addr == n.addr, r, "a detail is another node's", n.number)
		}
		for range r.items(n) {
			items++
		}
		if n.item.class != noClass {
			items-- // it is in the node itself
		}
	}
	b.hold(r.byAddr.n == nodes, r, "addresses and nodes", r.byAddr.n, nodes)
	b.hold(r.nodes.used() == nodes, r, "nodes leak", r.nodes.used(), nodes)
	b.hold(r.details.used() == details && r.detailBy.n == details, r, "details leak", r.details.used(), r.detailBy.n, details)
	b.hold(r.older.used() == items, r, "items leak", r.older.used(), items)
	b.hold(places[queued] == r.queue.n, r, "queued nodes", places[queued], r.queue.n)
	b.hold(places[releasing] == r.releasing.n, r, "releasing nodes", places[releasing], r.releasing.n)
	if r.active != 0 {
		b.hold(r.at(r.active).place() == active, r, "the active node's place", r.at(r.active).place())
		places[active]--
	}
	b.hold(places[active] == 0, r, "more active nodes than one", places[active])
	lost := r.reclaim != events.Independent && !r.pending.set && places[nowhere] > 0
	b.hold(!lost, r, "nodes without a place", places[nowhere])
}

func (b *breaches) list(r *ring, l *list, at place) {
	var prev nodeID
	n := 0
	for id := l.head; id != 0; id = r.at(id).next {
		b.hold(r.at(id).prev == prev, r, "a node's neighbour is another", r.at(id).number)
		b.hold(r.at(id).place() == at, r, "a node's place is another", r.at(id).number)
		prev = id
		n++
	}
	b.hold(l.tail == prev && l.n == n, r, "a list's tail or length", l.n, n)
}

func (b *breaches) slots(r *ring) {
	in := 0
	for id, n := range r.known {
		if n.place() == inTable {
			in++
			b.hold(r.inSlot(r.slotKey(&n.item)) == id, r, "a slot has another node", n.number)
		}
	}
	b.hold(r.bySlot.n == in, r, "slots and nodes in them", r.bySlot.n, in)
}
