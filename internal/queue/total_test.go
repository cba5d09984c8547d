package queue

import (
	"testing"

	"github.com/go-quicktest/qt"
)

func ringWith(state QueueState, nodes, sockets int, bytes uint64) RingReport {
	return RingReport{Queue: Counts{Nodes: nodes, State: state}, Held: Held{Sockets: sockets, Bytes: bytes}}
}

func TestTotal(t *testing.T) {
	r := Report{Rings: []RingReport{ringWith(Blocked, 5, 3, 100), ringWith(Releasing, 2, 1, 10), ringWith(Clear, 0, 0, 0)}}
	qt.Check(t, qt.Equals(r.Total(), Total{Rings: 3, Nodes: 7, Sockets: 4, Bytes: 110, State: Blocked}))
	r.Rings = r.Rings[1:]
	qt.Check(t, qt.Equals(r.Total().State, Releasing))
	r.Rings[1].Ended = true
	qt.Check(t, qt.Equals(r.Total().Rings, 1))
	qt.Check(t, qt.Equals((&Report{}).Total(), Total{State: Clear}))
}

func TestRank(t *testing.T) {
	one := func(pid, nodes, sockets int, bytes uint64) Report {
		return Report{Target: Target{PID: pid}, Rings: []RingReport{ringWith(Clear, nodes, sockets, bytes)}}
	}
	reports := []Report{one(6, 0, 0, 0), one(5, 0, 0, 0), one(4, 1, 0, 0), one(3, 0, 1, 0), one(2, 9, 9, 1), one(1, 0, 0, 2)}
	Rank(reports)
	for i := range reports {
		qt.Check(t, qt.Equals(reports[i].Target.PID, i+1))
	}
}
