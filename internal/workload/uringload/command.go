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

Every scenario passes the stages start, ready, done and end. Without NAME the
scenarios are listed. Exit codes: 0 fine, 1 internal error, 2 usage, 5 the kernel
lacks what the scenario needs, 128+n ended by signal n.`,
		Example: `  uringload listener-poll --sockets 100
  uringload listener-poll --pause start,done --flags defer-taskrun`,
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
	f.Var(&options.Pause, "pause", "stages at which to wait for a line on stdin (end of input = go on): start,ready,done,end")
	f.IntVar(&options.Port, "port", options.Port, "the listener's port on 127.0.0.1, 0 = the kernel picks")
	f.Var(&options.UserData, "user-data", "user_data of the long-lived request")
	f.IntVar(&options.Slots, "slots", options.Slots, "size of the fixed file table")
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
	for _, s := range workload.Scenarios() {
		fmt.Fprintf(table, "%s\t%s\n", s.Name, s.Summary)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("list scenarios: %w", err)
	}
	return nil
}
