package queue

import (
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
)

func growth(s *State, now uint64) *Growth { return s.Explain(Input{Now: now}).Rings[0].Growth }

func TestGrowthSinceTheRingWasMade(t *testing.T) {
	s := pinnedHead(t) // 3 nodes with a socket each
	created := s.live(ring1).first.time
	qt.Check(t, qt.IsNil(growth(s, created+uint64(shortest)-1)), qt.Commentf("too short"))
	qt.Check(t, qt.DeepEquals(growth(s, created+2e9), &Growth{1.5, 1.5, 2}))
}

func TestGrowthBetweenWalks(t *testing.T) {
	s := New(events.Ordered)
	look := func(end uint64, nodes ...uint64) {
		refs := make(map[uint64]int64)
		for _, n := range nodes {
			refs[n] = 1
		}
		s.Merge(queueWalk(end, refs, nodes), nil)
	}
	look(1e9, 10, 20)
	qt.Check(t, qt.IsNil(growth(s, 9e9)), qt.Commentf("one look shows no growth, however long ago it was"))
	look(3e9, 10, 20, 30, 40, 50)
	qt.Check(t, qt.DeepEquals(growth(s, 9e9), &Growth{1.5, 1.5, 2}))
	look(5e9)
	qt.Check(t, qt.DeepEquals(growth(s, 9e9), &Growth{-0.5, -0.5, 4}))
}

func TestNoGrowthOfWhatIsEmpty(t *testing.T) {
	s := script(t, events.Ordered)
	qt.Check(t, qt.IsNil(growth(s, 9e9)))
	s = script(t, events.Independent, born(20))
	qt.Check(t, qt.IsNil(growth(s, 9e9)))
}

func TestGrowthOfIndependentNodes(t *testing.T) {
	s := New(events.Independent)
	play(s, events.Event{Kind: events.RingCreate, FD: 5}, born(20), fills(20, 3, 1), born(30), fills(30, 3, 2))
	qt.Check(t, qt.DeepEquals(growth(s, 1e6+1e9), &Growth{1, 1, 1}))
}

func TestHeadSeconds(t *testing.T) {
	s := pinnedHead(t)
	s.Holders(queueWalk(1e9, map[uint64]int64{10: 1}, []uint64{10, 20, 30}, polls(1, 10)))
	since := s.live(ring1).headSince
	head := func(now uint64) float64 { return s.Explain(Input{Now: now}).Rings[0].HeadSeconds }
	qt.Check(t, qt.Equals(head(since+1e8), 0))
	qt.Check(t, qt.Equals(head(since+12e9), 12))
}
