package history

import (
	"slices"

	"uringtrace/internal/queue"
)

// Span is a time in which a ring was not exact.
type Span struct {
	Begin  uint64
	End    uint64 // when a walk has put it right, or the ring ended; 0: not yet
	Why    string
	Merged int // further ones that were too many to be kept apart, with the exact time between them
}

// exact keeps since when and until when the ring is not exact.
func (r *Ring) exact(now uint64, st *queue.Status) {
	n := len(r.Inexact)
	open := n > 0 && r.Inexact[n-1].End == 0
	switch {
	case st.Exact && open:
		r.Inexact[n-1].End = now
	case !st.Exact && !open:
		r.Inexact = append(r.Inexact, Span{Begin: now, Why: st.Inexact})
		if n == MostSpans {
			r.joinNearest()
		}
	}
}

// joinNearest makes one of the two spans that have the least time between them.
func (r *Ring) joinNearest() {
	nearest := 0
	gap := func(i int) uint64 { return r.Inexact[i+1].Begin - r.Inexact[i].End }
	for i := range len(r.Inexact) - 1 {
		if gap(i) < gap(nearest) {
			nearest = i
		}
	}
	a, b := &r.Inexact[nearest], &r.Inexact[nearest+1]
	a.End, a.Merged = b.End, a.Merged+b.Merged+1
	r.Inexact = slices.Delete(r.Inexact, nearest+1, nearest+2)
}
