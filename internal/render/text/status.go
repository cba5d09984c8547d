package text

import (
	"fmt"
	"strconv"
	"time"

	"uringtrace/internal/queue"
)

// Status is where a ring stands and how it moves.
type Status struct {
	queue.Status
	Rate    float64       // nodes per second since the last look
	HeadAge time.Duration // how long the head has been in front
	Longer  bool          // it was there before we looked: HeadAge is the least

	Removals float64 // resources removed per second since the last look
}

// Line is the status in one line.
func (s *Status) Line() string {
	line := "ring " + strconv.Itoa(s.Ring)
	if s.FD >= 0 {
		line += ", fd " + strconv.Itoa(s.FD)
	}
	if s.Ended {
		return line + "  closed"
	}
	line += "  " + count(s.Nodes, "node")
	if s.Releasing > 0 {
		line += " (" + thousands(s.Releasing) + " releasing)"
	}
	line += fmt.Sprintf("  %s/s", signed(s.Rate))
	if s.Head > 0 {
		line += "  head " + s.head()
	}
	if !s.Exact {
		line += "  not exact"
	}
	return line
}

// head is the node in front and how long it has been there.
func (s *Status) head() string {
	line := fmt.Sprintf("node %d for ", s.Head)
	if s.Longer {
		line += "more than "
	}
	return line + age(s.HeadAge)
}

// signed writes a rate with its sign, whole numbers from ten on.
func signed(rate float64) string {
	digits := 0
	if rate > -10 && rate < 10 && rate != float64(int(rate)) {
		digits = 1
	}
	text := strconv.FormatFloat(rate, 'f', digits, 64)
	if rate > 0 {
		text = "+" + text
	}
	return text
}
