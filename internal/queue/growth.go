package queue

import (
	"math"
	"time"
)

// shortest is the least time over which a rate or an age says anything.
const shortest = 500 * time.Millisecond

// look is what a ring's queue was at some moment.
type look struct {
	taken   bool
	time    uint64
	nodes   int
	sockets int
}

// firstSeen remembers the first look at a ring, for its growth since.
func (r *ring) firstSeen(time uint64) {
	if r.first.taken || r.ended {
		return
	}
	r.first = look{taken: true, time: time}
	count := func(n *node) {
		r.first.nodes++
		for it := range r.items(n) {
			if r.classes.infos[it.class].socket {
				r.first.sockets++
			}
		}
	}
	for _, l := range []*list{&r.queue, &r.releasing} {
		for n := range r.each(l) {
			count(n)
		}
	}
	for n := range r.offTable {
		count(n)
	}
}

// until is up to when a ring is known: with hooks until now, without them
// until its last walk.
func (s *State) until(r *ring, now uint64) uint64 {
	if s.hooked {
		return now
	}
	return r.looked
}

// growth is the change since the first look; nil: there is none to speak of, or
// it was too short a time.
func (r *ring) growth(rr *RingReport, until uint64) *Growth {
	if !r.first.taken || until < r.first.time+uint64(shortest) {
		return nil
	}
	nodes, sockets := rr.Queue.Nodes-r.first.nodes, rr.Held.Sockets-r.first.sockets
	if rr.Queue.Nodes == 0 && nodes == 0 {
		return nil
	}
	span := float64(until-r.first.time) / float64(time.Second)
	return &Growth{tenths(float64(nodes) / span), tenths(float64(sockets) / span), tenths(span)}
}

func seconds(ns uint64) float64 { return tenths(float64(ns) / float64(time.Second)) }

func tenths(x float64) float64 { return math.Round(x*10) / 10 }
