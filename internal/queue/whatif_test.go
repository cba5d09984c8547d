package queue

import (
	"slices"
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
)

// TestWhatIf ends the pins of a queue one after the other and holds what each
// is said to free against what the simulated kernel then frees.
func TestWhatIf(t *testing.T) {
	pins := 0
	forSeeds(t, func(t *testing.T, k *sim) {
		k.ends = 1 + k.rnd.IntN(4)
		f := newFollower(t, k)
		for range 1 + *flagSteps/500 {
			k.steps(k.rnd.IntN(400))
			k.calm() // all counts are known, and the worker has nothing
			f.check()
			for _, r := range slices.Clone(k.rings) {
				pins += f.endPins(r)
			}
		}
	}, events.OrderedDeferred, events.Ordered)
	qt.Check(t, qt.IsTrue(!full() || pins > int(*flagSeeds)))
}

// endPins ends all pins of a ring's queue, head first.
func (f *follower) endPins(r *simRing) int {
	f.Helper()
	k := f.k
	report := f.s.Explain(Input{Costs: simCosts, Now: k.clock()})
	i := slices.IndexFunc(report.Rings, func(rr RingReport) bool { return rr.Ring == f.s.live(r.addr).number })
	blockers := report.Rings[i].Blockers
	for _, b := range blockers {
		before, queued := k.freed, len(r.queue)
		f.endPin(r, r.queue[0])
		got := k.freed.minus(before)
		comment := qt.Commentf("ring %d, node %d of %d at %d", report.Rings[i].Ring, b.Node, len(blockers), k.now)
		qt.Assert(f, qt.Equals(queued-len(r.queue), b.Frees.Nodes), comment)
		qt.Assert(f, qt.Equals(got.nodes, b.Frees.Nodes), comment)
		qt.Assert(f, qt.Equals(got.files, b.Frees.Files), comment)
		qt.Assert(f, qt.Equals(got.sockets, b.Frees.Sockets), comment)
		qt.Assert(f, qt.Equals(got.buffers, b.Frees.Buffers), comment)
		qt.Assert(f, qt.Equals(got.bytes+simCosts.Node*uint64(got.nodes), b.Frees.Bytes), comment)
	}
	qt.Assert(f, qt.HasLen(r.queue, 0))
	f.check()
	return len(blockers)
}

// endPin ends the requests that hold a node and waits for what comes of it.
func (f *follower) endPin(r *simRing, n *simNode) {
	qt.Assert(f, qt.Not(qt.Equals(n.refs, 0)))
	for _, q := range r.requests {
		if q.node == n {
			f.k.finish(q)
		}
	}
	f.k.calm()
}
