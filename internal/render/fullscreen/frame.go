package fullscreen

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"uringtrace/internal/render/text"
)

// frame is body under head, and foot at the bottom of a screen of that height.
func frame(s text.Style, height int, head, body []string, foot string) []string {
	lines := append(append(make([]string, 0, height), head...), body...)
	for len(lines) < height-1 {
		lines = append(lines, "")
	}
	lines = append(lines[:max(0, height-1)], foot)
	for i := range lines {
		lines[i] = s.Cut(lines[i])
	}
	return lines
}

// tooSmall is one message in place of a screen that has no room for anything else;
// nil: it has.
func tooSmall(command string, width, height, minWidth, minHeight int) []string {
	if width >= minWidth && height >= minHeight {
		return nil
	}
	message := fmt.Sprintf("%s needs a terminal of %d columns and %d lines, this one has %d and %d: make it larger, or use -o json; Ctrl-C quits",
		command, minWidth, minHeight, width, height)
	lines := strings.Split(ansi.Wrap(message, max(1, width), ""), "\n")
	return lines[:min(len(lines), max(1, height))]
}

// keys is a foot that names keys.
func keys(s text.Style, pairs ...string) string {
	var parts []string
	for i := 0; i+1 < len(pairs); i += 2 {
		parts = append(parts, s.Bold(pairs[i])+" "+pairs[i+1])
	}
	return strings.Join(parts, "  ")
}
