package history

import (
	"slices"

	"uringtrace/internal/events"
	"uringtrace/internal/queue"
)

// Ring is what a ring was and did over time.
type Ring struct {
	Number int
	FD     int // -1: unknown
	Ended  bool
	Begin  uint64 // when it was first heard of
	End    uint64 // when it ended; 0: it has not
	Depth  int    // the most nodes that were queued or releasing

	// Intervals are by time. One in which nothing was heard of the ring is not
	// there: the ring was as the one before has left it.
	Intervals []Interval
	Inexact   []Span // when it was not exact

	line     int // nodes queued, as of the last status
	tail     int // number of the last of them
	removed  uint64
	released uint64
	sockets  uint64
	live     map[int]birth // nodes that may be held, by number
	read     map[int]*Pin  // those of them that a look has found held
}

// Interval is what a ring was and did in one stretch of time, History.Width long.
type Interval struct {
	Begin    uint64
	Least    int // nodes queued or releasing
	Most     int
	Last     int
	Removed  uint64 // resources, in this interval
	Released uint64
	Sockets  uint64 // of those, truly released
	Look     Look   // the last one in it
}

// Look is what only a look at all nodes tells.
type Look struct {
	Time     uint64 // 0: there was none
	Queue    queue.Counts
	Files    int // held
	Sockets  int
	Buffers  int
	Bytes    uint64
	Blockers int // pinned nodes
}

// Rings are those that are kept, by number.
func (h *History) Rings() []*Ring { return h.order }

// RingsLeftOut is how many were too many to be kept.
func (h *History) RingsLeftOut() int { return h.leftOut }

// ring finds what is kept of a ring, or begins with it; nil: it is left out.
func (h *History) ring(st *queue.Status) *Ring {
	if r := h.rings[st.Ring]; r != nil {
		return r
	}
	if st.Ring <= h.gone {
		return nil
	}
	if len(h.order) == MostRings && !h.forget() {
		h.gone = st.Ring
		h.leftOut++
		return nil
	}
	r := &Ring{Number: st.Ring, FD: st.FD, Begin: h.end}
	h.rings[st.Ring] = r
	h.order = append(h.order, r)
	return r
}

// forget lets the shallowest ring go of those that have ended, and reports whether
// there was one.
func (h *History) forget() bool {
	least := -1
	for i, r := range h.order {
		if r.Ended && (least < 0 || r.Depth < h.order[least].Depth) {
			least = i
		}
	}
	if least < 0 {
		return false
	}
	r := h.order[least]
	h.intervals -= len(r.Intervals)
	h.gone = max(h.gone, r.Number)
	h.leftOut++
	delete(h.rings, r.Number)
	h.order = slices.Delete(h.order, least, least+1)
	return true
}

// note keeps where a ring stands now. Where nothing has changed no interval is
// needed.
func (h *History) note(r *Ring, st *queue.Status) {
	if st.FD >= 0 {
		r.FD = st.FD
	}
	r.exact(h.end, st)
	switch {
	case st.Ended && !r.Ended:
		h.letGoAll(r, RingClosed)
		r.Ended, r.End = true, h.end
	case st.Nodes == st.Releasing && r.line > 0:
		h.letGoAll(r, NotSeen)
	}
	nodes, last := st.Nodes, r.last()
	if h.incident.Subject().Reclaim == events.Independent && last != nil && !st.Ended {
		nodes = last.Last // there is no queue; only a look counts what is still used
	}
	if last == nil || last.Last != nodes || r.removed != st.Removed || r.released != st.Released || r.sockets != st.Sockets {
		last = h.interval(r)
		last.depth(nodes)
		last.Removed += since(st.Removed, &r.removed)
		last.Released += since(st.Released, &r.released)
		last.Sockets += since(st.Sockets, &r.sockets)
	}
	r.Depth = max(r.Depth, nodes)
	r.line, r.tail = st.Nodes-st.Releasing, st.Tail
}

// since is how much a total has grown.
func since(total uint64, before *uint64) uint64 {
	was := *before
	*before = total
	return total - min(was, total)
}

func (i *Interval) depth(nodes int) {
	i.Least, i.Most, i.Last = min(i.Least, nodes), max(i.Most, nodes), nodes
}

func (r *Ring) last() *Interval {
	if len(r.Intervals) == 0 {
		return nil
	}
	return &r.Intervals[len(r.Intervals)-1]
}

// interval is the one that is now.
func (h *History) interval(r *Ring) *Interval {
	slot, last := h.slot(), r.last()
	if last != nil && last.Begin >= slot {
		return last
	}
	next := Interval{Begin: slot}
	if last != nil {
		next.Least, next.Most, next.Last = last.Last, last.Last, last.Last
	}
	r.Intervals = append(r.Intervals, next)
	h.intervals++
	return r.last()
}

// widen makes one of all intervals that begin within the same width.
func (r *Ring) widen(begin, width uint64) {
	kept := r.Intervals[:0]
	for _, next := range r.Intervals {
		next.Begin -= (next.Begin - begin) % width
		if n := len(kept); n > 0 && kept[n-1].Begin == next.Begin {
			kept[n-1].add(&next)
			continue
		}
		kept = append(kept, next)
	}
	r.Intervals = kept
}

// add takes in what came right after.
func (i *Interval) add(next *Interval) {
	i.Least, i.Most, i.Last = min(i.Least, next.Least), max(i.Most, next.Most), next.Last
	i.Removed += next.Removed
	i.Released += next.Released
	i.Sockets += next.Sockets
	if next.Look.Time != 0 {
		i.Look = next.Look
	}
}
