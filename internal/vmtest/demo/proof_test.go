//go:build linux

package main

import (
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/queue"
)

func TestProof(t *testing.T) {
	qt.Check(t, qt.IsNil(leak().prove(place{kernel: "6.1", affected: true}, 1000)))
	qt.Check(t, qt.IsNil(cure().prove(place{kernel: "7.3"}, 1000)))
}

func TestWhatIsNotProved(t *testing.T) {
	for _, tt := range []struct {
		says   string
		change func(*run)
	}{
		{"version of the report: 2, not 1", func(r *run) { r.Version = 2 }},
		{"scenario: no-poll, not listener-poll", func(r *run) { r.Workload.Scenario = "no-poll" }},
		{"sockets made: 999, not 1000", func(r *run) { r.Workload.Sockets = 999 }},
		{"events lost: 3, not 0", func(r *run) { r.Lost.Events = 3 }},
		{"what is not exact: a torn walk, not nothing", func(r *run) { r.Exact, r.Rings[0].Inexact = false, "a torn walk" }},
		{"exact: false, not true", func(r *run) { r.Exact = false }},
		{"rings: 0, not 1", func(r *run) { r.Rings = nil }},
		{"nodes are released in order: false, not true", func(r *run) { r.Kernel.Reclaim = "independent" }},
		{"queue: releasing, not blocked", func(r *run) { r.Rings[0].Queue.State = queue.Releasing }},
		{"queue depth: 998, not 1000", func(r *run) { r.Rings[0].Queue.Nodes = 998 }},
		{"sockets held: 998, not 1000", func(r *run) { r.Rings[0].Held.Sockets = 998 }},
		{"sockets still used: 1001, not 1000", func(r *run) { r.Workload.SocketsUsed++ }},
		{"blockers: 0, not 1", func(r *run) { r.Rings[0].Blockers = nil }},
		{"references on the blocker: 2, not 1", func(r *run) { r.Rings[0].Blockers[0].References = 2 }},
		{"requests found that hold it: 0, not 1", func(r *run) { r.Rings[0].Blockers[0].Requests = nil }},
		{"sockets that go when it ends: 1, not 1000", func(r *run) { r.Rings[0].Blockers[0].Frees.Sockets = 1 }},
		{"request of the blocker: READ, not POLL_ADD", func(r *run) { request(r).Op = "READ" }},
		{"its user_data: 0x1, not 0xfeed", func(r *run) { request(r).UserData = "0x1" }},
		{"its slot: 1, not 0", func(r *run) { request(r).Slot = 1 }},
		{"its file: tcp 127.0.0.1:6666 CLOSE, not tcp 127.0.0.1:6666 LISTEN", func(r *run) { request(r).File.State = "CLOSE" }},
	} {
		r := leak()
		tt.change(r)
		err := r.prove(place{affected: true}, 1000)
		qt.Check(t, qt.ErrorMatches(err, "the run does not prove what it should: "+tt.says))
	}
}

func request(r *run) *queue.Request { return &r.Rings[0].Blockers[0].Requests[0] }

func TestCureThatIsNone(t *testing.T) {
	err := leak().prove(place{kernel: "7.3"}, 1000)
	qt.Check(t, qt.ErrorMatches(err, ".*how nodes are released: ordered-deferred, not independent"))
	r := cure()
	r.Workload.SocketsUsed++
	qt.Check(t, qt.ErrorMatches(r.prove(place{kernel: "7.3"}, 1000), ".*sockets still used: 1, not 0"))
}
