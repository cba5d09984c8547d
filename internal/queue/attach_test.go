package queue

import (
	"fmt"
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
)

// joiner attaches to a simulated kernel that has been running for a while, as
// internal/observe does: hooks, a while, a walk, what the hooks said meanwhile.
type joiner struct {
	follower
	window []events.Event
	live   bool // events are applied and no longer collected
	tally  joins
}

// joins counts what the joins of many seeds were like.
type joins struct{ settled, unsettled, again int }

func newJoiner(t *testing.T, k *sim) *joiner {
	j := &joiner{follower: follower{T: t, k: k, s: New(k.gen), numbers: make(numbers)}}
	k.watch(func(e *events.Event) {
		if j.live {
			j.s.Apply(e)
		} else {
			j.window = append(j.window, *e)
		}
	})
	return j
}

// join walks while the kernel goes on. Calls that were in progress when the
// window began have had the time to end.
func (j *joiner) join() {
	j.live, j.window = false, nil
	j.k.rest()
	j.k.steps(j.k.rnd.IntN(20))
	if j.k.gen == events.Independent {
		j.k.rest() // no node is on its way into a slot when the walk begins
	}
	j.k.now++
	pace := j.k.rnd.IntN(60)
	w := j.k.walk(func() {
		for j.k.chance(pace) {
			j.k.step()
		}
	})
	j.k.steps(j.k.rnd.IntN(6))
	j.merge(w)
}

func (j *joiner) merge(w *events.Walk) {
	promised := settled(j.s, w, j.window)
	if j.k.chance(50) {
		inParts(w)
	}
	j.s.Merge(w, j.window)
	j.live = true
	exact := j.exact()
	for addr, ok := range promised {
		if ok {
			j.tally.settled++
		} else {
			j.tally.unsettled++
		}
		if r := j.s.live(addr); r != nil {
			qt.Assert(j, qt.IsFalse(!ok && exact[r.number]), qt.Commentf("ring %d: exact without having settled", r.number))
		}
	}
}

// exact are the numbers of rings that claim it.
func (j *joiner) exact() map[int]bool {
	out := make(map[int]bool)
	for _, st := range j.s.Status() {
		out[st.Ring] = st.Exact
	}
	return out
}

// truthful holds the rings that claim to be exact against the kernel.
func (j *joiner) truthful() {
	j.Helper()
	j.k.rest()
	exact := j.exact()
	for _, difference := range j.s.Compare(j.k.still()) {
		var no int
		_, err := fmt.Sscanf(difference, "ring %d", &no)
		qt.Assert(j, qt.IsFalse(err == nil && exact[no]), qt.Commentf("at %d, said to be exact: %s", j.k.now, difference))
	}
	qt.Assert(j, qt.HasLen(j.s.invariants(), 0))
}

// quiet joins while the kernel stands still, which has to do.
func (j *joiner) quiet() {
	j.Helper()
	j.k.rest()
	j.live, j.window = false, nil
	w := j.k.still()
	for addr, ok := range settled(j.s, w, nil) {
		qt.Assert(j, qt.IsTrue(ok), qt.Commentf("ring %#x", addr))
	}
	j.s.Merge(w, nil)
	j.live = true
	for _, r := range j.s.all {
		// A ring that was about to end when we came is in no walk, nor is one
		// whose end was lost.
		qt.Assert(j, qt.IsTrue(r.inexact == "" || !j.k.open(r.addr)), qt.Commentf("ring %d: %s", r.number, r.inexact))
	}
	j.truthful()
	j.s.Holders(j.k.still())
	j.agree()
}

// cold is one attach at some moment and what follows it.
func (j *joiner) cold() {
	j.Helper()
	j.join()
	for range 3 {
		j.truthful()
		j.k.steps(j.k.rnd.IntN(20))
		if len(j.s.Inexact()) == 0 {
			break
		}
		j.tally.again++
		j.join()
	}
	j.truthful()
	j.quiet()
	for range 6 {
		j.k.steps(j.k.rnd.IntN(60))
		j.glance()
		j.check()
	}
	j.leave()
}

// leave removes the hooks.
func (j *joiner) leave() {
	j.k.hook = nil
	for _, r := range j.k.rings {
		r.watched = false
	}
	clear(j.k.socks)
}

func TestColdAttach(t *testing.T) {
	var sums [events.Independent + 1]joins
	forSeeds(t, func(t *testing.T, k *sim) {
		for range max(1, *flagSteps/250) {
			k.steps(k.rnd.IntN(300))
			j := newJoiner(t, k)
			j.cold()
			sum := &sums[k.gen]
			sum.settled += j.tally.settled
			sum.unsettled += j.tally.unsettled
			sum.again += j.tally.again
		}
	}, generations...)
	for _, gen := range generations {
		sum := sums[gen]
		t.Logf("%v: %d rings settled, %d did not, %d joins were repeated", gen, sum.settled, sum.unsettled, sum.again)
		// The test is worth something only if many joins settle in motion.
		qt.Check(t, qt.IsTrue(!full() || sum.settled > sum.unsettled/4))
	}
}
