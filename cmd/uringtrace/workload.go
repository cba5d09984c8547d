package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"uringtrace/internal/workload"
)

// workloadFlags are those of the workload command.
type workloadFlags struct {
	watchFlags
	path    string
	keep    time.Duration
	options workload.Options
}

func newWorkload(t *tool) *cobra.Command {
	flags := workloadFlags{options: workload.DefaultOptions()}
	c := &cobra.Command{
		Use:   "workload [NAME]",
		Short: "Run a bundled scenario, watch it from outside, and explain it",
		Long: `Run a bundled scenario, watch it from outside, and explain it.

Starts uringload, attaches to it as to any other process, and prints the
explanation beside what the scenario says about itself. Without NAME the
scenarios are listed.`,
		Example: `  uringtrace workload
  sudo uringtrace workload listener-poll
  sudo uringtrace workload listener-poll --sockets 20000 --pace 500 -o json | jq .workload
  sudo uringtrace workload no-poll --events | grep node_`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("one scenario at a time, got %d names", len(args))
			}
			return nil
		},
		ValidArgsFunction: completeScenario,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return t.listScenarios()
			}
			if err := flags.check(args[0]); err != nil {
				return err
			}
			return t.workload(c.Context(), args[0], &flags)
		},
	}
	f := c.Flags()
	f.IntVar(&flags.options.Sockets, "sockets", flags.options.Sockets, "sockets to make and remove")
	f.Float64Var(&flags.options.Pace, "pace", flags.options.Pace, "sockets per second, 0 = full speed")
	f.Var(&flags.options.Flags, "flags", "ring set-up: "+workload.RingFlagNames().String())
	// It fails only for a flag that does not exist.
	_ = c.RegisterFlagCompletionFunc("flags", completeList(strings.Split(workload.RingFlagNames().String(), ",")))
	f.DurationVar(&flags.keep, "keep", 0, "leave the workload as it is for this time after the explanation")
	f.StringVar(&flags.path, "uringload", "", "path of the workload's program (default: beside uringtrace, then in PATH)")
	flags.addTo(c)
	return c
}

func (w *workloadFlags) check(name string) error {
	if _, err := workload.Find(name); err != nil {
		return err
	}
	if err := w.watchFlags.check(); err != nil {
		return err
	}
	if w.keep < 0 {
		return usagef("--keep must not be negative, got %s", w.keep)
	}
	if err := w.options.Validate(); err != nil {
		return usageError{err}
	}
	return nil
}

func completeScenario(_ *cobra.Command, before []string, _ string) ([]string, cobra.ShellCompDirective) {
	var words []string
	if len(before) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	for _, s := range workload.Scenarios() {
		words = append(words, s.Name+"\t"+s.Summary)
	}
	return words, cobra.ShellCompDirectiveNoFileComp
}

func (t *tool) listScenarios() error {
	table := tabwriter.NewWriter(t.stdout, 0, 0, 2, ' ', 0)
	for _, s := range workload.Scenarios() {
		fmt.Fprintf(table, "%s\t%s\n", s.Name, s.Summary)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("list scenarios: %w", err)
	}
	return nil
}

func (t *tool) workload(ctx context.Context, name string, flags *workloadFlags) (err error) {
	path := flags.path
	if path == "" {
		if path, err = t.find(); err != nil {
			return err
		}
	}
	flags.options.Pause = workload.Pauses{workload.StageStart, workload.StageDone}
	program, err := t.start(ctx, path, name, flags.options)
	if err != nil {
		return usageError{err}
	}
	p := &performance{tool: t, flags: flags, load: program, name: name}
	err = p.play(ctx)
	endErr := program.End()
	if ctx.Err() != nil {
		endErr = nil // Ctrl-C has reached the workload too
	}
	return p.verdict(err, endErr)
}
