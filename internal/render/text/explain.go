package text

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"uringtrace/internal/events"
	"uringtrace/internal/queue"
	"uringtrace/internal/render"
)

// Report writes the explanation of one process.
func Report(w io.Writer, r *queue.Report, s Style) error {
	b := &block{style: s}
	b.report(r)
	return b.writeTo(w)
}

// Rows are the rows of an explanation, for who lays them out otherwise.
func Rows(r *queue.Report) []Row {
	b := &block{}
	b.report(r)
	return b.rows
}

// RingRows are the rows of one ring, whose heading is the first.
func RingRows(r *queue.RingReport, reclaim string) []Row {
	b := &block{}
	b.ring(r, reclaim)
	return b.rows
}

// WorkloadReport writes the explanation of a bundled workload with the ground
// truth that it told itself.
func WorkloadReport(w io.Writer, r *queue.Report, truth *render.Workload, s Style) error {
	b := &block{style: s}
	b.report(r)
	b.heading("")
	b.line("workload", fmt.Sprintf("%s: %s made and removed, %s still used (/proc/net/sockstat: %s before, %s now)",
		truth.Scenario, count(truth.Sockets, "socket"), thousands(truth.Left()),
		thousands(truth.SocketsUsedBefore), thousands(truth.SocketsUsed)))
	return b.writeTo(w)
}

func (b *block) report(r *queue.Report) {
	b.heading(title(r, b.style))
	if len(r.Rings) == 0 {
		b.line("rings", "none, so there is nothing that could be held")
	}
	for i := range r.Rings {
		b.heading("")
		b.ring(&r.Rings[i], r.Kernel.Reclaim)
	}
	lost := r.Lost.Any() || r.Lost.Repairs > 0
	if lost || len(r.NotSeen) > 0 || len(r.Notes) > 0 {
		b.heading("")
	}
	if lost {
		b.line("lost", lostInFull(&r.Lost))
	}
	for _, what := range r.NotSeen {
		b.line("not seen", what)
	}
	for _, note := range r.Notes {
		b.line("note", note)
	}
}

// title names the process and its kernel.
func title(r *queue.Report, s Style) string {
	where := ""
	if place := whereabouts(&r.Target); place != "" {
		where = " in " + place
	}
	return fmt.Sprintf("%s (pid %d)%s on %s: %s", s.paint(bold, Clean(r.Target.Comm)), r.Target.PID,
		where, r.Kernel.Release, howReclaimed(r.Kernel.Reclaim))
}

// whereabouts says where a process runs; empty if that is not known.
func whereabouts(t *queue.Target) string {
	var parts []string
	if t.Unit != "" {
		parts = append(parts, Clean(t.Unit))
	}
	if t.Container != "" {
		parts = append(parts, strings.TrimSpace(t.Runtime+" container "+t.Container))
	}
	if t.Pod != "" {
		parts = append(parts, "pod "+t.Pod)
	}
	return strings.Join(parts, ", ")
}

func howReclaimed(reclaim string) string {
	switch reclaim {
	case events.OrderedDeferred.String():
		return "nodes are released in order, about 1 s deferred"
	case events.Ordered.String():
		return "nodes are released in order, at once"
	case events.Independent.String():
		return "each node is released by itself, none can block another"
	}
	return "how nodes are released is not known"
}

// Lost says in a few words what did not arrive and how often that was put right.
func Lost(l *queue.Lost) string {
	parts := []string{count(l.Events, "event") + " lost"}
	if l.Rings > 0 {
		parts = append(parts, count(l.Rings, "ring")+" not followed")
	}
	if l.Socks > 0 {
		parts = append(parts, count(l.Socks, "socket")+" not followed")
	}
	return strings.Join(append(parts, repaired(l)), ", ")
}

func repaired(l *queue.Lost) string {
	switch l.Repairs {
	case 0:
		return "not repaired"
	case 1:
		return "repaired once"
	}
	return "repaired " + thousands(l.Repairs) + " times"
}

// lostInFull says it with all that is known.
func lostInFull(l *queue.Lost) string {
	text := count(l.Events, "event") + " did not arrive"
	var kinds []string
	for _, kind := range slices.Sorted(maps.Keys(l.Kinds)) {
		kinds = append(kinds, kind+" "+thousands(l.Kinds[kind]))
	}
	if len(kinds) > 0 {
		text += " (" + strings.Join(kinds, ", ") + ")"
	}
	text += ", " + repaired(l)
	if l.Repairs > 0 {
		text += " by a walk"
	}
	if l.Rings > 0 {
		text += "; no room to follow " + count(l.Rings, "ring") + " live"
	}
	if l.Socks > 0 {
		text += "; no room to follow the release of " + count(l.Socks, "socket")
	}
	return text
}
