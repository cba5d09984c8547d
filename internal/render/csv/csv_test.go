package csv

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
	"uringtrace/internal/goldentest"
	"uringtrace/internal/history"
	"uringtrace/internal/history/historytest"
	"uringtrace/internal/incident"
)

func leak(removals int) *history.History {
	h := history.New(incident.New(historytest.Subject(events.Ordered)))
	historytest.NewKernel(h.Take).Leak(removals)
	h.Finish()
	return h
}

func TestGolden(t *testing.T) {
	var b bytes.Buffer
	qt.Assert(t, qt.IsNil(Write(&b, leak(40))))
	goldentest.Check(t, "leak", b.String())
}

// Every row has every column, times go forward, and what was removed and released
// adds up to what the explanation says.
func TestFigures(t *testing.T) {
	h := leak(4000)
	var b bytes.Buffer
	qt.Assert(t, qt.IsNil(Write(&b, h)))
	rows, err := csv.NewReader(&b).ReadAll()
	qt.Assert(t, qt.IsNil(err))
	column := make(map[string]int)
	for i, name := range rows[0] {
		column[name] = i
	}
	sum := make(map[string]float64)
	last := -1.0
	for _, row := range rows[1:] {
		for name, i := range column {
			if row[i] == "" {
				continue
			}
			n, err := strconv.ParseFloat(row[i], 64)
			qt.Assert(t, qt.IsNil(err))
			sum[name] += n
		}
		at, _ := strconv.ParseFloat(row[0], 64)
		qt.Check(t, qt.IsTrue(at >= last))
		last = at
	}
	report := h.Incident().Explain(1)
	seen := report.Rings[0].Seen
	qt.Check(t, qt.Equals(uint64(sum["removed"]), seen.Removed))
	qt.Check(t, qt.Equals(uint64(sum["released"]), seen.Released))
	qt.Check(t, qt.Equals(rows[len(rows)-1][column["nodes_last"]], strconv.Itoa(report.Rings[0].Queue.Nodes)))
	qt.Check(t, qt.IsTrue(sum["inexact"] > 0))
}

func TestSeconds(t *testing.T) {
	for ns, want := range map[uint64]string{0: "0", 1: "0.000000001", 1_500_000_000: "1.5", 60e9: "60", 86_400_000_000_000_010: "86400000.00000001"} {
		qt.Check(t, qt.Equals(seconds(ns), want))
	}
}
