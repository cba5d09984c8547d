package perfetto

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"

	"uringtrace/internal/history"
	"uringtrace/internal/queue"
	"uringtrace/internal/render/text"
)

// Groups and tracks. To who reads the format they are processes and threads: the
// numbers 0 and those that a process shares with a thread mean something there.
const (
	processGroup = 1
	ringGroups   = 1000 // and the ring's number

	lossTrack    = 1
	inexactTrack = 1
	firstPins    = 2 // as many as there are pins at a time

	mostTracks = 1 << 13 // of a group
)

// track is its number among those of all groups.
func track(group, n int) int { return group*mostTracks + n }

func groupOf(ring int) int { return ringGroups + ring }

// Write writes the history of what the report explains. Times are from its beginning.
func Write(w io.Writer, h *history.History, r *queue.Report) error {
	t := newTrace(h)
	t.process(r)
	pins := h.Pins()
	for _, ring := range h.Rings() {
		t.ring(ring, pins)
	}
	slices.SortStableFunc(t.events, func(a, b event) int { return cmp.Compare(a.Time, b.Time) })
	return t.write(w, r)
}

// process has what is of no ring: sockets in use, and what was lost.
func (t *trace) process(r *queue.Report) {
	t.name("process_name", processGroup, 0, fmt.Sprintf("%s (pid %d)", text.Clean(r.Target.Comm), r.Target.PID))
	t.name("thread_name", processGroup, lossTrack, "lost events")
	for _, s := range t.history.Sockets() {
		t.count(processGroup, "sockets in use", "sockets", s.Time, uint64(s.Used))
	}
	t.count(processGroup, "lost events", "events", t.begin, 0)
	before := uint64(0)
	for _, l := range t.history.Losses() {
		t.count(processGroup, "lost events", "events", l.Time, l.Events)
		t.add(event{
			Name: strconv.FormatUint(l.Events-before, 10) + " lost", Phase: instant, Scope: "t", Time: t.at(l.Time),
			Group: processGroup, Track: track(processGroup, lossTrack), Args: map[string]any{"in_all": l.Events},
		})
		before = l.Events
	}
}
