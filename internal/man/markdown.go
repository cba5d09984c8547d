package man

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
)

// markdown is a page as go-md2man reads it. What comes from a command is escaped:
// none of it is markup.
type markdown struct{ strings.Builder }

func (m *markdown) title(name string, e Edition) {
	fmt.Fprintf(m, "%% %q \"1\" %q %q \"User Commands\"\n",
		strings.ToUpper(name), e.Date.UTC().Format("2006-01-02"), "uringtrace "+e.Version)
}

func (m *markdown) heading(title string) { fmt.Fprintf(m, "# %s\n", strings.ToUpper(title)) }

// raw is a paragraph of markdown.
func (m *markdown) raw(s string) { fmt.Fprintf(m, "%s\n\n", s) }

func (m *markdown) text(s string) { m.raw(escape(s)) }

// item is one of a list; its word is markdown.
func (m *markdown) item(word, text string) { fmt.Fprintf(m, "%s\n: %s\n\n", word, escape(text)) }

func (m *markdown) verbatim(s string) { fmt.Fprintf(m, "```\n%s\n```\n\n", s) }

var special = regexp.MustCompile("[][\\\\`*_{}()#+.!|<>~:&-]")

func escape(s string) string { return special.ReplaceAllString(s, `\$0`) }

// list is a table of words in a command's description: a line that ends in a
// colon, then one indented line for each word, with two spaces behind it.
type list struct {
	title string
	items [][2]string
}

var itemLine = regexp.MustCompile(`^  (\S+(?: \S+)*) {2,}(\S.*)$`)

// split divides a description into paragraphs and lists.
func split(long string) (paragraphs []string, lists []list) {
	for _, p := range strings.Split(strings.TrimSpace(long), "\n\n") {
		if l, ok := parseList(p); ok {
			lists = append(lists, l)
		} else {
			paragraphs = append(paragraphs, p)
		}
	}
	return paragraphs, lists
}

func parseList(paragraph string) (list, bool) {
	lines := strings.Split(paragraph, "\n")
	title, ok := strings.CutSuffix(lines[0], ":")
	l := list{title: title}
	for _, line := range lines[1:] {
		match := itemLine.FindStringSubmatch(line)
		if match == nil {
			return list{}, false
		}
		l.items = append(l.items, [2]string{match[1], match[2]})
	}
	return l, ok && len(l.items) > 0
}

// finish puts right what go-md2man leaves to chance. Every dash becomes one that can
// be typed: a bare one is a hyphen, which looks alike and is another character to a
// shell. Blank lines, of which pagers show each, go where text is filled, and words
// are not divided.
func finish(roff []byte) []byte {
	var out []byte
	verbatim := false
	for line := range bytes.Lines(roff) {
		switch {
		case bytes.HasPrefix(line, []byte(".TH ")):
			out = append(append(out, line...), ".nr HY 0\n.ad l\n"...)
			continue
		case bytes.HasPrefix(line, []byte(".EX")), bytes.HasPrefix(line, []byte(".EE")):
			verbatim = line[2] == 'X'
		case !verbatim && len(bytes.TrimSpace(line)) == 0:
			continue
		}
		out = append(out, bytes.ReplaceAll(line, []byte("-"), []byte(`\-`))...)
	}
	return out
}
