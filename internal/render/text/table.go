package text

import (
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// table writes rows with a heading in aligned columns, those numbered in right at
// their right end.
func (b *block) table(rows [][]string, right ...int) {
	for _, line := range b.style.align(rows, "  ", right...) {
		b.heading(line)
	}
}

// align is such rows as lines, with gap before each column. It is not
// text/tabwriter because that counts colour as width.
func (s Style) align(rows [][]string, gap string, right ...int) []string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], ansi.StringWidth(cell))
		}
	}
	lines := make([]string, 0, len(rows))
	for n, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-ansi.StringWidth(cell))
			if slices.Contains(right, i) {
				line.WriteString(gap + pad + cell)
			} else {
				line.WriteString(gap + cell + pad)
			}
		}
		text := strings.TrimRight(line.String(), " ")
		if n == 0 {
			text = s.paint(dim, text)
		}
		lines = append(lines, text)
	}
	return lines
}

// Cut is a line that is no wider than the style's width.
func (s Style) Cut(line string) string {
	if s.Width <= 0 {
		return line
	}
	return ansi.Truncate(line, s.Width, "…")
}
