//go:build kernel

package e2e

import (
	"testing"

	"github.com/go-quicktest/qt"
	"github.com/google/go-cmp/cmp/cmpopts"

	"uringtrace/internal/queue"
)

const sockets = 1000

// exitLost is how a command ends that was to be strict about lost events.
const exitLost = 7

// TestWorkload runs each basic scenario with each backend, holds the answer
// against sockstat, and the answers against each other.
func TestWorkload(t *testing.T) {
	for _, scenario := range []string{"listener-poll", "no-poll", "regular-fd"} {
		var first *report
		for _, backend := range backends(t) {
			t.Run(scenario+"/"+backend, func(t *testing.T) {
				o := runApart(t, "workload", scenario, "--sockets", "1000", "--backend", backend, "--strict", "-o", "json")
				r := o.report(t)
				want := 0
				if r.Backend == "kprobe" && r.Lost.Events > 0 {
					want = exitLost // the kernel has skipped some, which is told
				}
				qt.Assert(t, qt.Equals(o.code, want), qt.Commentf("%s", o.stderr))
				checkWorkload(t, scenario, &r)
				if first == nil {
					first = &r
				} else {
					sameAnswer(t, first, &r)
				}
			})
		}
	}
}

func checkWorkload(t *testing.T, scenario string, r *report) {
	t.Helper()
	qt.Check(t, qt.IsTrue(r.Exact))
	qt.Check(t, qt.HasLen(r.Lost.Kinds, 0))
	if r.Backend != "kprobe" { // the kernel may skip one, and counts that
		qt.Check(t, qt.Equals(r.Lost.Events, 0))
	}
	qt.Assert(t, qt.HasLen(r.Rings, 1))
	ring := r.Rings[0]
	qt.Check(t, qt.Equals(r.Workload.Sockets, sockets))
	qt.Check(t, qt.Equals(ring.Held.Sockets, r.Workload.Left()))
	if scenario != "listener-poll" || !affected(&r.Report) {
		qt.Check(t, qt.Equals(ring.Queue, queue.Counts{State: queue.Clear}))
		qt.Check(t, qt.HasLen(ring.Blockers, 0))
		qt.Check(t, qt.Equals(r.Workload.Left(), 0))
		return
	}
	qt.Check(t, qt.Equals(r.Workload.Left(), sockets))
	qt.Check(t, qt.Equals(ring.Queue, queue.Counts{Nodes: sockets, Pinned: 1, Blocked: sockets - 1, State: queue.Blocked}))
	qt.Assert(t, qt.HasLen(ring.Blockers, 1))
	b := ring.Blockers[0]
	qt.Check(t, qt.Equals(b.References, 1))
	qt.Check(t, qt.Equals(b.Found, 1))
	qt.Check(t, qt.Equals(b.Frees.Sockets, sockets))
	qt.Assert(t, qt.HasLen(b.Requests, 1))
	request := b.Requests[0]
	qt.Check(t, qt.Equals(request.Op, "POLL_ADD"))
	qt.Check(t, qt.Equals(request.UserData, r.Workload.UserData))
	qt.Check(t, qt.Equals(request.Slot, 0))
	qt.Check(t, qt.Equals(request.File.Proto, "tcp"))
	qt.Check(t, qt.Equals(request.File.State, "LISTEN"))
}

// sameAnswer: what differs by nature is who ran it and when. What kprobes have seen is
// less where the kernel has skipped some, which b tells.
func sameAnswer(t *testing.T, a, b *report) {
	t.Helper()
	if b.Lost.Events > 0 {
		seen, all := &b.Rings[0].Seen, &a.Rings[0].Seen
		for _, less := range [][2]*uint64{
			{&seen.Removed, &all.Removed}, {&seen.Released, &all.Released}, {&seen.SocketsReleased, &all.SocketsReleased},
		} {
			qt.Check(t, qt.IsTrue(*less[0] <= *less[1]))
			*less[0] = *less[1]
		}
	}
	qt.Check(t, qt.CmpEquals(b.Rings, a.Rings,
		cmpopts.IgnoreFields(queue.Task{}, "TID"),
		cmpopts.IgnoreFields(queue.FileInfo{}, "Local", "Inode"),
		cmpopts.IgnoreFields(queue.Blocker{}, "Node"),
		cmpopts.IgnoreFields(queue.Seen{}, "Repairs", "Repaired"),                      // kprobes may be skipped
		cmpopts.IgnoreFields(queue.RingReport{}, "HeadSeconds", "Growth", "Lifetimes"), // without hooks there are no events to tell slots
		cmpopts.IgnoreFields(queue.Remedy{}, "Text"),                                   // names tasks, ports and inodes
	))
}
