//go:build linux

package observe

import (
	"uringtrace/internal/incident"
	"uringtrace/internal/probe"
	"uringtrace/internal/proc"
	"uringtrace/internal/queue"
)

// Report explains what is. If the process has ended, it is what was last seen
// blocked, or what the events say.
func (o *Observer) Report() (queue.Report, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.process.Exited() {
		o.incident.Exit(probe.Now())
		return o.incident.Report(probe.Now()), nil
	}
	if err := o.upkeep(o.nextJoin); err != nil {
		return queue.Report{}, err
	}
	if !o.walksOnly() {
		if err := o.verify(); err != nil {
			return queue.Report{}, err
		}
	}
	o.takeStacks(nameTime)
	report := o.incident.Report(probe.Now())
	if len(report.Rings) == 0 && !o.options.AllowNoRing {
		return report, noRing(o.options.PID, o.process.Comm)
	}
	return report, nil
}

// Snapshot explains what is known, without another look at the process.
func (o *Observer) Snapshot() queue.Report {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.incident.Explain(probe.Now())
}

// subject is what is observed live.
func (o *Observer) subject() *incident.Subject {
	s := subjectOf(o.walker, o.process)
	s.Backend, s.NotSeen = string(o.live.Backend()), o.Degraded()
	s.Settle = incident.SettleTime(s.Reclaim)
	return s
}

// subjectOf is a process as walks see it.
func subjectOf(walker *probe.Walker, process *probe.Process) *incident.Subject {
	s := kernelOf(walker)
	s.Target = targetOf(process.PID, process.Comm, proc.PlaceOf(proc.Root(), process.PID))
	return &s
}

// kernelOf is the kernel, and nobody on it.
func kernelOf(walker *probe.Walker) incident.Subject {
	s := incident.Subject{Release: probe.Release(), Reclaim: walker.Reclaim()}
	s.Costs, s.Notes = costs(walker)
	return s
}

// Differences walks the process and compares: each way in which the state is
// not what the kernel holds, in a sentence. Empty means equal, node by node.
func (o *Observer) Differences() ([]string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.live.Drain(o.hear); err != nil {
		return nil, err
	}
	walk, err := o.walker.Walk(o.options.PID)
	if err != nil {
		return nil, err
	}
	return o.incident.State().Compare(walk), nil
}
