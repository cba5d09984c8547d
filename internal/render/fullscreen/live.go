package fullscreen

import (
	"slices"
	"time"

	"uringtrace/internal/queue"
	"uringtrace/internal/render/text"
)

// mostLooks is how many looks at a ring are drawn.
const mostLooks = 512

// Live is what attach shows: each ring of a process with the course of its queue.
type Live struct {
	color    bool
	interval time.Duration
	backend  string

	looks   int
	status  []text.Status
	lost    queue.Lost
	report  queue.Report
	courses map[int][]int // ring -> nodes at each look
	page    page
	height  int // of the screen, as it was drawn last
}

// NewLive is a view that has seen nothing yet. backend is how events arrive.
func NewLive(backend string, interval time.Duration, color bool) *Live {
	return &Live{backend: backend, interval: interval, color: color, courses: make(map[int][]int)}
}

// Take shows a look: where the rings stand, what was lost by now, and the last
// explanation, which may be a little older.
func (l *Live) Take(all []text.Status, lost queue.Lost, report queue.Report) {
	l.looks++
	l.status, l.lost, l.report = all, lost, report
	courses := make(map[int][]int, len(all))
	for i := range all {
		course := append(l.courses[all[i].Ring], all[i].Nodes)
		courses[all[i].Ring] = course[max(0, len(course)-mostLooks):]
	}
	l.courses = courses // rings that are forgotten go
}

// Press obeys a key, by its name; it reports whether that is to quit.
func (l *Live) Press(key string) (quit bool) {
	if key == "q" {
		return true
	}
	l.page.press(key, l.room())
	return false
}

const liveHead = 3 // lines

func (l *Live) room() int { return max(1, l.height-liveHead-1) }

// Lines is the screen.
func (l *Live) Lines(width, height int) []string {
	l.height = height
	s := text.Style{Color: l.color, Width: width}
	foot := keys(s, "q", "end and explain", "Up/Down", "scroll")
	if l.looks == 0 {
		return frame(s, height, nil, []string{"the first look is in " + l.interval.String()}, foot)
	}
	head := []string{text.LiveHead(&l.report, s), l.loss(), ""}
	body := l.body(s)
	if place := l.page.place(body, l.room()); place != "" {
		foot += "  " + place
	}
	return frame(s, height, head, l.page.of(body, l.room()), foot)
}

// loss is a line about how the events arrive, and what of them did not.
func (l *Live) loss() string {
	line := "backend " + l.backend + ", a look every " + l.interval.String() + "; "
	if l.lost.Any() || l.lost.Repairs > 0 {
		return line + text.Lost(&l.lost)
	}
	return line + "nothing lost"
}

func (l *Live) body(s text.Style) []string {
	var lines []string
	for i := range l.status {
		now := &l.status[i]
		at := slices.IndexFunc(l.report.Rings, func(r queue.RingReport) bool { return r.Ring == now.Ring })
		if at < 0 {
			lines = append(lines, now.Line(), "") // it was made since it was explained
			continue
		}
		course := l.courses[now.Ring]
		room := max(8, min(s.Width-60, mostLooks))
		shown := course[max(0, len(course)-room):]
		lines = append(lines, text.LiveRing(now, &l.report.Rings[at], l.report.Kernel.Reclaim,
			sparkline(shown, room), slices.Max(shown), s)...)
		lines = append(lines, "")
	}
	if len(lines) == 0 {
		lines = []string{"no rings yet"}
	}
	for _, what := range l.report.NotSeen {
		lines = append(lines, "not seen: "+what)
	}
	for _, note := range l.report.Notes {
		lines = append(lines, "note: "+note)
	}
	return lines
}
