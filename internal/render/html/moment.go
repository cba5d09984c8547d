package html

import (
	"uringtrace/internal/history"
	"uringtrace/internal/queue"
	"uringtrace/internal/render/text"
)

// moment is where the queues stood at some time.
type moment struct {
	Time  number     `json:"t"`
	Rings []standing `json:"rings"`
	More  int        `json:"more"` // rings with a queue that are not among them
}

// standing is one ring's queue at that time.
type standing struct {
	Ring      int      `json:"ring"`
	Title     int      `json:"title"` // a text
	State     string   `json:"state"`
	Nodes     int      `json:"nodes"`
	Pinned    int      `json:"pinned"`
	Blocked   int      `json:"blocked"`
	Unsettled int      `json:"unsettled"`
	Releasing int      `json:"releasing"`
	Rows      [][2]int `json:"rows"` // label and text
}

func (b *builder) moments() {
	all := b.history.Moments()
	b.Moments = make([]moment, 0, len(all))
	for i := range all {
		m := &all[i]
		out := moment{Time: b.at(m.Time), Rings: []standing{}}
		chosen := deepest(len(m.Rings), mostStanding, func(i int) int { return m.Rings[i].Queue.Nodes })
		for _, j := range chosen {
			out.Rings = append(out.Rings, b.standing(&m.Rings[j]))
		}
		out.More = len(m.Rings) - len(chosen)
		b.Moments = append(b.Moments, out)
	}
}

// standing says it in the words of the explanation.
func (b *builder) standing(s *history.Standing) standing {
	q := &s.Queue
	out := standing{
		Ring: s.Ring, Title: b.text(b.names[s.Ring]), State: string(q.State), Nodes: q.Nodes, Pinned: q.Pinned,
		Blocked: q.Blocked, Unsettled: q.Unsettled, Releasing: q.Releasing,
	}
	rows := text.RingRows(&queue.RingReport{
		Ring: s.Ring, FD: -1, Slots: -1, Exact: s.Inexact == "", Inexact: s.Inexact, Queue: *q, Held: s.Held,
		HeadSeconds: s.HeadSeconds, Blockers: s.Blockers,
	}, b.reclaim)
	for _, row := range rows[1:] {
		out.Rows = append(out.Rows, [2]int{b.text(row.Label), b.text(row.Text)})
	}
	return out
}
