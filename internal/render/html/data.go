package html

import (
	"math"

	"uringtrace/internal/events"
	"uringtrace/internal/history"
	"uringtrace/internal/queue"
	"uringtrace/internal/render/text"
)

// The bounds of the page, so that it stays small: see also those of package history.
const (
	mostCharts   = 16   // rings with a chart: the deepest
	mostPins     = 1000 // the longest
	mostStanding = 8    // rings at a moment: the deepest
)

// data is what the page's scripts draw. Times are seconds from the beginning.
type data struct {
	Queue   bool        `json:"queue"` // nodes wait for each other in one
	Wall    int64       `json:"wall"`  // ms since 1970 at the beginning; 0: unknown
	End     float64     `json:"end"`   // of the last entry
	Width   float64     `json:"width"` // of an interval
	Texts   []string    `json:"texts"` // that others name by number
	Rings   []ringData  `json:"rings"`
	Sockets socketData  `json:"sockets"`
	Pins    []pinData   `json:"pins"`
	Moments []moment    `json:"moments"`
	Losses  [][2]number `json:"losses"` // time, events lost by then
	LeftOut leftOut     `json:"left_out"`
}

// leftOut counts what is in the history, or was seen by it, and is not on the page.
type leftOut struct {
	Rings  int `json:"rings"`
	Charts int `json:"charts"`
	Pins   int `json:"pins"`
}

type number = float64

// builder fills data.
type builder struct {
	data
	history *history.History
	begin   uint64
	texts   map[string]int
	names   map[int]string // of rings
	watched map[int]watched
	reclaim string
}

func newData(in *Input) *data {
	b := &builder{
		history: in.History, texts: make(map[string]int), names: make(map[int]string),
		watched: make(map[int]watched),
		reclaim: in.Report.Kernel.Reclaim,
	}
	begin, end := in.History.Span()
	b.begin = begin
	b.Queue = b.reclaim != events.Independent.String()
	b.End, b.Width = b.at(end), b.span(in.History.Width())
	if !in.Began.IsZero() {
		b.Wall = in.Began.UnixMilli()
	}
	b.LeftOut.Rings = in.History.RingsLeftOut()
	b.name(in.Report)
	b.watch(in.Report)
	b.rings()
	b.sockets()
	b.pins()
	b.moments()
	b.losses()
	return &b.data
}

// name finds what to call each ring.
func (b *builder) name(report *queue.Report) {
	for _, r := range b.history.Rings() {
		b.names[r.Number] = text.RingName(&queue.RingReport{Ring: r.Number, FD: r.FD, Ended: r.Ended, Slots: -1})
	}
	for i := range report.Rings {
		b.names[report.Rings[i].Ring] = text.RingName(&report.Rings[i])
	}
}

// at is a time in seconds from the beginning, to the microsecond.
func (b *builder) at(ns uint64) float64 { return b.span(ns - min(ns, b.begin)) }

func (b *builder) span(ns uint64) float64 { return math.Round(float64(ns)/1e3) / 1e6 }

// text is the number of a text.
func (b *builder) text(s string) int {
	n, ok := b.texts[s]
	if !ok {
		n = len(b.Texts)
		b.texts[s] = n
		b.Texts = append(b.Texts, s)
	}
	return n
}

func (b *builder) losses() {
	b.Losses = [][2]number{}
	for _, l := range b.history.Losses() {
		b.Losses = append(b.Losses, [2]number{b.at(l.Time), float64(l.Events)})
	}
}
