package fullscreen

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"uringtrace/internal/queue"
	"uringtrace/internal/render"
	"uringtrace/internal/render/text"
)

// The smallest terminal that top has room in.
const (
	minWidth  = 80
	minHeight = 10
)

// Top is what top shows: the rings in a table, the explanation of the process of
// one, or help.
type Top struct {
	selection render.Selection
	interval  time.Duration
	color     bool

	all     *render.Top // the last refresh; nil: there was none yet
	shown   *render.Top // what of it is selected
	reports []queue.Report
	next    time.Duration // until the next one

	mode      topMode
	ring      ringID // that the cursor is on
	cursor    int    // its row
	table     page
	explained queue.Report
	ended     bool // the explained process has no ring any more
	text      page
	before    topFilter // what the one that is edited was
	height    int       // of the screen, as it was drawn last
}

type ringID struct{ pid, ring int }

// topFilter is a filter and the ring that was chosen under it.
type topFilter struct {
	words string
	ring  ringID
}

type topMode int

const (
	showTable topMode = iota
	editFilter
	showExplanation
	showHelp
)

// NewTop is a view that has seen nothing yet. interval is what was asked for.
func NewTop(s render.Selection, interval time.Duration, color bool) *Top {
	return &Top{selection: s, interval: interval, color: color}
}

// Take shows a refresh, the reports that it is made of, and how long it is until
// the next one.
func (t *Top) Take(top *render.Top, reports []queue.Report, next time.Duration) {
	t.all, t.reports, t.next = top, reports, next
	t.sel()
	if t.mode == showExplanation {
		t.explain(t.explained.Target.PID)
	}
}

// sel selects anew. The cursor stays on its ring, or on its row if that is gone.
func (t *Top) sel() {
	if t.all == nil {
		return
	}
	t.shown = t.selection.Of(t.all)
	at := slices.IndexFunc(t.shown.Rings, func(r render.TopRing) bool { return idOf(&r) == t.ring })
	if at < 0 {
		at = t.cursor
	}
	t.moveTo(at)
}

func idOf(r *render.TopRing) ringID { return ringID{r.Target.PID, r.Ring} }

func (t *Top) moveTo(row int) {
	t.cursor = max(0, min(row, t.rows()-1))
	if t.cursor < t.rows() {
		t.ring = idOf(&t.shown.Rings[t.cursor])
	}
}

func (t *Top) rows() int {
	if t.shown == nil {
		return 0
	}
	return len(t.shown.Rings)
}

// explain takes the report of a process; without one the last stays.
func (t *Top) explain(pid int) {
	i := slices.IndexFunc(t.reports, func(r queue.Report) bool { return r.Target.PID == pid })
	if t.ended = i < 0; !t.ended {
		t.explained = t.reports[i]
	}
}

// Press obeys a key, by its name; it reports whether that is to quit.
func (t *Top) Press(key string) (quit bool) {
	if t.mode == editFilter {
		t.edit(key)
		return false
	}
	switch {
	case key == "q":
		return true
	case key == "?":
		t.mode, t.text = showHelp, page{}
	case key == "esc":
		t.mode = showTable
	case t.mode == showTable:
		t.pressInTable(key)
	default:
		t.text.press(key, t.height-1)
	}
	return false
}

func (t *Top) pressInTable(key string) {
	switch key {
	case "enter":
		if t.rows() > 0 {
			t.mode, t.text = showExplanation, page{}
			t.explain(t.ring.pid)
		}
	case "/":
		t.mode, t.before = editFilter, topFilter{t.selection.Filter, t.ring}
	case "s", "S":
		all := render.Orders()
		step := 1
		if key == "S" {
			step = len(all) - 1
		}
		t.selection.Order = all[(slices.Index(all, t.selection.Order)+step)%len(all)]
		t.sel()
	case "r":
		t.selection.Reverse = !t.selection.Reverse
		t.sel()
	default:
		p := page{t.cursor}
		p.press(key, t.room())
		t.moveTo(p.top)
	}
}

