package history

import (
	"cmp"
	"container/heap"
)

// pins are those that have ended, and what is to be known of all that have not.
type pins struct {
	ended   longest
	live    int
	settle  uint64 // ns, that a node is held at least to count
	round   uint32
	shorter int
	refused int
}

// keep adds a pin that has ended; the shortest goes if they are too many.
func (s *pins) keep(p *Pin) {
	if len(s.ended) == MostPins {
		s.shorter++
		if byLength(p, &s.ended[0]) <= 0 {
			return
		}
		heap.Pop(&s.ended)
	}
	heap.Push(&s.ended, *p)
}

// byLength compares how long pins were held.
func byLength(a, b *Pin) int {
	return cmp.Or(cmp.Compare(a.Ended-a.Begin, b.Ended-b.Begin), cmp.Compare(b.Ring, a.Ring), cmp.Compare(b.Node, a.Node))
}

// longest is a heap with the shortest of them first.
type longest []Pin

func (l longest) Len() int           { return len(l) }
func (l longest) Less(i, j int) bool { return byLength(&l[i], &l[j]) < 0 }
func (l longest) Swap(i, j int)      { l[i], l[j] = l[j], l[i] }
func (l *longest) Push(p any)        { *l = append(*l, p.(Pin)) }

func (l *longest) Pop() any {
	last := (*l)[len(*l)-1]
	*l = (*l)[:len(*l)-1]
	return last
}
