package jsonl

import (
	"io"
	"time"

	"uringtrace/internal/history"
	"uringtrace/internal/queue"
)

// History writes what has become of a process's rings, and the explanation at its
// end. began is the wall-clock time of its beginning; zero: unknown. The history
// must have finished.
func History(w io.Writer, h *history.History, r *queue.Report, began time.Time) error {
	b := historyBuilder{history: h}
	b.begin, _ = h.Span()
	return write(w, historyLine{Version: 1, Report: whole(r), History: b.build(began)})
}

type historyLine struct {
	Version int           `json:"v"`
	Report  *queue.Report `json:"report"`
	History historyObject `json:"history"`
}

// historyObject has all times in seconds from its beginning.
type historyObject struct {
	Began          string        `json:"began,omitempty"`
	Seconds        float64       `json:"seconds"`
	Interval       float64       `json:"interval_seconds"`
	Rings          []ringHistory `json:"rings"`
	RingsLeftOut   int           `json:"rings_left_out,omitempty"`
	Pins           []pinHistory  `json:"pins"`
	PinsShorter    int           `json:"pins_shorter,omitempty"`
	PinsUnfollowed int           `json:"pins_not_followed,omitempty"`
	Sockets        []usedSockets `json:"sockets_in_use"`
	Losses         []lossAt      `json:"lost"`
	Moments        []momentAt    `json:"moments"`
}

type ringHistory struct {
	Ring      int           `json:"ring"`
	FD        int           `json:"fd"`
	Begin     float64       `json:"begin"`
	End       *float64      `json:"end,omitempty"`
	Depth     int           `json:"depth"`
	Intervals []interval    `json:"intervals"`
	Inexact   []inexactSpan `json:"inexact"`
}

type interval struct {
	Begin    float64 `json:"begin"`
	Least    int     `json:"least"`
	Most     int     `json:"most"`
	Last     int     `json:"last"`
	Removed  uint64  `json:"removed"`
	Released uint64  `json:"released"`
	Sockets  uint64  `json:"sockets_released"`
	Look     *lookAt `json:"look,omitempty"`
}

type lookAt struct {
	Time    float64      `json:"at"`
	Queue   queue.Counts `json:"queue"`
	Files   int          `json:"files"`
	Sockets int          `json:"sockets"`
	Buffers int          `json:"buffers"`
	Bytes   uint64       `json:"bytes"`
}

type inexactSpan struct {
	Begin float64  `json:"begin"`
	End   *float64 `json:"end,omitempty"`
	Why   string   `json:"why"`
	More  int      `json:"more,omitempty"`
}

type pinHistory struct {
	Ring       int             `json:"ring"`
	Node       int             `json:"node"`
	Begin      float64         `json:"begin"`
	Older      bool            `json:"older,omitempty"`
	End        *float64        `json:"end,omitempty"`
	Why        history.End     `json:"ended_by,omitempty"`
	Released   int             `json:"released_nodes,omitempty"`
	Position   int             `json:"position"`
	References int             `json:"references"`
	Found      int             `json:"found"`
	Requests   []queue.Request `json:"requests"`
	Frees      queue.Frees     `json:"frees"`
}

type usedSockets struct {
	Time  float64 `json:"at"`
	Used  int     `json:"used"`
	Least int     `json:"least"`
	Most  int     `json:"most"`
}

type lossAt struct {
	Time   float64 `json:"at"`
	Events uint64  `json:"events"`
}

type momentAt struct {
	Time  float64      `json:"at"`
	Rings []standingAt `json:"rings"`
}

type standingAt struct {
	Ring        int             `json:"ring"`
	Inexact     string          `json:"inexact,omitempty"`
	Queue       queue.Counts    `json:"queue"`
	Held        queue.Held      `json:"held"`
	HeadSeconds float64         `json:"head_seconds,omitempty"`
	Blockers    []queue.Blocker `json:"blockers"`
}

type historyBuilder struct {
	history *history.History
	begin   uint64
}

func (b *historyBuilder) build(began time.Time) historyObject {
	h := b.history
	begin, end := h.Span()
	out := historyObject{
		Seconds: float64(end-begin) / 1e9, Interval: float64(h.Width()) / 1e9, RingsLeftOut: h.RingsLeftOut(),
		Rings: []ringHistory{}, Pins: []pinHistory{}, Sockets: []usedSockets{}, Losses: []lossAt{}, Moments: []momentAt{},
	}
	out.PinsShorter, out.PinsUnfollowed = h.PinsLeftOut()
	if !began.IsZero() {
		out.Began = began.UTC().Format(time.RFC3339Nano)
	}
	for _, r := range h.Rings() {
		out.Rings = append(out.Rings, b.ring(r))
	}
	pins := h.Pins()
	for i := range pins {
		out.Pins = append(out.Pins, b.pin(&pins[i]))
	}
	for _, s := range h.Sockets() {
		out.Sockets = append(out.Sockets, usedSockets{b.at(s.Time), s.Used, s.Least, s.Most})
	}
	for _, l := range h.Losses() {
		out.Losses = append(out.Losses, lossAt{b.at(l.Time), l.Events})
	}
	for _, m := range h.Moments() {
		out.Moments = append(out.Moments, b.moment(&m))
	}
	return out
}

func (b *historyBuilder) at(time uint64) float64 { return float64(max(time, b.begin)-b.begin) / 1e9 }

// until is an end; nil: there was none.
func (b *historyBuilder) until(time uint64) *float64 {
	if time == 0 {
		return nil
	}
	at := b.at(time)
	return &at
}

func (b *historyBuilder) ring(r *history.Ring) ringHistory {
	out := ringHistory{
		Ring: r.Number, FD: r.FD, Begin: b.at(r.Begin), End: b.until(r.End), Depth: r.Depth,
		Intervals: make([]interval, 0, len(r.Intervals)), Inexact: make([]inexactSpan, 0, len(r.Inexact)),
	}
	for i := range r.Intervals {
		v := &r.Intervals[i]
		next := interval{b.at(v.Begin), v.Least, v.Most, v.Last, v.Removed, v.Released, v.Sockets, nil}
		if look := &v.Look; look.Time != 0 {
			next.Look = &lookAt{b.at(look.Time), look.Queue, look.Files, look.Sockets, look.Buffers, look.Bytes}
		}
		out.Intervals = append(out.Intervals, next)
	}
	for _, s := range r.Inexact {
		out.Inexact = append(out.Inexact, inexactSpan{b.at(s.Begin), b.until(s.End), s.Why, s.Merged})
	}
	return out
}

func (b *historyBuilder) pin(p *history.Pin) pinHistory {
	return pinHistory{
		Ring: p.Ring, Node: p.Node, Begin: b.at(p.Begin), Older: p.Older, End: b.until(p.Ended), Why: p.End,
		Released: p.Released, Position: p.Position, References: p.References, Found: p.Found,
		Requests: list(p.Requests), Frees: p.Frees,
	}
}

func (b *historyBuilder) moment(m *history.Moment) momentAt {
	out := momentAt{b.at(m.Time), make([]standingAt, 0, len(m.Rings))}
	for i := range m.Rings {
		s := &m.Rings[i]
		out.Rings = append(out.Rings, standingAt{s.Ring, s.Inexact, s.Queue, s.Held, s.HeadSeconds, blockers(s.Blockers)})
	}
	return out
}
