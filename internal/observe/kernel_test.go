//go:build kernel

package observe

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-quicktest/qt"
	"go.uber.org/goleak"

	"uringtrace/internal/events"
	"uringtrace/internal/probe"
	"uringtrace/internal/queue"
	"uringtrace/internal/workload"
)

const sockets = 1000

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// backends are those that this kernel must have: all on Debian's kernels, none
// on one without kprobes and fentry.
func backends(t *testing.T) []probe.Backend {
	t.Helper()
	all, err := tryBackends()
	qt.Assert(t, qt.IsNil(err))
	if all[0] == probe.None && strings.Contains(probe.Release(), "-cloud-") {
		t.Fatal("Debian's kernels have hooks: without them there is nothing to test")
	}
	return all
}

var tryBackends = sync.OnceValues(func() ([]probe.Backend, error) {
	live, err := probe.NewLive(context.Background(), probe.LiveOptions{})
	if err != nil {
		return nil, err
	}
	all := []probe.Backend{probe.Kprobe, probe.Fentry}
	if live.Backend() == probe.None {
		all = []probe.Backend{probe.None}
	}
	return all, live.Close()
})

// observed runs an Observer in the background until stop is called.
type observed struct {
	*Observer
	stop func() error
}

func attach(t *testing.T, o Options) *observed {
	t.Helper()
	obs, err := Attach(t.Context(), o)
	qt.Assert(t, qt.IsNil(err))
	ctx, cancel := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	var runErr error
	wait.Go(func() { runErr = obs.Run(ctx) })
	stop := sync.OnceValue(func() error {
		cancel()
		wait.Wait()
		return errors.Join(runErr, obs.Close())
	})
	t.Cleanup(func() { _ = stop() })
	return &observed{obs, stop}
}

func start(t *testing.T, scenario string, stages ...workload.StageName) *workload.Run {
	t.Helper()
	o := workload.DefaultOptions()
	o.Sockets = sockets
	o.Pause = stages
	return startWith(t, scenario, o)
}

// startWith ends the run with the test and then waits for its sockets: a ring's
// end is done later by the kernel, and would be counted in the next run's base.
func startWith(t *testing.T, scenario string, o workload.Options) *workload.Run {
	t.Helper()
	before := socketsUsed(t)
	run, err := workload.Start(context.Background(), "", scenario, o)
	qt.Assert(t, qt.IsNil(err))
	t.Cleanup(func() {
		_ = run.Wait(20 * time.Second)
		for deadline := time.Now().Add(20 * time.Second); socketsUsed(t) > before && time.Now().Before(deadline); {
			time.Sleep(20 * time.Millisecond)
		}
	})
	return run
}

func until(t *testing.T, run *workload.Run, name workload.StageName) workload.Stage {
	t.Helper()
	s, err := run.Until(name)
	qt.Assert(t, qt.IsNil(err))
	return s
}

// settle waits until nothing waits for 6.1's worker or an RCU grace period.
func settle(t *testing.T, o *observed) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		time.Sleep(200 * time.Millisecond)
		report, err := o.Report()
		qt.Assert(t, qt.IsNil(err))
		if len(report.Rings) == 0 || !report.Exact {
			continue
		}
		if q := report.Rings[0].Queue; q.Releasing+q.Unsettled == 0 {
			return
		}
	}
	t.Error("the queue does not settle")
}

