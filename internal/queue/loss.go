package queue

import "uringtrace/internal/events"

// MarkLost takes the total of what was lost so far. All events that were sent
// before it was counted have been applied.
//
// Rings whose share grew are inexact until they are walked; a loss that belongs to
// no ring may be any ring's. A ring that is followed no longer has ended, whether
// or not its end was told.
func (s *State) MarkLost(l events.Loss) {
	for _, r := range append([]*ring(nil), s.all...) {
		if r.ended {
			continue
		}
		lost, followed := l.ByRing[r.addr]
		switch {
		case followed:
			r.followed = true
			s.markRing(r, lost, l.End)
		case r.followed && r.born < l.Begin:
			s.end(r)
		}
	}
	s.seek(l)
	n := l.Anonymous()
	if n > s.anonymous {
		why := "lost " + countEvents(n-s.anonymous) + " of some ring"
		for _, r := range s.all {
			if !r.ended {
				s.lose(r, why, l.End)
			}
		}
		s.doubt(why, l.End)
	}
	s.anonymous = n
}

func (s *State) markRing(r *ring, lost, at uint64) {
	if lost < r.lost {
		r.lost = 0 // counted anew, as for another ring at this address
	}
	if lost > r.lost {
		s.lose(r, "lost "+countEvents(lost-r.lost), at)
		r.lost = lost
	}
}

// lose makes a ring inexact by a loss before at. The reason stays the first.
func (s *State) lose(r *ring, why string, at uint64) {
	r.distrust(why)
	r.lostAt, s.lostAt = at, at
}

// seek has rings looked for whose creation was lost, or that could not be followed.
func (s *State) seek(l events.Loss) {
	sought := make(map[uint64]uint64)
	for addr, lost := range l.ByRing {
		if lost == 0 || s.live(addr) != nil {
			continue
		}
		if r := s.rings[addr]; r != nil && r.ended && r.touched > l.Begin {
			continue // its end was told since
		}
		sought[addr] = lost
		if lost > s.sought[addr] {
			s.doubt("the creation of a ring was lost", l.End)
		}
	}
	s.sought = sought
	if l.Rings > s.untracked {
		s.doubt("a ring was created that there is no room to follow", l.End)
	}
	s.untracked = l.Rings
}

// doubt says why there may be rings that are not known.
func (s *State) doubt(why string, at uint64) {
	s.unsure, s.unsureAt = why, at
	s.lostAt = at
}

// Unheard tells before a Merge that events of a ring are not in its window. The
// ring is inexact after the Merge; settles says whether another can mend that.
func (s *State) Unheard(ring uint64, why string, settles bool) {
	if s.unheard == nil {
		s.unheard = make(map[uint64]unheard)
	}
	s.unheard[ring] = unheard{why, settles}
}

type unheard struct {
	why     string
	settles bool
}

// Followed reports whether the events of the ring that is at an address arrive.
func (s *State) Followed(addr uint64) bool {
	r := s.live(addr)
	return r != nil && r.followed
}

// Exiting reports whether the ring at an address is closed and not gone yet.
func (s *State) Exiting(addr uint64) bool {
	r := s.live(addr)
	return r != nil && r.exiting
}

// deaf reports whether a ring is one whose events can't be had.
func (s *State) deaf(addr uint64) bool {
	u, ok := s.unheard[addr]
	return ok && !u.settles
}

// Doubtful reports whether a walk is wanted: a ring is inexact, or there may be one
// that is not known.
func (s *State) Doubtful() bool { return s.unsure != "" || len(s.Inexact()) > 0 }

// Repairs is how often what was inexact was put right, of all rings.
func (s *State) Repairs() int {
	n := s.forgotten
	for _, r := range s.all {
		n += r.repairs
	}
	return n
}
