//go:build linux

package observe

import (
	"context"
	"errors"
	"fmt"
	"time"

	"uringtrace/internal/events"
	"uringtrace/internal/incident"
	"uringtrace/internal/probe"
	"uringtrace/internal/queue"
)

// Explain answers for a process from walks, without hooks: from one if nothing
// waits behind a held node, else from two.
func Explain(ctx context.Context, o ExplainOptions) (_ queue.Report, err error) {
	if err := probe.CheckPrivilege(); err != nil {
		return queue.Report{}, err
	}
	process, err := probe.OpenProcess(o.PID)
	if err != nil {
		return queue.Report{}, err
	}
	defer func() { err = errors.Join(err, process.Close()) }()
	walker, err := probe.NewWalker(nil)
	if err != nil {
		return queue.Report{}, err
	}
	defer func() { err = errors.Join(err, walker.Close()) }()
	walker.Progress = o.Progress
	c := &cold{process: process, walker: walker, incident: incident.New(subjectOf(walker, process))}
	return c.answer(ctx, o.For)
}

// cold looks at one process from outside.
type cold struct {
	process  *probe.Process
	walker   *probe.Walker
	incident *incident.Incident
}

func (c *cold) answer(ctx context.Context, between time.Duration) (queue.Report, error) {
	if err := c.look(ctx); err != nil {
		return queue.Report{}, err
	}
	report := c.explain(0)
	if between == 0 || report.Total().State != queue.Blocked {
		return report, nil
	}
	if err := sleep(ctx, between); err != nil {
		return queue.Report{}, err
	}
	if err := c.look(ctx); err != nil {
		if c.process.Exited() {
			report.Notes = append(report.Notes, "the process ended before a second look: whether it was blocked for longer than a moment is not known")
			return report, nil
		}
		return queue.Report{}, err
	}
	return c.explain(between), nil
}

// look takes in a walk.
func (c *cold) look(ctx context.Context) error {
	walk, err := steadyWalk(ctx, c.walker, c.process.PID)
	if err != nil {
		return err
	}
	if len(walk.Rings) == 0 {
		return noRing(c.process.PID, c.process.Comm)
	}
	c.incident.Absorb(walk)
	return nil
}

func (c *cold) explain(settle time.Duration) queue.Report {
	return c.incident.ExplainAfter(settle, probe.Now())
}

// Attempts at a walk during which nothing changes.
const (
	maxTorn  = 8 // a queue that moves
	maxLoose = 3 // lists of requests, which always move on a busy ring
)

// steadyWalk walks again while lists change under its eyes; a ring that never
// holds still stays marked torn.
func steadyWalk(ctx context.Context, walker *probe.Walker, pid int) (*events.Walk, error) {
	for attempt := 1; ; attempt++ {
		walk, err := walker.Walk(pid)
		if err != nil {
			return nil, fmt.Errorf("walk process %d: %w", pid, err)
		}
		torn, loose := false, false
		for i := range walk.Rings {
			torn = torn || walk.Rings[i].Torn > 0
			loose = loose || walk.Rings[i].Loose > 0
		}
		again := torn && attempt < maxTorn || loose && attempt < maxLoose
		if !again || ctx.Err() != nil {
			return walk, ctx.Err()
		}
		time.Sleep(settleEvery)
	}
}
