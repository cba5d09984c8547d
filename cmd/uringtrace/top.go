package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"uringtrace/internal/queue"
	"uringtrace/internal/render"
	"uringtrace/internal/render/fullscreen"
	"uringtrace/internal/render/jsonl"
	"uringtrace/internal/render/text"
)

// topFlags are those of the top command.
type topFlags struct {
	iterations int // 0: without end
	interval   time.Duration
	sort       choice
	filter     string
	reverse    bool
	output     output
}

func newTop(t *tool) *cobra.Command {
	var flags topFlags
	c := &cobra.Command{
		Use:   "top",
		Short: "Show all rings of this host, live",
		Long: `Show all rings of this host, live: how deep each queue is, what it holds, how it
grows, and what blocks it.

Without hooks: the rings of all processes are read from the kernel again and
again. The interval is longer than asked for where that would take more than one
part in twenty of the time; the screen says so. On a terminal of 80 columns or
more, keys sort, filter and explain, ? lists them. Elsewhere, and with -n 1, each
refresh is a table, and the first one says whether a ring is blocked: where that
wants two looks, they are taken before it.`,
		Example: `  sudo uringtrace top
  sudo uringtrace top --sort change --filter dragonfly
  sudo uringtrace top -n 1 -o json | jq '.rings[] | select(.queue.state == "blocked").target.pid'
  sudo uringtrace top -d 10s -o json | jq -c '.host'`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := flags.check(c); err != nil {
				return err
			}
			return t.top(c.Context(), &flags)
		},
	}
	f := c.Flags()
	f.IntVarP(&flags.iterations, "iterations", "n", 0, "end after so many refreshes (default: without end)")
	f.DurationVarP(&flags.interval, "interval", "d", 2*time.Second, "time between two looks at the host")
	f.StringVar(&flags.filter, "filter", "", "show rings that have these words: of process, place, state, blocker, address")
	f.BoolVar(&flags.reverse, "reverse", false, "sort the other way round")
	flags.sort.value = string(render.ByBytes)
	for _, order := range render.Orders() {
		flags.sort.words = append(flags.sort.words, string(order))
	}
	flags.sort.addTo(c, "sort", "", "what to sort by")
	flags.output.addTo(c)
	return c
}

func (f *topFlags) check(c *cobra.Command) error {
	switch {
	case c.Flags().Changed("iterations") && f.iterations < 1:
		return usagef("-n must be at least 1, got %d", f.iterations)
	case f.interval < minInterval:
		return usagef("--interval must be at least %s, got %s", minInterval, f.interval)
	}
	return nil
}

// refresh is one look at the host.
type refresh struct {
	top     *render.Top
	reports []queue.Report
	next    time.Duration // until the next one
}

func (t *tool) top(ctx context.Context, flags *topFlags) (err error) {
	h, err := t.kernel.Host()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	selection := render.Selection{Order: render.Order(flags.sort.value), Reverse: flags.reverse, Filter: flags.filter}
	if t.terminal != nil && !flags.output.json() && flags.iterations != 1 {
		v := fullscreen.NewTop(selection, flags.interval, t.style.Color)
		return t.show(ctx, v, func(ctx context.Context, update func(func())) error {
			return flags.looks(ctx, h, func(r *refresh) error {
				update(func() { v.Take(r.top, r.reports, r.next) })
				return nil
			})
		})
	}
	if err := decide(ctx, h); err != nil {
		return err
	}
	return flags.looks(ctx, h, func(r *refresh) error {
		if r.top.Refresh == 1 && r.next > 2*flags.interval {
			t.note("a look takes so long that the next one is in %s", r.next.Round(time.Second))
		}
		shown := selection.Of(r.top)
		if flags.output.json() {
			return jsonl.Top(t.stdout, shown)
		}
		if r.top.Refresh > 1 {
			fmt.Fprintln(t.stdout)
		}
		return text.Top(t.stdout, r.top, shown, t.style)
	})
}

// decide looks ahead of the first refresh if that alone could not tell whether
// something is blocked.
func decide(ctx context.Context, h host) error {
	if err := h.Look(ctx); err != nil {
		return err
	}
	wait(ctx, h.Undecided())
	return ctx.Err()
}

// looks hands over a refresh every interval. That ctx ends it is an error only
// before the first.
func (f *topFlags) looks(ctx context.Context, h host, take func(*refresh) error) error {
	var all render.Refreshes
	for n := 1; ; n++ {
		if err := h.Look(ctx); err != nil {
			if n > 1 && ctx.Err() != nil {
				return nil
			}
			return err
		}
		reports := h.Reports()
		at, took := h.Looked()
		r := refresh{all.Next(h.Kernel(), reports, at, took), reports, h.Pause(f.interval)}
		if err := take(&r); err != nil {
			return err
		}
		if n == f.iterations {
			return nil
		}
		wait(ctx, r.next)
	}
}
