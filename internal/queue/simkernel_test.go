package queue

import (
	"math/rand/v2"
	"time"

	"uringtrace/internal/events"
)

// sim is a kernel that has nothing but io_uring's resource nodes. It is written
// from the kernel's source and not from this package, so that what it holds can
// be held against what the package says. Its functions speak through the hook
// where those of the real one are probed, at entry or exit, and pause where
// another processor may get in between.
type sim struct {
	gen   events.Reclaim
	rnd   *rand.Rand
	now   uint64
	calls []*simCall
	rings []*simRing // that are not freed

	hook  func(*events.Event) // nil: no hooks are set
	socks map[uint64]uint64   // that the hooks follow, and the ring each is of
	races bool                // zeros may overtake the start of a batch, and be overtaken

	memory map[uint64]*simNode // by address; freed ones stay until it is reused
	nodes  simPool
	items  simPool
	others simPool // rings, files, buffers, sockets, requests
	fds    []*simRes
	freed  simSum // so far
	lastFD int32

	ends     int // how often a request ends, in percent of all operations
	shortage int // percent of removals for which there is no memory
}

func newSim(gen events.Reclaim, seed uint64) *sim {
	k := &sim{
		gen: gen, rnd: rand.New(rand.NewPCG(seed, uint64(gen))), now: 1,
		socks: make(map[uint64]uint64), memory: make(map[uint64]*simNode),
		nodes: simPool{last: 0xffff_8880_0000_0000}, items: simPool{last: 0xffff_8881_0000_0000},
		others: simPool{last: 0xffff_8882_0000_0000},
	}
	k.ends = 2 + k.rnd.IntN(12)
	return k
}

// emit is a hook that fires, if it is set.
func (k *sim) emit(r *simRing, e events.Event) {
	k.now++
	if k.hook == nil || !r.watched {
		return
	}
	e.Time, e.Ring = k.clock(), r.addr
	k.hook(&e)
}

// clock is the time in ns; a tick is a millisecond.
func (k *sim) clock() uint64 { return k.now * uint64(time.Millisecond) }

// chance is true in so many of a hundred cases.
func (k *sim) chance(percent int) bool { return k.rnd.IntN(100) < percent }

// watch sets the hooks for all rings that can be found, as an attach does.
func (k *sim) watch(hook func(*events.Event)) {
	k.hook = hook
	for _, r := range k.rings {
		r.watched = r.created && !r.exiting
	}
}

// step lets time pass: an operation begins, or a call goes on.
func (k *sim) step() {
	k.now += uint64(1 + k.rnd.IntN(4))
	if len(k.calls) == 0 || k.chance(25) {
		k.op()
		return
	}
	if c := k.calls[k.rnd.IntN(len(k.calls))]; c.ready() {
		k.resume(c)
	}
}

func (k *sim) steps(n int) {
	for range n {
		k.step()
	}
}

// rest lets every call go on to where the kernel can be said to stand still.
func (k *sim) rest() {
	for again := true; again; {
		again = false
		for i := 0; i < len(k.calls); i++ {
			if c := k.calls[i]; !c.still && c.ready() {
				again = true
				k.resume(c)
			}
		}
	}
}

// calm lets time pass, without a new operation, until nothing waits for time.
func (k *sim) calm() {
	for range 1000 {
		k.now += 10
		idle := true
		for i := 0; i < len(k.calls); i++ {
			if c := k.calls[i]; c.ready() {
				idle = false
				k.resume(c)
			} else if c.timed {
				idle = false
			}
		}
		if idle {
			return
		}
	}
	panic("the simulated kernel does not come to rest")
}
