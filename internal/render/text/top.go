package text

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"uringtrace/internal/queue"
	"uringtrace/internal/render"
)

const (
	maxComm   = 15  // as long as the kernel has them
	shortComm = 10  // where there is little room
	wide      = 120 // columns from which on there is room to say where a process runs
)

// Top writes a refresh of top as a table. all is what was found, shown is what of
// it was asked for.
func Top(w io.Writer, all, shown *render.Top, s Style) error {
	b := &block{style: s}
	b.heading(TopKernel(all, s))
	b.heading(TopFound(all, s))
	for _, note := range all.Notes {
		b.heading("note: " + note)
	}
	if len(shown.Rings) > 0 {
		b.heading("")
	}
	for _, line := range TopTable(shown, s) {
		b.heading(line)
	}
	return b.writeTo(w)
}

// TopKernel is a line about the kernel.
func TopKernel(t *render.Top, s Style) string {
	return s.Cut(fmt.Sprintf("kernel %s: %s", s.paint(bold, t.Kernel.Release), howReclaimed(t.Kernel.Reclaim)))
}

// TopFound is a line about all that is on the host.
func TopFound(t *render.Top, s Style) string {
	h := &t.Host
	if h.Rings == 0 {
		return s.Cut("no process on this host has an io_uring")
	}
	verdict := "none is blocked"
	if h.Blocked > 0 {
		verdict = s.paint(red, thousands(h.Blocked)+" BLOCKED")
	}
	line := fmt.Sprintf("%s, %s, %s", countOf(h.Processes, "process", "processes"), count(h.Rings, "ring"), verdict)
	if h.Inexact > 0 {
		line += ", " + thousands(h.Inexact) + " not exact (!)"
	}
	line += "; " + count(h.Nodes, "node")
	if h.Sockets > 0 {
		line += ", " + count(h.Sockets, "socket") + ", " + memory(h.Bytes, h.Sockets)
	}
	return s.Cut(line)
}

// TopTable is a heading and a line for each ring, each as wide as the style's width
// at most; nothing if there is no ring.
func TopTable(t *render.Top, s Style) []string {
	if len(t.Rings) == 0 {
		return nil
	}
	rows := [][]string{{"PID", "COMM", "FD", "STATE", "NODES", "BLOCKED", "SOCKETS", "BYTES", "NODES/s", "BLOCKER"}}
	places := s.Width == 0 || s.Width >= wide
	if places {
		rows[0] = append(rows[0], "WHERE")
	}
	for i := range t.Rings {
		rows = append(rows, s.topRow(&t.Rings[i], places))
	}
	lines := s.align(rows, " ", 0, 2, 4, 5, 6, 7, 8)
	for i := range lines {
		lines[i] = s.Cut(lines[i])
	}
	return lines
}

func (s Style) topRow(r *render.TopRing, places bool) []string {
	comm := maxComm
	if s.Width > 0 && !places {
		comm = shortComm
	}
	row := []string{
		strconv.Itoa(r.Target.PID), ansi.Truncate(Clean(r.Target.Comm), comm, ""), fd(&r.RingReport), s.topState(r),
		strconv.Itoa(r.Queue.Nodes), strconv.Itoa(r.Queue.Blocked), strconv.Itoa(r.Held.Sockets),
		strings.ReplaceAll(memory(r.Held.Bytes, r.Held.Sockets), " ", ""), change(r.Change),
	}
	row = append(row, topBlocker(r))
	if places {
		row = append(row, where(&r.Target))
	}
	return row
}

// fd is how the process names a ring, in a column.
func fd(r *queue.RingReport) string {
	switch {
	case r.FD >= 0:
		return strconv.Itoa(r.FD)
	case r.Registered != nil:
		return "r" + strconv.Itoa(*r.Registered)
	case r.Slots < 0: // nothing else is known of it either
		return "?"
	}
	return "-"
}

// topState is the verdict, with a mark where the ring is not exact.
func (s Style) topState(r *render.TopRing) string {
	verdict := (&block{style: s}).verdict(r.Queue.State)
	if r.Pinned() {
		verdict = s.paint(yellow, "pinned")
	}
	if !r.Exact {
		verdict += "!"
	}
	return verdict
}

func change(g *queue.Growth) string {
	if g == nil {
		return "?"
	}
	return signed(g.Nodes)
}

// topBlocker names what pins the head, whether or not that is known to block.
func topBlocker(r *render.TopRing) string {
	if len(r.Blockers) == 0 || r.Queue.State != queue.Blocked && !r.Pinned() {
		return ""
	}
	text := pinnedBy(&r.Blockers[0])
	if more := len(r.Blockers) - 1; more > 0 {
		text += "; " + count(more, "more pin")
	}
	return text
}

// TopLooks is a line about what looking costs and how often that is done; next is
// when it is done again if every interval was asked for.
func TopLooks(t *render.Top, interval, next time.Duration) string {
	took := time.Duration(t.LookSeconds * float64(time.Second))
	cost := "a look takes " + age(took)
	if took < time.Millisecond {
		cost = "a look takes less than 1ms"
	}
	if took+next > interval+interval/10 {
		return cost + ", so the next one is in " + age(next)
	}
	return cost + " and is taken every " + interval.String()
}
