package queue

import (
	"iter"
	"slices"
)

// simCall is a kernel function in progress, on a task, a worker or in an
// interrupt. It runs when it is resumed, until it pauses.
type simCall struct {
	next  func() (struct{}, bool)
	stop  func()
	yield func(struct{}) bool
	until func() bool // nil: it can go on
	timed bool        // it waits for time to pass
	still bool        // while it pauses here, the kernel may be said to stand still
}

func (k *sim) start(body func(*simCall)) {
	c := &simCall{}
	c.next, c.stop = iter.Pull(func(yield func(struct{}) bool) {
		defer func() {
			if p := recover(); p != nil && p != any(simOff{}) {
				panic(p)
			}
		}()
		c.yield = yield
		body(c)
	})
	k.calls = append(k.calls, c)
}

// simOff ends a call whose kernel is switched off.
type simOff struct{}

// off switches the kernel off: what is in progress is no more.
func (k *sim) off() {
	for _, c := range k.calls {
		c.stop()
	}
}

func (k *sim) resume(c *simCall) {
	if _, more := c.next(); !more {
		k.calls = slices.DeleteFunc(k.calls, func(other *simCall) bool { return other == c })
	}
}

func (c *simCall) ready() bool { return c.until == nil || c.until() }

// pause lets others run.
func (c *simCall) pause() {
	if !c.yield(struct{}{}) {
		panic(simOff{})
	}
}

func (c *simCall) pauseStill() {
	c.still = true
	c.pause()
	c.still = false
}

func (c *simCall) wait(until func() bool) {
	for !until() {
		c.until = until
		c.pause()
	}
	c.until = nil
}

// sleep waits for time to pass, or for woken, if there is one.
func (k *sim) sleep(c *simCall, ticks int, woken func() bool) {
	due := k.now + uint64(ticks)
	c.timed = true
	c.wait(func() bool { return k.now >= due || woken != nil && woken() })
	c.timed = false
}

// lock takes the ring's uring_lock.
func (c *simCall) lock(r *simRing) {
	c.wait(func() bool { return !r.locked })
	r.locked = true
}

func (r *simRing) unlock() { r.locked = false }
