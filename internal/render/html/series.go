package html

import (
	"cmp"
	"math"

	"uringtrace/internal/history"
	"uringtrace/internal/queue"
)

// ringData is a ring over time. Lists of one kind are equally long.
type ringData struct {
	Ring     int       `json:"ring"`
	Name     string    `json:"name"`
	Watched  watched   `json:"watched"`
	Times    []number  `json:"t"` // at which an interval begins; in the last that is there nothing happens
	Least    []int     `json:"least"`
	Most     []int     `json:"most"`
	Last     []int     `json:"last"`
	Removed  []number  `json:"removed"` // per second
	Released []number  `json:"released"`
	Freed    []number  `json:"freed"` // sockets truly released, per second
	Looks    looksData `json:"looks"`
	Inexact  []inexact `json:"inexact"`
}

// watched says what was heard of a ring. What was not is not zero.
type watched string

const (
	allWatched      watched = "all"
	removalsWatched watched = "removals"
	noneWatched     watched = "none"
)

// watch finds what was heard of each ring.
func (b *builder) watch(report *queue.Report) {
	for i := range report.Rings {
		r := &report.Rings[i]
		switch {
		case report.Backend == "" || report.Backend == "none":
			b.watched[r.Ring] = noneWatched
		case r.Seen.RemovalsOnly:
			b.watched[r.Ring] = removalsWatched
		}
	}
}

// looksData is what looks at all nodes have told.
type looksData struct {
	Times   []number `json:"t"`
	Pinned  []int    `json:"pinned"`
	Blocked []int    `json:"blocked"`
	Sockets []int    `json:"sockets"`
	Bytes   []uint64 `json:"bytes"`
}

// inexact is a time in which a ring was not exact.
type inexact struct {
	Begin  number  `json:"begin"`
	End    *number `json:"end"` // nil: it still was at the end
	Why    int     `json:"why"` // a text
	Merged int     `json:"merged"`
}

// socketData is how many sockets were in use.
type socketData struct {
	Times []number `json:"t"`
	Used  []int    `json:"used"`
}

// rings are the deepest ones; if none has ever had a node, the first.
func (b *builder) rings() {
	all := b.history.Rings()
	chosen := deepest(len(all), mostCharts, func(i int) int { return all[i].Depth })
	if len(chosen) == 0 && len(all) > 0 {
		chosen = []int{0}
	}
	b.Rings = make([]ringData, 0, len(chosen))
	for _, i := range chosen {
		b.Rings = append(b.Rings, b.ring(all[i]))
	}
	b.LeftOut.Charts = len(deepest(len(all), len(all), func(i int) int { return all[i].Depth })) - len(chosen)
	b.LeftOut.Charts = max(b.LeftOut.Charts, 0)
}

func (b *builder) ring(r *history.Ring) ringData {
	width := b.history.Width()
	out := ringData{Ring: r.Number, Name: b.names[r.Number], Watched: cmp.Or(b.watched[r.Number], allWatched), Inexact: []inexact{}}
	for i := range r.Intervals {
		at := &r.Intervals[i]
		out.add(b.at(at.Begin), at, b.Width)
		if i+1 == len(r.Intervals) || r.Intervals[i+1].Begin > at.Begin+width {
			out.rest(b.at(at.Begin+width), at.Last)
		}
		if look := &at.Look; look.Time != 0 {
			out.Looks.add(b.at(look.Time), look)
		}
	}
	if n := len(out.Times); n > 0 && out.Times[n-1] < b.End {
		out.rest(b.End, out.Last[n-1])
	}
	for _, s := range r.Inexact {
		span := inexact{Begin: b.at(s.Begin), Why: b.text(s.Why), Merged: s.Merged}
		if s.End != 0 {
			end := b.at(s.End)
			span.End = &end
		}
		out.Inexact = append(out.Inexact, span)
	}
	return out
}

func (d *ringData) add(t number, at *history.Interval, width number) {
	d.Times = append(d.Times, t)
	d.Least, d.Most, d.Last = append(d.Least, at.Least), append(d.Most, at.Most), append(d.Last, at.Last)
	d.Removed = append(d.Removed, rate(at.Removed, width))
	d.Released = append(d.Released, rate(at.Released, width))
	d.Freed = append(d.Freed, rate(at.Sockets, width))
}

// rest: from then on nothing has happened.
func (d *ringData) rest(t number, nodes int) {
	d.add(t, &history.Interval{Least: nodes, Most: nodes, Last: nodes}, 1)
}

func rate(n uint64, seconds number) number {
	const precision = 100
	return math.Round(float64(n)/seconds*precision) / precision
}

func (d *looksData) add(t number, look *history.Look) {
	d.Times = append(d.Times, t)
	d.Pinned, d.Blocked = append(d.Pinned, look.Queue.Pinned), append(d.Blocked, look.Queue.Blocked)
	d.Sockets, d.Bytes = append(d.Sockets, look.Sockets), append(d.Bytes, look.Bytes)
}

func (b *builder) sockets() {
	for _, s := range b.history.Sockets() {
		b.Sockets.Times = append(b.Sockets.Times, b.at(s.Time))
		b.Sockets.Used = append(b.Sockets.Used, s.Used)
	}
}
