//go:build giouring && linux

package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"uringtrace/internal/workload"
	"uringtrace/internal/workload/play"
)

// usageError is a command line that cannot be obeyed.
type usageError struct{ error }

func (e *usageError) Unwrap() error { return e.error }

func newCommand() *cobra.Command {
	options := workload.DefaultOptions()
	list := false

	c := &cobra.Command{
		Use:   "uringload [NAME]",
		Short: "Run a bundled io_uring scenario and print its ground truth as JSON lines",
		Long: `Run a bundled io_uring scenario and print its ground truth as JSON lines.

Every scenario passes the stages start, ready, done and end, a remedy also acted
before the end, random some checkpoints and the rounds each round before done.
Without NAME the scenarios are listed. Exit codes: 0 fine, 1 internal error,
2 usage, 5 the kernel lacks what the scenario needs, 128+n ended by signal n.`,
		Example: `  uringload listener-poll --sockets 100
  uringload listener-poll --pause start,done --flags defer-taskrun
  uringload random --seed 7 --ops 5000 --checkpoints 20 --pause checkpoint
  uringload churn --rounds 5 --ops 20000`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return &usageError{fmt.Errorf("one scenario at a time, got %d names", len(args))}
			}
			return nil
		},
		ValidArgsFunction: completeScenario,
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case list:
				return printScenarios(c.OutOrStdout())
			case len(args) == 0:
				return describeScenarios(c.OutOrStdout())
			}
			if err := options.Validate(); err != nil {
				return &usageError{err}
			}
			return play.Play(args[0], options, c.InOrStdin(), c.OutOrStdout())
		},
	}
	c.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &usageError{err} })

	f := c.Flags()
	f.SortFlags = false
	f.BoolVar(&list, "list", false, "list the scenarios as NAME<TAB>SUMMARY")
	f.IntVar(&options.Sockets, "sockets", options.Sockets, "removals to make")
	f.Float64Var(&options.Pace, "pace", options.Pace, "removals per second, 0 = full speed")
	f.Var(&options.Pause, "pause", "stages at which to wait for a line on stdin (end of input = go on): start,ready,checkpoint,round,done,acted,end")
	f.IntVar(&options.Port, "port", options.Port, "the listener's port on 127.0.0.1, 0 = the kernel picks")
	f.Var(&options.UserData, "user-data", "user_data of the first request that stays; further ones count up")
	f.IntVar(&options.Slots, "slots", options.Slots, "size of the fixed file table")
	f.IntVar(&options.Rings, "rings", options.Rings, "rings of many-rings")
	f.Uint64Var(&options.Seed, "seed", options.Seed, "seed of random: the same one makes the same operations")
	f.IntVar(&options.Ops, "ops", options.Ops, "operations of random, and of each round")
	f.IntVar(&options.Rounds, "rounds", options.Rounds, "rounds of equal operations")
	f.IntVar(&options.Checkpoints, "checkpoints", options.Checkpoints, "moments at which random tells what is true")
	f.Var(&options.Flags, "flags", "ring set-up: default,single-issuer,defer-taskrun,coop-taskrun,sqpoll")
	return c
}

func completeScenario(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var words []string
	for _, s := range workload.Scenarios() {
		words = append(words, s.Name+"\t"+s.Summary)
	}
	return words, cobra.ShellCompDirectiveNoFileComp
}

// printScenarios writes the list for programs.
func printScenarios(w io.Writer) error {
	for _, s := range workload.Scenarios() {
		if _, err := fmt.Fprintf(w, "%s\t%s\n", s.Name, s.Summary); err != nil {
			return fmt.Errorf("list scenarios: %w", err)
		}
	}
	return nil
}

// describeScenarios writes the list for people.
func describeScenarios(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	group := workload.Group("")
	for _, s := range workload.Scenarios() {
		if s.Group != group {
			group = s.Group
			fmt.Fprintf(table, "%s:\n", group)
		}
		fmt.Fprintf(table, "  %s\t%s\n", s.Name, s.Summary)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("list scenarios: %w", err)
	}
	return nil
}
