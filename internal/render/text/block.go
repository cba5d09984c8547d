package text

import (
	"io"
	"strings"
	"unicode/utf8"
)

const (
	labelColumn = 2  // where a label starts
	textColumn  = 14 // where what it says starts
	minWidth    = 40 // narrower terminals wrap by themselves
)

// Row is one row of what is written: a heading, or a text behind its label. Without
// a label it belongs to the row above.
type Row struct {
	Heading     bool
	Label, Text string
	color       string // of the label
}

// block collects rows.
type block struct {
	style Style
	rows  []Row
}

// heading adds a line that starts at the left.
func (b *block) heading(text string) { b.rows = append(b.rows, Row{Heading: true, Text: text}) }

// line adds a text behind its label.
func (b *block) line(label, text string) { b.mark(label, bold, text) }

// mark is line with a label of some colour.
func (b *block) mark(label, color, text string) {
	b.rows = append(b.rows, Row{Label: label, Text: text, color: color})
}

func (b *block) writeTo(w io.Writer) error {
	var out strings.Builder
	for i := range b.rows {
		b.write(&out, &b.rows[i])
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// write writes a row, its text wrapped to the style's width.
func (b *block) write(out *strings.Builder, r *Row) {
	if r.Heading {
		out.WriteString(r.Text + "\n")
		return
	}
	lead := strings.Repeat(" ", labelColumn)
	pad := max(1, textColumn-labelColumn-utf8.RuneCountInString(r.Label))
	lead += b.style.paint(r.color, r.Label) + strings.Repeat(" ", pad)
	for _, part := range wrap(r.Text, b.style.Width-textColumn) {
		out.WriteString(lead + part + "\n")
		lead = strings.Repeat(" ", textColumn)
	}
}

// wrap breaks text between words so that no line is longer than width; a word that
// is longer stands alone. A width too small for that leaves the text as it is.
func wrap(text string, width int) []string {
	if width < minWidth-textColumn {
		return []string{text}
	}
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width:
			lines = append(lines, line)
			line = word
		default:
			line += " " + word
		}
	}
	return append(lines, line)
}
