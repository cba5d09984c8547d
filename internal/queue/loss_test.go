package queue

import (
	"maps"
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
)

// lossCount counts as bpf/emit.h and bpf/hooks.h do.
type lossCount struct{ events.Loss }

func newLossCount() lossCount {
	return lossCount{events.Loss{ByKind: make(map[events.Kind]uint64), ByRing: make(map[uint64]uint64)}}
}

// take counts one event that a hook has sent, or tried to.
func (c *lossCount) take(e *events.Event, sent bool) {
	if e.Kind == events.RingCreate {
		c.ByRing[e.Ring] = 0
	}
	_, followed := c.ByRing[e.Ring]
	if !sent {
		c.ByKind[e.Kind]++
		if followed {
			c.ByRing[e.Ring]++
		} else {
			c.Elsewhere++
		}
	}
	if e.Kind == events.RingGone {
		if !sent {
			c.Elsewhere += c.ByRing[e.Ring]
		}
		delete(c.ByRing, e.Ring)
	}
}

// follow adds the rings that the hooks' filter has already.
func (c *lossCount) follow(k *sim) {
	for _, r := range k.rings {
		if r.watched {
			c.ByRing[r.addr] = 0
		}
	}
}

// read is the count at this moment.
func (c *lossCount) read(k *sim) events.Loss {
	l := c.Loss
	l.Begin, l.End = k.clock(), k.clock()
	l.ByKind, l.ByRing = maps.Clone(l.ByKind), maps.Clone(l.ByRing)
	return l
}

// lossy stands between a simulated kernel and the state and loses events.
type lossy struct {
	joiner
	loss lossCount
	full bool
	kept bool // what is about rings themselves is never lost
}

func newLossy(t *testing.T, k *sim) *lossy {
	l := &lossy{loss: newLossCount()}
	l.joiner = joiner{follower: follower{T: t, k: k, s: New(k.gen), numbers: make(numbers)}}
	k.watch(func(e *events.Event) {
		lost := l.full && k.chance(60) && !(l.kept && aboutRing(e.Kind))
		l.loss.take(e, !lost)
		if !lost {
			l.s.Apply(e)
		}
	})
	return l
}

func aboutRing(kind events.Kind) bool {
	return kind == events.RingCreate || kind == events.RingExit || kind == events.RingGone
}

// mark hands over what was lost so far.
func (l *lossy) mark() {
	l.k.now++ // the clock of events does not stand still while it is counted
	l.s.MarkLost(l.loss.read(l.k))
}

func TestLoss(t *testing.T) {
	inexact := make(map[events.Reclaim]int)
	forSeeds(t, func(t *testing.T, k *sim) {
		l := newLossy(t, k)
		for range *flagSteps / 100 {
			k.steps(k.rnd.IntN(60))
			l.full = k.chance(50)
			k.steps(k.rnd.IntN(20))
			k.rest()
			l.full = false
			l.mark()
			l.truthful()
			k.steps(k.rnd.IntN(30))
			l.truthful()
			inexact[k.gen] += len(l.s.Inexact())
			if k.chance(60) {
				l.quiet()
				l.mark()
				l.truthful()
			}
		}
		l.quiet()
		k.steps(k.rnd.IntN(100))
		l.truthful()
	}, generations...)
	for _, gen := range generations {
		t.Logf("%v: %d times a ring was inexact", gen, inexact[gen])
		qt.Check(t, qt.IsTrue(!full() || inexact[gen] > 100))
	}
}
