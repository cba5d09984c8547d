package bench

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// table is text in columns that reads as well in Markdown as on a terminal. Its
// first row is the head.
type table [][]string

// says is the head of the column with words in it; in others but the first there are
// figures, which stand at the right.
const says = "says"

func (t *table) row(cells ...string) { *t = append(*t, cells) }

func (t table) String() string {
	width := make([]int, len(t[0]))
	for _, row := range t {
		for i, cell := range row {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for n, row := range t {
		for i, cell := range row {
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
			if i > 0 && t[0][i] != says {
				cell, pad = pad, cell
			}
			b.WriteString("| " + cell + pad + " ")
		}
		b.WriteString("|\n")
		if n > 0 {
			continue
		}
		for _, w := range width {
			b.WriteString("| " + strings.Repeat("-", w) + " ")
		}
		b.WriteString("|\n")
	}
	return b.String()
}

// SlowdownTable is the table of what observers cost, for one kind of work.
func (r *Result) SlowdownTable(work string) string {
	t := table{{"observer", "slowdown", "cycles", "own", "all", "observer ns", "ready ms", "lost", says}}
	for _, s := range r.Slowdowns {
		if s.Work != work {
			continue
		}
		if s.Missing != "" {
			t.row(s.Observer, "", "", "", "", "", "", "", s.Missing)
			continue
		}
		t.row(s.Observer, ratio(s.Ratio), ratio(s.Low)+"–"+ratio(s.High), ratio(s.Own), all(s),
			whole(s.ObserverNS), whole(s.ReadyMS), strconv.FormatUint(s.Lost, 10), s.Said)
	}
	return t.String()
}

func all(s Slowdown) string {
	if s.All == 0 {
		return ""
	}
	return ratio(s.All)
}

// Works are the kinds of work in r, in their order.
func (r *Result) Works() []string {
	var works []string
	for _, s := range r.Slowdowns {
		if len(works) == 0 || works[len(works)-1] != s.Work {
			works = append(works, s.Work)
		}
	}
	return works
}

// BaseNS is the time of an operation of that kind without an observer.
func (r *Result) BaseNS(work string) float64 {
	var all []float64
	for _, s := range r.Slowdowns {
		if s.Work == work && s.Missing == "" {
			all = append(all, s.BaseNS)
		}
	}
	return Median(all)
}

// longQueue is one whose nodes show in what the answer costs as a whole.
const longQueue = 10_000

// AnswerTable is the table of what answers cost.
func (r *Result) AnswerTable() string {
	t := table{{"tool", "nodes", "ms", "ns a node", "walk ms", "walk ns a node", "peak KiB", "bytes a node", says}}
	for _, a := range r.Answers {
		if a.Missing != "" {
			t.row(a.Tool, "", "", "", "", "", "", "", a.Missing)
			continue
		}
		ns, walk, walkNS, bytes := "", "", "", ""
		if a.WalkMS > 0 {
			walk = strconv.FormatFloat(a.WalkMS, 'f', 1, 64)
		}
		if a.Nodes >= longQueue {
			g := GrowthOf(a, r.Answers)
			ns, bytes = whole(g.NS), whole(g.Bytes)
			if a.WalkMS > 0 {
				walkNS = whole(g.Walk)
			}
		}
		t.row(a.Tool, strconv.Itoa(a.Nodes), whole(a.MS), ns, walk, walkNS, strconv.FormatUint(a.Peak>>10, 10), bytes, "")
	}
	return t.String()
}

// GoTable is the table of benchmarks that are run without a kernel.
func GoTable(list []GoBench) string {
	t := table{{"benchmark", "ns", "events/s", "allocations", "bytes a node"}}
	for _, b := range list {
		t.row(b.Name, value(b, "ns/op"), value(b, "events/s"), value(b, "allocs/op"), value(b, "B/node"))
	}
	return t.String()
}

func value(b GoBench, unit string) string {
	v, ok := b.Values[unit]
	if !ok {
		return ""
	}
	return whole(v)
}

func ratio(v float64) string { return fmt.Sprintf("%.3f", v) }

func whole(v float64) string { return fmt.Sprintf("%.0f", v) }

// Markdown is a section with all tables of r.
func (r *Result) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s, %s (%s)\n\n", r.Kernel, r.Mode, r.Release)
	for _, work := range r.Works() {
		fmt.Fprintf(&b, "`%s`, %s ns an operation:\n\n%s\n", work, whole(r.BaseNS(work)), r.SlowdownTable(work))
	}
	if len(r.Answers) > 0 {
		fmt.Fprintf(&b, "Questions:\n\n%s\n", r.AnswerTable())
	}
	return b.String()
}
