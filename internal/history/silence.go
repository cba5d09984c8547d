package history

import "uringtrace/internal/events"

// before is called with an entry that the incident has not learned from yet. If
// nothing was heard for as long as from one moment to the next, the queues are as
// the last entry has left them: they are looked at as of then, and of when what is
// behind a head came to count as blocked.
func (h *History) before(e *events.Entry) {
	if h.first == 0 || e.Time <= h.end || e.Time-h.end < h.pace {
		return
	}
	h.lookSilently(h.end)
	if settled := h.settled(e.Time); settled > 0 {
		h.lookSilently(settled)
	}
}

// settled is when the head of the deepest queue has been one for long enough, if
// that is between now and a later time; else 0.
func (h *History) settled(until uint64) uint64 {
	var at uint64
	deepest := 0
	for _, st := range h.incident.State().Status() {
		if st.Head != 0 && st.Nodes > deepest {
			deepest, at = st.Nodes, st.Since+h.pins.settle
		}
	}
	if at <= h.end || at >= until {
		return 0
	}
	return at
}

func (h *History) lookSilently(now uint64) {
	if h.debt > 0 && h.spare <= 0 {
		return
	}
	h.end = now
	h.lookNow()
	h.bound()
}
