package queue

import (
	"cmp"
	"fmt"
	"slices"

	"uringtrace/internal/events"
)

// simTruth is what is to be said of a ring, by the simulated kernel's own
// books.
type simTruth struct {
	counts   Counts
	held     Held
	blockers []simBlocker
	other    int // requests on no queued node, that a walk finds
}

type simBlocker struct {
	Position, References, Found int
	Frees                       Frees
}

// truth is for a kernel at rest.
func (r *simRing) truth() simTruth {
	var t simTruth
	if r.k.gen == events.Independent {
		t.independent(r)
		return t
	}
	later := r.later()
	t.line(r, len(later))
	t.held = heldBy(append(slices.Clone(r.queue), later...))
	for _, q := range r.requests {
		if !q.hidden && !slices.Contains(r.queue, q.node) {
			t.other++
		}
	}
	return t
}

// later is what has left the queue and still holds something.
func (r *simRing) later() []*simNode {
	later := slices.Clone(r.llist)
	for _, n := range r.taken {
		if len(n.items) > 0 {
			later = append(later, n)
		}
	}
	return later
}

func (t *simTruth) line(r *simRing, later int) {
	refs := make(map[*simRes]int) // what is left of them
	for i, n := range r.queue {
		// What no walk can find is known by the count, once there is one.
		holders := n.visible()
		if r.k.gen == events.Ordered || n.switched {
			holders = n.refs
		}
		if holders > 0 {
			t.blockers = append(t.blockers, simBlocker{Position: i, References: holders, Found: n.visible()})
		}
		if len(t.blockers) > 0 {
			t.blockers[len(t.blockers)-1].Frees.add(n, refs)
			switch {
			case holders > 0:
			case n.done || r.k.gen == events.Ordered:
				t.counts.Blocked++
			default:
				t.counts.Unsettled++
			}
		}
	}
	t.counts.Nodes = len(r.queue) + later
	t.counts.Pinned = len(t.blockers)
	t.counts.Releasing = t.counts.Nodes - t.counts.Pinned - t.counts.Blocked - t.counts.Unsettled
	switch {
	case t.counts.Blocked > 0:
		t.counts.State = Blocked
	case t.counts.Nodes > 0:
		t.counts.State = Releasing
	default:
		t.counts.State = Clear
	}
}

// add frees a node in mind: refs has the references that would be left.
func (f *Frees) add(n *simNode, refs map[*simRes]int) {
	f.Nodes++
	f.Bytes += simCosts.Node
	for _, it := range n.items {
		if it.res.typ == events.Buffer {
			f.Buffers++
			continue
		}
		f.Files++
		if it.res.socket() {
			f.Sockets++
		}
		left, ok := refs[it.res]
		if !ok {
			left = it.res.refs
		}
		if left--; left == 0 {
			f.Bytes += it.res.cost()
		}
		refs[it.res] = left
	}
}

func heldBy(nodes []*simNode) Held {
	var f Frees
	held := Held{Kinds: make(map[string]int)}
	refs := make(map[*simRes]int)
	for _, n := range nodes {
		f.add(n, refs)
		for _, it := range n.items {
			held.BufferBytes += it.res.bytes
			if it.res.typ == events.File {
				held.Kinds[it.res.kindName()]++
			}
		}
	}
	for res, left := range refs {
		if left == 0 {
			held.OnlyUs += res.refs
		} else {
			held.Shared += res.refs - left
		}
	}
	if len(held.Kinds) == 0 {
		held.Kinds = nil
	}
	held.Files, held.Sockets, held.Buffers, held.Bytes = f.Files, f.Sockets, f.Buffers, f.Bytes
	return held
}

func (s *simRes) kindName() string {
	r := s.describe()
	if r.StateName() != "" {
		return r.Protocol() + " " + r.StateName()
	}
	if s.socket() {
		return r.Protocol()
	}
	return r.Kind.String()
}

// independent counts the nodes that only requests keep.
func (t *simTruth) independent(r *simRing) {
	var off []*simNode
	for _, q := range r.requests {
		holds := false
		for _, n := range []*simNode{q.node, q.buffer} {
			if n == nil || n.inTable {
				continue
			}
			holds = true
			if !slices.Contains(off, n) {
				off = append(off, n)
			}
		}
		if !holds {
			t.other++
		}
	}
	for _, n := range off {
		b := simBlocker{References: n.refs, Found: n.visible()}
		b.Frees.add(n, make(map[*simRes]int))
		t.blockers = append(t.blockers, b)
	}
	t.counts.State, t.counts.Nodes, t.counts.Pinned = Clear, len(off), len(off)
	t.held = heldBy(off)
}

// check holds a ring's report against the truth; empty if they agree. While
// the worker has nodes, no walk can renew what is known of their files.
func (t *simTruth) check(r *simRing, rr *RingReport) string {
	if rr.Queue != t.counts {
		return fmt.Sprintf("fd %d: counts are %+v, not %+v", r.fd, rr.Queue, t.counts)
	}
	if len(rr.Other) != t.other {
		return fmt.Sprintf("fd %d: %d other requests, not %d", r.fd, len(rr.Other), t.other)
	}
	held := rr.Held
	if len(r.taken) > 0 {
		held.Bytes, held.OnlyUs, held.Shared = t.held.Bytes, t.held.OnlyUs, t.held.Shared
	}
	if r.k.gen == events.Independent {
		// No walk shows what is in a node that has left its slot.
		held.Bytes, held.OnlyUs, held.Shared, held.BufferBytes = t.held.Bytes, t.held.OnlyUs, t.held.Shared, t.held.BufferBytes
	}
	if fmt.Sprint(held) != fmt.Sprint(t.held) {
		return fmt.Sprintf("fd %d: holds %+v, not %+v", r.fd, held, t.held)
	}
	return t.checkBlockers(r, rr)
}

// checkBlockers compares pins in the order of the queue; where there is none,
// in any.
func (t *simTruth) checkBlockers(r *simRing, rr *RingReport) string {
	blockers := make([]simBlocker, 0, len(rr.Blockers))
	for _, b := range rr.Blockers {
		blockers = append(blockers, simBlocker{b.Position, b.References, b.Found, b.Frees})
	}
	if r.k.gen == events.Independent {
		for _, list := range [][]simBlocker{blockers, t.blockers} {
			for i := range list {
				list[i].Position, list[i].Frees.Bytes = 0, 0
			}
			slices.SortFunc(list, func(a, b simBlocker) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		}
	}
	if fmt.Sprint(blockers) != fmt.Sprint(t.blockers) {
		return fmt.Sprintf("fd %d: blockers are %+v, not %+v", r.fd, blockers, t.blockers)
	}
	return ""
}
