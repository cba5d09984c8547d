package text

import (
	"fmt"
	"io"
	"slices"
	"strconv"

	"uringtrace/internal/queue"
)

// All writes what was found on the whole host, in the order given: all processes
// in a table, then the explanation of each that is blocked.
func All(w io.Writer, reports []queue.Report, s Style) error {
	b := &block{style: s}
	if len(reports) == 0 {
		b.heading("no process on this host has an io_uring, so there is nothing that could be held")
		return b.writeTo(w)
	}
	b.overview(reports)
	b.processes(reports)
	b.commonNotes(reports)
	for i := range reports {
		if reports[i].Total().State == queue.Blocked {
			b.heading("")
			b.report(&reports[i])
		}
	}
	return b.writeTo(w)
}

func (b *block) overview(reports []queue.Report) {
	kernel := &reports[0].Kernel
	b.heading(fmt.Sprintf("kernel %s: %s", b.style.paint(bold, kernel.Release), howReclaimed(kernel.Reclaim)))
	rings, blocked := 0, 0
	for i := range reports {
		total := reports[i].Total()
		rings += total.Rings
		if total.State == queue.Blocked {
			blocked++
		}
	}
	verdict := "none is blocked"
	if blocked > 0 {
		verdict = b.style.paint(red, thousands(blocked)+" BLOCKED")
	}
	b.line("found", fmt.Sprintf("%s with %s, %s", countOf(len(reports), "process", "processes"), count(rings, "ring"), verdict))
}

func (b *block) processes(reports []queue.Report) {
	rows := [][]string{{"PID", "COMM", "WHERE", "RINGS", "STATE", "NODES", "SOCKETS", "BYTES", "BLOCKER"}}
	for i := range reports {
		r := &reports[i]
		total := r.Total()
		state := b.verdict(total.State)
		if !r.Exact {
			state += " (not exact)"
		}
		rows = append(rows, []string{
			strconv.Itoa(r.Target.PID), Clean(r.Target.Comm), where(&r.Target), thousands(total.Rings), state,
			thousands(total.Nodes), thousands(total.Sockets), memory(total.Bytes, total.Sockets), blockerOf(r),
		})
	}
	b.heading("")
	b.table(rows, 0, 3, 5, 6, 7)
}

// memory is the kernel memory behind sockets; without their size it is unknown.
func memory(bytes uint64, sockets int) string {
	if bytes == 0 && sockets > 0 {
		return "?"
	}
	return size(bytes)
}

// where is the short form of whereabouts, for a column.
func where(t *queue.Target) string {
	switch {
	case t.Container != "" && t.Runtime != "":
		return t.Runtime + " " + t.Container
	case t.Container != "":
		return "container " + t.Container
	case t.Pod != "":
		return "pod " + t.Pod
	case t.Unit != "":
		return Clean(t.Unit)
	}
	return "-"
}

// blockerOf names what pins the head of the blocked ring that holds most.
func blockerOf(r *queue.Report) string {
	var worst *queue.RingReport
	pins := 0
	for i := range r.Rings {
		ring := &r.Rings[i]
		if ring.Queue.State != queue.Blocked {
			continue
		}
		pins += len(ring.Blockers)
		if worst == nil || ring.Held.Bytes > worst.Held.Bytes {
			worst = ring
		}
	}
	if worst == nil || len(worst.Blockers) == 0 {
		return ""
	}
	text := pinnedBy(&worst.Blockers[0])
	if pins > 1 {
		text += "; " + count(pins-1, "more pin")
	}
	return text
}

// pinnedBy names the first request that holds a node.
func pinnedBy(p *queue.Blocker) string {
	if len(p.Requests) == 0 {
		return "holder not found"
	}
	r := &p.Requests[0]
	return r.Op + " " + slot(r) + ", " + file(&r.File)
}

// commonNotes writes what is not known about the processes that have nothing but
// their row.
func (b *block) commonNotes(reports []queue.Report) {
	var notes []string
	for i := range reports {
		if reports[i].Total().State == queue.Blocked {
			continue
		}
		for _, note := range reports[i].Notes {
			if !slices.Contains(notes, note) {
				notes = append(notes, note)
			}
		}
	}
	if len(notes) > 0 {
		b.heading("")
	}
	for _, note := range notes {
		b.line("note", note)
	}
}
