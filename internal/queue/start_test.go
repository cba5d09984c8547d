package queue

import (
	"slices"
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
)

// follower applies what the simulated kernel's hooks say.
type follower struct {
	*testing.T
	k *sim
	s *State

	checks  int
	numbers numbers
}

func newFollower(t *testing.T, k *sim) *follower {
	f := &follower{T: t, k: k, s: New(k.gen), numbers: make(numbers)}
	k.watch(f.s.Apply)
	return f
}

// check holds the state against a kernel at rest: node by node, then in all
// that is said of it.
func (f *follower) check() {
	f.Helper()
	f.k.rest()
	if f.k.chance(10) {
		f.k.now += 60 // long enough without an event for Check to judge
	}
	w := f.k.still()
	qt.Assert(f, qt.HasLen(f.s.Compare(w), 0), qt.Commentf("at %d", f.k.now))
	f.s.Check(w)
	for _, r := range f.s.all {
		qt.Assert(f, qt.IsTrue(r.inexact == "" || !f.k.open(r.addr)), qt.Commentf("ring %d: %s", r.number, r.inexact))
	}
	f.s.Holders(w)
	f.agree()
	qt.Assert(f, qt.HasLen(f.s.Compare(w), 0), qt.Commentf("after the holders were read"))
	f.checks++
	qt.Assert(f, qt.HasLen(f.numbers.check(f.s, f.checks), 0))
	if f.checks%4 == 0 {
		qt.Assert(f, qt.HasLen(f.s.invariants(), 0))
	}
}

// glance reads the holders while the kernel goes on.
func (f *follower) glance() {
	if f.k.gen == events.Independent {
		f.k.rest()
	}
	f.k.now++
	pace := f.k.rnd.IntN(50)
	f.s.Holders(f.k.walk(func() {
		for f.k.chance(pace) {
			f.k.step()
		}
	}))
}

// agree holds the report against the simulated kernel's own books.
func (f *follower) agree() {
	f.Helper()
	report := f.s.Explain(Input{Costs: simCosts, Now: f.k.clock()})
	for _, r := range f.k.rings {
		if r.exiting || !r.watched {
			continue
		}
		known := f.s.live(r.addr)
		qt.Assert(f, qt.IsNotNil(known), qt.Commentf("ring at fd %d", r.fd))
		if known.blind && len(r.taken) > 0 {
			continue // what the worker had before we came is in no list
		}
		i := slices.IndexFunc(report.Rings, func(rr RingReport) bool { return rr.Ring == known.number })
		truth := r.truth()
		qt.Assert(f, qt.Equals(truth.check(r, &report.Rings[i]), ""), qt.Commentf("at %d", f.k.now))
	}
}

func TestFromTheStart(t *testing.T) {
	forSeeds(t, func(t *testing.T, k *sim) {
		f := newFollower(t, k)
		for range *flagSteps / 20 {
			k.steps(1 + k.rnd.IntN(39))
			if k.chance(30) {
				f.glance()
			}
			f.check()
		}
		f.end()
	}, generations...)
}

// end lets all requests and rings end: nothing may be left.
func (f *follower) end() {
	f.Helper()
	f.k.calm()
	for _, r := range f.k.rings {
		for _, q := range r.requests {
			f.k.finish(q)
		}
	}
	f.k.calm()
	f.check()
	for _, r := range f.s.all {
		if r.reclaim != events.Independent {
			qt.Assert(f, qt.Equals(r.queue.n+r.releasing.n, 0))
			qt.Assert(f, qt.IsTrue(r.ended || r.byAddr.n == 1)) // the active node
		}
	}
	for _, r := range f.k.rings {
		f.k.exit(r)
	}
	f.k.calm()
	qt.Assert(f, qt.HasLen(f.k.rings, 0))
	for _, r := range f.s.all {
		qt.Assert(f, qt.IsTrue(r.ended))
		qt.Assert(f, qt.Equals(r.inexact, ""))
	}
	qt.Assert(f, qt.HasLen(f.s.invariants(), 0))
}
