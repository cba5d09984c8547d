package jsonl_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
	"uringtrace/internal/goldentest"
	"uringtrace/internal/history"
	"uringtrace/internal/history/historytest"
	"uringtrace/internal/incident"
	"uringtrace/internal/queue"
	"uringtrace/internal/render/jsonl"
)

func leak(removals int) (*history.History, queue.Report) {
	h := history.New(incident.New(historytest.Subject(events.Ordered)))
	historytest.NewKernel(h.Take).Leak(removals)
	h.Finish()
	_, end := h.Span()
	return h, h.Incident().Report(end)
}

func TestHistory(t *testing.T) {
	h, report := leak(40)
	var b bytes.Buffer
	qt.Assert(t, qt.IsNil(jsonl.History(&b, h, &report, time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC))))
	goldentest.Check(t, "history", b.String())
}

// The history's figures are the report's.
func TestHistoryAddsUp(t *testing.T) {
	h, report := leak(4000)
	var b bytes.Buffer
	qt.Assert(t, qt.IsNil(jsonl.History(&b, h, &report, time.Time{})))
	var got struct {
		History struct {
			Began *string
			Rings []struct {
				Intervals []struct {
					Last              int
					Removed, Released uint64
				}
			}
			Pins []struct{ End *float64 }
		}
	}
	qt.Assert(t, qt.IsNil(json.Unmarshal(b.Bytes(), &got)))
	qt.Check(t, qt.IsNil(got.History.Began))
	ring := got.History.Rings[0]
	var removed, released uint64
	for _, v := range ring.Intervals {
		removed, released = removed+v.Removed, released+v.Released
	}
	qt.Check(t, qt.Equals(removed, report.Rings[0].Seen.Removed))
	qt.Check(t, qt.Equals(released, report.Rings[0].Seen.Released))
	qt.Check(t, qt.Equals(ring.Intervals[len(ring.Intervals)-1].Last, report.Rings[0].Queue.Nodes))
	still := 0
	for _, p := range got.History.Pins {
		if p.End == nil {
			still++
		}
	}
	qt.Check(t, qt.Equals(still, report.Rings[0].Queue.Pinned))
}
