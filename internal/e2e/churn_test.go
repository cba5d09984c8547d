//go:build kernel

package e2e

import (
	"strconv"
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/queue"
	"uringtrace/internal/workload"
)

// TestExplainWhileChurning looks at queues that move at full speed. The answer
// may be openly inexact; a blocker that is none, or another than the right one,
// it must never name.
func TestExplainWhileChurning(t *testing.T) {
	for _, scenario := range []string{"no-poll", "regular-fd", "listener-poll"} {
		t.Run(scenario, func(t *testing.T) {
			sockets := 1_000_000
			if scenario == "listener-poll" {
				sockets = 100_000 // they stay
			}
			program := load(t, scenario, sockets, workload.StageReady, workload.StageDone)
			until(t, program, workload.StageReady)
			qt.Assert(t, qt.IsNil(program.Go()))
			for range 3 {
				o := run(t, "explain", "-p", strconv.Itoa(program.PID()), "--for", "200ms", "-o", "json")
				r := o.report(t)
				if affected(&r.Report) {
					checkMoving(t, scenario, &r.Rings[0])
				}
			}
			qt.Assert(t, qt.IsNil(program.Kill()))
		})
	}
}

func checkMoving(t *testing.T, scenario string, ring *queue.RingReport) {
	t.Helper()
	if scenario != "listener-poll" {
		qt.Check(t, qt.Not(qt.Equals(ring.Queue.State, queue.Blocked)))
		for _, b := range ring.Blockers {
			qt.Check(t, qt.HasLen(b.Requests, 0))
		}
		return
	}
	if !ring.Exact {
		return // it says so
	}
	qt.Check(t, qt.Equals(ring.Queue.State, queue.Blocked))
	qt.Assert(t, qt.HasLen(ring.Blockers, 1))
	qt.Assert(t, qt.HasLen(ring.Blockers[0].Requests, 1))
	qt.Check(t, qt.Equals(ring.Blockers[0].Requests[0].Op, "POLL_ADD"))
	qt.Check(t, qt.Equals(ring.Blockers[0].Position, 0))
}
