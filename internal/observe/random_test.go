//go:build kernel

package observe

import (
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
	"uringtrace/internal/queue"
	"uringtrace/internal/workload"
)

var (
	firstSeed   = flag.Uint64("seed", 1, "first seed of TestRandom; a failure names its own")
	seedCount   = flag.Int("seeds", 4, "seeds of TestRandom for each backend")
	randomOps   = flag.Int("ops", 500, "operations for each seed of TestRandom")
	checkpoints = flag.Int("checkpoints", 4, "moments for each seed at which TestRandom compares")
)

// TestRandom plays random operations on several rings and compares, at random
// moments, four accounts of what the queues are: the one rebuilt from events, the
// kernel's own lists, a cold look, and what the workload knows it has done and
// what is in flight. Odd seeds are watched from the start, even ones are joined
// at the first moment.
func TestRandom(t *testing.T) {
	for _, b := range backends(t) {
		for i := range *seedCount {
			seed := *firstSeed + uint64(i)
			t.Run(fmt.Sprintf("%s/seed %d", b, seed), func(t *testing.T) {
				o := workload.DefaultOptions()
				o.Seed, o.Ops, o.Checkpoints = seed, *randomOps, *checkpoints
				o.Pause = workload.Pauses{workload.StageStart, workload.StageCheckpoint}
				run := startWith(t, "random", o)
				until(t, run, workload.StageStart)
				follow := &follower{options: Options{PID: run.PID(), Backend: b, AllowNoRing: true}}
				if seed%2 == 1 {
					follow.observed = attach(t, follow.options)
				}
				qt.Assert(t, qt.IsNil(run.Go()))
				follow.rings(until(t, run, workload.StageReady))
				for range o.Checkpoints {
					follow.compare(t, until(t, run, workload.StageCheckpoint))
					qt.Assert(t, qt.IsNil(run.Go()))
				}
			})
		}
	}
}

// follower compares what is known of one run with what it says of itself.
type follower struct {
	*observed
	options Options
	fds     []int // of the rings, in the workload's order
}

func (f *follower) rings(ready workload.Stage) {
	for _, r := range append([]workload.Ring{ready.Ring}, ready.Others...) {
		f.fds = append(f.fds, r.RingFD)
	}
}

func (f *follower) compare(t *testing.T, truth workload.Stage) {
	t.Helper()
	if f.observed == nil {
		f.observed = attach(t, f.options)
	}
	f.settled(t)
	equalsKernel(t, f.observed)
	live, err := f.Report()
	qt.Assert(t, qt.IsNil(err))
	cold, err := Explain(t.Context(), ExplainOptions{PID: f.options.PID})
	qt.Assert(t, qt.IsNil(err))
	for name, report := range map[string]*queue.Report{"live": &live, "cold": &cold} {
		qt.Check(t, qt.IsTrue(report.Exact), qt.Commentf("%s: %+v", name, report.Rings))
		for i, fd := range f.fds {
			f.compareRing(t, name, ringWith(t, report, fd), &truth.States[i])
		}
	}
	want := truth.Base + truth.Independent
	if f.Reclaim() != events.Independent {
		want = truth.Base + truth.Ordered
	}
	qt.Check(t, qt.Equals(socketsUsed(t), want))
}

// settled waits until nothing is on its way: 6.1's worker has put all that is
// past the heads, and the counts of all nodes are known.
func (f *follower) settled(t *testing.T) {
	t.Helper()
	var report queue.Report
	for range 60 {
		time.Sleep(100 * time.Millisecond)
		var err error
		report, err = f.Report()
		qt.Assert(t, qt.IsNil(err))
		if !slices.ContainsFunc(report.Rings, func(r queue.RingReport) bool {
			return !r.Exact || r.Queue.State == queue.Releasing || r.Queue.Unsettled > 0
		}) {
			return
		}
		if f.Reclaim() != events.OrderedDeferred {
			return // a head that has not been one for long
		}
	}
}

func ringWith(t *testing.T, report *queue.Report, fd int) *queue.RingReport {
	t.Helper()
	for i := range report.Rings {
		if report.Rings[i].FD == fd && !report.Rings[i].Ended {
			return &report.Rings[i]
		}
	}
	t.Fatalf("no ring with fd %d in %+v", fd, report.Rings)
	return nil
}

// compareRing compares length, pins and their holders in order.
func (f *follower) compareRing(t *testing.T, name string, ring *queue.RingReport, truth *workload.RingState) {
	t.Helper()
	var want []string
	nodes := 0
	if f.Reclaim() != events.Independent {
		for _, n := range truth.Queue {
			if len(n.Holders) > 0 {
				want = append(want, pin(nodes, n.Holders))
			}
			if f.Reclaim() == events.OrderedDeferred {
				nodes++
			} else {
				nodes += len(n.Resources)
			}
		}
		qt.Check(t, qt.Equals(ring.Queue.Nodes, nodes), qt.Commentf("%s, fd %d", name, ring.FD))
	}
	var got []string
	for _, b := range ring.Blockers {
		if f.Reclaim() == events.Independent {
			continue // what has left its slot is not in the truth's queue
		}
		var holders []workload.UserData
		for _, q := range b.Requests {
			var u workload.UserData
			qt.Assert(t, qt.IsNil(u.Set(q.UserData)))
			holders = append(holders, u)
		}
		got = append(got, pin(b.Position, holders))
	}
	qt.Check(t, qt.DeepEquals(got, want), qt.Commentf("%s, fd %d", name, ring.FD))
}

func pin(position int, holders []workload.UserData) string {
	sorted := slices.Sorted(slices.Values(holders))
	return fmt.Sprintf("%v at %d", sorted, position)
}
