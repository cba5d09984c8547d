package text_test

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
	"uringtrace/internal/goldentest"
	"uringtrace/internal/queue"
	"uringtrace/internal/render"
	"uringtrace/internal/render/rendertest"
	"uringtrace/internal/render/text"
)

func TestReport(t *testing.T) {
	for name, report := range rendertest.Reports() {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			qt.Assert(t, qt.IsNil(text.Report(&b, report, text.Style{})))
			goldentest.Check(t, name, b.String())
		})
	}
}

func TestAll(t *testing.T) {
	for name, style := range map[string]text.Style{"all": {}, "all-terminal": {Color: true, Width: 80}} {
		var b bytes.Buffer
		qt.Assert(t, qt.IsNil(text.All(&b, rendertest.All(), style)))
		goldentest.Check(t, name, b.String())
		qt.Check(t, qt.Not(qt.StringContains(b.String(), "\x1b[2J")))
	}
	var none bytes.Buffer
	qt.Assert(t, qt.IsNil(text.All(&none, nil, text.Style{})))
	qt.Check(t, qt.Equals(none.String(), "no process on this host has an io_uring, so there is nothing that could be held\n"))
}

func TestTop(t *testing.T) {
	tops := rendertest.Tops()
	for name, style := range map[string]text.Style{"top": {}, "top-80": {Color: true, Width: 80}} {
		var b bytes.Buffer
		for _, top := range tops {
			qt.Assert(t, qt.IsNil(text.Top(&b, top, top, style)))
		}
		goldentest.Check(t, name, b.String())
		qt.Check(t, qt.Not(qt.StringContains(b.String(), "\x1b[2J")))
		for line := range strings.Lines(b.String()) {
			qt.Check(t, qt.IsTrue(style.Width == 0 || ansi.StringWidth(line) <= style.Width), qt.Commentf("%q", line))
		}
	}
	var none bytes.Buffer
	var r render.Refreshes
	nobody := r.Next(tops[0].Kernel, nil, 1, 1)
	qt.Assert(t, qt.IsNil(text.Top(&none, nobody, nobody, text.Style{})))
	goldentest.Check(t, "top-none", none.String())
}

func TestTopLooks(t *testing.T) {
	top := rendertest.Tops()[0]
	qt.Check(t, qt.Equals(text.TopLooks(top, 2*time.Second, 1988*time.Millisecond), "a look takes 12ms and is taken every 2s"))
	top.LookSeconds = 2e-4
	qt.Check(t, qt.Equals(text.TopLooks(top, 2*time.Second, 2*time.Second), "a look takes less than 1ms and is taken every 2s"))
	top.LookSeconds = 1.2
	qt.Check(t, qt.Equals(text.TopLooks(top, 2*time.Second, 23*time.Second), "a look takes 1s, so the next one is in 23s"))
}

func TestReportOnTerminal(t *testing.T) {
	var b bytes.Buffer
	qt.Assert(t, qt.IsNil(text.Report(&b, rendertest.Reports()["blocked"], text.Style{Color: true, Width: 80})))
	goldentest.Check(t, "terminal", b.String())
	qt.Check(t, qt.StringContains(b.String(), "\x1b[1;31mBLOCKED\x1b[0m"))
}

func TestReportFitsItsWidth(t *testing.T) {
	for name, report := range rendertest.Reports() {
		var b bytes.Buffer
		qt.Assert(t, qt.IsNil(text.Report(&b, report, text.Style{Width: 60})))
		for line := range strings.Lines(b.String()) {
			if strings.HasPrefix(line, "  ") { // headings are left to the terminal
				qt.Check(t, qt.IsTrue(utf8.RuneCountInString(line) <= 61), qt.Commentf("%s: %q", name, line))
			}
		}
	}
}

func TestNamesOfProcessesCannotDriveTheTerminal(t *testing.T) {
	for name, report := range rendertest.Reports() {
		var b bytes.Buffer
		report.Target.Comm = "x\x1b]0;owned\a"
		qt.Assert(t, qt.IsNil(text.Report(&b, report, text.Style{})))
		qt.Check(t, qt.Not(qt.StringContains(b.String(), "\x1b")), qt.Commentf("%s", name))
	}
}

