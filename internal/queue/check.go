package queue

import (
	"time"

	"uringtrace/internal/events"
)

const (
	// stillness is how long a ring must have been without events before a walk
	// for both to mean the same moment: a hook speaks before its effect.
	stillness = 50 * time.Millisecond
	// batchTime is how long the deferred worker may take for a batch without a
	// word; it only drops references.
	batchTime = time.Second
)

// Check holds the rings that stood still against a walk, all events up to its
// end having been applied. Rings that differ are inexact from then on: a hook
// was skipped and nobody counted it, as the kernel does with kprobes that
// interrupt another one. A ring that is not known has come from another process.
func (s *State) Check(w *events.Walk) {
	for i := range w.Rings {
		if s.live(w.Rings[i].Ring) == nil {
			s.doubt("no event has told of a ring that was found", w.End)
		}
	}
	before := func(r *ring, d time.Duration) bool { return r.touched+uint64(d) < w.Begin }
	for _, c := range s.against(w) {
		r := c.ring
		if c.torn > 0 || r.inexact != "" || !before(r, stillness) {
			continue
		}
		if stuck := r.releasing.head != 0 && r.at(r.releasing.head).taken(); stuck && before(r, batchTime) {
			r.distrust("the kernel skipped hooks: a batch's releases were not all seen")
		} else if len(c.compare()) > 0 {
			r.distrust("the kernel skipped hooks: its list differs from what the events say")
		}
	}
}
