package text

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Style says how lines may look. The zero Style is plain and never wraps, as for
// files and pipes.
type Style struct {
	Color bool
	Width int // columns of the terminal; 0: lines are as long as they are
}

const (
	bold   = "\x1b[1m"
	red    = "\x1b[1;31m"
	yellow = "\x1b[33m"
	green  = "\x1b[32m"
	dim    = "\x1b[2m"
	reset  = "\x1b[0m"
	// reverse is for the line that keys act on.
	reverse = "\x1b[7m"
)

func (s Style) paint(code, text string) string {
	if !s.Color || text == "" {
		return text
	}
	return code + text + reset
}

// Bold is text that stands out.
func (s Style) Bold(text string) string { return s.paint(bold, text) }

// Chosen is a line that begins with a space, marked as the one that keys act on.
func (s Style) Chosen(line string) string {
	return s.paint(reverse, ">"+strings.TrimPrefix(ansi.Strip(line), " "))
}
