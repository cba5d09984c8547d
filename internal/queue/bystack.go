package queue

import (
	"maps"
	"slices"
)

// stackTallies add up what nodes hold by the stack that put it into its slot.
type stackTallies map[uint32]*tally

// add gives a node to the stack of its newest item, and each item to its own.
func (s stackTallies) add(r *ring, n *node, p *prices) {
	t := s.of(r.classes.stack(n.item.class), p)
	t.Nodes++
	t.Bytes += t.node
	for it := range r.items(n) {
		s.of(r.classes.stack(it.class), p).addItem(it)
	}
}

func (s stackTallies) of(stack uint32, p *prices) *tally {
	t := s[stack]
	if t == nil {
		t = newTally(p)
		t.kinds = make([]int, len(p.infos))
		s[stack] = t
	}
	return t
}

// held is what each stack has, by id. It adds up to what is held in all: a file
// that several have is the last one's.
func (s stackTallies) held() []StackHeld {
	var out []StackHeld
	before := make(map[uint64]int)
	for _, stack := range slices.Sorted(maps.Keys(s)) {
		out = append(out, StackHeld{stack, s[stack].held(before)})
	}
	return out
}
