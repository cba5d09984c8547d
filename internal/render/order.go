package render

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Order is what the rings of a Top are sorted by.
type Order string

// The orders: largest first, but for the last two.
const (
	ByBytes   Order = "bytes"
	BySockets Order = "sockets"
	ByNodes   Order = "nodes"
	ByBlocked Order = "blocked"
	ByChange  Order = "change"
	ByPID     Order = "pid"
	ByComm    Order = "comm"
)

// Orders lists them all.
func Orders() []Order {
	return []Order{ByBytes, BySockets, ByNodes, ByBlocked, ByChange, ByPID, ByComm}
}

func (o Order) compare(a, b *TopRing) int {
	switch o {
	case BySockets:
		return cmp.Compare(b.Held.Sockets, a.Held.Sockets)
	case ByNodes:
		return cmp.Compare(b.Queue.Nodes, a.Queue.Nodes)
	case ByBlocked:
		return cmp.Compare(b.Queue.Blocked, a.Queue.Blocked)
	case ByChange:
		return cmp.Compare(b.change(), a.change())
	case ByPID:
		return cmp.Compare(a.Target.PID, b.Target.PID)
	case ByComm:
		return strings.Compare(a.Target.Comm, b.Target.Comm)
	case ByBytes:
	}
	return cmp.Compare(b.Held.Bytes, a.Held.Bytes)
}

// change is in nodes per second; one that is not known is less than any other.
func (r *TopRing) change() float64 {
	if r.Change == nil {
		return math.Inf(-1)
	}
	return r.Change.Nodes
}

// Selection is which rings of a Top are wanted, and in which order.
type Selection struct {
	Order   Order
	Reverse bool
	Filter  string // words that a ring's row must have all; upper and lower case are the same
}

// Of is t with the rings that are wanted. Equal ones are in the order of what they
// hold, then of pid and ring. t is left alone.
func (s *Selection) Of(t *Top) *Top {
	out := *t
	out.Rings = make([]TopRing, 0, len(t.Rings))
	words := strings.Fields(strings.ToLower(s.Filter))
	for i := range t.Rings {
		if t.Rings[i].has(words) {
			out.Rings = append(out.Rings, t.Rings[i])
		}
	}
	slices.SortFunc(out.Rings, func(a, b TopRing) int {
		first := s.Order.compare(&a, &b)
		if s.Reverse {
			first = -first
		}
		return cmp.Or(first, ByBytes.compare(&a, &b), BySockets.compare(&a, &b), ByNodes.compare(&a, &b),
			ByPID.compare(&a, &b), cmp.Compare(a.Ring, b.Ring))
	})
	return &out
}

// has reports whether every word is in something that tells the ring from others.
func (r *TopRing) has(words []string) bool {
	if len(words) == 0 {
		return true
	}
	t := &r.Target
	told := []string{strconv.Itoa(t.PID), t.Comm, t.Unit, t.Runtime, t.Container, t.Pod, string(r.Queue.State)}
	for i := range r.Blockers {
		for j := range r.Blockers[i].Requests {
			q := &r.Blockers[i].Requests[j]
			told = append(told, q.Op, q.File.Proto, q.File.Local, q.File.Remote, q.File.State)
		}
	}
	text := strings.ToLower(strings.Join(told, "\n"))
	return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, word) })
}
