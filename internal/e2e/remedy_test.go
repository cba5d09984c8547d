//go:build kernel

package e2e

import (
	"slices"
	"strconv"
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/queue"
	"uringtrace/internal/workload"
)

// remedies of the table and the scenario that does what they advise.
var remedies = map[string]string{
	"cancel": "cancel", "sync-cancel": "sync-cancel", "shutdown": "shutdown", "connect": "connect", "exit": "exit",
}

// TestRemedies follows the advice: each remedy that is offered for a ring drains
// its queue when it is done, and what is said not to help does not.
func TestRemedies(t *testing.T) {
	for id, scenario := range remedies {
		t.Run(id, func(t *testing.T) {
			program, before := startRemedy(t, scenario)
			if !affected(&before.Report) {
				return // nothing to mend: TestPins has seen that it is clear
			}
			offered := slices.ContainsFunc(before.Rings[0].Remedies, func(r queue.Remedy) bool { return r.ID == id && r.When == queue.Now })
			qt.Check(t, qt.IsTrue(offered), qt.Commentf("%s is not in %v", id, before.Rings[0].Remedies))
			qt.Check(t, qt.Equals(stateAfter(t, program), queue.Clear))
		})
	}
	for id, scenario := range map[string]string{"close-fd": "close-only", "clear-slot": "clear-slot"} {
		t.Run(id, func(t *testing.T) {
			program, before := startRemedy(t, scenario)
			if !affected(&before.Report) {
				return
			}
			said := slices.ContainsFunc(before.Rings[0].Remedies, func(r queue.Remedy) bool { return r.ID == id && r.When == queue.Never })
			qt.Check(t, qt.IsTrue(said), qt.Commentf("%s is not in %v", id, before.Rings[0].Remedies))
			qt.Check(t, qt.Equals(stateAfter(t, program), queue.Blocked))
		})
	}
}

func startRemedy(t *testing.T, scenario string) (*workload.Run, report) {
	t.Helper()
	pause := workload.Pauses{workload.StageDone, workload.StageActed}
	if scenario == "exit" {
		pause = pause[:1] // behind acted comes its end
	}
	program := load(t, scenario, 100, pause...)
	until(t, program, workload.StageDone)
	settle(t)
	return program, run(t, "explain", "-p", strconv.Itoa(program.PID()), "--for", "300ms", "-o", "json").report(t)
}

// stateAfter lets the workload act and explains it again.
func stateAfter(t *testing.T, program *workload.Run) queue.QueueState {
	t.Helper()
	qt.Assert(t, qt.IsNil(program.Go()))
	if _, err := program.Until(workload.StageActed); err != nil {
		return queue.Clear // its end was the remedy
	}
	settle(t)
	o := run(t, "explain", "-p", strconv.Itoa(program.PID()), "--for", "300ms", "-o", "json")
	if o.code == 6 {
		return queue.Clear
	}
	r := o.report(t)
	return r.Total().State
}