// edit changes the filter, which holds at once.
func (t *Top) edit(key string) {
	f := &t.selection.Filter
	switch key {
	case "enter":
		t.mode = showTable
	case "esc":
		*f, t.ring, t.mode = t.before.words, t.before.ring, showTable
	case "ctrl+u":
		*f = ""
	case "backspace":
		if runes := []rune(*f); len(runes) > 0 {
			*f = string(runes[:len(runes)-1])
		}
	case "space":
		*f += " "
	default:
		if len([]rune(key)) == 1 { // others are names of keys
			*f += key
		}
	}
	t.sel()
}

// headLines are above the rows of the table, its heading among them.
const headLines = 5

// room is how many rows the table has room for.
func (t *Top) room() int { return max(1, t.height-headLines-1) }

// Lines is the screen.
func (t *Top) Lines(width, height int) []string {
	t.height = height
	if small := tooSmall("uringtrace top", width, height, minWidth, minHeight); small != nil {
		return small
	}
	s := text.Style{Color: t.color, Width: width}
	switch t.mode {
	case showExplanation:
		return t.explanation(s)
	case showHelp:
		lines := strings.Split(strings.TrimRight(topHelp, "\n"), "\n")
		return t.scrolled(s, lines, keys(s, "Esc", "back", "q", "quit"))
	case showTable, editFilter:
	}
	foot := keys(s, "q", "quit", "?", "help", "/", "filter", "s", "sort", "r", "reverse", "Enter", "explain")
	if t.mode == editFilter {
		foot = "filter: " + text.Printable(t.selection.Filter) + "_   " + keys(s, "Enter", "keeps it", "Esc", "leaves it as it was")
	}
	if t.all == nil {
		return frame(s, height, nil, []string{"looking at the rings of this host"}, foot)
	}
	return frame(s, height, t.head(s), t.body(s), foot)
}

func (t *Top) head(s text.Style) []string {
	order := "sorted by " + string(t.selection.Order)
	if t.selection.Reverse {
		order += ", reversed"
	}
	if f := strings.TrimSpace(t.selection.Filter); f != "" {
		order += fmt.Sprintf(", filter %q shows %d of %d", f, t.rows(), len(t.all.Rings))
	}
	note := ""
	if len(t.all.Notes) > 0 {
		note = "note: " + strings.Join(t.all.Notes, "; ")
	}
	return []string{text.TopKernel(t.all, s), text.TopFound(t.all, s), order + "; " + text.TopLooks(t.all, t.interval, t.next), note}
}

// body is the table with its heading, as much as there is room for.
func (t *Top) body(s text.Style) []string {
	lines := text.TopTable(t.shown, s)
	if len(lines) == 0 {
		return nil
	}
	rows := lines[1:]
	rows[t.cursor] = s.Chosen(rows[t.cursor])
	t.table.top = max(min(t.table.top, t.cursor), t.cursor-t.room()+1)
	return append(lines[:1:1], t.table.of(rows, t.room())...)
}

func (t *Top) explanation(s text.Style) []string {
	var b strings.Builder
	if t.ended {
		b.WriteString("This process has no ring any more; this is what was seen last.\n\n")
	}
	// A strings.Builder takes all that is written.
	_ = text.Report(&b, &t.explained, s)
	lines := strings.Split(strings.TrimRight(ansi.Wrap(b.String(), s.Width, ""), "\n"), "\n")
	return t.scrolled(s, lines, keys(s, "Esc", "back", "Up/Down", "scroll", "?", "help", "q", "quit"))
}

func (t *Top) scrolled(s text.Style, lines []string, foot string) []string {
	window := t.text.of(lines, t.height-1)
	if place := t.text.place(lines, t.height-1); place != "" {
		foot += "  " + place
	}
	return frame(s, t.height, nil, window, foot)
}
