//go:build linux

package observe

import (
	"errors"
	"maps"
	"slices"
	"time"

	"uringtrace/internal/events"
	"uringtrace/internal/probe"
	"uringtrace/internal/proc"
)

// join makes the state current by a walk, with the hooks live meanwhile.
//
// A walk is not one moment, and a hook at a function's entry speaks just before
// its effect. So the events from shortly before the walk until its end are
// kept and laid over it: each may or may not be in the walk already, which its
// node's place tells, as long as nothing was released meanwhile (a released
// node's address may come back as another node) and nothing was lost. A ring for
// which that does not hold is walked again; one that never holds still, or whose
// events do not fit the buffer, stays inexact, and says so.
func (o *Observer) join() error {
	begin := time.Now()
	for attempt := range maxJoins {
		if attempt > 0 {
			// What is in the buffer may be older than what was lost since: only
			// a window that begins after both has no gap.
			if err := o.catchUp(); err != nil {
				return err
			}
		}
		settled, err := o.joinOnce()
		if err != nil {
			return err
		}
		if settled || time.Since(begin) > maxJoinTime {
			break
		}
	}
	end := time.Now()
	o.nextJoin = end.Add(end.Sub(begin) * walkShare)
	return o.catchUp()
}

// joinOnce reports whether the state is exact, as far as a walk can make it so.
func (o *Observer) joinOnce() (bool, error) {
	time.Sleep(settleEvery)
	walk, window, err := o.walkAndListen()
	if err != nil {
		return false, err
	}
	if err := errors.Join(o.disown(walk, window), o.follow(walk)); err != nil {
		return false, err
	}
	loss, err := o.countLoss()
	if err != nil {
		return false, err
	}
	// All that was sent before the loss was counted is in the window.
	if window, err = o.collect(window); err != nil {
		return false, err
	}
	keepEnding(loss, window)
	o.markLoss(loss)
	o.stacks.wantWalk(walk)
	return o.incident.Join(probe.Now(), walk, window), nil
}

// keepEnding counts the rings as followed of which something is in the window: it is
// yet to be applied, and theirs, though they be gone by now.
func keepEnding(loss events.Loss, window []events.Event) {
	for i := range window {
		if _, followed := loss.ByRing[window[i].Ring]; !followed {
			loss.ByRing[window[i].Ring] = 0
		}
	}
}

// walkAndListen walks and keeps what the hooks say meanwhile: a long walk would
// otherwise be the time in which the buffer runs over.
func (o *Observer) walkAndListen() (*events.Walk, []events.Event, error) {
	var walk *events.Walk
	walked := make(chan error, 1)
	go func() {
		var err error
		walk, err = o.walker.Walk(o.options.PID)
		walked <- err
	}()
	var window []events.Event
	ticks := time.NewTicker(listenEvery)
	defer ticks.Stop()
	for {
		select {
		case err := <-walked:
			return walk, window, err
		case <-ticks.C:
		}
		var err error
		if window, err = o.collect(window); err != nil {
			return nil, nil, errors.Join(err, <-walked)
		}
	}
}

// follow has the rings followed that the walk has found and whose events do not
// arrive: they came to the process from another one, or their creation was not
// seen, or there was no room.
func (o *Observer) follow(walk *events.Walk) error {
	o.noRoom = false
	o.adopted = make(map[uint64]struct{})
	for i := range walk.Rings {
		ring := walk.Rings[i].Ring
		if o.incident.State().Followed(ring) {
			continue
		}
		already, err := o.live.WatchRing(ring)
		switch {
		case errors.Is(err, probe.ErrNoRoom):
			o.noRoom = true
			o.incident.Unheard(probe.Now(), ring, "it is known from walks only: more rings are open than can be followed live", false)
		case err != nil:
			return err
		case !already:
			o.adopted[ring] = struct{}{}
			o.incident.Unheard(probe.Now(), ring, "it was not followed yet", true)
		}
	}
	return nil
}

// disown ends following the rings that had ended by the time when they began to be
// followed: nothing will tell that of them. A walk still finds a ring that has been
// closed by the tasks that have used it.
func (o *Observer) disown(walk *events.Walk, window []events.Event) error {
	for i := range walk.Rings {
		delete(o.adopted, walk.Rings[i].Ring)
	}
	for i := range window {
		if window[i].Kind == events.RingExit {
			delete(o.adopted, window[i].Ring)
		}
	}
	var errs []error
	for ring := range o.adopted {
		if !o.incident.State().Exiting(ring) {
			errs = append(errs, o.live.UnwatchRing(ring))
		}
	}
	return errors.Join(errs...)
}

