package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

func newRoot(t *tool) *cobra.Command {
	root := &cobra.Command{
		Use:   "uringtrace",
		Short: "Explain why an io_uring keeps what was removed from it",
		Long: `Explain why an io_uring keeps what was removed from it.

Files and buffers that a process removes from a ring's tables stay alive in
nodes until no request can still use them. Kernels before 6.13 release these
nodes in order, so one long request can keep everything that is removed after
it was submitted: sockets that the process has closed long ago, for example.
uringtrace shows such queues, what pins them and what waits behind the pin.
It changes nothing on the system.

` + exitCodeHelp() + "\n\n" + environmentHelp,
		Example: `  uringtrace doctor                        what works on this kernel
  sudo uringtrace explain -p 4121          is anything blocked, by what, at what cost
  sudo uringtrace explain --all            the same for every process with rings
  sudo uringtrace top                      all rings of this host, live
  sudo uringtrace attach -p 4121           watch the queue, explain at Ctrl-C
  sudo uringtrace workload listener-poll   see the leak, on an affected kernel`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(c, args[0])
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetOut(t.stdout)
	root.SetErr(t.stderr)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		if !c.HasParent() && c.Flags().NArg() > 0 {
			return unknownCommand(c, c.Flags().Arg(0)) // the flag is that command's
		}
		return usagef("%w; see %s --help", err, c.CommandPath())
	})
	root.AddCommand(newAttach(t), newExplain(t), newRecord(t), newReplay(t), newReport(t), newWorkload(t), newTop(t), newDoctor(t), newSchema(t), newCompletion(t), newVersion(t))
	completeNoFiles(root)
	return root
}

// environmentHelp is what outside of the command line matters.
const environmentHelp = `Environment:
  NO_COLOR          if set and not empty, nothing is coloured
  TERM              if it is dumb, no line is rewritten, nothing is coloured or paged
  URINGTRACE_PAGER  command that shows what is longer than the terminal; cat or empty: none
  PAGER             the same, if that is not set; the default is less
  LESS              options of less; FRX if it is not set; under sudo, LESSSECURE is set, too

Files:
  /sys/kernel/btf/vmlinux  types of the running kernel: what its queues look like
  uringload                the bundled workload, beside uringtrace or in PATH`

func unknownCommand(c *cobra.Command, name string) error {
	c.SuggestionsMinimumDistance = 2
	if like := c.SuggestionsFor(name); len(like) > 0 {
		return usagef("unknown command %q: did you mean %s?", name, strings.Join(like, " or "))
	}
	var names []string
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	return usagef("unknown command %q: choose one of %s", name, strings.Join(names, ", "))
}

// noArgs refuses arguments, and knows the one that people give by mistake.
func noArgs(c *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case c.Flags().Lookup("pid") != nil && isNumber(args[0]):
		return usagef("give the process with -p: %s -p %s", c.CommandPath(), args[0])
	}
	return usagef("%s takes no arguments, got %q", c.CommandPath(), args[0])
}

func isNumber(s string) bool {
	_, err := strconv.Atoi(s)
	return err == nil
}

// note says one thing to the user, beside the data.
func (t *tool) note(format string, args ...any) {
	fmt.Fprintf(t.stderr, format+"\n", args...)
}
