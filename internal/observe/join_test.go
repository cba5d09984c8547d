//go:build linux

package observe

import (
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
	"uringtrace/internal/incident"
)

// TestUntoldEndDuringJoin: a ring that is gone by the time a join counts what was lost
// is still the one that the window tells of, even if nothing tells its end.
func TestUntoldEndDuringJoin(t *testing.T) {
	const ring, node, next, file = 0x1000, 0x2000, 0x2080, 0x3000
	i := incident.New(&incident.Subject{Reclaim: events.Ordered})
	lose := func(begin, end uint64, byRing map[uint64]uint64) {
		i.Lose(end, &events.Loss{Begin: begin, End: end, ByRing: byRing})
	}
	i.Hear(&events.Event{Kind: events.RingCreate, Time: 10, Ring: ring, Node: node, FD: 4})
	lose(20, 20, map[uint64]uint64{ring: 0})
	window := []events.Event{
		{Kind: events.NodeRemove, Time: 30, Ring: ring, Node: node, Resource: events.Resource{Type: events.File, ID: file}},
		{Kind: events.NodeNew, Time: 31, Ring: ring, Node: next},
	}
	loss := events.Loss{Begin: 40, End: 41, ByRing: map[uint64]uint64{}}
	keepEnding(loss, window)
	i.Lose(41, &loss)
	i.Join(42, &events.Walk{Begin: 35, End: 36}, window)
	lose(43, 43, nil)
	r := i.Explain(50)
	qt.Assert(t, qt.HasLen(r.Rings, 1))
	qt.Check(t, qt.IsTrue(r.Rings[0].Ended))
	qt.Check(t, qt.Equals(r.Rings[0].Seen.Removed, 1))
}
