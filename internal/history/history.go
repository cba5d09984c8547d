package history

import (
	"uringtrace/internal/events"
	"uringtrace/internal/incident"
)

// The bounds of what is kept, whatever the length of what is followed.
const (
	MostIntervals = 1000   // of a ring; and samples
	MostInAll     = 64_000 // intervals of all rings
	MostRings     = 1024   // of those that have ended, the deepest
	MostPins      = 1000   // that have ended: the longest
	MostLive      = 4096   // nodes that may be held and are followed at the same time
	MostMoments   = 256    // at which all queues are kept
	MostSpans     = 200    // of a ring, in which it was not exact; and losses

	firstWidth = 1e6 // ns, of an interval
)

// What looks may cost: so many nodes for each entry, and some to begin with. A walk
// is a look by itself.
const (
	lookShare  = 8
	spareNodes = 5_000_000
)

// History is what has become of an incident's rings. It is not safe for concurrent
// use. All times are ns of CLOCK_MONOTONIC.
type History struct {
	incident *incident.Incident
	rings    map[int]*Ring // by number
	order    []*Ring       // by number
	gone     int           // rings up to this number that are not kept were let go
	leftOut  int           // rings
	pins     pins
	moments  []Moment
	samples  []Sample
	losses   []Loss

	first, end uint64 // times of the first and of the latest entry
	width      uint64 // of an interval
	pace       uint64 // time between two moments, at least
	intervals  int    // of all rings
	debt       int    // nodes that the last look cost, less those that entries have paid for
	spare      int    // nodes that looks may cost that entries have not paid for
}

// New follows an incident of which nothing was learned yet. It takes the incident's
// Log for itself.
func New(i *incident.Incident) *History {
	h := &History{
		incident: i, rings: make(map[int]*Ring), width: firstWidth, pace: firstWidth,
		pins: pins{settle: uint64(i.Subject().Settle)}, spare: spareNodes,
	}
	i.Log = h.before
	return h
}

// Take lets the incident learn from an entry, and keeps what came of it.
func (h *History) Take(e *events.Entry) {
	h.incident.Take(e)
	h.Took(e)
}

// Took is Take for an entry that the incident has just learned from.
func (h *History) Took(e *events.Entry) {
	if e.Kind == events.Sampled || e.Kind == events.Explained {
		h.before(e) // the incident learns nothing from these
	}
	h.clock(e.Time)
	h.debt -= lookShare
	switch e.Kind {
	case events.Heard:
		h.hear(e.Event)
	case events.Sampled:
		h.sample(e.Sockets)
	case events.Joined, events.Held, events.Checked:
		h.stand()
		h.reconcile()
		h.look(h.incident.Walked())
	case events.Explained:
		h.lookNow()
	case events.Lost:
		h.lose(e.Loss)
		h.stand()
	case events.Counted, events.Exited:
		h.stand()
	case events.Unheard:
	}
	if h.lookDue() {
		h.lookNow()
	}
	h.bound()
}

// Finish looks for the last time, at the time of the latest entry.
func (h *History) Finish() {
	h.lookNow()
	h.bound()
}

// Incident is what is followed.
func (h *History) Incident() *incident.Incident { return h.incident }

// Span is the time from the first entry to the latest.
func (h *History) Span() (begin, end uint64) { return h.first, h.end }

// Width is how long an interval is: the resolution of what is kept over time.
// Intervals begin at the beginning of Span and at multiples of the width from there.
func (h *History) Width() uint64 { return h.width }

// clock moves on to the time of an entry. Entries of different rings may be a
// little out of order; time goes forward only.
func (h *History) clock(now uint64) {
	if h.first == 0 {
		h.first, h.end = now, now
	}
	h.end = max(h.end, now)
}

// slot is the beginning of the interval that is now.
func (h *History) slot() uint64 { return h.end - (h.end-h.first)%h.width }

// hear keeps what an event has changed of its ring.
func (h *History) hear(e *events.Event) {
	state := h.incident.State()
	st, ok := state.StatusAt(e.Ring)
	if !ok {
		return
	}
	r := h.ring(&st)
	if r == nil {
		return
	}
	line := st.Nodes - st.Releasing
	switch {
	case line > r.line && st.Tail != r.tail:
		h.begin(r, st.Tail, false)
	case e.Kind == events.NodeZero || e.Kind == events.NodeFree:
		if _, node := state.Number(e.Ring, e.Node); node != 0 {
			h.letGo(r, node, max(r.line-line, 0), HoldersEnded)
		}
	}
	h.note(r, &st)
}

// stand keeps where all rings stand.
func (h *History) stand() {
	for _, st := range h.incident.State().Status() {
		if r := h.ring(&st); r != nil {
			h.note(r, &st)
		}
	}
}

// bound keeps intervals and samples as few as they may be: it makes each twice as
// wide.
func (h *History) bound() {
	for h.crowded() {
		h.width *= 2
		h.intervals = 0
		for _, r := range h.order {
			r.widen(h.first, h.width)
			h.intervals += len(r.Intervals)
		}
		h.samples = widenSamples(h.samples, h.first, h.width)
	}
}

func (h *History) crowded() bool {
	if h.intervals > MostInAll || len(h.samples) > MostIntervals {
		return true
	}
	if h.intervals <= MostIntervals {
		return false
	}
	for _, r := range h.order {
		if len(r.Intervals) > MostIntervals {
			return true
		}
	}
	return false
}
