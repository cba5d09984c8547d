//go:build kernel

package e2e

import (
	"strconv"
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/queue"
	"uringtrace/internal/workload"
)

// TestExplain asks once, long after the fact and without hooks.
func TestExplain(t *testing.T) {
	for _, tt := range []struct {
		scenario string
		leaks    bool
	}{{"listener-poll", true}, {"no-poll", false}, {"regular-fd", false}} {
		t.Run(tt.scenario, func(t *testing.T) {
			program := load(t, tt.scenario, sockets, workload.StageDone)
			until(t, program, workload.StageDone)
			settle(t)
			pid := strconv.Itoa(program.PID())
			o := run(t, "explain", "-p", pid, "-o", "json")
			r := o.report(t)
			qt.Check(t, qt.IsTrue(r.Exact))
			if !tt.leaks || !affected(&r.Report) {
				qt.Check(t, qt.Equals(o.code, 0))
				qt.Check(t, qt.Equals(r.Rings[0].Queue.State, queue.Clear))
				return
			}
			qt.Check(t, qt.Equals(o.code, 3))
			qt.Check(t, qt.Equals(r.Rings[0].Queue.Blocked, sockets-1))
			text := run(t, "explain", "-p", pid)
			qt.Check(t, qt.Equals(text.code, 3))
			qt.Check(t, qt.StringContains(text.stdout, "BLOCKED"))
			qt.Check(t, qt.StringContains(text.stdout, "POLL_ADD user_data 0xfeed on slot 0"))
			qt.Check(t, qt.Equals(text.stderr, ""))
		})
	}
}
