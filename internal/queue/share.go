package queue

import (
	"slices"

	"uringtrace/internal/events"
)

// share takes from a walk who else has the rings: processes with a descriptor,
// and those that have used a ring without one being found.
func (s *State) share(w *events.Walk) {
	open := make(map[uint64][]events.WalkShare)
	for _, sh := range w.Shares {
		open[sh.Ring] = append(open[sh.Ring], sh)
	}
	for i := range w.Rings {
		wr := &w.Rings[i]
		r := s.live(wr.Ring)
		if r == nil {
			continue
		}
		r.shares, r.moreShares = nil, int(wr.MoreOthers)
		for _, sh := range open[wr.Ring] {
			if sh.TGID != wr.TGID {
				r.addShare(int(sh.TGID), int(sh.FD))
			}
		}
		for _, tgid := range wr.Others {
			r.addShare(int(tgid), -1)
		}
	}
}

// addShare notes a process once, by the first descriptor that was found.
func (r *ring) addShare(pid, fd int) {
	if !slices.ContainsFunc(r.shares, func(s Share) bool { return s.PID == pid }) {
		r.shares = append(r.shares, Share{pid, fd})
	}
}
