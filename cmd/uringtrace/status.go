package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"uringtrace/internal/queue"
	"uringtrace/internal/render/text"
)

// statusLine shows where the rings stand: on a terminal in one line that is
// rewritten in place, elsewhere as one plain line each time.
type statusLine struct {
	tool  *tool
	mu    sync.Mutex
	shown bool
}

// shownRings is how many rings the line has room for.
const shownRings = 2

func (s *statusLine) show(all []text.Status, lost *queue.Lost) {
	line := summary(all)
	if lost.Any() || lost.Repairs > 0 {
		line = text.Lost(lost) + " | " + line // first: a narrow terminal must not cut it off
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.tool.progress {
		fmt.Fprintln(s.tool.stderr, line)
		return
	}
	fmt.Fprintf(s.tool.stderr, "\r\x1b[K%s", cut(line, s.tool.width()))
	s.shown = true
}

// clear takes the line away so that something else can be written.
func (s *statusLine) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shown {
		fmt.Fprint(s.tool.stderr, "\r\x1b[K")
		s.shown = false
	}
}

// summary is the status of the rings with most nodes.
func summary(all []text.Status) string {
	if len(all) == 0 {
		return "no rings yet"
	}
	busy := slices.SortedStableFunc(slices.Values(all), func(a, b text.Status) int {
		return cmp.Compare(b.Nodes, a.Nodes)
	})
	var parts []string
	for i := range min(len(busy), shownRings) {
		parts = append(parts, busy[i].Line())
	}
	if more := len(busy) - shownRings; more > 0 {
		parts = append(parts, fmt.Sprintf("%d more", more))
	}
	return strings.Join(parts, " | ")
}

// cut keeps a line from wrapping, which could not be rewritten in place.
func cut(line string, width int) string {
	if width <= 0 || utf8.RuneCountInString(line) < width {
		return line
	}
	return string([]rune(line)[:width-1])
}
