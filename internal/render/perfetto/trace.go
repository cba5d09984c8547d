package perfetto

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"

	"uringtrace/internal/history"
	"uringtrace/internal/queue"
)

// trace collects events.
type trace struct {
	history    *history.History
	begin, end uint64
	events     []event
}

func newTrace(h *history.History) *trace {
	t := &trace{history: h}
	t.begin, t.end = h.Span()
	return t
}

// at is a time of the history in the trace's clock.
func (t *trace) at(time uint64) micros { return micros(max(time, t.begin) - t.begin) }

func (t *trace) add(e event) { t.events = append(t.events, e) }

func (t *trace) name(what string, group, n int, name string) {
	t.add(event{Name: what, Phase: named, Group: group, Track: track(group, n), Args: map[string]any{"name": name}})
}

func (t *trace) count(group int, name, unit string, time, value uint64) {
	t.add(event{Name: name, Phase: counter, Time: t.at(time), Group: group, Track: track(group, 0), Args: map[string]any{unit: value}})
}

// span is a slice from begin to end; one that has no end lasts as long as the trace.
func (t *trace) span(group, n int, name string, begin, end uint64, args map[string]any) {
	if end == 0 {
		end = t.end
	}
	length := t.at(end) - min(t.at(begin), t.at(end))
	t.add(event{Name: name, Phase: slice, Time: t.at(begin), Lasts: &length, Group: group, Track: track(group, n), Args: args})
}

// write writes one event a line.
func (t *trace) write(w io.Writer, r *queue.Report) error {
	out := bufio.NewWriter(w)
	about, err := json.Marshal(map[string]any{
		"kernel": r.Kernel, "exact": r.Exact, "lost": r.Lost, "interval_ns": t.history.Width(), "clock": "CLOCK_MONOTONIC", "begin_ns": t.begin,
	})
	if err != nil {
		return fmt.Errorf("encode trace: %w", err)
	}
	fmt.Fprintf(out, "{\"displayTimeUnit\":\"ms\",\"otherData\":%s,\"traceEvents\":[", about)
	for i := range t.events {
		line, err := json.Marshal(&t.events[i])
		if err != nil {
			return fmt.Errorf("encode trace: %w", err)
		}
		if i > 0 {
			out.WriteByte(',')
		}
		out.WriteByte('\n')
		out.Write(line)
	}
	out.WriteString("\n]}\n")
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write trace: %w", err)
	}
	return nil
}
