//go:build giouring && linux

package play

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"uringtrace/internal/workload"
	"uringtrace/internal/workload/ring"
)

// pin is a request that is left in flight. With a slot or buffer it holds the node
// that was active when it was issued, and with it every node queued later.
type pin struct {
	workload.Pin
	ended       bool
	completions []workload.PinCompletion
}

func (p *pin) completed(c ring.Completion) {
	p.completions = append(p.completions, workload.PinCompletion{
		UserData: p.UserData, Result: int(c.Result), More: c.More(),
	})
	p.ended = !c.More()
	if p.Op == opAccept && c.Result >= 0 {
		_ = unix.Close(int(c.Result)) // somebody connected; all we want is to wait
	}
}

// Opcodes in the kernel's words without IORING_OP_.
const (
	opPollAdd   = "POLL_ADD"
	opAccept    = "ACCEPT"
	opRecv      = "RECV"
	opRead      = "READ"
	opReadFixed = "READ_FIXED"
	opSplice    = "SPLICE"
)

// leave submits a request and returns once the kernel has it where it will stay.
func (s *scene) leave(g *rig, truth workload.Pin, queue func(userData uint64) error) (*pin, error) {
	truth.Ring, truth.TID, truth.Depth = g.index, g.tid, g.removals
	truth.UserData = s.options.UserData + workload.UserData(s.pinned)
	if truth.State == "" {
		truth.State = workload.StatePoll
	}
	if err := queue(uint64(truth.UserData)); err != nil {
		return nil, fmt.Errorf("%s: %w", truth.Op, err)
	}
	if err := g.ring.Submit(); err != nil {
		return nil, fmt.Errorf("%s: %w", truth.Op, err)
	}
	s.pinned++
	p := &pin{Pin: truth}
	g.pins = append(g.pins, p)
	if err := s.barrier(g); err != nil {
		return nil, err
	}
	if err := s.arrived(g, p); err != nil {
		return nil, fmt.Errorf("%s with user data %v: %w", p.Op, p.UserData, err)
	}
	return p, nil
}

// leaveOnMain is leave on the ring that most pieces work on.
func (s *scene) leaveOnMain(truth workload.Pin, queue func(userData uint64) error) error {
	_, err := s.leave(s.main(), truth, queue)
	return err
}

// barrier returns once the kernel has taken all requests submitted so far. Only an
// SQPOLL ring lets them wait: its thread takes them when it gets to it, in order.
func (s *scene) barrier(g *rig) error {
	if _, err := g.do(g.ring.Nop, s.mark()); err != nil {
		return fmt.Errorf("wait for the kernel to take the requests: %w", err)
	}
	return nil
}

// mark is the user data of a request that ends by itself.
func (s *scene) mark() uint64 { return mark(s.options.UserData) }

func mark(pins workload.UserData) uint64 { return uint64(pins) ^ markDistance }

// arrived waits until the pin is where it will stay, which takes a moment only if a
// worker thread takes it there. It tells when the request was refused.
func (s *scene) arrived(g *rig, p *pin) error {
	for deadline := time.Now().Add(reapTimeout); ; time.Sleep(time.Millisecond) {
		if p.ended {
			result := p.completions[0].Result
			if result < 0 {
				return unix.Errno(-result)
			}
			return fmt.Errorf("did not stay in flight: result %d", result)
		}
		there, err := s.where(g, p)
		if err != nil || there {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%w: not in state %s", unix.ETIME, p.State)
		}
		if err := g.drain(); err != nil {
			return err
		}
	}
}

// where reports whether the kernel has the pin in its expected state. All that is
// known to be in flight is counted: what was there before is where it belongs.
func (s *scene) where(g *rig, p *pin) (bool, error) {
	expected := 0
	for _, other := range s.rigs {
		for _, q := range other.inFlight() {
			if q.State == p.State && (other == g || p.State == workload.StateWorker && other.tid == g.tid) {
				expected++
			}
		}
	}
	if p.State == workload.StateWorker {
		sleeping, err := sleepingWorkers(g.tid)
		return sleeping == expected, err
	}
	if g.registered != nil {
		return true, nil // it has no fdinfo, and nothing that goes through a worker
	}
	info, err := fdinfo(g.ring.FD())
	_, list, _ := strings.Cut(info, "PollList:")
	return strings.Count(list, "op=") == expected, err
}

// cancel cancels a pin and takes both completions off the ring: its own, which may
// have come by itself before, and that of the cancellation.
func (g *rig) cancel(p *pin) error {
	result, err := g.do(func(userData uint64) error {
		return g.ring.Cancel(ring.MatchUserData(uint64(p.UserData)), userData)
	}, mark(p.UserData))
	if err == nil && result < 0 && !tooLate(unix.Errno(-result)) {
		err = unix.Errno(-result)
	}
	for err == nil && !p.ended {
		var c ring.Completion
		if c, err = g.ring.Wait(reapTimeout); err == nil {
			g.take(c)
		}
	}
	if err != nil {
		return fmt.Errorf("cancel %s: %w", p.Op, err)
	}
	return nil
}

// tooLate reports whether the request had ended, or was about to, before it could
// be cancelled: somebody connected to the listener, or a worker was woken from it.
func tooLate(err error) bool {
	return errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EALREADY)
}
