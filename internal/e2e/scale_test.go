//go:build kernel

package e2e

import (
	"flag"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/queue"
	"uringtrace/internal/workload"
)

var scale = flag.Int("scale", 20_000, "nodes in the longest queue of TestScale; \"make scale\" has a million")

// TestScale explains queues of growing length: all of it is walked, the blocker
// is right, and it tells what that cost in time and memory.
func TestScale(t *testing.T) {
	base := measure(t, 10)
	for n := 1000; n <= *scale; n *= 10 {
		m := measure(t, n)
		t.Logf("%9d nodes: %8s, %6.0f ns a node above 10; memory %6d kB, %4.0f bytes a node above 10",
			n, m.took.Round(time.Millisecond), per(m.took-base.took, n), m.peak>>10, float64(m.peak-base.peak)/float64(n))
	}
}

func per(d time.Duration, n int) float64 { return float64(d.Nanoseconds()) / float64(n) }

type measured struct {
	took time.Duration // from the start of the process to its answer
	peak int64         // resident memory in bytes
}

func measure(t *testing.T, n int) measured {
	t.Helper()
	program := load(t, "listener-poll", n, workload.StageDone)
	until(t, program, workload.StageDone)
	settle(t)
	c := exec.CommandContext(t.Context(), "uringtrace", "explain", "-p", strconv.Itoa(program.PID()), "--for", "0", "-o", "json")
	begin := time.Now()
	o := finish(t, c)
	m := measured{took: time.Since(begin)}
	usage, ok := c.ProcessState.SysUsage().(*syscall.Rusage)
	qt.Assert(t, qt.IsTrue(ok))
	m.peak = usage.Maxrss << 10
	r := o.report(t)
	qt.Check(t, qt.IsTrue(r.Exact))
	qt.Assert(t, qt.HasLen(r.Rings, 1))
	if affected(&r.Report) {
		qt.Check(t, qt.Equals(o.code, 3))
		qt.Check(t, qt.Equals(r.Rings[0].Queue, queue.Counts{Nodes: n, Pinned: 1, Blocked: n - 1, State: queue.Blocked}))
		qt.Assert(t, qt.HasLen(r.Rings[0].Blockers, 1))
		qt.Check(t, qt.Equals(r.Rings[0].Blockers[0].Found, 1))
	}
	qt.Assert(t, qt.IsNil(program.Kill()))
	return m
}
