package queue

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
)

// TestAbsorbIsMerge lets two states look at the same kernels without hooks: one
// merges what the other absorbs.
func TestAbsorbIsMerge(t *testing.T) {
	for _, gen := range []events.Reclaim{events.OrderedDeferred, events.Ordered, events.Independent} {
		t.Run(gen.String(), func(t *testing.T) {
			grown := 0
			for seed := range uint64(defaultSeeds) {
				grown += absorbs(t, gen, seed)
			}
			if gen != events.Independent {
				qt.Check(t, qt.IsTrue(grown > defaultSeeds/2), qt.Commentf("%d queues that only grew", grown))
			}
		})
	}
}

func absorbs(t *testing.T, gen events.Reclaim, seed uint64) (grown int) {
	k := newSim(gen, seed)
	merges, absorbs := New(gen), New(gen)
	for look := range 8 {
		k.steps(1 + k.rnd.IntN(40))
		pace := 0
		if k.chance(30) {
			pace = k.rnd.IntN(30)
		}
		w := k.walk(func() {
			for k.chance(pace) {
				k.step()
			}
		})
		for _, ok := range absorbs.grown(w) {
			if ok {
				grown++
			}
		}
		merges.Merge(w, nil)
		absorbs.Absorb(&events.Walk{
			Begin: w.Begin, End: w.End, Rings: w.Rings, Shares: w.Shares, Nodes: w.Nodes, Requests: w.Requests,
		})
		comment := qt.Commentf("seed %d, look %d", seed, look)
		qt.Assert(t, qt.HasLen(absorbs.invariants(), 0), comment)
		qt.Assert(t, qt.Equals(told(t, absorbs), told(t, merges)), comment)
		qt.Assert(t, qt.DeepEquals(absorbs.Compare(w), merges.Compare(w)), comment)
	}
	return grown
}

// told is all that a state tells.
func told(t *testing.T, s *State) string {
	report, err := json.Marshal(s.Explain(Input{Costs: simCosts, Now: 1e12}))
	qt.Assert(t, qt.IsNil(err))
	text := fmt.Sprintf("%s\n%+v\n", report, s.Status())
	for _, r := range s.all {
		if r.ended {
			continue
		}
		nodes := make(map[uint32]string)
		for _, n := range r.known {
			holders := r.refs(n)
			if n.zero() {
				holders = 0 // whatever was counted before
			}
			nodes[n.number] = fmt.Sprintf("%d held by %d in place %d", n.addr, holders, n.place())
		}
		text += line(r) + fmt.Sprintln(nodes)
	}
	return text
}
