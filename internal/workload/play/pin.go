//go:build giouring && linux

package play

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"uringtrace/internal/workload"
	"uringtrace/internal/workload/ring"
)

// pollListenerSlot polls the listener through its fixed slot: the request holds the
// node that is active now, and with it every node queued later.
func pollListenerSlot(s *scene) error {
	return pollListener(s, ring.Slot(listenerSlot), listenerSlot)
}

// pollListenerFD polls the listener through its ordinary descriptor: the request
// holds the file and no node.
func pollListenerFD(s *scene) error {
	return pollListener(s, ring.FD(s.listener.fd), workload.NoSlot)
}

func pollListener(s *scene, file ring.File, slot int) error {
	ud := s.options.UserData
	if err := s.ring.PollAdd(file, unix.POLLIN, uint64(ud)); err != nil {
		return fmt.Errorf("poll the listener: %w", err)
	}
	if err := s.ring.Submit(); err != nil {
		return fmt.Errorf("poll the listener: %w", err)
	}
	s.pin = &workload.Pin{Op: "POLL_ADD", UserData: ud, Slot: slot}
	return barrier(s)
}

// barrier returns once the kernel has taken all requests submitted so far. Only an
// SQPOLL ring lets them wait: its thread takes them when it gets to it, in order.
// It also tells when the long-lived request was refused.
func barrier(s *scene) error {
	mark := ^uint64(s.options.UserData)
	if err := s.ring.Nop(mark); err != nil {
		return err
	}
	if err := s.ring.Submit(); err != nil {
		return err
	}
	c, err := s.ring.Wait(reapTimeout)
	if err != nil {
		return fmt.Errorf("wait for the kernel to take the request: %w", err)
	}
	if c.UserData == mark {
		return nil
	}
	pin := s.pin
	s.pin = nil
	if err := c.Err(); err != nil {
		return fmt.Errorf("%s with user data %v: %w", pin.Op, pin.UserData, err)
	}
	return fmt.Errorf("%s with user data %v did not stay in flight: result %d", pin.Op, pin.UserData, c.Result)
}

// reapTimeout bounds the wait for completions that come at once on an idle machine.
const reapTimeout = 10 * time.Second

// cancelPin cancels the long-lived request and takes both completions off the ring:
// its own, which may have come by itself before, and that of the cancellation.
func cancelPin(s *scene) error {
	ud := uint64(s.pin.UserData)
	mark := ^ud
	if err := s.ring.Cancel(ring.MatchUserData(ud), mark); err != nil {
		return fmt.Errorf("cancel %s: %w", s.pin.Op, err)
	}
	if err := s.ring.Submit(); err != nil {
		return fmt.Errorf("cancel %s: %w", s.pin.Op, err)
	}

	for pinned, cancelling := true, true; pinned || cancelling; {
		c, err := s.ring.Wait(reapTimeout)
		if err != nil {
			return fmt.Errorf("cancel %s: %w", s.pin.Op, err)
		}
		switch c.UserData {
		case ud:
			pinned = false
		case mark:
			cancelling = false
			if err := c.Err(); err != nil && !tooLate(err) {
				return fmt.Errorf("cancel %s: %w", s.pin.Op, err)
			}
		}
	}
	return nil
}

// tooLate reports whether the request had ended, or was about to, before it could
// be cancelled: somebody connected to the listener.
func tooLate(err error) bool {
	return errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EALREADY)
}
