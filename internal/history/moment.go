package history

import (
	"slices"

	"uringtrace/internal/queue"
)

// The bounds of a moment.
const (
	MostStanding = 32 // rings: the deepest
	MostBlockers = 4  // of a ring: the first of its queue
	MostHolders  = 3  // of a blocker
)

// Moment is where the queues stood at some time.
type Moment struct {
	Time  uint64
	Rings []Standing // with something queued, by number
}

// Standing is one ring's queue at that time.
type Standing struct {
	Ring        int
	Inexact     string // why it was not exact; empty: it was
	Queue       queue.Counts
	Held        queue.Held
	HeadSeconds float64 // how long, at least, the head of a blocked queue has been one
	Blockers    []queue.Blocker
}

// Moments are those that are kept, by time: MostMoments at most, evenly
// spread, and the last look.
func (h *History) Moments() []Moment { return h.moments }

// lookDue reports whether it is time for a look that there are means for.
func (h *History) lookDue() bool {
	if h.debt > 0 && h.spare <= 0 {
		return false
	}
	n := len(h.moments)
	return n == 0 || h.end-h.moments[n-1].Time >= h.pace
}

func (h *History) lookNow() {
	h.stand()
	report := h.incident.Explain(h.end)
	h.look(&report)
	h.spare -= max(h.debt, 0)
	h.debt = cost(&report)
}

// cost of a look, in nodes. A ring and a pin are worth a few.
func cost(report *queue.Report) int {
	n := 50
	for i := range report.Rings {
		n += 50 + report.Rings[i].Queue.Nodes + 20*len(report.Rings[i].Blockers)
	}
	return n
}

// look keeps what a look at all nodes has told.
func (h *History) look(report *queue.Report) {
	for i := range report.Rings {
		rr := &report.Rings[i]
		if r := h.rings[rr.Ring]; r != nil && !rr.Ended {
			h.lookAt(r, rr)
			h.readPins(r, rr)
		}
	}
	h.keep(report)
}

func (h *History) lookAt(r *Ring, rr *queue.RingReport) {
	if last := r.last(); rr.Queue.Nodes == 0 && last != nil && last.Last == 0 && last.Look.Queue.Nodes == 0 {
		return // nothing is there, and nothing was before
	}
	at := h.interval(r)
	at.depth(rr.Queue.Nodes)
	at.Look = Look{
		Time: h.end, Queue: rr.Queue, Files: rr.Held.Files, Sockets: rr.Held.Sockets,
		Buffers: rr.Held.Buffers, Bytes: rr.Held.Bytes, Blockers: len(rr.Blockers),
	}
	r.Depth = max(r.Depth, rr.Queue.Nodes)
}

// keep adds a moment; a look soon after another takes its place.
func (h *History) keep(report *queue.Report) {
	m := Moment{Time: h.end, Rings: standings(report)}
	n := len(h.moments)
	if n > 1 && m.Time-h.moments[n-2].Time < h.pace || n > 0 && m.Time == h.moments[n-1].Time {
		h.moments[n-1] = m
		return
	}
	h.moments = append(h.moments, m)
	for len(h.moments) > MostMoments {
		h.pace *= 2
		h.moments = spread(h.moments, h.pace)
	}
}

// spread keeps the first moment, the last, and between them those that have some
// time to the one before.
func spread(all []Moment, pace uint64) []Moment {
	kept := all[:1]
	for i := 1; i < len(all)-1; i++ {
		if all[i].Time-kept[len(kept)-1].Time >= pace {
			kept = append(kept, all[i])
		}
	}
	kept = append(kept, all[len(all)-1])
	clear(all[len(kept):])
	return kept
}

func standings(report *queue.Report) []Standing {
	var all []Standing
	for i := range report.Rings {
		rr := &report.Rings[i]
		if rr.Queue.Nodes == 0 {
			continue
		}
		all = append(all, Standing{
			Ring: rr.Ring, Inexact: rr.Inexact, Queue: rr.Queue, Held: rr.Held,
			HeadSeconds: rr.HeadSeconds, Blockers: firstBlockers(rr.Blockers),
		})
	}
	if len(all) > MostStanding {
		slices.SortStableFunc(all, func(a, b Standing) int { return b.Queue.Nodes - a.Queue.Nodes })
		all = slices.Clone(all[:MostStanding])
		slices.SortFunc(all, func(a, b Standing) int { return a.Ring - b.Ring })
	}
	return all
}

func firstBlockers(all []queue.Blocker) []queue.Blocker {
	out := slices.Clone(all[:min(len(all), MostBlockers)])
	for i := range out {
		out[i].Requests = firstRequests(out[i].Requests)
	}
	return out
}

func firstRequests(all []queue.Request) []queue.Request {
	return slices.Clone(all[:min(len(all), MostHolders)])
}
