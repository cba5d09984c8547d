package render

import (
	"slices"
	"time"

	"uringtrace/internal/queue"
)

// Top is one refresh of top: the rings of the host. The keys of its JSON are a
// contract.
type Top struct {
	Version     int          `json:"v"`
	Refresh     int          `json:"refresh"`      // 1 is the first
	Time        uint64       `json:"time"`         // ns, CLOCK_MONOTONIC: when the host was looked at
	LookSeconds float64      `json:"look_seconds"` // how long that took
	Kernel      queue.Kernel `json:"kernel"`
	Host        HostTotal    `json:"host"`
	Rings       []TopRing    `json:"rings"`
	Notes       []string     `json:"notes,omitempty"` // what is not known, in sentences
}

// HostTotal sums up all rings of the host, those that a filter leaves out too.
type HostTotal struct {
	Processes int    `json:"processes"`
	Rings     int    `json:"rings"`
	Blocked   int    `json:"blocked"` // rings
	Inexact   int    `json:"inexact"` // rings
	Nodes     int    `json:"nodes"`
	Sockets   int    `json:"sockets"`
	Bytes     uint64 `json:"bytes"`
}

// TopRing is one ring and whose it is.
type TopRing struct {
	Target queue.Target `json:"target"`
	queue.RingReport
	Change *queue.Growth `json:"change,omitempty"` // since the refresh before; nil: there is none with this ring
}

// Pinned reports whether requests hold nodes of the queue of which it is not known,
// or not known yet, that they block others.
func (r *TopRing) Pinned() bool {
	return r.Queue.State == queue.Releasing && r.Queue.Pinned > 0
}

// Refreshes makes of each look at the host a Top. The zero value is ready.
type Refreshes struct {
	n    int
	last map[topRing]topLook
}

type topRing struct{ pid, ring int }

type topLook struct {
	time           uint64
	nodes, sockets int
}

// Next is the refresh of a look at time at, which took that long. Its rings are in
// the order of the reports.
func (r *Refreshes) Next(k queue.Kernel, reports []queue.Report, at uint64, took time.Duration) *Top {
	r.n++
	t := &Top{
		Version: 1, Refresh: r.n, Time: at, LookSeconds: took.Seconds(), Kernel: k,
		Host: HostTotal{Processes: len(reports)}, Rings: []TopRing{},
	}
	looks := make(map[topRing]topLook)
	for i := range reports {
		report := &reports[i]
		for j := range report.Rings {
			ring := TopRing{Target: report.Target, RingReport: report.Rings[j]}
			id, now := topRing{report.Target.PID, ring.Ring}, topLook{at, ring.Queue.Nodes, ring.Held.Sockets}
			if before, ok := r.last[id]; ok {
				ring.Change = now.change(before)
			}
			looks[id] = now
			t.Host.add(&ring.RingReport)
			t.Rings = append(t.Rings, ring)
		}
		for _, note := range report.Notes {
			if !slices.Contains(t.Notes, note) {
				t.Notes = append(t.Notes, note)
			}
		}
	}
	r.last = looks
	return t
}

func (l topLook) change(before topLook) *queue.Growth {
	if l.time <= before.time {
		return nil
	}
	span := time.Duration(l.time - before.time).Seconds()
	return &queue.Growth{
		Nodes: float64(l.nodes-before.nodes) / span, Sockets: float64(l.sockets-before.sockets) / span, Seconds: span,
	}
}

func (h *HostTotal) add(r *queue.RingReport) {
	h.Rings++
	if r.Queue.State == queue.Blocked {
		h.Blocked++
	}
	if !r.Exact {
		h.Inexact++
	}
	h.Nodes += r.Queue.Nodes
	h.Sockets += r.Held.Sockets
	h.Bytes += r.Held.Bytes
}
