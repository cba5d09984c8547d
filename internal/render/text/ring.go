package text

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"uringtrace/internal/events"
	"uringtrace/internal/queue"
)

// ring writes the block of one ring: whether it is blocked, at what cost, by
// what, what if that ended, what to do; then what else is known of it.
func (b *block) ring(r *queue.RingReport, reclaim string) {
	independent := reclaim == events.Independent.String()
	b.heading(RingName(r) + "  " + b.verdict(r.Queue.State) + "  " + nodes(r, independent))
	if !r.Exact {
		b.line("not exact", cmp.Or(r.Inexact, "for a reason that is not known"))
	}
	if holds := holds(r); holds != "" {
		b.line("holds", holds)
	}
	b.blockers(r, reclaim)
	if r.Lifetimes != nil {
		b.line("lifetimes", lifetimes(r.Lifetimes))
	}
	b.remedies(r.Remedies)
	if setup := setup(r); setup != "" {
		b.line("set up", setup)
	}
	if shares := shares(r); shares != "" {
		b.line("shared with", shares)
	}
	if len(r.Other) > 0 {
		b.line("other", other(r.Other, independent))
	}
	if r.Seen != (queue.Seen{}) {
		b.line("seen live", seen(&r.Seen))
	}
}

func seen(s *queue.Seen) string {
	text := count(s.Removed, "resource") + " removed, "
	if s.RemovalsOnly {
		return text + "releases not watched"
	}
	if s.Released == 0 {
		return text + "none released"
	}
	return text + thousands(s.Released) + " released, of them " + count(s.SocketsReleased, "socket")
}

// RingName names a ring as its process does, if it has a name for it at all.
func RingName(r *queue.RingReport) string {
	name := "ring " + strconv.Itoa(r.Ring) + ", "
	switch {
	case r.FD >= 0:
		name += "fd " + strconv.Itoa(r.FD)
	case r.Registered != nil:
		name += "registered ring " + strconv.Itoa(*r.Registered)
	case r.Slots < 0: // nothing else is known of it either
		name += "fd unknown"
	default:
		name += "no descriptor (only mapped)"
	}
	if r.Ended {
		name += " (closed)"
	}
	return name
}

// shares lists the other processes that have a ring; empty if none has.
func shares(r *queue.RingReport) string {
	parts := make([]string, 0, len(r.SharedWith))
	for _, s := range r.SharedWith {
		part := "pid " + strconv.Itoa(s.PID)
		if s.FD >= 0 {
			part += " (fd " + strconv.Itoa(s.FD) + ")"
		}
		parts = append(parts, part)
	}
	if r.MoreShares > 0 {
		parts = append(parts, "up to "+thousands(r.MoreShares)+" more")
	}
	return strings.Join(parts, ", ")
}

func (b *block) verdict(state queue.QueueState) string {
	switch state {
	case queue.Blocked:
		return b.style.paint(red, "BLOCKED")
	case queue.Releasing:
		return b.style.paint(yellow, string(state))
	case queue.Clear:
		return b.style.paint(green, string(state))
	}
	return string(state)
}

func nodes(r *queue.RingReport, independent bool) string {
	q := &r.Queue
	if q.Nodes == 0 {
		return "no nodes wait"
	}
	if independent {
		return count(q.Nodes, "removed node") + " still held, each by its own requests"
	}
	if q.State == queue.Releasing && q.Pinned == 0 {
		return count(q.Nodes, "node") + " in the kernel's own delay, held by no request"
	}
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{{q.Pinned, "pinned"}, {q.Blocked, "blocked"}, {q.Unsettled, "not settled yet"}, {q.Releasing, "releasing"}, {q.Beyond, "only counted"}} {
		if p.n > 0 {
			parts = append(parts, thousands(p.n)+" "+p.what)
		}
	}
	text := count(q.Nodes, "node") + " queued"
	if len(parts) > 0 {
		text += ": " + strings.Join(parts, ", ")
	}
	return text
}

