package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"uringtrace/internal/observe"
)

func newRecord(t *tool) *cobra.Command {
	var pid pidFlag
	var length time.Duration
	var cheap bool
	flags := watchFlags{}
	c := &cobra.Command{
		Use:   "record -p PID -o FILE",
		Short: "Write down what happens to a process's queues, to look at it later and elsewhere",
		Long: `Write down what happens to a process's queues, to look at it later and elsewhere.

Every removal and release goes to the file, what walks found, losses, and once a
second the number of sockets in use. uringtrace explain FILE and replay FILE then
answer as explain and attach would have, on any system and without privilege. It
ends with Ctrl-C, after --for, or when the process does. When it is killed or the
disk is full, all but the last second can be read.

Nobody but its owner may read the file. It has no kernel addresses in it, but it
has the names of process and threads and the addresses of sockets; --redact puts
others in place of the latter. A file that exists is not replaced without
--force. With --max-size, FILE is a directory, and what is in it never takes more:
the oldest goes when the newest comes, and what is left stands for itself.`,
		Example: `  sudo uringtrace record -p 4121 -o leak.urec --for 30s
  uringtrace explain leak.urec
  sudo uringtrace record -p 4121 -o days --max-size 256M --watch
  sudo uringtrace record -p 4121 -o leak.urec --for 30s --stacks
  ssh server sudo uringtrace record -p 4121 -o - --for 10s >leak.urec`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := pid.check(c); err != nil {
				return err
			}
			if flags.record.file == "" {
				return usagef("where to? %s -p PID -o FILE", c.CommandPath())
			}
			if err := flags.check(); err != nil {
				return err
			}
			if c.Flags().Changed("for") && length <= 0 {
				return usagef("--for must be a positive duration, got %s", length)
			}
			return t.record(c.Context(), observe.Options{PID: int(pid), Watch: cheap}, length, &flags)
		},
	}
	pid.addTo(c, t)
	f := c.Flags()
	f.StringVarP(&flags.record.file, "output", "o", "", "file to write; - is stdout")
	f.DurationVar(&length, "for", 0, "end after this time (default: record until Ctrl-C)")
	f.BoolVar(&cheap, "watch", false, "write down walks and counts of removals, not each: it costs the process next to nothing")
	flags.record.addOptions(c)
	flags.addWatching(c)
	return c
}

func (t *tool) record(ctx context.Context, o observe.Options, length time.Duration, flags *watchFlags) (err error) {
	w := newWatch(t, flags)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w.giveUp = cancel // there is nothing else to do here
	if err := w.attach(ctx, o); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	if length > 0 {
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
	return flags.judge(&report)
}

// runToEnd watches until ctx or the process ends, and says which.
func (w *watch) runToEnd(ctx context.Context) error {
	err := w.run(ctx)
	if errors.Is(err, observe.ErrTargetExited) {
		w.tool.note("%s has ended", w.target())
		return nil
	}
	return err
}

// recordFlags say where and how to record.
type recordFlags struct {
	file          string // empty: nowhere
	force, redact bool
	stacks        bool
	most          sizeFlag // 0: it grows
}

// addTo adds --record, for commands that do something else.
func (r *recordFlags) addTo(c *cobra.Command) {
	c.Flags().StringVar(&r.file, "record", "", "write down to `FILE` what is learned, for explain FILE and replay FILE; see uringtrace record --help")
	r.addOptions(c)
}

func (r *recordFlags) addOptions(c *cobra.Command) {
	f := c.Flags()
	f.BoolVar(&r.force, "force", false, "replace a recording that exists")
	f.BoolVar(&r.redact, "redact", false, "put others in place of the addresses of sockets in the recording")
	f.BoolVar(&r.stacks, "stacks", false, "record the user stacks that put files into slots and that submit requests, for report --format pprof")
	f.Var(&r.most, "max-size", "record to a directory, and keep what is newest within this size")
}

func (r *recordFlags) check() error {
	switch {
	case r.file == "" && (r.force || r.redact || r.stacks || r.most != 0):
		return usagef("--force, --redact, --stacks and --max-size are about a recording: add --record FILE")
	case r.most != 0 && r.file == stdio:
		return usagef("--max-size keeps segments in a directory, which - is not")
	case r.most != 0 && r.most < minRing:
		return usagef("--max-size must be at least 16M, got %s", &r.most)
	}
	return nil
}
