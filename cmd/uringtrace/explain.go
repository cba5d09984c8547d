package main

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"uringtrace/internal/observe"
	"uringtrace/internal/queue"
	"uringtrace/internal/render/jsonl"
	"uringtrace/internal/render/text"
)

// explainFlags are those of the explain command.
type explainFlags struct {
	pid    pidFlag
	all    bool
	length time.Duration
	at     momentFlag
	output output
	pager  pagerFlag
}

func newExplain(t *tool) *cobra.Command {
	var flags explainFlags
	c := &cobra.Command{
		Use:   "explain -p PID | --all | FILE",
		Short: "Say once, without hooks, what is blocked and why",
		Long: `Say once, without hooks, what is blocked and why.

Reads the rings of the process from the kernel: the nodes that wait, the
requests that hold them, what they keep alive, and what would be released if a
request ended. If nodes wait behind a held one, it looks a second time after
--for: a request that still holds the same node then is no passing one, and the
growth between the two looks is told. Exits with 3 if some ring is blocked.

With --all it does so for every process on this host that has rings: a table
with those first that hold most, then the explanation of each that is blocked.

With the FILE of a recording it answers from that, as was answered at its end when
it was made, or would have been at the time --at. That works on any system.`,
		Example: `  sudo uringtrace explain -p 4121
  sudo uringtrace explain -p "$(pidof dragonfly)" -o json | jq '.rings[].blockers'
  sudo uringtrace explain --all
  sudo uringtrace explain --all -o json | jq -r '.target.pid' | head -1
  sudo uringtrace explain -p 4121 >/dev/null || echo "exit code $?"
  uringtrace explain leak.urec
  uringtrace explain leak.urec --at 12.5s -o json`,
		Args: func(c *cobra.Command, args []string) error { return flags.checkArgs(c, args) },
		RunE: func(c *cobra.Command, args []string) error {
			if err := flags.check(c); err != nil {
				return err
			}
			switch {
			case len(args) > 0:
				return t.explainRecording(args[0], &flags)
			case flags.all:
				return t.explainAll(c.Context(), &flags)
			}
			return t.explain(c.Context(), &flags)
		},
	}
	flags.pid.addTo(c, t)
	c.Flags().BoolVar(&flags.all, "all", false, "look at every process on this host")
	c.Flags().DurationVar(&flags.length, "for", time.Second, "time between two looks at what seems blocked; 0: one look decides")
	c.Flags().Var(&flags.at, "at", "moment of the recording to explain: 12.5s since its beginning, 15:04:05, or with the date (default: its end)")
	flags.output.addTo(c)
	flags.pager.addTo(c)
	return c
}

// checkArgs is for the name of a recording. It knows what people mean who give a
// process there.
func (f *explainFlags) checkArgs(c *cobra.Command, args []string) error {
	given := c.Flags().Changed
	switch {
	case len(args) == 0 && given("at"):
		return usagef("--at is a moment of a recording: %s FILE --at %s", c.CommandPath(), f.at.word)
	case len(args) == 0:
		return nil
	case isNumber(args[0]) && !exists(args[0]):
		return noArgs(c, args)
	case len(args) > 1:
		return usagef("one recording at a time, got %d", len(args))
	case given("pid") || given("all") || given("for"):
		return usagef("-p, --all and --for look at this host, and %q is a recording: choose one of them", args[0])
	}
	return nil
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

func (f *explainFlags) check(c *cobra.Command) error {
	switch {
	case f.all && f.pid != 0:
		return usagef("-p looks at one process and --all at every one: choose one of them")
	case f.length < 0:
		return usagef("--for must not be negative, got %s", f.length)
	case f.all, c.Flags().NArg() > 0:
		return nil
	case f.pid == 0:
		return usagef("which process? %s -p PID, or --all, or the FILE of a recording", c.CommandPath())
	}
	return nil
}

func (t *tool) explain(ctx context.Context, flags *explainFlags) error {
	work := t.work()
	report, err := t.kernel.Explain(ctx, observe.ExplainOptions{PID: int(flags.pid), For: flags.length, Progress: work.reading})
	work.done()
	if err != nil {
		return err
	}
	return t.tellExplained(&report, flags)
}

// explainRecording answers from a recording.
func (t *tool) explainRecording(name string, flags *explainFlags) (err error) {
	p, err := openRecording(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	if flags.at.word == "" {
		p.End()
		report := p.Report()
		return t.tellExplained(&report, flags)
	}
	moment, err := p.until(&flags.at)
	if err != nil {
		return err
	}
	report := p.ReportAt(moment)
	return t.tellExplained(&report, flags)
}

func (t *tool) tellExplained(report *queue.Report, flags *explainFlags) error {
	var err error
	if flags.output.json() {
		err = jsonl.Report(t.stdout, report)
	} else {
		err = t.page(flags.pager.off, func(w io.Writer) error { return text.Report(w, report, t.style) })
	}
	if err != nil {
		return err
	}
	return blocked(*report)
}

func (t *tool) explainAll(ctx context.Context, flags *explainFlags) error {
	work := t.work()
	reports, err := t.kernel.ExplainAll(ctx, observe.AllOptions{Between: flags.length, Progress: work.reading})
	work.done()
	if err != nil {
		return err
	}
	if flags.output.json() {
		for i := range reports {
			if err := jsonl.Report(t.stdout, &reports[i]); err != nil {
				return err
			}
		}
		return blocked(reports...)
	}
	err = t.page(flags.pager.off, func(w io.Writer) error { return text.All(w, reports, t.style) })
	if err != nil {
		return err
	}
	return blocked(reports...)
}

// report prints an explanation.
func (t *tool) report(r *queue.Report, json bool) error {
	if json {
		return jsonl.Report(t.stdout, r)
	}
	return text.Report(t.stdout, r, t.style)
}

func blocked(reports ...queue.Report) error {
	for i := range reports {
		if reports[i].Total().State == queue.Blocked {
			return errBlocked
		}
	}
	return nil
}
