package perfetto

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
	"uringtrace/internal/goldentest"
	"uringtrace/internal/history"
	"uringtrace/internal/history/historytest"
	"uringtrace/internal/incident"
)

// told is the history of a kernel's entries.
func told(tell func(k *historytest.Kernel)) *history.History {
	h := history.New(incident.New(historytest.Subject(events.Ordered)))
	tell(historytest.NewKernel(h.Take))
	return h
}

func write(t *testing.T, h *history.History) []byte {
	t.Helper()
	h.Finish()
	_, end := h.Span()
	report := h.Incident().Report(end)
	var b bytes.Buffer
	qt.Assert(t, qt.IsNil(Write(&b, h, &report)))
	return b.Bytes()
}

func TestGolden(t *testing.T) {
	got := write(t, told(func(k *historytest.Kernel) { k.Leak(40) }))
	goldentest.Check(t, "leak", string(got))
}

// parsed is a trace as others read it.
type parsed struct {
	TraceEvents []struct {
		Name, Ph, S string
		Ts          float64
		Dur         *float64
		Pid, Tid    *int
		Args        map[string]any
	}
}

type place struct{ pid, tid int }

// TestRules holds traces of leaks and of what is made up at random against the
// rules of the Trace Event Format.
func TestRules(t *testing.T) {
	for name, tell := range map[string]func(*historytest.Kernel){
		"leak":   func(k *historytest.Kernel) { k.Leak(4000) },
		"random": func(k *historytest.Kernel) { k.Run(5000) },
		"none":   func(*historytest.Kernel) {},
	} {
		t.Run(name, func(t *testing.T) {
			var trace parsed
			data := write(t, told(tell))
			qt.Assert(t, qt.IsNil(json.Unmarshal(data, &trace)))
			rules(t, &trace)
		})
	}
}

func rules(t *testing.T, trace *parsed) {
	t.Helper()
	names := make(map[place]bool)
	used := make(map[place]bool)
	groups := make(map[int]bool)
	ends := make(map[place]float64)
	now := 0.0
	for i, e := range trace.TraceEvents {
		qt.Assert(t, qt.IsTrue(e.Pid != nil && e.Tid != nil && e.Name != ""), qt.Commentf("event %d", i))
		at := place{*e.Pid, *e.Tid}
		qt.Assert(t, qt.IsTrue(e.Ts >= now), qt.Commentf("event %d goes back in time", i))
		now = e.Ts
		switch e.Ph {
		case "M":
			_, text := e.Args["name"].(string)
			qt.Check(t, qt.IsTrue(text))
			names[at] = names[at] || e.Name == "thread_name"
			groups[at.pid] = groups[at.pid] || e.Name == "process_name"
		case "X":
			qt.Assert(t, qt.IsTrue(e.Dur != nil && *e.Dur >= 0))
			qt.Check(t, qt.IsTrue(e.Ts >= ends[at]), qt.Commentf("%s lies over the slice before", e.Name))
			ends[at], used[at] = e.Ts+*e.Dur, true
		case "i":
			qt.Check(t, qt.Equals(e.S, "t"))
			used[at] = true
		case "C":
			qt.Check(t, qt.IsTrue(groups[at.pid]))
			qt.Check(t, qt.HasLen(e.Args, 1))
			for _, v := range e.Args {
				n, number := v.(float64)
				qt.Check(t, qt.IsTrue(number && n >= 0))
			}
		default:
			t.Errorf("event %d has phase %q", i, e.Ph)
		}
	}
	for at := range used {
		qt.Check(t, qt.IsTrue(names[at]), qt.Commentf("track %v has no name", at))
		qt.Check(t, qt.IsTrue(groups[at.pid]), qt.Commentf("group %d has no name", at.pid))
	}
}

// The trace shows what the history says: the pins, and the depth at the end.
func TestFigures(t *testing.T) {
	h := told(func(k *historytest.Kernel) { k.Leak(4000) })
	var trace parsed
	qt.Assert(t, qt.IsNil(json.Unmarshal(write(t, h), &trace)))
	pins, depth, most := 0, -1.0, 0.0
	for _, e := range trace.TraceEvents {
		switch {
		case e.Ph == "X" && e.Name != "not exact":
			pins++
		case e.Name == "queue depth":
			depth = e.Args["nodes"].(float64)
			most = max(most, depth)
		}
	}
	ring := h.Rings()[0]
	qt.Check(t, qt.Equals(pins, len(h.Pins())))
	qt.Check(t, qt.Equals(int(depth), ring.Intervals[len(ring.Intervals)-1].Last))
	qt.Check(t, qt.Equals(int(most), ring.Depth))
}

func TestMicros(t *testing.T) {
	for ns, want := range map[micros]string{0: "0.000", 7: "0.007", 1_042: "1.042", 86_400_000_000_000_123: "86400000000000.123"} {
		got, err := json.Marshal(ns)
		qt.Check(t, qt.IsNil(err))
		qt.Check(t, qt.Equals(string(got), want))
	}
}
