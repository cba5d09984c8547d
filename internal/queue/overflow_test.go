package queue

import (
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
)

// overflow is a ring buffer of a few records between a simulated kernel and an
// observer who looks at it now and then: what is in it may be older than what was
// lost since, and walks are made while it runs over.
type overflow struct {
	joiner
	loss lossCount
	room int
	sent []events.Event
}

func newOverflow(t *testing.T, k *sim) *overflow {
	o := &overflow{loss: newLossCount(), room: 1 << 20}
	o.joiner = joiner{follower: follower{T: t, k: k, s: New(k.gen), numbers: make(numbers)}}
	k.watch(func(e *events.Event) {
		sent := len(o.sent) < o.room
		o.loss.take(e, sent)
		if sent {
			o.sent = append(o.sent, *e)
		}
	})
	o.loss.follow(k)
	return o
}

func (o *overflow) drain(fn func(*events.Event)) {
	sent := o.sent
	o.sent = nil
	for i := range sent {
		fn(&sent[i])
	}
}

// catchUp is what internal/observe does before a walk and every now and then.
func (o *overflow) catchUp() {
	o.k.steps(o.k.rnd.IntN(4))
	loss := o.loss.read(o.k)
	o.k.steps(o.k.rnd.IntN(4))
	o.drain(o.s.Apply)
	o.s.MarkLost(loss)
}

// repair is one of its joins: walk, window, loss in the window, merge.
func (o *overflow) repair(pace int) {
	o.catchUp()
	o.k.rest()
	var window []events.Event
	collect := func() { o.drain(func(e *events.Event) { window = append(window, *e) }) }
	o.k.now++
	w := o.k.walk(func() {
		for o.k.chance(pace) {
			o.k.step()
		}
		if o.k.chance(10) {
			collect()
		}
	})
	o.k.steps(o.k.rnd.IntN(4))
	o.k.now++
	loss := o.loss.read(o.k)
	collect()
	o.s.MarkLost(loss)
	o.s.Merge(w, window)
}

// TestOverflow holds whatever claims to be exact against the kernel, once all is
// read and counted, and after each repair in motion. In the end there is no ring
// too many and none too few.
func TestOverflow(t *testing.T) {
	repairs := make(map[events.Reclaim]int)
	inexact := make(map[events.Reclaim]int)
	forSeeds(t, func(t *testing.T, k *sim) {
		o := newOverflow(t, k)
		for range *flagSteps / 100 {
			o.room = 1 << k.rnd.IntN(9)
			k.steps(k.rnd.IntN(100))
			if k.chance(50) {
				o.catchUp()
			}
			o.repair(k.rnd.IntN(60))
			o.check()
			inexact[k.gen] += len(o.s.Inexact())
		}
		o.room = 1 << 20
		for range 2 {
			k.calm()
			k.now += 60
			o.repair(0)
		}
		o.check()
		for _, r := range o.s.all {
			qt.Assert(t, qt.IsTrue(r.ended || r.exiting || r.inexact == ""), qt.Commentf("ring %d: %s", r.number, r.inexact))
		}
		repairs[k.gen] += o.s.Repairs()
	}, generations...)
	for _, gen := range generations {
		t.Logf("%v: %d repairs, %d times a ring was inexact", gen, repairs[gen], inexact[gen])
		qt.Check(t, qt.IsTrue(!full() || repairs[gen] > 100 && inexact[gen] > 100))
	}
}

// check lets the kernel rest and reads all that is there.
func (o *overflow) check() {
	o.Helper()
	o.k.rest()
	loss := o.loss.read(o.k)
	o.drain(o.s.Apply)
	o.s.MarkLost(loss)
	o.truthful()
	for _, r := range o.k.rings {
		known := o.s.live(r.addr)
		qt.Assert(o, qt.IsTrue(known != nil || r.exiting || o.s.unsure != ""), qt.Commentf("ring at fd %d is not known", r.fd))
	}
	for _, r := range o.s.all {
		if !r.ended && r.inexact == "" && !r.exiting {
			qt.Assert(o, qt.IsTrue(o.known(r.addr)), qt.Commentf("ring %d is no more", r.number))
		}
	}
}

func (o *overflow) known(addr uint64) bool {
	for _, r := range o.k.rings {
		if r.addr == addr {
			return true
		}
	}
	return false
}

// An event that waited in the buffer when later ones were lost proves nothing.
func TestOlderEventDoesNotRepair(t *testing.T) {
	s := script(t, events.Ordered, removes(10, 1), born(20))
	r := s.live(ring1)
	l := loss(events.NodeZero, 1, map[uint64]uint64{ring1: 1})
	l.End = r.touched + 10e6
	s.MarkLost(l)
	empty := removes(20, 2) // found the queue empty
	empty.Time = l.End - 1
	play(s, empty)
	qt.Check(t, qt.Equals(r.inexact, "lost 1 event"))
	empty.Time = l.End + 1
	play(s, empty)
	qt.Check(t, qt.Equals(r.inexact, ""))
}
