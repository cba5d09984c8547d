package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"uringtrace/internal/observe"
	"uringtrace/internal/probe"
	"uringtrace/internal/queue"
	"uringtrace/internal/render/fullscreen"
	"uringtrace/internal/render/text"
)

// watch follows one process and tells how its queues move.
type watch struct {
	tool     *tool
	flags    *watchFlags
	pid      int
	observer observer
	status   *statusLine
	stream   *stream
	last     map[int]look // by ring
	recorder *recorder    // nil: nothing is written down
	giveUp   func()       // called when recording has failed; nil: watch on
	live     bool         // show a full screen

	known     queue.Report // what was known when it was explained last
	nextKnown time.Time    // when it may be explained again
}

// look is what was seen of a ring at one time.
type look struct {
	at      uint64
	nodes   int
	removed uint64
}

func newWatch(t *tool, flags *watchFlags) *watch {
	status := &statusLine{tool: t}
	return &watch{
		tool: t, flags: flags, status: status, last: make(map[int]look),
		stream: newStream(t, flags, status),
	}
}

// attach goes live and says so. The caller closes the watch.
func (w *watch) attach(ctx context.Context, o observe.Options) error {
	o.Backend, o.BufferBytes = w.flags.backend.get(), int(w.flags.buffer)
	if w.flags.events {
		o.OnEvent = w.stream.event
	}
	o.Watch = o.Watch && !w.flags.events
	if o.Stacks = w.flags.record.stacks; o.Stacks && o.Watch {
		return usagef("--stacks goes with events, and without them only walks are recorded: leave out --watch, or add --events")
	}
	if w.flags.record.file != "" {
		var err error
		if w.recorder, err = newRecorder(w); err != nil {
			return err
		}
		w.recorder.listens(&o)
	}
	work := w.tool.work()
	o.Progress = work.reading
	var err error
	w.observer, err = w.tool.kernel.Attach(ctx, o)
	work.done()
	if err != nil {
		return errors.Join(err, w.endRecording())
	}
	w.pid = o.PID
	rings := 0
	now := w.tool.kernel.Now()
	for _, s := range w.observer.Status() {
		if !s.Ended {
			rings++
		}
		w.last[s.Ring] = look{now, s.Nodes, s.Removed}
	}
	noun := "rings"
	if rings == 1 {
		noun = "ring"
	}
	w.tool.note("attached to %s, %d %s, backend %s", w.target(), rings, noun, w.observer.Backend())
	for _, loss := range w.observer.Degraded() {
		w.tool.note("not seen: %s", loss)
	}
	if o.Stacks && w.observer.Backend() == probe.None {
		w.tool.note("not seen: stacks: they come with fentry and kprobes alone")
	}
	return nil
}

func (w *watch) target() string {
	return fmt.Sprintf("%s (pid %d)", text.Clean(w.observer.Comm()), w.pid)
}

// run watches until ctx ends (nil) or the target does (observe.ErrTargetExited).
func (w *watch) run(ctx context.Context) error {
	if !w.live {
		return w.follow(ctx, w.status.show)
	}
	v := fullscreen.NewLive(string(w.observer.Backend()), w.flags.interval, w.tool.style.Color)
	return w.tool.show(ctx, v, func(ctx context.Context, update func(func())) error {
		return w.follow(ctx, func(all []text.Status, lost *queue.Lost) {
			report := w.explain()
			update(func() { v.Take(all, *lost, report) })
		})
	})
}

// knownShare is how much of the time explaining takes on a full screen: one part
// in so many.
const knownShare = 20

// explain is what is known by now; of a queue with very many nodes, what was known
// a little earlier.
func (w *watch) explain() queue.Report {
	if begin := time.Now(); begin.After(w.nextKnown) {
		w.known = w.observer.Snapshot()
		w.nextKnown = begin.Add(knownShare * time.Since(begin))
	}
	return w.known
}

// follow watches likewise and hands each look to show.
func (w *watch) follow(ctx context.Context, show func([]text.Status, *queue.Lost)) error {
	ended := make(chan error, 1)
	go func() { ended <- w.observer.Run(ctx) }()
	looks := time.NewTicker(w.flags.interval)
	defer looks.Stop()
	flushes := time.NewTicker(flushEvery)
	defer flushes.Stop()
	for {
		select {
		case err := <-ended:
			w.status.clear()
			if errors.Is(err, ctx.Err()) {
				err = nil // that it was told to end is no error
			}
			return errors.Join(err, w.stream.flush())
		case <-looks.C:
			lost := w.observer.Lost()
			show(w.look(), &lost)
		case <-flushes.C:
			// A reader who went away is noticed here; the next write tells why.
			_ = w.stream.flush()
		}
	}
}

// look reads where the rings stand and how they moved since the last look.
func (w *watch) look() []text.Status {
	return w.lookAt(w.tool.kernel.Now(), w.observer.Status())
}

func (w *watch) lookAt(now uint64, rings []queue.Status) []text.Status {
	var all []text.Status
	for _, s := range rings {
		before, known := w.last[s.Ring]
		w.last[s.Ring] = look{now, s.Nodes, s.Removed}
		all = append(all, w.movement(s, before, known, now))
	}
	return all
}

func (w *watch) movement(s queue.Status, before look, known bool, now uint64) text.Status {
	out := text.Status{Status: s}
	if known && now > before.at {
		span := time.Duration(now - before.at).Seconds()
		out.Rate = float64(s.Nodes-before.nodes) / span
		out.Removals = float64(s.Removed-before.removed) / span
	}
	out.Longer = s.Older
	if now > s.Since {
		out.HeadAge = time.Duration(now - s.Since)
	}
	return out
}

// report explains what is. The events that came until then are written before it.
func (w *watch) report() (queue.Report, error) {
	report, err := w.observer.Report()
	return report, errors.Join(err, w.stream.flush())
}

// Close detaches, and ends the recording.
func (w *watch) Close() error {
	untaken, err := w.observer.UntakenStacks()
	if untaken > 0 {
		w.tool.note("%d stacks could not be taken, and are not known in the recording", untaken)
	}
	return errors.Join(err, w.observer.Close(), w.endRecording())
}

func (w *watch) endRecording() error {
	if w.recorder == nil {
		return nil
	}
	return w.recorder.close()
}
