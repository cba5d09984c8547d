//go:build kernel

package e2e

import (
	"flag"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/queue"
	"uringtrace/internal/workload"
)

var burst = flag.Int("burst", 10_000, "removals while uringtrace is stopped in TestStopped; \"make scale\" has a million")

// TestStopped stops uringtrace while a burst of removals goes by. What it could
// not take in is counted, told while it watches and at the end, and repaired: the
// queue is what a fresh look at the kernel finds.
func TestStopped(t *testing.T) {
	for _, backend := range hooking(t) {
		t.Run(backend, func(t *testing.T) { testStopped(t, backend) })
	}
}

func testStopped(t *testing.T, backend string) {
	program := load(t, "listener-poll", *burst, workload.StageReady, workload.StageDone)
	until(t, program, workload.StageReady)
	a := attach(t, program.PID(), "--events", "--backend", backend, "--buffer", "64K", "--interval", "200ms", "-o", "json", "--strict")
	qt.Assert(t, qt.IsNil(a.cmd.Process.Signal(syscall.SIGSTOP)))
	qt.Assert(t, qt.IsNil(program.Go()))
	until(t, program, workload.StageDone)
	settle(t)
	time.Sleep(time.Second)
	qt.Assert(t, qt.IsNil(a.cmd.Process.Signal(syscall.SIGCONT)))
	begin := time.Now()
	live := repairedLine(t, a)
	t.Logf("%s after it went on: %s", time.Since(begin).Round(time.Millisecond), live)
	settle(t) // the head has to prove itself anew
	time.Sleep(time.Second)
	qt.Assert(t, qt.IsNil(a.cmd.Process.Signal(syscall.SIGINT)))
	o := a.end(t)
	qt.Check(t, qt.Equals(o.code, 7), qt.Commentf("%s", o.stderr))
	r := o.report(t)
	t.Logf("%d events lost, %d repairs", r.Lost.Events, r.Lost.Repairs)
	qt.Check(t, qt.IsTrue(r.Exact), qt.Commentf("%s", o.stdout))
	qt.Check(t, qt.Not(qt.Equals(r.Lost.Events, 0)))
	qt.Check(t, qt.Not(qt.Equals(r.Lost.Repairs, 0)))
	fresh := run(t, "explain", "-p", strconv.Itoa(program.PID()), "-o", "json").report(t)
	qt.Assert(t, qt.HasLen(r.Rings, 1))
	qt.Assert(t, qt.HasLen(fresh.Rings, 1))
	qt.Check(t, qt.Equals(r.Rings[0].Queue, fresh.Rings[0].Queue))
	if affected(&r.Report) {
		qt.Check(t, qt.Equals(r.Rings[0].Queue, queue.Counts{Nodes: *burst, Pinned: 1, Blocked: *burst - 1, State: queue.Blocked}))
	}
}

// repairedLine is the first line of status with both numbers.
func repairedLine(t *testing.T, a *attached) string {
	t.Helper()
	for {
		line, err := a.stderr.ReadString('\n')
		qt.Assert(t, qt.IsNil(err), qt.Commentf("no line told of a repair"))
		if strings.Contains(line, "events lost, repaired ") && !strings.Contains(line, "not exact") {
			return strings.TrimSpace(line)
		}
	}
}

// TestLossWhileTheTargetEnds kills the workload in the middle of its churn: with
// it goes what could be walked. What was lost is told all the same, and whatever is
// not exact for it with its reason.
func TestLossWhileTheTargetEnds(t *testing.T) {
	for _, backend := range hooking(t) {
		t.Run(backend, func(t *testing.T) {
			program := load(t, "listener-poll", 1_000_000, workload.StageReady)
			until(t, program, workload.StageReady)
			a := attach(t, program.PID(), "--backend", backend, "--buffer", "4K", "--events", "-o", "json")
			qt.Assert(t, qt.IsNil(program.Go()))
			time.Sleep(500 * time.Millisecond)
			qt.Assert(t, qt.IsNil(program.Kill()))
			o := a.end(t)
			qt.Check(t, qt.Equals(o.code, 0), qt.Commentf("%s", o.stderr))
			r := o.report(t)
			qt.Check(t, qt.Not(qt.Equals(r.Lost.Events, 0)))
			var reasons []string
			for _, ring := range r.Rings {
				if !ring.Exact {
					reasons = append(reasons, ring.Inexact)
				}
			}
			for _, note := range r.Notes {
				if strings.HasPrefix(note, "there may be a ring that is not known") {
					reasons = append(reasons, note)
				}
			}
			qt.Check(t, qt.Equals(r.Exact, len(reasons) == 0), qt.Commentf("%q", reasons))
			qt.Check(t, qt.Not(qt.SliceContains(reasons, "")))
		})
	}
}
