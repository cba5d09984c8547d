package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"uringtrace/internal/observe"
	"uringtrace/internal/probe"
	"uringtrace/internal/queue"
	"uringtrace/internal/render/text"
)

func newAttach(t *tool) *cobra.Command {
	var pid pidFlag
	var length time.Duration
	var flags watchFlags
	c := &cobra.Command{
		Use:   "attach -p PID",
		Short: "Watch a process's queues live, then explain them",
		Long: `Watch a process's queues live, then explain them.

Says "attached" on stderr once the hooks are live. The status goes to stderr,
events and the explanation to stdout; on a terminal, without events, the queues
are shown live meanwhile. It ends with Ctrl-C, after --for, or when the process
does.`,
		Example: `  sudo uringtrace attach -p 4121
  sudo uringtrace attach -p 4121 --for 30s -o json | tail -1 | jq '.rings[].queue'
  sudo uringtrace attach -p 4121 --events | grep node_remove
  sudo uringtrace attach -p 4121 --events --buffer 64M --strict >events.txt
  sudo uringtrace attach -p 4121 --record leak.urec`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := pid.check(c); err != nil {
				return err
			}
			if err := flags.check(); err != nil {
				return err
			}
			if c.Flags().Changed("for") && length <= 0 {
				return usagef("--for must be a positive duration, got %s", length)
			}
			return t.attach(c.Context(), int(pid), length, &flags)
		},
	}
	pid.addTo(c, t)
	c.Flags().DurationVar(&length, "for", 0, "end after this time (default: watch until Ctrl-C)")
	flags.addTo(c)
	return c
}

func (t *tool) attach(ctx context.Context, pid int, length time.Duration, flags *watchFlags) (err error) {
	w := newWatch(t, flags)
	w.live = t.terminal != nil && t.shared && !flags.events && !flags.output.json()
	if err := w.attach(ctx, observe.Options{PID: pid, Watch: true}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	if length > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, length)
		defer cancel()
	}
	if err := w.runToEnd(ctx); err != nil {
		return err
	}
	report, err := w.report()
	if err != nil {
		return err
	}
	if err := t.report(&report, flags.output.json()); err != nil {
		return err
	}
	return flags.judge(&report)
}

// judge is the error that --strict makes of a report with losses.
func (w *watchFlags) judge(r *queue.Report) error {
	if !w.strict || !r.Lost.Any() {
		return nil
	}
	remedy := "a larger --buffer, or no --events, leaves more room"
	if r.Backend == string(probe.Kprobe) && r.Lost.Events > 0 && len(r.Lost.Kinds) == 0 {
		remedy = "the kernel skipped kprobes, which --backend fentry does not use"
	}
	return fmt.Errorf("%w: %s; %s", errLost, text.Lost(&r.Lost), remedy)
}
