package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"uringtrace/internal/queue"
	"uringtrace/internal/render"
	"uringtrace/internal/render/jsonl"
	"uringtrace/internal/render/text"
)

// replayFlags are those of the replay command.
type replayFlags struct {
	watchFlags
	at, until momentFlag
	speed     speedFlag
}

func newReplay(t *tool) *cobra.Command {
	var flags replayFlags
	c := &cobra.Command{
		Use:   "replay FILE",
		Short: "Show a recording as attach would have shown it, then explain it",
		Long: `Show a recording as attach would have shown it, then explain it.

Prints where the queues stand once for each --interval of the recording's time, or
with --events each event, and at the end the explanation; all on stdout, and as
fast as it can, if not told otherwise. --until ends it earlier. --at prints the
explanation of one moment alone, as explain FILE --at does. Works on any system.`,
		Example: `  uringtrace replay leak.urec
  uringtrace replay leak.urec --events --until 2s | grep node_remove
  uringtrace replay leak.urec --interval 100ms -o json | jq -c 'select(.at) | [.at, .rings[0].nodes]'
  uringtrace replay leak.urec --speed 10`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("which recording? %s FILE", c.CommandPath())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if flags.interval < minInterval {
				return usagef("--interval must be at least %s, got %s", minInterval, flags.interval)
			}
			if flags.at.word != "" && (flags.until.word != "" || flags.events) {
				return usagef("--at shows one moment; --until and --events what leads there: choose one of them")
			}
			return t.replay(c.Context(), args[0], &flags)
		},
	}
	f := c.Flags()
	f.BoolVar(&flags.events, "events", false, "print every event that was recorded")
	f.DurationVar(&flags.interval, "interval", time.Second, "time of the recording between two looks at the queue")
	f.Var(&flags.at, "at", "moment to explain: 12.5s since the beginning, 15:04:05, or with the date")
	f.Var(&flags.until, "until", "moment to end at")
	f.Var(&flags.speed, "speed", "how much faster than it was: 1, 10, ...; max: as fast as it can")
	flags.output.addTo(c)
	return c
}

// speedFlag is how much faster than real time; 0: as fast as possible.
type speedFlag float64

func (s *speedFlag) Type() string { return "N|max" }

func (s *speedFlag) String() string {
	if *s == 0 {
		return "max"
	}
	return strconv.FormatFloat(float64(*s), 'g', -1, 64)
}

func (s *speedFlag) Set(word string) error {
	n, err := strconv.ParseFloat(word, 64)
	if word != "max" && (err != nil || n <= 0 || n > 1e9) {
		return errors.New("a speed is a positive number, or max")
	}
	*s = speedFlag(n)
	return nil
}

func (t *tool) replay(ctx context.Context, name string, flags *replayFlags) (err error) {
	p, err := openRecording(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	r := &replay{playback: p, tool: t, flags: flags, watch: &watch{last: make(map[int]look)}, began: time.Now()}
	moment, err := r.run(ctx)
	if err != nil {
		return err
	}
	report := p.ReportAt(moment)
	return t.report(&report, flags.output.json())
}

// replay is a recording that is shown.
type replay struct {
	*playback
	tool  *tool
	flags *replayFlags
	watch *watch // for what moved between two looks
	began time.Time
}

// run shows what there is to be shown, and returns the moment to explain.
func (r *replay) run(ctx context.Context) (uint64, error) {
	switch {
	case r.flags.at.word != "":
		return r.until(&r.flags.at)
	case r.flags.events:
		s := newStream(r.tool, &r.flags.watchFlags, nil)
		r.Incident().Tell = s.event
		end, err := r.play(ctx, func(uint64) error { return s.flush() })
		return end, errors.Join(err, s.flush())
	}
	return r.play(ctx, r.status)
}

// play takes in a part after the other, and shows each. A recording that is told to
// end at a moment that it does not have is an error once that is known.
func (r *replay) play(ctx context.Context, show func(now uint64) error) (uint64, error) {
	end := int64(-1)
	if r.flags.until.word != "" {
		if end = r.flags.until.on(r.playback.began()); end < int64(r.playback.began().Monotonic) {
			return r.until(&r.flags.until)
		}
	}
	for now := r.playback.began().Monotonic; ctx.Err() == nil; now += uint64(r.flags.interval) {
		if end >= 0 && now >= uint64(end) {
			return r.until(&r.flags.until)
		}
		r.wait(ctx, now)
		more := r.Until(now)
		if !more {
			break
		}
		if err := show(now); err != nil {
			return 0, err
		}
	}
	if end >= 0 && ctx.Err() == nil {
		return r.until(&r.flags.until)
	}
	return r.Now(), show(r.Now())
}

// wait waits until a moment of the recording has come, at the speed that is asked
// for.
func (r *replay) wait(ctx context.Context, now uint64) {
	if r.flags.speed > 0 {
		passed := float64(now-r.playback.began().Monotonic) / float64(r.flags.speed)
		wait(ctx, time.Until(r.began.Add(time.Duration(passed))))
	}
}

// status prints where the rings stand.
func (r *replay) status(now uint64) error {
	state := r.Incident().State()
	all := r.watch.lookAt(now, state.Status())
	lost := r.Incident().Lost()
	if r.flags.output.json() {
		return jsonl.Status(r.tool.stdout, r.statusOf(now, all, lost))
	}
	line := fmt.Sprintf("+%-8s ", time.Duration(now-r.playback.began().Monotonic).Round(time.Millisecond))
	if lost.Any() {
		line += text.Lost(&lost) + " | "
	}
	if line += summary(all); r.Sockets() >= 0 {
		line += fmt.Sprintf("  %d sockets used", r.Sockets())
	}
	_, err := fmt.Fprintln(r.tool.stdout, line)
	return err
}

func (r *replay) statusOf(now uint64, all []text.Status, lost queue.Lost) *render.Status {
	began := r.playback.began()
	out := &render.Status{
		Version: 1, At: time.Duration(now - began.Monotonic).Seconds(), Time: now,
		Wall: began.At(now).Format(time.RFC3339Nano), Rings: []render.StatusRing{}, Lost: lost,
	}
	if n := r.Sockets(); n >= 0 {
		out.Used = &n
	}
	for i := range all {
		s := &all[i]
		ring := render.StatusRing{
			Ring: s.Ring, FD: s.FD, Nodes: s.Nodes, Releasing: s.Releasing, Rate: s.Rate, Head: s.Head,
			Removed: s.Removed, Released: s.Released, Exact: s.Exact, Ended: s.Ended,
		}
		if s.Head > 0 {
			ring.Seconds = s.HeadAge.Seconds()
		}
		out.Rings = append(out.Rings, ring)
	}
	return out
}
