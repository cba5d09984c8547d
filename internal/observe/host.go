//go:build linux

package observe

import (
	"context"
	"io/fs"
	"maps"
	"slices"
	"time"

	"uringtrace/internal/events"
	"uringtrace/internal/incident"
	"uringtrace/internal/probe"
	"uringtrace/internal/proc"
	"uringtrace/internal/queue"
)

// Host looks at every process with rings, again and again and without hooks. It is
// not safe for concurrent use.
type Host struct {
	host
	walker *probe.Walker
	took   time.Duration // by the last look and its reports
}

// OpenHost prepares for looks. The caller closes the Host.
func OpenHost() (*Host, error) {
	walker, err := probe.NewWalker(nil)
	if err != nil {
		return nil, err
	}
	return &Host{host: *newHost(kernelOf(walker), proc.Root()), walker: walker}, nil
}

// Look takes in what is now. It walks again while lists change under its eyes.
func (h *Host) Look(ctx context.Context) error {
	begin := time.Now()
	walk, err := steadyWalk(ctx, h.walker, 0)
	if err != nil {
		return err
	}
	h.look(walk)
	h.took = time.Since(begin)
	return nil
}

// Reports explains each process as of the last look, in rank order. What is behind
// a head counts as blocked once that has been the head for the kernel's settle
// time.
func (h *Host) Reports() []queue.Report {
	begin := time.Now()
	reports := h.explain(h.settle())
	h.took += time.Since(begin)
	return reports
}

// Undecided is how long to wait with the next look for it to tell whether what
// looks blocked is; 0: nothing does, or that is known.
func (h *Host) Undecided() time.Duration {
	if left := h.settle() - h.looked(); left > 0 && h.suspicious() {
		return left
	}
	return 0
}

// Kernel is what all reports are of.
func (h *Host) Kernel() queue.Kernel {
	return queue.Kernel{Release: h.subject.Release, Reclaim: h.subject.Reclaim.String()}
}

// Looked is when the last look began, in ns of CLOCK_MONOTONIC, and how long it
// and its reports took.
func (h *Host) Looked() (at uint64, took time.Duration) { return h.last, h.took }

// Pause is how long to wait before the next look if one is wanted every interval:
// longer where looks would otherwise take more than one part in walkShare of the
// time.
func (h *Host) Pause(interval time.Duration) time.Duration {
	return max(interval-h.took, (walkShare-1)*h.took)
}

// Close frees what looks need.
func (h *Host) Close() error { return h.walker.Close() }

// host is every process with rings, as one or more walks have found them.
type host struct {
	subject   incident.Subject // but for the target
	processes map[uint32]*incident.Incident
	first     uint64 // when the first walk began
	last      uint64 // when the last one did
	proc      fs.FS
}

func newHost(subject incident.Subject, fsys fs.FS) *host {
	return &host{subject: subject, proc: fsys, processes: make(map[uint32]*incident.Incident)}
}

// look takes in a walk over the whole host.
func (h *host) look(w *events.Walk) {
	if h.first == 0 {
		h.first = w.Begin
	}
	h.last = w.Begin
	parts := split(w)
	for tgid, part := range parts {
		if p := h.resident(tgid); p != nil {
			p.Absorb(part)
		}
	}
	for tgid := range h.processes {
		if parts[tgid] == nil {
			delete(h.processes, tgid) // it has no ring any more
		}
	}
}

// resident is a process that was walked; nil: it has ended since, and its rings
// with it. A pid may be another process's by now, and a process another program.
func (h *host) resident(tgid uint32) *incident.Incident {
	p := h.processes[tgid]
	comm := proc.Comm(h.proc, int(tgid))
	switch {
	case comm == "", p != nil && p.Subject().Target.Comm == comm:
		return p
	case p == nil:
		p = incident.New(&h.subject)
		h.processes[tgid] = p
	}
	p.Subject().Target = targetOf(int(tgid), comm, proc.PlaceOf(h.proc, int(tgid)))
	return p
}

// looked is how long ago the first look was, at the last one.
func (h *host) looked() time.Duration { return time.Duration(h.last - h.first) }

func (h *host) settle() time.Duration { return incident.SettleTime(h.subject.Reclaim) }

// suspicious reports whether some process looks blocked.
func (h *host) suspicious() bool {
	for _, r := range h.explain(h.looked()) {
		if r.Total().State == queue.Blocked {
			return true
		}
	}
	return false
}

// explain answers for each process from all looks so far, in rank order. Blocked
// is what has stood for the settle time; 0: at once.
func (h *host) explain(settle time.Duration) []queue.Report {
	reports := make([]queue.Report, 0, len(h.processes))
	for _, tgid := range slices.Sorted(maps.Keys(h.processes)) {
		report := h.processes[tgid].ExplainAfter(settle, h.last)
		report.Rings = slices.DeleteFunc(report.Rings, func(r queue.RingReport) bool { return r.Ended })
		reports = append(reports, report)
	}
	queue.Rank(reports)
	return reports
}
