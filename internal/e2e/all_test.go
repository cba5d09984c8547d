//go:build kernel

package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/proc"
	"uringtrace/internal/queue"
	"uringtrace/internal/workload"
)

// TestExplainAll looks at a host with two processes that leak, one more than the
// other, and a healthy one.
func TestExplainAll(t *testing.T) {
	healthy := load(t, "no-poll", 100, workload.StageDone)
	small := load(t, "listener-poll", 200, workload.StageDone)
	big := load(t, "listener-poll", 500, workload.StageDone)
	for _, p := range []*workload.Run{healthy, small, big} {
		until(t, p, workload.StageDone)
	}
	settle(t)

	o := run(t, "explain", "--all", "-o", "json")
	reports := allReports(t, o)
	order := make([]int, 0, len(reports))
	found := make(map[int]queue.Report)
	ours := []int{healthy.PID(), small.PID(), big.PID()}
	for _, r := range reports {
		if !slices.Contains(ours, r.Target.PID) {
			continue // somebody else's, on a machine that is not only ours
		}
		order = append(order, r.Target.PID)
		found[r.Target.PID] = r
		qt.Check(t, qt.Equals(r.Target.Comm, workload.Program))
		qt.Check(t, qt.IsTrue(r.Exact))
		qt.Check(t, qt.HasLen(r.Rings, 1))
	}
	text := run(t, "explain", "--all")
	qt.Check(t, qt.Equals(text.code, o.code))
	qt.Check(t, qt.Equals(text.stderr, ""))
	qt.Check(t, qt.Equals(found[healthy.PID()].Rings[0].Queue.State, queue.Clear))
	if !affected(&reports[0]) {
		qt.Check(t, qt.HasLen(order, 3))
		qt.Check(t, qt.Equals(o.code, 0))
		qt.Check(t, qt.StringContains(text.stdout, "none is blocked"))
		return
	}
	qt.Check(t, qt.DeepEquals(order, []int{big.PID(), small.PID(), healthy.PID()}))
	qt.Check(t, qt.Equals(o.code, 3))
	qt.Check(t, qt.Equals(found[big.PID()].Rings[0].Queue, queue.Counts{Nodes: 500, Pinned: 1, Blocked: 499, State: queue.Blocked}))
	qt.Check(t, qt.Equals(found[small.PID()].Rings[0].Queue, queue.Counts{Nodes: 200, Pinned: 1, Blocked: 199, State: queue.Blocked}))
	qt.Check(t, qt.StringContains(text.stdout, "2 BLOCKED"))
	qt.Check(t, qt.StringContains(text.stdout, fmt.Sprintf("uringload (pid %d)", small.PID())))
	qt.Check(t, qt.Not(qt.StringContains(text.stdout, fmt.Sprintf("uringload (pid %d)", healthy.PID()))))
}

// TestExplainAllOfNothing waits for the rings of earlier tests to end. On a
// machine that is not only ours, the answer names those that stay.
func TestExplainAllOfNothing(t *testing.T) {
	users := proc.Users(proc.Root())
	for deadline := time.Now().Add(10 * time.Second); len(users) > 0 && time.Now().Before(deadline); {
		time.Sleep(100 * time.Millisecond)
		users = proc.Users(proc.Root())
	}
	text := run(t, "explain", "--all")
	if len(users) > 0 {
		for _, u := range users {
			qt.Check(t, qt.StringContains(text.stdout, fmt.Sprintf(" %d  ", u.PID)))
		}
		return
	}
	qt.Check(t, qt.Equals(text.code, 0))
	qt.Check(t, qt.StringContains(text.stdout, "no process on this host has an io_uring"))
	o := run(t, "explain", "--all", "-o", "json")
	qt.Check(t, qt.Equals(o, outcome{}))
}

// TestCompletionOfAll: the shell is offered the processes that --all finds.
func TestCompletionOfAll(t *testing.T) {
	p := load(t, "no-poll", 1, workload.StageDone)
	until(t, p, workload.StageDone)
	o := run(t, "__complete", "explain", "-p", "")
	qt.Check(t, qt.StringContains(o.stdout, fmt.Sprintf("%d\t%s\n", p.PID(), workload.Program)))
}

func allReports(t *testing.T, o outcome) []queue.Report {
	t.Helper()
	var all []queue.Report
	for line := range strings.Lines(o.stdout) {
		var r queue.Report
		qt.Assert(t, qt.IsNil(json.Unmarshal([]byte(line), &r)), qt.Commentf("%s", line))
		all = append(all, r)
	}
	qt.Assert(t, qt.Not(qt.HasLen(all, 0)), qt.Commentf("exit code %d: %s", o.code, o.stderr))
	return all
}
