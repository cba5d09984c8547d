//go:build linux

package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"uringtrace/internal/queue"
)

// row is what the table says of one run.
type row struct {
	kernel            string
	made, used, depth int
	blocker           string
}

func (r *run) row() row {
	out := row{kernel: r.Kernel.Release, made: r.Workload.Sockets, used: r.Workload.Left(), blocker: "none"}
	for i := range r.Rings {
		ring := &r.Rings[i]
		out.depth += ring.Queue.Nodes
		if len(ring.Blockers) > 0 {
			out.blocker = short(&ring.Blockers[0])
		}
	}
	return out
}

// short names a blocker by its first request.
func short(b *queue.Blocker) string {
	if len(b.Requests) == 0 {
		return "a request that was not found"
	}
	q := &b.Requests[0]
	return fmt.Sprintf("%s user_data %s on slot %d", q.Op, q.UserData, q.Slot)
}

// table writes rows in aligned columns, numbers to the right.
func table(w io.Writer, rows []row) error {
	cells := [][]string{{"kernel", "sockets made", "still used", "queue depth", "blocker"}}
	for _, r := range rows {
		cells = append(cells, []string{
			r.kernel, strconv.Itoa(r.made), strconv.Itoa(r.used), strconv.Itoa(r.depth), r.blocker,
		})
	}
	widths := make([]int, len(cells[0]))
	for _, line := range cells {
		for i, cell := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, line := range cells {
		var b strings.Builder
		for i, cell := range line {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if first, last := i == 0, i == len(line)-1; first || last {
				b.WriteString(cell + pad)
			} else {
				b.WriteString(pad + cell)
			}
			b.WriteString("  ")
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(b.String(), " ")); err != nil {
			return err
		}
	}
	return nil
}
