//go:build linux

package observe

import (
	"maps"
	"time"

	"uringtrace/internal/events"
	"uringtrace/internal/probe"
	"uringtrace/internal/symbol"
)

// nameTime is how long an answer waits for names of stacks that were just met.
const nameTime = 5 * time.Second

// stacks names stacks by the ids that come with events and walks. It does so beside
// what listens: to read a large program's symbols takes longer than there is room
// for events. Whoever has none has a nil one.
type stacks struct {
	met     map[uint32]bool
	pending int
	ids     chan uint32
	named   chan events.Stack
}

func newStacks(live *probe.Live, pid int) *stacks {
	s := &stacks{
		met: make(map[uint32]bool), ids: make(chan uint32, probe.MostStacks), named: make(chan events.Stack, probe.MostStacks),
	}
	go func() {
		defer close(s.named)
		process := symbol.Of(pid)
		for id := range s.ids {
			// What can't be read any more is a stack without frames.
			addresses, _ := live.Stack(id)
			s.named <- events.Stack{ID: id, Frames: process.Frames(addresses)}
		}
	}()
	return s
}

// want has a stack named, once.
func (s *stacks) want(id uint32) {
	if s == nil || id == 0 || s.met[id] {
		return
	}
	s.met[id] = true
	s.pending++
	s.ids <- id
}

func (s *stacks) wantWalk(walk *events.Walk) {
	for i := range walk.Requests {
		s.want(walk.Requests[i].Stack)
	}
}

// take hands out what has been named, and waits for the rest as long as that.
func (s *stacks) take(wait time.Duration, fn func(*events.Stack)) {
	if s == nil {
		return
	}
	end := time.After(wait)
	for s.pending > 0 {
		if wait == 0 && len(s.named) == 0 {
			return
		}
		select {
		case stack := <-s.named:
			s.pending--
			fn(&stack)
		case <-end:
			wait = 0
		}
	}
}

// Close ends the naming; what is under way is waited for.
func (s *stacks) Close() {
	if s == nil {
		return
	}
	close(s.ids)
	for range s.named {
	}
}

// takeStacks takes in the stacks that have been named.
func (o *Observer) takeStacks(wait time.Duration) {
	o.stacks.take(wait, func(s *events.Stack) { o.incident.Stack(probe.Now(), s) })
}

// UntakenStacks is how many stacks could not be taken.
func (o *Observer) UntakenStacks() (uint64, error) {
	if o.stacks == nil {
		return 0, nil
	}
	return o.live.UntakenStacks()
}

// Stacks are those that were met, by id.
func (o *Observer) Stacks() map[uint32]events.Stack {
	o.mu.Lock()
	defer o.mu.Unlock()
	return maps.Clone(o.incident.Stacks())
}
