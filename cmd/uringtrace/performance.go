package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os/exec"
	"time"

	"uringtrace/internal/events"
	"uringtrace/internal/observe"
	"uringtrace/internal/probe"
	"uringtrace/internal/render"
	"uringtrace/internal/render/jsonl"
	"uringtrace/internal/render/text"
	"uringtrace/internal/workload"
)

// performance is one run of a scenario under observation.
type performance struct {
	tool  *tool
	flags *workloadFlags
	load  load
	name  string
	truth render.Workload
}

// What is only waiting for the kernel's own delay is gone after this time, and
// what is held has been so for long enough to count as blocked: the worker of
// ordered-deferred kernels runs one second after the last node, and an RCU grace
// period passes before.
const (
	settleDeferred = 2500 * time.Millisecond
	settleAtOnce   = 1200 * time.Millisecond
)

// play observes the scenario from before its ring exists until all has settled,
// and explains it while its request is still in flight.
func (p *performance) play(ctx context.Context) (err error) {
	if _, err := p.load.Until(workload.StageStart); err != nil {
		return err
	}
	w := newWatch(p.tool, &p.flags.watchFlags)
	if err := w.attach(ctx, observe.Options{PID: p.load.PID(), AllowNoRing: true}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	if err := p.watch(ctx, w); err != nil {
		return err
	}
	report, err := w.report()
	if err != nil {
		return err
	}
	if p.truth.SocketsUsed, err = p.tool.kernel.SocketsUsed(); err != nil {
		return err
	}
	if p.flags.output.json() {
		err = jsonl.WorkloadReport(p.tool.stdout, &report, &p.truth)
	} else {
		err = text.WorkloadReport(p.tool.stdout, &report, &p.truth, p.tool.style)
	}
	if err != nil {
		return err
	}
	p.keep(ctx)
	return p.flags.judge(&report)
}

// watch lets the workload make its removals and follows them.
func (p *performance) watch(ctx context.Context, w *watch) error {
	watching, settled := context.WithCancel(ctx)
	defer settled()
	conducted := make(chan error, 1)
	go func() {
		defer settled()
		conducted <- p.conduct(ctx, settleTime(w.observer.Reclaim()))
	}()
	watchErr := w.run(watching)
	if watchErr != nil || ctx.Err() != nil {
		// What is still going on there is of no use any more. If it can't be told
		// to end, it has ended.
		_ = p.load.Stop()
	}
	err := <-conducted
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return err // the workload's own words say more than that it has ended
	}
	return watchErr
}

// conduct leads the workload to its last pause and gathers the ground truth.
func (p *performance) conduct(ctx context.Context, settle time.Duration) error {
	if err := p.load.Go(); err != nil {
		return err
	}
	ready, err := p.load.Until(workload.StageReady)
	if err != nil {
		return err
	}
	done, err := p.load.Until(workload.StageDone)
	if err != nil {
		return err
	}
	p.truth = render.Workload{
		Scenario: p.name, Sockets: done.Sockets, SocketsUsedBefore: done.SocketsUsedBefore, Port: port(ready.Ready),
	}
	if len(ready.Pins) > 0 {
		p.truth.UserData = ready.Pins[0].UserData.String()
	}
	wait(ctx, settle)
	return nil
}

func settleTime(reclaim events.Reclaim) time.Duration {
	if reclaim == events.OrderedDeferred {
		return settleDeferred
	}
	return settleAtOnce
}

func port(r *workload.Ready) int {
	if r.Listener == nil {
		return 0
	}
	addr, err := netip.ParseAddrPort(r.Listener.Addr)
	if err != nil {
		return 0
	}
	return int(addr.Port())
}

// keep leaves the workload as it is for others to look at.
func (p *performance) keep(ctx context.Context) {
	if p.flags.keep > 0 {
		p.tool.note("%s (pid %d) stays for %s, or until Ctrl-C", workload.Program, p.load.PID(), p.flags.keep)
		wait(ctx, p.flags.keep)
	}
}

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// verdict joins how observation and workload ended. A workload that says that the
// kernel lacks what its scenario needs does so by our own exit code.
func (p *performance) verdict(err, endErr error) error {
	var exit *exec.ExitError
	switch {
	case errors.As(endErr, &exit) && exit.ExitCode() == exitKernel && err != nil:
		return fmt.Errorf("%w: %w", probe.ErrKernel, err)
	case err != nil:
		return err
	case endErr != nil:
		return fmt.Errorf("end workload %s: %w", p.name, endErr)
	}
	return nil
}
