//go:build giouring && linux

package play

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"golang.org/x/sys/unix"

	"uringtrace/internal/workload"
	"uringtrace/internal/workload/ring"
)

// rounds makes the operation over and over and tells after each round how long that
// took. What is measured is the kernel under an observer, so the collector, whose
// work would fall into some rounds, waits until a round is over.
func (s *scene) rounds(op func(*scene) error, show func(*workload.Round) error) error {
	before, err := socketsUsed()
	if err != nil {
		return err
	}
	s.done.SocketsUsedBefore, s.done.ChurnSlot = before, churnSlot
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	for n := range s.options.Rounds {
		runtime.GC()
		own, err := ownTime()
		if err != nil {
			return err
		}
		begin := time.Now()
		for i := range s.options.Ops {
			if err := op(s); err != nil {
				return fmt.Errorf("operation %d of round %d: %w", i+1, n+1, err)
			}
		}
		r := workload.Round{Number: n, Operations: s.options.Ops, NS: time.Since(begin).Nanoseconds()}
		ownNow, err := ownTime()
		if err != nil {
			return err
		}
		r.OwnNS = ownNow - own
		s.done.ElapsedNS += r.NS
		if err := show(&r); err != nil {
			return err
		}
	}
	for _, g := range s.rigs {
		s.done.Removals = append(s.done.Removals, g.removals)
	}
	return nil
}

// ownTime is the processor time that the calling thread has used. Rings keep it the
// same thread.
func ownTime() (int64, error) {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		return 0, fmt.Errorf("read the thread's processor time: %w", err)
	}
	return t.Nano(), nil
}

// doNothing makes one call with one request.
func doNothing(s *scene) error {
	g := s.main()
	if err := g.ring.Nop(s.mark()); err != nil {
		return err
	}
	_, err := g.complete()
	return err
}

// zeroRead is the length of a read.
const zeroRead = 512

// installZero puts /dev/zero into a fixed slot.
func installZero(s *scene) error {
	var err error
	if s.pinMemory, err = s.memory(); err != nil {
		return err
	}
	fd, err := unix.Open("/dev/zero", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open /dev/zero: %w", err)
	}
	return errors.Join(s.install(zeroSlot, fd), unix.Close(fd))
}

func readZero(s *scene) error {
	g := s.main()
	if err := g.ring.Read(ring.Slot(zeroSlot), s.pinMemory[:zeroRead], s.mark()); err != nil {
		return err
	}
	n, err := g.complete()
	if err == nil && n != zeroRead {
		err = fmt.Errorf("read %d bytes of %d", n, zeroRead)
	}
	return err
}

// complete submits the one request that is queued and returns its result. One that
// ends while it is submitted costs no further call.
func (g *rig) complete() (int32, error) {
	if err := g.ring.Submit(); err != nil {
		return 0, err
	}
	c, ok := g.ring.Take()
	if !ok {
		var err error
		if c, err = g.ring.Wait(reapTimeout); err != nil {
			return 0, err
		}
	}
	return c.Result, c.Err()
}
