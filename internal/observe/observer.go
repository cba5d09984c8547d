//go:build linux

package observe

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"uringtrace/internal/events"
	"uringtrace/internal/incident"
	"uringtrace/internal/probe"
	"uringtrace/internal/queue"
)

const (
	drainEvery  = 20 * time.Millisecond  // the reader looks by itself that often
	upkeepEvery = 500 * time.Millisecond // loss, repair, new holders
	listenEvery = 2 * time.Millisecond   // the same during a walk
	settleEvery = 5 * time.Millisecond   // between hooks' entry and their effect
	sampleEvery = time.Second            // sockets in use, for the recorder
	verifyEvery = time.Second            // kprobes: state against the kernel's lists
	walkShare   = 20                     // walks take at most one part in so many of the time
	maxJoins    = 8                      // walks in a row before a ring is left inexact
	maxJoinTime = time.Second            // ... after which none of them begins
)

// Observer follows one process. Run is for one goroutine; everything else may
// be called beside it.
type Observer struct {
	options Options
	process *probe.Process
	live    *probe.Live
	walker  *probe.Walker
	stacks  *stacks // nil: none are taken

	mu       sync.Mutex // guards what follows, and live and walker while in use
	incident *incident.Incident
	noRoom   bool                // there are rings that can't be followed live
	adopted  map[uint64]struct{} // rings that are followed since the last walk found them

	nextJoin    time.Time // when the next may begin
	nextCheck   time.Time // of the state against the kernel
	nextHolders time.Time // when they may be read again
	nextSample  time.Time // of the sockets in use
}

// Attach sets the hooks, walks the process and lays both together; when it
// returns the state is current. The caller closes the Observer.
func Attach(ctx context.Context, o Options) (_ *Observer, err error) {
	obs := &Observer{options: o}
	defer func() {
		if err != nil {
			err = errors.Join(err, obs.Close())
		}
	}()
	if err := probe.CheckPrivilege(); err != nil {
		return nil, err
	}
	if obs.process, err = probe.OpenProcess(o.PID); err != nil {
		return nil, err
	}
	if obs.live, err = probe.NewLive(ctx, probe.LiveOptions{
		Backend: o.Backend, BufferBytes: o.BufferBytes, Limits: o.Limits, Watch: o.Watch, Stacks: o.Stacks,
	}); err != nil {
		return nil, err
	}
	if obs.walker, err = probe.NewWalker(obs.live); err != nil {
		return nil, err
	}
	if obs.live.Stacks() {
		obs.stacks = newStacks(obs.live, o.PID)
	}
	obs.incident = incident.New(obs.subject())
	obs.incident.Tell = o.OnEvent
	if o.Recorder != nil {
		if err := o.Recorder.Begin(obs.incident.Subject(), obs.live.Hooks()); err != nil {
			return nil, err
		}
		obs.incident.Log = o.Recorder.Log
	}
	if err := obs.live.WatchProcess(o.PID); err != nil {
		return nil, err
	}
	obs.walker.Progress = o.Progress
	err = obs.start()
	obs.walker.Progress = nil
	return obs, err
}

// start watches the rings that are there and joins them to the live stream.
func (o *Observer) start() error {
	rings, err := o.walker.Rings(o.options.PID)
	if err != nil {
		return err
	}
	if len(rings) == 0 && !o.options.AllowNoRing {
		return noRing(o.options.PID, o.process.Comm)
	}
	o.adopted = make(map[uint64]struct{}, len(rings))
	for _, ring := range rings {
		if _, err := o.live.WatchRing(ring); err != nil && !errors.Is(err, probe.ErrNoRoom) {
			return err
		}
		o.adopted[ring] = struct{}{}
	}
	return o.join()
}

func noRing(pid int, comm string) error {
	return fmt.Errorf("%w: %s (pid %d) has none open; if it makes rings in child processes, name one of those", probe.ErrNoRing, comm, pid)
}

// Run reads events until ctx ends or the process does (ErrTargetExited).
func (o *Observer) Run(ctx context.Context) error {
	next := time.Now()
	for ctx.Err() == nil {
		if err := o.step(time.Now().After(next)); err != nil {
			return err
		}
		if time.Now().After(next) {
			next = time.Now().Add(upkeepEvery)
		}
		if o.process.Exited() {
			return errors.Join(ErrTargetExited, o.lastEvents())
		}
	}
	return nil
}

// lastEvents takes in what the end of the process releases, which arrives a moment
// later, and counts what of it was lost.
func (o *Observer) lastEvents() error {
	if err := o.live.Wait(2*drainEvery, o.locked(o.hear)); err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.catchUp(); err != nil {
		return err
	}
	o.takeStacks(nameTime)
	return nil
}

func (o *Observer) step(upkeep bool) error {
	// Waiting happens without the lock, so that others get at the state.
	if err := o.live.Wait(drainEvery, o.locked(o.hear)); err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if upkeep {
		return o.upkeep(time.Now())
	}
	return o.serveRecorder()
}

// hear takes in an event.
func (o *Observer) hear(e *events.Event) {
	o.stacks.want(e.Stack)
	o.incident.Hear(e)
}

// walksOnly reports whether no event tells of nodes.
func (o *Observer) walksOnly() bool { return o.options.Watch || o.live.Backend() == probe.None }

func (o *Observer) locked(fn func(*events.Event)) func(*events.Event) {
	return func(e *events.Event) {
		o.mu.Lock()
		defer o.mu.Unlock()
		fn(e)
	}
}

// Status is where each ring stands.
func (o *Observer) Status() []queue.Status {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.incident.State().Status()
}

// Lost is what did not arrive so far, and how often a walk has put that right.
func (o *Observer) Lost() queue.Lost {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.incident.Lost()
}

// Comm is the name of the process.
func (o *Observer) Comm() string { return o.process.Comm }

// Backend is the one in use.
func (o *Observer) Backend() probe.Backend { return o.live.Backend() }

// Hooks is the hook table with what became of each.
func (o *Observer) Hooks() []probe.HookStatus { return o.live.Hooks() }

// Reclaim is the kernel's generation.
func (o *Observer) Reclaim() events.Reclaim { return o.walker.Reclaim() }

// Degraded says in sentences what can't be seen here; empty if all can that was
// asked for.
func (o *Observer) Degraded() []string { return probe.Degraded(o.live.Hooks()) }

// Close detaches. Nothing of it stays in the kernel.
func (o *Observer) Close() error {
	var errs []error
	o.stacks.Close()
	if o.walker != nil {
		errs = append(errs, o.walker.Close())
	}
	if o.live != nil {
		errs = append(errs, o.live.Close())
	}
	if o.process != nil {
		errs = append(errs, o.process.Close())
	}
	return errors.Join(errs...)
}