func setup(r *queue.RingReport) string {
	parts := slices.Clone(r.Flags)
	if r.Slots > 0 {
		parts = append(parts, count(r.Slots, "file slot"))
	}
	return strings.Join(parts, ", ")
}

// holds says what the nodes keep alive, largest group first, and how that grows.
func holds(r *queue.RingReport) string {
	text := held(&r.Held)
	if g := r.Growth; g != nil && text != "" {
		text += "; " + growth(g)
	}
	return text
}

func growth(g *queue.Growth) string {
	if g.Nodes == 0 && g.Sockets == 0 {
		return "no growth over " + lapse(g.Seconds)
	}
	return fmt.Sprintf("%s nodes/s, %s sockets/s over %s", signed(g.Nodes), signed(g.Sockets), lapse(g.Seconds))
}

func held(h *queue.Held) string {
	var parts []string
	if h.Sockets > 0 {
		parts = append(parts, count(h.Sockets, "socket"))
	}
	if rest := h.Files - h.Sockets; rest > 0 {
		noun := "file"
		if h.Sockets > 0 {
			noun = "other file"
		}
		parts = append(parts, count(rest, noun))
	}
	if h.Buffers > 0 {
		parts = append(parts, count(h.Buffers, "buffer"))
	}
	if len(parts) == 0 {
		return ""
	}
	text := strings.Join(parts, ", ")
	if len(h.Kinds) > 0 {
		text += " (" + kinds(h.Kinds) + ")"
	}
	switch {
	case h.Shared > 0:
		text += ", something else refers to " + thousands(h.Shared) + " of them, too"
	case h.OnlyUs > 0 && h.OnlyUs == h.Files:
		text += ", nothing else refers to them"
	}
	if h.Bytes > 0 {
		text += "; about " + size(h.Bytes) + " of kernel memory"
	}
	return text
}

func kinds(counts map[string]int) string {
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	if len(names) == 1 {
		return names[0]
	}
	for i, name := range names {
		names[i] = thousands(counts[name]) + " " + name
	}
	return strings.Join(names, ", ")
}

// lifetimes tells long-lived slots from those that churn.
func lifetimes(l *queue.Lifetimes) string {
	const most = 8
	var long, churn []string
	for _, slot := range l.Long {
		long = append(long, strconv.Itoa(slot))
	}
	removals := 0
	for _, c := range l.Churn {
		churn = append(churn, strconv.Itoa(c.Slot))
		removals += c.Removals
	}
	more := ""
	if l.More > 0 {
		more = " or more"
	}
	return fmt.Sprintf("%s in long use; %s filled and emptied, %s%s seen", slots(long, 0, most), slots(churn, l.More, most), count(removals, "removal"), more)
}

// slots lists slots, the first few by name; more is how many there are besides.
func slots(names []string, more, most int) string {
	if len(names) > most {
		more += len(names) - most
		names = names[:most]
	}
	text := "slot "
	if len(names)+more > 1 {
		text = "slots "
	}
	text += strings.Join(names, ", ")
	if more > 0 {
		text += " and " + thousands(more) + " more"
	}
	return text
}

// other sums up the requests that hold nothing.
func other(requests []queue.Request, independent bool) string {
	what := "no queued node: "
	if independent {
		what = "no removed node: "
	}
	ops := make(map[string]int)
	for i := range requests {
		ops[requests[i].Op]++
	}
	verb := " in flight hold "
	if len(requests) == 1 {
		verb = " in flight holds "
	}
	return count(len(requests), "request") + verb + what + kinds(ops)
}

func (b *block) remedies(remedies []queue.Remedy) {
	for _, when := range []struct {
		when  queue.When
		label string
	}{{queue.Now, "now"}, {queue.InCode, "in code"}, {queue.WithKernel, "for good"}} {
		label := when.label
		for i := range remedies {
			if remedies[i].When == when.when {
				b.line(label, remedies[i].Text)
				label = ""
			}
		}
	}
	var never []string
	for i := range remedies {
		if remedies[i].When == queue.Never {
			never = append(never, remedies[i].Text)
		}
	}
	if len(never) > 0 {
		b.line("no help", strings.Join(never, ", "))
	}
}