// catchUp applies what the buffer holds and takes in what was lost before that.
func (o *Observer) catchUp() error {
	loss, err := o.countLoss()
	if err != nil {
		return err
	}
	if err := o.live.Drain(o.hear); err != nil {
		return err
	}
	o.markLoss(loss)
	return nil
}

// countLoss counts what was lost by now.
func (o *Observer) countLoss() (events.Loss, error) {
	loss, err := o.live.Loss()
	if err != nil {
		return loss, err
	}
	untracked, err := o.walker.Untracked()
	loss.Socks += untracked
	return loss, err
}

func (o *Observer) markLoss(loss events.Loss) {
	// A walk that finds room for a socket does not make good that there was none.
	loss.Socks = max(loss.Socks, o.incident.Loss().Socks)
	o.incident.Lose(probe.Now(), &loss)
}

// collect appends to window what the buffer holds by now.
func (o *Observer) collect(window []events.Event) ([]events.Event, error) {
	err := o.live.Drain(func(e *events.Event) {
		o.stacks.want(e.Stack)
		window = append(window, *e)
	})
	return window, err
}

// upkeep counts losses, repairs what they made inexact by a fresh walk, reads
// the holders when another node has become the head, and walks where events do
// not tell all. now decides whether it is time for a walk.
func (o *Observer) upkeep(now time.Time) error {
	o.takeStacks(0)
	if o.process.Exited() {
		return nil
	}
	if err := o.serveRecorder(); err != nil {
		return err
	}
	if err := o.catchUp(); err != nil {
		return err
	}
	if o.walksOnly() || o.noRoom || o.incident.State().Doubtful() {
		if now.Before(o.nextJoin) {
			return nil
		}
		return errors.Join(o.join(), o.countRemovals())
	}
	if o.live.Backend() == probe.Kprobe && time.Now().After(o.nextCheck) {
		return o.verify()
	}
	return o.refreshHolders()
}

// serveRecorder gives the recorder what it gets besides what is learned.
func (o *Observer) serveRecorder() error {
	r := o.options.Recorder
	if r == nil || o.process.Exited() {
		return nil
	}
	o.sample()
	if r.Restart() {
		return o.restart()
	}
	return nil
}

// restart learns all anew for the recorder. What was lost until now is told before
// the walk: it is of the past for who begins here.
func (o *Observer) restart() error {
	if err := o.catchUp(); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(o.incident.Stacks())) {
		stack := o.incident.Stacks()[id]
		o.options.Recorder.Log(&events.Entry{Kind: events.Stacked, Time: probe.Now(), Stack: &stack})
	}
	if err := o.join(); err != nil || !o.walksOnly() {
		return err
	}
	return o.countRemovals()
}

// sample counts the sockets in use once a second. A process may be gone, or have no
// network: then there is nothing to count.
func (o *Observer) sample() {
	now := time.Now()
	if now.Before(o.nextSample) {
		return
	}
	o.nextSample = now.Add(sampleEvery)
	if n, err := proc.Sockets(proc.Root(), o.options.PID); err == nil {
		o.incident.Sample(probe.Now(), n)
	}
}

// countRemovals takes in what the kernel has counted for who only watches.
func (o *Observer) countRemovals() error {
	removals, err := o.live.Removals()
	if err == nil {
		o.incident.Count(probe.Now(), removals)
	}
	return err
}

// verify holds the state against the kernel's own lists and, where they
// contradict each other, puts it right. The kernel drops a kprobe's hit without
// a word when it interrupts another's; fentry counts what it skips.
func (o *Observer) verify() error {
	begin := time.Now()
	err := o.lookWith(o.incident.Check)
	if err != nil {
		return err
	}
	if o.incident.State().Doubtful() {
		err = o.join()
	}
	end := time.Now()
	o.nextCheck = end.Add(max(verifyEvery, end.Sub(begin)*walkShare))
	return err
}

// refreshHolders walks when the head of some queue has changed since the last
// walk: who holds it is in no event.
func (o *Observer) refreshHolders() error {
	if !o.incident.NewHead() || time.Now().Before(o.nextHolders) {
		return nil
	}
	begin := time.Now()
	err := o.lookWith(o.incident.Hold)
	o.nextHolders = begin.Add(time.Since(begin) * walkShare)
	return err
}

// lookWith walks, and hands the walk on once everything that came meanwhile has
// been taken in.
func (o *Observer) lookWith(take func(now uint64, walk *events.Walk)) error {
	walk, err := o.walker.Walk(o.options.PID)
	if err != nil {
		return err
	}
	if err := o.catchUp(); err != nil {
		return err
	}
	o.stacks.wantWalk(walk)
	take(probe.Now(), walk)
	return nil
}
