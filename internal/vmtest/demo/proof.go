//go:build linux

package main

import (
	"fmt"

	"uringtrace/internal/events"
	"uringtrace/internal/queue"
)

// claim is something that a run has to prove.
type claim struct {
	what      string
	got, want any
}

// prove returns an error for the first claim that the run does not bear out.
func (r *run) prove(p place, sockets int) error {
	claims := r.course(sockets)
	if len(r.Rings) == 1 {
		ring := &r.Rings[0]
		if p.affected {
			claims = append(claims, r.leak(ring, sockets)...)
		} else {
			claims = append(claims, r.cure(ring)...)
		}
	}
	for _, c := range claims {
		if got, want := fmt.Sprint(c.got), fmt.Sprint(c.want); got != want {
			return fmt.Errorf("the run does not prove what it should: %s: %s, not %s", c.what, got, want)
		}
	}
	return nil
}

// course is what holds on every kernel: the run was the one asked for, and it was
// seen completely.
func (r *run) course(sockets int) []claim {
	inexact := "nothing"
	for i := range r.Rings {
		if why := r.Rings[i].Inexact; why != "" {
			inexact = why
		}
	}
	return []claim{
		{"version of the report", r.Version, 1},
		{"scenario", r.Workload.Scenario, scenario},
		{"sockets made", r.Workload.Sockets, sockets},
		{"events lost", r.Lost.Events, 0},
		{"what is not exact", inexact, "nothing"},
		{"exact", r.Exact, true},
		{"rings", len(r.Rings), 1},
	}
}

// leak is what an affected kernel shows: every socket waits behind the poll, and
// the kernel counts the same sockets as the queue.
func (r *run) leak(ring *queue.RingReport, sockets int) []claim {
	claims := []claim{
		{"nodes are released in order", r.Kernel.Reclaim != events.Independent.String(), true},
		{"queue", ring.Queue.State, queue.Blocked},
		{"queue depth", ring.Queue.Nodes, sockets},
		{"sockets held", ring.Held.Sockets, sockets},
		{"sockets still used", r.Workload.Left(), sockets},
		{"blockers", len(ring.Blockers), 1},
	}
	if len(ring.Blockers) != 1 {
		return claims
	}
	b := &ring.Blockers[0]
	claims = append(claims, []claim{
		{"references on the blocker", b.References, 1},
		{"requests found that hold it", len(b.Requests), 1},
		{"sockets that go when it ends", b.Frees.Sockets, sockets},
	}...)
	if len(b.Requests) != 1 {
		return claims
	}
	q := &b.Requests[0]
	return append(claims, []claim{
		{"request of the blocker", q.Op, "POLL_ADD"},
		{"its user_data", q.UserData, r.Workload.UserData},
		{"its slot", q.Slot, 0},
		{"its file", q.File.Proto + " " + q.File.Local + " " + q.File.State, fmt.Sprintf("tcp 127.0.0.1:%d LISTEN", r.Workload.Port)},
	}...)
}

// cure is what other kernels show with the same poll in flight: nothing waits.
func (r *run) cure(ring *queue.RingReport) []claim {
	return []claim{
		{"how nodes are released", r.Kernel.Reclaim, events.Independent},
		{"queue", ring.Queue.State, queue.Clear},
		{"queue depth", ring.Queue.Nodes, 0},
		{"blockers", len(ring.Blockers), 0},
		{"sockets still used", r.Workload.Left(), 0},
	}
}
