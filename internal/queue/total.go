package queue

import (
	"cmp"
	"slices"
)

// Total is a report in a few numbers, over all its rings.
type Total struct {
	Rings   int
	Nodes   int // queued or releasing
	Sockets int // held
	Bytes   uint64
	State   QueueState // the worst
}

// Total sums the report up.
func (r *Report) Total() Total {
	t := Total{State: Clear}
	for i := range r.Rings {
		ring := &r.Rings[i]
		if !ring.Ended {
			t.Rings++
		}
		t.Nodes += ring.Queue.Nodes
		t.Sockets += ring.Held.Sockets
		t.Bytes += ring.Held.Bytes
		if ring.Queue.State == Blocked || t.State == Clear {
			t.State = ring.Queue.State
		}
	}
	return t
}

// Rank sorts reports by what is held: bytes, then sockets, then nodes.
func Rank(reports []Report) {
	slices.SortStableFunc(reports, func(a, b Report) int {
		x, y := a.Total(), b.Total()
		return cmp.Or(cmp.Compare(y.Bytes, x.Bytes), cmp.Compare(y.Sockets, x.Sockets),
			cmp.Compare(y.Nodes, x.Nodes), cmp.Compare(a.Target.PID, b.Target.PID))
	})
}