// equalsKernel asserts that the queue from events is the kernel's own, node by
// node. On a queue that moves a walk is not one moment, so it may take a few.
func equalsKernel(t *testing.T, o *observed) {
	t.Helper()
	var differences []string
	for range 10 {
		var err error
		differences, err = o.Differences()
		qt.Assert(t, qt.IsNil(err))
		if len(differences) == 0 {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Errorf("queue from events is not the kernel's:\n%s", strings.Join(differences, "\n"))
}

func socketsUsed(t *testing.T) int {
	t.Helper()
	b, err := os.ReadFile("/proc/net/sockstat")
	qt.Assert(t, qt.IsNil(err))
	var n int
	_, err = fmt.Sscanf(string(b), "sockets: used %d", &n)
	qt.Assert(t, qt.IsNil(err))
	return n
}

func TestScenarios(t *testing.T) {
	for _, b := range backends(t) {
		for _, scenario := range []string{"listener-poll", "no-poll", "regular-fd"} {
			for _, when := range []workload.StageName{workload.StageStart, workload.StageDone} {
				t.Run(fmt.Sprintf("%s/%s/from-%s", b, scenario, when), func(t *testing.T) {
					testScenario(t, b, scenario, when)
				})
			}
		}
	}
}

// testScenario attaches when the workload is at a stage, and holds what is
// explained at the end against the workload's own words, sockstat and a walk.
func testScenario(t *testing.T, b probe.Backend, scenario string, when workload.StageName) {
	run := start(t, scenario, when, workload.StageDone)
	ready := workload.Stage{}
	if when != workload.StageStart {
		ready = until(t, run, workload.StageReady)
	}
	reached := ready
	if when != workload.StageReady {
		reached = until(t, run, when)
	}
	o := attach(t, Options{PID: run.PID(), Backend: b, AllowNoRing: true})
	if when != workload.StageDone {
		qt.Assert(t, qt.IsNil(run.Go()))
		if when == workload.StageStart {
			ready = until(t, run, workload.StageReady)
		}
		reached = until(t, run, workload.StageDone)
	}
	settle(t, o)
	equalsKernel(t, o)
	used := socketsUsed(t)
	report, err := o.Report()
	qt.Assert(t, qt.IsNil(err))
	qt.Assert(t, qt.HasLen(report.Rings, 1))
	checkRing(t, o, &report.Rings[0], scenario, ready, reached, used)
	qt.Check(t, qt.IsTrue(report.Exact), qt.Commentf("%s", report.Rings[0].Inexact))
	nothingLost(t, o, &report)
	qt.Assert(t, qt.IsNil(o.stop()))
}

// nothingLost: nothing that a hook sent. The kernel may skip kprobes, and counts that.
func nothingLost(t *testing.T, o *observed, r *queue.Report) {
	t.Helper()
	qt.Check(t, qt.HasLen(r.Lost.Kinds, 0))
	loss, err := o.live.Loss()
	qt.Assert(t, qt.IsNil(err))
	qt.Check(t, qt.Equals(loss.Events()-loss.Missed, 0))
	if r.Backend != string(probe.Kprobe) {
		qt.Check(t, qt.Equals(r.Lost.Events, 0))
	}
}

func checkRing(t *testing.T, o *observed, ring *queue.RingReport, scenario string, ready, done workload.Stage, used int) {
	t.Helper()
	qt.Check(t, qt.Equals(ring.FD, ready.RingFD))
	qt.Check(t, qt.Equals(ring.Slots, ready.Slots))
	if scenario != "listener-poll" || o.Reclaim() == events.Independent {
		qt.Check(t, qt.Equals(ring.Queue.State, queue.Clear))
		qt.Check(t, qt.HasLen(ring.Blockers, 0))
		qt.Check(t, qt.Equals(ring.Queue.Blocked, 0))
		return
	}
	qt.Check(t, qt.Equals(ring.Queue.State, queue.Blocked))
	// The node that the poll holds has the first removed socket.
	qt.Check(t, qt.Equals(ring.Queue.Nodes, sockets))
	qt.Check(t, qt.Equals(ring.Queue.Blocked, sockets-1))
	qt.Check(t, qt.Equals(ring.Held.Sockets, sockets))
	qt.Check(t, qt.Equals(used-done.SocketsUsedBefore, sockets))
	qt.Assert(t, qt.HasLen(ring.Blockers, 1))
	b := ring.Blockers[0]
	qt.Check(t, qt.Equals(b.Position, 0))
	qt.Check(t, qt.Equals(b.References, 1))
	qt.Check(t, qt.Equals(b.Found, 1))
	qt.Check(t, qt.Equals(b.Frees.Nodes, sockets))
	qt.Check(t, qt.Equals(b.Frees.Sockets, sockets))
	qt.Assert(t, qt.HasLen(b.Requests, 1))
	r := b.Requests[0]
	qt.Check(t, qt.Equals(r.Op, "POLL_ADD"))
	qt.Check(t, qt.Equals(r.UserData, "0xfeed"))
	qt.Check(t, qt.Equals(r.Slot, 0))
	qt.Check(t, qt.Equals(r.State, "poll"))
	qt.Check(t, qt.Equals(r.Task.TID, ready.TID))
	qt.Check(t, qt.Equals(r.File.Proto, "tcp"))
	qt.Check(t, qt.Equals(r.File.State, "LISTEN"))
	qt.Check(t, qt.Equals(r.File.Local, ready.Listener.Addr))
}

func TestColdExplain(t *testing.T) {
	run := start(t, "listener-poll", workload.StageDone)
	ready := until(t, run, workload.StageReady)
	done := until(t, run, workload.StageDone)
	time.Sleep(1500 * time.Millisecond) // 6.1's RCU switch of the queue's tail
	report, err := Explain(t.Context(), ExplainOptions{PID: run.PID(), For: time.Second})
	qt.Assert(t, qt.IsNil(err))
	qt.Assert(t, qt.HasLen(report.Rings, 1))
	walker, err := probe.NewWalker(nil)
	qt.Assert(t, qt.IsNil(err))
	defer walker.Close()
	o := &observed{Observer: &Observer{walker: walker}}
	checkRing(t, o, &report.Rings[0], "listener-poll", ready, done, socketsUsed(t))
}

func TestErrors(t *testing.T) {
	_, err := Attach(t.Context(), Options{PID: 1 << 22})
	qt.Check(t, qt.ErrorIs(err, probe.ErrGone))
	_, err = Attach(t.Context(), Options{PID: os.Getpid()})
	qt.Check(t, qt.ErrorIs(err, probe.ErrNoRing))
	_, err = Explain(t.Context(), ExplainOptions{PID: os.Getpid()})
	qt.Check(t, qt.ErrorIs(err, probe.ErrNoRing))
}

func TestTargetKilled(t *testing.T) {
	for _, b := range backends(t) {
		t.Run(string(b), func(t *testing.T) {
			run := start(t, "listener-poll", workload.StageReady, workload.StageDone)
			until(t, run, workload.StageReady)
			obs, err := Attach(t.Context(), Options{PID: run.PID(), Backend: b})
			qt.Assert(t, qt.IsNil(err))
			defer obs.Close()
			qt.Assert(t, qt.IsNil(run.Go()))
			until(t, run, workload.StageDone)
			time.AfterFunc(1500*time.Millisecond, func() { _ = run.Kill() }) // all holders have been read by then
			qt.Assert(t, qt.ErrorIs(obs.Run(t.Context()), ErrTargetExited))
			report, err := obs.Report()
			qt.Assert(t, qt.IsNil(err))
			qt.Assert(t, qt.HasLen(report.Rings, 1))
			if obs.Reclaim() != events.Independent {
				qt.Check(t, qt.HasLen(report.Rings[0].Blockers, 1))
			}
		})
	}
}

func TestRingClosed(t *testing.T) {
	for _, b := range backends(t) {
		t.Run(string(b), func(t *testing.T) {
			run := start(t, "listener-poll", workload.StageReady, workload.StageEnd)
			until(t, run, workload.StageReady)
			o := attach(t, Options{PID: run.PID(), Backend: b})
			qt.Assert(t, qt.IsNil(run.Go()))
			until(t, run, workload.StageEnd)
			time.Sleep(1500 * time.Millisecond)
			report, err := o.Report()
			qt.Assert(t, qt.IsNil(err))
			qt.Assert(t, qt.HasLen(report.Rings, 1))
			qt.Check(t, qt.IsTrue(report.Rings[0].Ended))
			qt.Check(t, qt.Equals(report.Rings[0].Queue.State, queue.Clear))
			if b != probe.None {
				want := sockets
				if o.Reclaim() == events.Independent {
					want++ // the listener was in a node as well
				}
				qt.Check(t, qt.Equals(report.Rings[0].Seen.SocketsReleased, uint64(want)))
			}
		})
	}
}
