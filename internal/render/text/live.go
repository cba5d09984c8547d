package text

import (
	"strings"

	"uringtrace/internal/events"
	"uringtrace/internal/queue"
)

// LiveHead is a line about the process that is watched.
func LiveHead(r *queue.Report, s Style) string { return s.Cut(title(r, s)) }

// LiveRing is a ring as attach shows it on a terminal: where it stands, and what of
// that the last explanation knows. depth draws the course of its depth, most is the
// largest of it. No line is wider than the style's width.
func LiveRing(now *Status, r *queue.RingReport, reclaim, depth string, most int, s Style) []string {
	b := &block{style: Style{Color: s.Color}}
	independent := reclaim == events.Independent.String()
	b.heading(RingName(r) + "  " + b.verdict(r.Queue.State) + "  " + nodes(r, independent))
	if !r.Exact {
		b.line("not exact", r.Inexact)
	}
	if !now.Ended {
		b.line("depth", depth+"  "+thousands(now.Nodes)+", "+signed(now.Rate)+"/s, "+thousands(most)+" at most")
	}
	if r.Seen.RemovalsOnly && !now.Ended { // else nobody has counted
		b.line("removals", thousands(now.Removed)+" seen, "+signed(now.Removals)+"/s")
	}
	if held := held(&r.Held); held != "" {
		b.line("holds", held)
	}
	if now.Head > 0 {
		b.line("head", now.head())
	}
	if len(r.Blockers) > 0 {
		b.line("blocker", liveBlocker(r))
	}
	var out strings.Builder
	_ = b.writeTo(&out) // it takes all
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	for i := range lines {
		lines[i] = s.Cut(lines[i])
	}
	return lines
}

func liveBlocker(r *queue.RingReport) string {
	text := "holder not found"
	if requests := r.Blockers[0].Requests; len(requests) > 0 {
		text = Request(&requests[0])
	}
	if more := len(r.Blockers) - 1; more > 0 {
		text = count(more+1, "pinned node") + ", the first by " + text
	}
	return text
}
