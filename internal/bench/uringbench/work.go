//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"uringtrace/internal/bench"
	"uringtrace/internal/workload"
)

// manyRounds is more than any measurement takes.
const manyRounds = 1 << 20

// work is a workload that makes a round when it is told to.
type work struct {
	scenario string
	ops      int
	// later says that the kernel or observers have something to do after the round.
	later  bool
	settle time.Duration
	run    *workload.Run
}

// start starts the workload's process.
func (w *work) start(ctx context.Context) error {
	o := workload.DefaultOptions()
	o.Ops, o.Rounds, o.Pause = w.ops, manyRounds, workload.Pauses{workload.StageReady, workload.StageRound}
	var err error
	if w.run, err = workload.Start(ctx, "", w.scenario, o); err != nil {
		return err
	}
	if _, err = w.run.Until(workload.StageReady); err != nil {
		return err
	}
	return nil
}

// series makes one round to warm up and n that count. Before each, all has settled.
func (w *work) series(n int) (bench.Series, error) {
	var s bench.Series
	if _, err := w.round(); err != nil {
		return s, err
	}
	idleBefore, err := w.idle()
	if err != nil {
		return s, err
	}
	before, err := machineTime()
	if err != nil {
		return s, err
	}
	begin := time.Now()
	for range n {
		r, err := w.round()
		if err != nil {
			return s, err
		}
		s.Elapsed = append(s.Elapsed, float64(r.NS)/float64(r.Operations))
		s.Own = append(s.Own, float64(r.OwnNS)/float64(r.Operations))
	}
	took := float64(time.Since(begin))
	after, err := machineTime()
	if err != nil || !w.later {
		return s, err
	}
	idleAfter, err := w.idle()
	s.Machine = (float64(after-before) - min(idleBefore, idleAfter)*took) / float64(n*w.ops)
	return s, err
}

// idle is the part of the time that the machine is busy with while there is no work.
// What an observer puts off for very long may fall into it, so it is measured twice.
func (w *work) idle() (float64, error) {
	begin := time.Now()
	before, err := machineTime()
	if err != nil {
		return 0, err
	}
	time.Sleep(w.settle)
	after, err := machineTime()
	return float64(after-before) / float64(time.Since(begin)), err
}

func (w *work) round() (*workload.Round, error) {
	if err := w.run.Go(); err != nil {
		return nil, err
	}
	s, err := w.run.Until(workload.StageRound)
	if err != nil {
		return nil, err
	}
	time.Sleep(w.settle)
	return s.Round, nil
}

// under measures the work with an observer, whose base the caller knows.
func (w *work) under(ctx context.Context, o observer, rounds int) (t bench.Traced, err error) {
	watching, err := o.start(ctx, w.run.PID())
	if err != nil {
		return t, err
	}
	if err := w.observed(watching, rounds, &t); err != nil {
		return t, errors.Join(fmt.Errorf("with %s: %w", o.name, err), watching.abandon())
	}
	t.ReadyMS, t.Operations = watching.readyMS, (rounds+1)*w.ops
	t.Lost, t.Said, err = watching.stop()
	return t, err
}

// observed makes the rounds and looks what the observer has used for them.
func (w *work) observed(watching *watching, rounds int, t *bench.Traced) error {
	before, err := watching.used()
	if err != nil {
		return err
	}
	if t.Series, err = w.series(rounds); err != nil {
		return err
	}
	after, err := watching.used()
	t.ObserverNS = float64(after-before) / float64((rounds+1)*w.ops)
	return err
}

// cycle measures the work with each observer in turn, and without any before and
// after each.
func (w *work) cycle(ctx context.Context, list []observer, rounds int) (map[string]bench.Traced, error) {
	if err := w.start(ctx); err != nil {
		return nil, err
	}
	all := make(map[string]bench.Traced)
	before, err := w.series(rounds)
	if err != nil {
		return nil, err
	}
	for _, o := range list {
		t, err := w.under(ctx, o, rounds)
		if err != nil && !o.foreign {
			return nil, err
		}
		if err != nil {
			t = bench.Traced{Failed: err.Error()}
		}
		after, err := w.series(rounds)
		if err != nil {
			return nil, err
		}
		t.Base = bench.Join(before, after)
		all[o.name], before = t, after
	}
	return all, w.run.Kill()
}
