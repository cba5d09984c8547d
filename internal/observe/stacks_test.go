//go:build kernel

package observe

import (
	"strings"
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
	"uringtrace/internal/probe"
	"uringtrace/internal/queue"
	"uringtrace/internal/workload"
)

// functions are the names in a stack, innermost first.
func functions(s events.Stack) string {
	names := make([]string, 0, len(s.Frames))
	for i := range s.Frames {
		names = append(names, s.Frames[i].Function)
	}
	return strings.Join(names, " < ")
}

// TestStacks has the workload's own functions named: those that put into slots what
// is held at the end, by calls, by requests that update slots and by requests that
// make their file there, and the one that submitted the holder.
func TestStacks(t *testing.T) {
	for _, b := range backends(t) {
		if b == probe.None {
			continue
		}
		for scenario, registers := range map[string]string{
			"listener-poll": "ring.(*Ring).UpdateFiles", "direct": "ring.(*Ring).Submit", "tags": "ring.(*Ring).UpdateFilesTag",
		} {
			t.Run(string(b)+"/"+scenario, func(t *testing.T) {
				qt.Check(t, qt.IsTrue(testStacks(t, b, scenario, registers, probe.Limits{})))
			})
		}
		t.Run(string(b)+"/no room in the first table", func(t *testing.T) {
			// In the small second one, stacks meet now and then; in each process others.
			for attempt := 1; !testStacks(t, b, "listener-poll", "ring.(*Ring).UpdateFiles", probe.Limits{Stacks: 1}); attempt++ {
				qt.Assert(t, qt.IsTrue(attempt < 5), qt.Commentf("stacks were not taken, time and again"))
			}
		})
	}
}

// testStacks reports whether all stacks could be taken; if not, nothing was checked
// but that this is told.
func testStacks(t *testing.T, b probe.Backend, scenario, registers string, limits probe.Limits) bool {
	t.Helper()
	w := workload.DefaultOptions()
	w.Sockets, w.Pause = 200, workload.Pauses{workload.StageStart, workload.StageDone}
	run := startWith(t, scenario, w)
	o := attach(t, Options{PID: run.PID(), Backend: b, AllowNoRing: true, Stacks: true, Limits: limits})
	qt.Assert(t, qt.IsNil(run.Go()))
	done := until(t, run, workload.StageDone)
	settle(t, o)
	equalsKernel(t, o)
	report, err := o.Report()
	qt.Assert(t, qt.IsNil(err))
	known := o.Stacks()
	for id, s := range known {
		t.Logf("stack %d: %s", id, functions(s))
	}
	qt.Assert(t, qt.HasLen(report.Rings, 1))
	ring := &report.Rings[0]
	qt.Check(t, qt.IsTrue(report.Exact), qt.Commentf("%s", ring.Inexact))
	if o.Reclaim() == events.Independent {
		return true // nothing is held
	}
	untaken, err := o.UntakenStacks()
	qt.Assert(t, qt.IsNil(err))
	if untaken == 0 {
		checkStacks(t, ring, known, registers, done.Behind, b == probe.Kprobe)
	}
	qt.Assert(t, qt.IsNil(o.stop()))
	return untaken == 0
}

// checkStacks holds what is held by stacks against what is held. The kernel skips a
// kprobe now and then, and what it would have told is not known.
func checkStacks(t *testing.T, ring *queue.RingReport, known map[uint32]events.Stack, registers string, behind int, skips bool) {
	t.Helper()
	qt.Check(t, qt.Equals(ring.Held.Sockets, behind))
	by := make(map[string]int)
	for _, h := range ring.ByStack {
		name := "unknown"
		for _, want := range []string{registers, "play.installListener"} {
			if h.Stack != 0 && strings.Contains(functions(known[h.Stack]), want) {
				name = want
			}
		}
		by[name] += h.Sockets
	}
	t.Logf("%d of %d not known", by["unknown"], behind)
	if skips {
		qt.Check(t, qt.IsTrue(by["unknown"] <= behind/10), qt.Commentf("%v", by))
		behind -= by["unknown"]
	}
	qt.Check(t, qt.Equals(by[registers], behind), qt.Commentf("%v", by))
	qt.Assert(t, qt.HasLen(ring.Blockers, 1))
	qt.Assert(t, qt.HasLen(ring.Blockers[0].Requests, 1))
	submits := functions(known[ring.Blockers[0].Requests[0].Stack])
	qt.Check(t, qt.StringContains(submits, "ring.(*Ring).Submit"))
	qt.Check(t, qt.StringContains(submits, "main.main"))
}

// TestEveryStackIsKnown: whichever way a file of the random operations comes into a
// slot, it has a stack when it leaves it, where the kernel skips no hook.
func TestEveryStackIsKnown(t *testing.T) {
	hooking(t)
	w := workload.DefaultOptions()
	w.Ops, w.Checkpoints, w.Seed, w.Pause = 600, 1, 7, workload.Pauses{workload.StageStart, workload.StageDone}
	run := startWith(t, "random", w)
	known, unknown := 0, 0
	o := attach(t, Options{
		PID: run.PID(), Backend: probe.Fentry, AllowNoRing: true, Stacks: true,
		OnEvent: func(e *events.Event, _, _ int) {
			if e.Kind != events.NodeRemove && e.Kind != events.NodeSlot || e.Resource.Type != events.File {
				return
			}
			if e.Stack == 0 {
				unknown++
				t.Logf("%s of slot %d has no stack", e.Kind, e.Slot)
				return
			}
			known++
		},
	})
	qt.Assert(t, qt.IsNil(run.Go()))
	until(t, run, workload.StageDone)
	_, err := o.Report()
	qt.Assert(t, qt.IsNil(err))
	names := make(map[string]bool)
	for _, s := range o.Stacks() {
		qt.Check(t, qt.StringContains(functions(s), "play.(*improviser).step"))
		for i := range s.Frames {
			names[s.Frames[i].Function] = true
		}
	}
	qt.Assert(t, qt.IsNil(o.stop()))
	qt.Check(t, qt.Equals(unknown, 0))
	qt.Check(t, qt.IsTrue(known > 100), qt.Commentf("%d", known))
	for _, name := range []string{"play.(*improviser).updateMany", "play.(*improviser).makeDirect"} {
		qt.Check(t, qt.IsTrue(names["uringtrace/internal/workload/"+name]), qt.Commentf("%v", names))
	}
}
