package queue

import (
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
)

// TestSkippedHooks leaves events out and tells nobody, as the kernel does with
// a kprobe that interrupts another. Once a ring stands still that is found. On C
// a node whose end was skipped is no other than one that is held by a request in
// none of the lists that a walk reads.
func TestSkippedHooks(t *testing.T) {
	found := 0
	forSeeds(t, func(t *testing.T, k *sim) {
		l := newLossy(t, k)
		l.kept = true // a ring that is in no walk may have no file and be in use
		for range *flagSteps / 200 {
			k.steps(k.rnd.IntN(60))
			l.full = k.chance(50)
			k.steps(k.rnd.IntN(20))
			l.full = false
			k.calm()
			k.now += 1100
			l.s.Check(k.still())
			l.truthful()
			l.s.Holders(k.still())
			found += len(l.s.Inexact())
			l.quiet()
		}
	}, events.OrderedDeferred, events.Ordered)
	qt.Check(t, qt.IsTrue(!full() || found > 100))
}

// TestZeroMeetsBatch lets holders end on one processor while the worker starts
// on another: their hooks then fire in another order than they take effect.
func TestZeroMeetsBatch(t *testing.T) {
	inexact := 0
	forSeeds(t, func(t *testing.T, k *sim) {
		k.races, k.ends = true, 20
		l := newLossy(t, k)
		for range *flagSteps / 100 {
			k.steps(k.rnd.IntN(100))
			k.calm()
			k.now += 1100
			l.s.Check(k.still())
			inexact += len(l.s.Inexact())
			l.truthful()
			l.quiet()
		}
	}, events.OrderedDeferred)
	t.Logf("%d times a ring was inexact", inexact)
}

func TestBatchWhosePutsWereSkipped(t *testing.T) {
	s := script(t, events.OrderedDeferred, removes(10, 1), switches(10, 20), zero(10), batch())
	r := s.live(ring1)
	w := &events.Walk{Rings: []events.WalkRing{{Ring: ring1, Active: 20}}}
	w.Begin = r.touched + uint64(batchTime)
	s.Check(w)
	qt.Check(t, qt.Equals(r.inexact, ""), qt.Commentf("the worker may still be at it"))
	w.Begin++
	s.Check(w)
	qt.Check(t, qt.Equals(r.inexact, "the kernel skipped hooks: a batch's releases were not all seen"))
}
