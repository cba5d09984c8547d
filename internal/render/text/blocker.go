package text

import (
	"fmt"
	"strconv"
	"strings"

	"uringtrace/internal/events"
	"uringtrace/internal/queue"
)

// maxPins is how many pinned nodes of a ring are written.
const maxPins = 10

// blockers writes the pinned nodes of a ring, in the order of the queue. There may
// be more of them than are listed.
func (b *block) blockers(r *queue.RingReport, reclaim string) {
	shown := min(len(r.Blockers), maxPins)
	for i := range shown {
		b.blocker(r, i, reclaim)
	}
	if rest := max(len(r.Blockers), r.Queue.Pinned) - shown; rest > 0 {
		text := "and " + count(rest, "more pinned node")
		if shown < len(r.Blockers) {
			text += ": -o json has them"
		}
		b.line("", text)
	}
}

// blocker writes the pinned node i with every request that holds it.
func (b *block) blocker(r *queue.RingReport, i int, reclaim string) {
	p := &r.Blockers[i]
	independent := reclaim == events.Independent.String()
	label := "blocker"
	switch {
	case independent:
		label = "held"
	case i > 0:
		label = "next pin"
	}
	b.line(label, fmt.Sprintf("node %d%s: %s", p.Node, place(p.Position, r.HeadSeconds, independent), references(p.References, p.Found)))
	for j := range p.Requests {
		b.line("", Request(&p.Requests[j]))
	}
	b.line("if it ends", frees(&p.Frees, reclaim == events.OrderedDeferred.String())+next(r, i, independent))
}

// place is where a pinned node is in the queue, and for how long, if that says
// anything.
func place(position int, headSeconds float64, independent bool) string {
	switch {
	case independent:
		return ""
	case position == 0 && headSeconds > 0:
		return " at the head for " + lapse(headSeconds) + " or longer"
	case position == 0:
		return " at the head"
	}
	return " at place " + thousands(position)
}

func references(references, found int) string {
	if references < 0 {
		return fmt.Sprintf("number of references unknown, %s found", count(found, "holder"))
	}
	text := count(references, "reference") + ", " + thousands(found) + " found"
	switch missing := references - found; {
	case missing == 1:
		text += ": 1 holder was not found"
	case missing > 1:
		text += ": " + thousands(missing) + " holders were not found"
	}
	return text
}

// Request says what a request is, on what, and where it waits.
func Request(r *queue.Request) string {
	op := r.Op
	if r.Multishot {
		op = "multishot " + op
	}
	return fmt.Sprintf("%s user_data %s %s, %s, %s", op, r.UserData, slot(r), file(&r.File), state(r))
}

func slot(r *queue.Request) string {
	text := "on slot " + strconv.Itoa(r.Slot)
	switch {
	case r.Slot < 0:
		text = "on no slot"
	case r.Replaced:
		text += " (which holds another file by now)"
	}
	if r.Buffer != nil {
		text += ", fixed buffer " + strconv.Itoa(*r.Buffer)
	}
	return text
}

func file(f *queue.FileInfo) string {
	switch f.Kind {
	case "", "none":
		return "no file"
	case "socket":
		return socket(f.Proto, f.Local, f.Remote, f.State)
	}
	text := f.Kind + " file"
	if f.Inode != 0 {
		text += " inode " + strconv.FormatUint(f.Inode, 10)
	}
	return text
}

func socket(proto, local, remote, state string) string {
	words := make([]string, 0, 4)
	for _, word := range []string{proto, local} {
		if word != "" {
			words = append(words, word)
		}
	}
	if remote != "" {
		words = append(words, "to "+remote)
	}
	if state != "" {
		words = append(words, state)
	}
	if proto == "" {
		words = append([]string{"socket"}, words...)
	} else if local == "" && remote == "" {
		words = append(words, "socket")
	}
	return strings.Join(words, " ")
}

func state(r *queue.Request) string {
	by := "by an unknown task"
	if r.Task.TID != 0 {
		by = "by tid " + strconv.Itoa(r.Task.TID)
		if r.Task.Comm != "" {
			by += ` "` + Clean(r.Task.Comm) + `"`
		}
	}
	switch r.State {
	case "poll":
		return "poll armed " + by
	case "io-wq":
		return "runs in io-wq, submitted " + by
	case "io-wq-pending":
		return "waits for io-wq, submitted " + by
	case "":
		return "submitted " + by
	}
	return r.State + ", submitted " + by
}

// frees says what goes when a pin has ended, later if the kernel defers that.
func frees(f *queue.Frees, later bool) string {
	var parts []string
	if f.Nodes > 0 {
		parts = append(parts, count(f.Nodes, "node"))
	}
	if f.Sockets > 0 {
		parts = append(parts, count(f.Sockets, "socket"))
	}
	if rest := f.Files - f.Sockets; rest > 0 && f.Sockets > 0 {
		parts = append(parts, count(rest, "other file"))
	} else if rest > 0 {
		parts = append(parts, count(rest, "file"))
	}
	if f.Buffers > 0 {
		parts = append(parts, count(f.Buffers, "buffer"))
	}
	if len(parts) == 0 {
		return "nothing goes"
	}
	verb := " go"
	if len(parts) == 1 && f.Nodes == 1 {
		verb = " goes"
	}
	text := parts[0]
	if n := len(parts); n > 1 {
		text = strings.Join(parts[:n-1], ", ") + " and " + parts[n-1]
	}
	if f.Bytes > 0 {
		text += " (about " + size(f.Bytes) + ")"
	}
	text += verb
	if later {
		text += " about a second later"
	}
	return text
}

// next says what stands in the way when pin i has ended.
func next(r *queue.RingReport, i int, independent bool) string {
	all := r.Blockers
	switch {
	case independent:
		return ""
	case i+1 < len(all):
		return fmt.Sprintf("; then node %d at place %s holds the rest", all[i+1].Node, thousands(all[i+1].Position))
	}
	if r.Queue.Pinned > len(all) {
		return "; then another pin holds the rest"
	}
	return "; no other pin behind it"
}
