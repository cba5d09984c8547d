//go:build kernel

package observe

import (
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
	"uringtrace/internal/probe"
	"uringtrace/internal/queue"
	"uringtrace/internal/workload"
)

// TestWatch watches without events: the queue is the kernel's, and the removals
// are those that were made, from the slot that they were made from.
func TestWatch(t *testing.T) {
	for _, b := range backends(t) {
		for _, scenario := range []string{"listener-poll", "no-poll"} {
			t.Run(string(b)+"/"+scenario, func(t *testing.T) { testWatch(t, b, scenario) })
		}
	}
}

func testWatch(t *testing.T, b probe.Backend, scenario string) {
	run := start(t, scenario, workload.StageReady, workload.StageDone)
	ready := until(t, run, workload.StageReady)
	heard := 0
	o := attach(t, Options{
		PID: run.PID(), Backend: b, Watch: true,
		OnEvent: func(*events.Event, int, int) { heard++ },
	})
	qt.Assert(t, qt.IsNil(run.Go()))
	done := until(t, run, workload.StageDone)
	settle(t, o)
	used := socketsUsed(t)
	report, err := o.Report()
	qt.Assert(t, qt.IsNil(err))
	qt.Assert(t, qt.HasLen(report.Rings, 1))
	ring := &report.Rings[0]
	checkRing(t, o, ring, scenario, ready, done, used)
	qt.Check(t, qt.IsTrue(report.Exact), qt.Commentf("%s", ring.Inexact))
	qt.Check(t, qt.Equals(heard, 0))
	if b == probe.None {
		qt.Check(t, qt.Equals(ring.Seen, queue.Seen{}))
		return
	}
	qt.Check(t, qt.HasLen(report.NotSeen, 0))
	qt.Check(t, qt.Equals(ring.Seen, queue.Seen{Removed: sockets, RemovalsOnly: true}))
	if ring.Queue.State == queue.Blocked {
		qt.Assert(t, qt.IsNotNil(ring.Lifetimes))
		qt.Check(t, qt.DeepEquals(ring.Lifetimes.Churn, []queue.Churn{{Slot: 1, Removals: sockets}}))
	}
}