func TestWorkloadReport(t *testing.T) {
	var b bytes.Buffer
	truth := &render.Workload{Scenario: "listener-poll", Sockets: 1000, SocketsUsedBefore: 9, SocketsUsed: 1009, Port: 6666, UserData: "0xfeed"}
	qt.Assert(t, qt.IsNil(text.WorkloadReport(&b, rendertest.Reports()["blocked"], truth, text.Style{})))
	goldentest.Check(t, "workload", b.String())
}

func TestEvent(t *testing.T) {
	seen := make(map[events.Kind]bool)
	var plain, full strings.Builder
	for _, e := range rendertest.Events() {
		seen[e.Kind] = true
		plain.WriteString(text.Event(&e.Event, e.RingNo, e.NodeNo, false) + "\n")
		full.WriteString(text.Event(&e.Event, e.RingNo, e.NodeNo, true) + "\n")
	}
	for _, kind := range events.Kinds() {
		qt.Check(t, qt.IsTrue(seen[kind]), qt.Commentf("no event of kind %s", kind))
	}
	goldentest.Check(t, "events", plain.String())
	goldentest.Check(t, "events-addresses", full.String())
	qt.Check(t, qt.Not(qt.StringContains(plain.String(), "ffff8881")))
}

// An event may be about what was gone before the walk that found the rest.
func TestEventOfUnknownNodeAndRing(t *testing.T) {
	e := events.Event{Time: 1e9, Kind: events.NodeFree, Node: 0xffff888100001000}
	qt.Check(t, qt.Equals(text.Event(&e, 1, 0, false), "     1.000000  ring 1   node_free    node ?"))
	e = events.Event{Time: 1e9, Kind: events.RingGone}
	qt.Check(t, qt.Equals(text.Event(&e, 0, 0, false), "     1.000000  ring ?   ring_gone"))
}

func TestManyPinsAndSlotsAreCut(t *testing.T) {
	report := rendertest.Reports()["pins"]
	ring := &report.Rings[0]
	for len(ring.Blockers) < 500 {
		ring.Blockers = append(ring.Blockers, ring.Blockers[1])
	}
	ring.Lifetimes = &queue.Lifetimes{More: 100}
	for slot := range 50 {
		ring.Lifetimes.Long = append(ring.Lifetimes.Long, slot)
		ring.Lifetimes.Churn = append(ring.Lifetimes.Churn, queue.Churn{Slot: 100 + slot, Removals: 1})
	}
	var b bytes.Buffer
	qt.Assert(t, qt.IsNil(text.Report(&b, report, text.Style{})))
	qt.Check(t, qt.Equals(strings.Count(b.String(), "next pin"), 9))
	qt.Check(t, qt.StringContains(b.String(), "and 490 more pinned nodes: -o json has them"))
	qt.Check(t, qt.StringContains(b.String(), "slots 0, 1, 2, 3, 4, 5, 6, 7 and 42 more in long use; "+
		"slots 100, 101, 102, 103, 104, 105, 106, 107 and 142 more filled and emptied, 50 removals or more seen"))
}

func TestDiagnosis(t *testing.T) {
	for name, style := range map[string]text.Style{"doctor": {}, "doctor-terminal": {Color: true, Width: 80}} {
		var b bytes.Buffer
		qt.Assert(t, qt.IsNil(text.Diagnosis(&b, rendertest.Diagnosis(), style)))
		goldentest.Check(t, name, b.String())
	}
}

func TestStatus(t *testing.T) {
	for _, tt := range []struct {
		status text.Status
		want   string
	}{
		{
			text.Status{Status: queue.Status{Ring: 1, FD: 5, Nodes: 184332, Head: 1, Exact: true}, Rate: 17, HeadAge: 182 * time.Second},
			"ring 1, fd 5  184,332 nodes  +17/s  head node 1 for 3m02s",
		},
		{
			text.Status{Status: queue.Status{Ring: 2, FD: -1, Nodes: 41, Releasing: 40, Head: 7}, Rate: -0.5, HeadAge: 40 * time.Millisecond, Longer: true},
			"ring 2  41 nodes (40 releasing)  -0.5/s  head node 7 for more than 40ms  not exact",
		},
		{text.Status{Status: queue.Status{Ring: 1, FD: 5, Exact: true}}, "ring 1, fd 5  0 nodes  0/s"},
		{text.Status{Status: queue.Status{Ring: 1, FD: 5, Ended: true}}, "ring 1, fd 5  closed"},
	} {
		qt.Check(t, qt.Equals(tt.status.Line(), tt.want))
	}
}
