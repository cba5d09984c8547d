package perfetto

import (
	"slices"
	"strconv"

	"uringtrace/internal/history"
	"uringtrace/internal/render/text"
)

func (t *trace) ring(r *history.Ring, pins []history.Pin) {
	group := groupOf(r.Number)
	name := "ring " + strconv.Itoa(r.Number)
	if r.FD >= 0 {
		name += ", fd " + strconv.Itoa(r.FD)
	}
	t.name("process_name", group, 0, name)
	t.name("thread_name", group, inexactTrack, "not exact")
	for _, s := range r.Inexact {
		args := map[string]any{"why": s.Why}
		if s.Merged > 0 {
			args["more"] = s.Merged
		}
		t.span(group, inexactTrack, "not exact", s.Begin, s.End, args)
	}
	t.depth(r)
	var tracks []uint64 // when the last pin on each ends
	for i := range pins {
		if pins[i].Ring == r.Number {
			tracks = t.pin(&pins[i], tracks)
		}
	}
	for i := range tracks {
		t.name("thread_name", group, firstPins+i, "pins")
	}
}

// depth are the counters. In an interval the queue's greatest depth is told at its
// beginning, and at its end what it was then.
func (t *trace) depth(r *history.Ring) {
	group, width := groupOf(r.Number), t.history.Width()
	for i := range r.Intervals {
		v := &r.Intervals[i]
		end := min(v.Begin+width, t.end)
		t.count(group, "queue depth", "nodes", v.Begin, uint64(v.Most))
		t.count(group, "removed in interval", "resources", v.Begin, v.Removed)
		t.count(group, "released in interval", "resources", v.Begin, v.Released)
		if next := i + 1; next == len(r.Intervals) || r.Intervals[next].Begin > v.Begin+width {
			t.count(group, "queue depth", "nodes", end, uint64(v.Last))
			t.count(group, "removed in interval", "resources", end, 0)
			t.count(group, "released in interval", "resources", end, 0)
		}
		if look := &v.Look; look.Time != 0 {
			t.count(group, "held sockets", "sockets", look.Time, uint64(look.Sockets))
			t.count(group, "held memory", "bytes", look.Time, look.Bytes)
		}
	}
}

// pin puts a pin onto the first track on which it does not lie over another.
func (t *trace) pin(p *history.Pin, tracks []uint64) []uint64 {
	end := p.Ended
	if end == 0 {
		end = t.end
	}
	i := slices.IndexFunc(tracks, func(busy uint64) bool { return busy <= p.Begin })
	if i < 0 {
		i = len(tracks)
		tracks = append(tracks, 0)
	}
	tracks[i] = end
	t.span(groupOf(p.Ring), firstPins+i, pinName(p), p.Begin, end, pinArgs(p))
	return tracks
}

func pinName(p *history.Pin) string {
	if len(p.Requests) == 0 {
		return "node " + strconv.Itoa(p.Node)
	}
	q := &p.Requests[0]
	name := q.Op + " " + q.UserData
	if q.Slot >= 0 {
		name += " on slot " + strconv.Itoa(q.Slot)
	}
	return name
}

func pinArgs(p *history.Pin) map[string]any {
	args := map[string]any{"node": p.Node, "ends": string(p.End)}
	if p.End == history.StillHeld {
		args["ends"] = "still held"
	}
	if p.Older {
		args["begins"] = "before it was first seen"
	}
	if p.End == history.HoldersEnded {
		args["released_nodes"] = p.Released
	}
	if p.Read != 0 {
		args["references"], args["found"] = p.References, p.Found
		args["frees"] = p.Frees
	}
	for i := range p.Requests {
		args["holder_"+strconv.Itoa(i+1)] = text.Request(&p.Requests[i])
	}
	return args
}
