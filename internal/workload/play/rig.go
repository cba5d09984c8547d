//go:build giouring && linux

package play

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"uringtrace/internal/workload"
	"uringtrace/internal/workload/ring"
)

// rig is a ring with its tables, and what is known about its requests.
type rig struct {
	// index is its place among the scene's rings.
	index int
	ring  *ring.Ring
	// tid is the thread that takes its requests.
	tid int
	// registered is its index if it has no descriptor.
	registered *int
	// slots and buffers are the sizes of its tables, 0 without one.
	slots, buffers int

	pins []*pin
	// removals is the number of nodes it has queued.
	removals int
	tags     tags
	// results are completions of short requests that nobody has taken yet.
	results map[uint64]int32
}

// tags are numbers from first on, given out one by one.
type tags struct {
	first uint64
	given int
	// owed is how many are of resources that have been removed since.
	owed int
	// posted are those that the kernel has given back, in that order.
	posted []uint64
}

// next gives out a tag.
func (t *tags) next() uint64 {
	t.given++
	return t.first + uint64(t.given) - 1
}

// has reports whether a completion's user data is one of the tags.
func (t *tags) has(userData uint64) bool { return userData-t.first < uint64(t.given) }

// User data of what is not a pin is far from that of the pins, which are numbered
// from the options' on.
const (
	tagDistance  = 1 << 32
	markDistance = 1 << 63
)

func newRig(o workload.Options, entries uint32) (*rig, error) {
	r, err := ring.New(entries, ringFlags(o.Flags))
	if err != nil {
		return nil, err
	}
	g := &rig{ring: r, tid: unix.Gettid(), results: make(map[uint64]int32)}
	g.tags.first = uint64(o.UserData) + tagDistance
	if r.Flags()&ring.SQPoll != 0 {
		if g.tid, err = sqThread(r.FD()); err != nil {
			return nil, errors.Join(err, r.Close())
		}
	}
	return g, nil
}

func ringFlags(list workload.RingFlags) ring.Flags {
	var flags ring.Flags
	for _, f := range list {
		switch f {
		case workload.FlagSingleIssuer:
			flags |= ring.SingleIssuer
		case workload.FlagDeferTaskrun:
			flags |= ring.SingleIssuer | ring.DeferTaskrun
		case workload.FlagCoopTaskrun:
			flags |= ring.CoopTaskrun
		case workload.FlagSQPoll:
			flags |= ring.SQPoll
		}
	}
	return flags
}

// keepRegistered takes the ring's descriptor away. Removals must be requests then:
// register calls need kernel 6.3.
func keepRegistered(s *scene) error {
	g := s.main()
	index, err := g.ring.KeepRegistered()
	if err != nil {
		return err
	}
	g.registered = &index
	return nil
}

// truth describes the ring as a tracer should find it.
func (g *rig) truth() workload.Ring {
	t := workload.Ring{
		RingFD: g.ring.FD(), Registered: g.registered, RingFlags: g.ring.Flags().Names(),
		Slots: g.slots, Buffers: g.buffers,
	}
	if g.registered != nil {
		t.RingFD = workload.NoFD
	}
	return t
}

// inFlight are the pins that have not ended, as far as we know. They end with the
// ring.
func (g *rig) inFlight() []*pin {
	var left []*pin
	if g.ring == nil {
		return nil
	}
	for _, p := range g.pins {
		if !p.ended {
			left = append(left, p)
		}
	}
	return left
}

// holdsNode reports whether a request in flight keeps what is removed now.
func (g *rig) holdsNode() bool {
	return g.ring != nil && slices.ContainsFunc(g.pins, func(p *pin) bool { return !p.ended && p.HoldsNode() })
}

// reapTimeout bounds the wait for completions that come at once on an idle machine.
const reapTimeout = 10 * time.Second

// do submits one request that ends by itself and returns its result.
func (g *rig) do(queue func(userData uint64) error, userData uint64) (int32, error) {
	if err := queue(userData); err != nil {
		return 0, err
	}
	if err := g.ring.Submit(); err != nil {
		return 0, err
	}
	return g.await(userData)
}

// await returns the result of the short request marked with userData.
func (g *rig) await(userData uint64) (int32, error) {
	for {
		if result, ok := g.results[userData]; ok {
			delete(g.results, userData)
			return result, nil
		}
		c, err := g.ring.Wait(reapTimeout)
		if err != nil {
			return 0, err
		}
		g.take(c)
	}
}

// awaitPins waits until no pin is in flight, up to settleTimeout.
func (g *rig) awaitPins() error {
	for deadline := time.Now().Add(settleTimeout); len(g.inFlight()) > 0; {
		c, err := g.ring.Wait(time.Until(deadline))
		if errors.Is(err, unix.ETIME) {
			return nil // what is in flight is for the ground truth to tell
		}
		if err != nil {
			return err
		}
		g.take(c)
	}
	return nil
}

// drain takes the completions that are there.
func (g *rig) drain() error {
	for {
		c, err := g.ring.Wait(0)
		if errors.Is(err, unix.ETIME) {
			return nil
		}
		if err != nil {
			return err
		}
		g.take(c)
	}
}

// take puts a completion where it belongs.
func (g *rig) take(c ring.Completion) {
	for _, p := range g.pins {
		if uint64(p.UserData) == c.UserData {
			p.completed(c)
			return
		}
	}
	if g.tags.has(c.UserData) {
		g.tags.posted = append(g.tags.posted, c.UserData)
		return
	}
	g.results[c.UserData] = c.Result
}

// end cancels the pins and waits for the tags of what they held. What is left after
// an error is for close.
func (g *rig) end() error {
	if g.ring == nil {
		return nil
	}
	for _, p := range g.inFlight() {
		if err := g.cancel(p); err != nil {
			return err
		}
	}
	for deadline := time.Now().Add(settleTimeout); len(g.tags.posted) < g.tags.owed && time.Now().Before(deadline); {
		c, err := g.ring.Wait(time.Until(deadline))
		if errors.Is(err, unix.ETIME) {
			break // the ground truth tells
		}
		if err != nil {
			return err
		}
		g.take(c)
	}
	return nil
}

// close drops the tables and the ring. Before Linux 6.13 unregistering waits for
// the requests in flight, so with any left it is up to the ring's end.
func (g *rig) close() error {
	if g.ring == nil {
		return nil
	}
	var errs []error
	// Without a descriptor, kernels before 6.3 can't unregister.
	if len(g.inFlight()) == 0 && g.registered == nil {
		if g.slots > 0 {
			errs = append(errs, g.ring.UnregisterFiles())
		}
		if g.buffers > 0 {
			errs = append(errs, g.ring.UnregisterBuffers())
		}
	}
	errs = append(errs, g.ring.Close())
	g.ring, g.pins = nil, nil
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close ring %d: %w", g.index, err)
	}
	return nil
}
