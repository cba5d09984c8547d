package csv

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"

	"uringtrace/internal/history"
)

// header names the columns, with units where it is not a number of things.
var header = []string{
	"time_seconds", "interval_seconds", "ring", "fd",
	"nodes_least", "nodes_most", "nodes_last", "removed", "released", "sockets_released",
	"look_seconds", "pinned_nodes", "blocked_nodes", "held_files", "held_sockets", "held_buffers", "held_bytes",
	"inexact", "sockets_in_use",
}

// row is one of the table; rings is nil where there is a sample of sockets alone.
type row struct {
	time     uint64
	ring     *history.Ring
	interval *history.Interval
}

// Write writes the table, by time and ring. What is not known is an empty cell.
func Write(w io.Writer, h *history.History) error {
	out := csv.NewWriter(w)
	t := table{history: h, used: make(map[uint64]int)}
	t.begin, _ = h.Span()
	for _, s := range h.Sockets() {
		t.used[s.Begin] = s.Used
	}
	if err := out.Write(header); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	for _, r := range t.rows() {
		if err := out.Write(t.cells(&r)); err != nil {
			return fmt.Errorf("write table: %w", err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}

type table struct {
	history *history.History
	begin   uint64
	used    map[uint64]int // sockets, by interval
}

func (t *table) rows() []row {
	var rows []row
	told := make(map[uint64]bool)
	for _, ring := range t.history.Rings() {
		for i := range ring.Intervals {
			v := &ring.Intervals[i]
			told[v.Begin] = true
			rows = append(rows, row{v.Begin, ring, v})
		}
	}
	for begin := range t.used {
		if !told[begin] {
			rows = append(rows, row{time: begin})
		}
	}
	slices.SortFunc(rows, func(a, b row) int { return cmp.Or(cmp.Compare(a.time, b.time), cmp.Compare(a.number(), b.number())) })
	return rows
}

func (r *row) number() int {
	if r.ring == nil {
		return 0
	}
	return r.ring.Number
}

func (t *table) cells(r *row) []string {
	cells := make([]string, len(header))
	cells[0], cells[1] = t.seconds(r.time), seconds(t.history.Width())
	if used, ok := t.used[r.time]; ok {
		cells[len(cells)-1] = strconv.Itoa(used)
	}
	if r.ring == nil {
		return cells
	}
	v, look := r.interval, &r.interval.Look
	cells[2] = strconv.Itoa(r.ring.Number)
	if r.ring.FD >= 0 {
		cells[3] = strconv.Itoa(r.ring.FD)
	}
	fill(cells[4:], v.Least, v.Most, v.Last)
	fill(cells[7:], v.Removed, v.Released, v.Sockets)
	if look.Time != 0 {
		cells[10] = t.seconds(look.Time)
		fill(cells[11:], look.Queue.Pinned, look.Queue.Blocked, look.Files, look.Sockets, look.Buffers)
		fill(cells[16:], look.Bytes)
	}
	fill(cells[17:], inexact(r.ring, v.Begin, v.Begin+t.history.Width()))
	return cells
}

func fill[T int | uint64](cells []string, values ...T) {
	for i, v := range values {
		cells[i] = strconv.FormatUint(uint64(v), 10)
	}
}

// inexact is 1 if the ring was not exact for some of the time.
func inexact(r *history.Ring, begin, end uint64) int {
	for _, s := range r.Inexact {
		if s.Begin < end && (s.End == 0 || s.End > begin) {
			return 1
		}
	}
	return 0
}

func (t *table) seconds(time uint64) string { return seconds(time - min(time, t.begin)) }

// seconds are those of ns, all digits and none that say nothing.
func seconds(ns uint64) string {
	const whole = 1e9
	if ns%whole == 0 {
		return strconv.FormatUint(ns/whole, 10)
	}
	digits := fmt.Sprintf("%d.%09d", ns/whole, ns%whole)
	for digits[len(digits)-1] == '0' {
		digits = digits[:len(digits)-1]
	}
	return digits
}
