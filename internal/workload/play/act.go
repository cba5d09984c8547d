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

// act tries a remedy on a scene whose removals are made. What it returns is the
// ground truth as far as the action itself knows it.
type act func(*scene) (workload.Acted, error)

// returned turns what a system call or request returned into ground truth. Only an
// error that is no kernel's answer ends the scenario.
func returned(n int, err error) (workload.Acted, error) {
	var errno unix.Errno
	switch {
	case err == nil:
		return workload.Acted{Result: n}, nil
	case errors.As(err, &errno):
		return workload.Acted{Result: -int(errno)}, nil
	default:
		return workload.Acted{}, err
	}
}

// cancelPin cancels with a request on the ring and takes its completion.
func cancelPin(s *scene) (workload.Acted, error) {
	g := s.main()
	result, err := g.do(func(userData uint64) error {
		return g.ring.Cancel(ring.MatchUserData(uint64(s.options.UserData)), userData)
	}, s.mark())
	if err != nil {
		return workload.Acted{}, err
	}
	return workload.Acted{Result: int(result)}, nil
}

func cancelPinSync(s *scene) (workload.Acted, error) {
	return returned(s.main().ring.SyncCancel(ring.MatchUserData(uint64(s.options.UserData)), reapTimeout))
}

func shutdownListener(s *scene) (workload.Acted, error) {
	return returned(0, unix.Shutdown(s.listener.fd, unix.SHUT_RDWR))
}

// connectOnce leaves two sockets: ours and the one that waits to be accepted.
func connectOnce(s *scene) (workload.Acted, error) {
	_, err := s.dial()
	acted, err := returned(0, err)
	acted.Extra = 2
	return acted, err
}

func closeListener(s *scene) (workload.Acted, error) {
	return returned(0, s.listener.close())
}

func clearListenerSlot(s *scene) (workload.Acted, error) {
	g := s.main()
	err := g.ring.UpdateFiles(listenerSlot, []int32{ring.Empty})
	if err == nil {
		g.removals++
		s.listener.slot = workload.NoSlot
	}
	return returned(0, err)
}

func moreUpdates(s *scene) (workload.Acted, error) {
	return returned(0, updateAndClear(s))
}

// blockedAfter is long enough to tell a call that blocks from one that takes its
// time.
const blockedAfter = time.Second

func unregisterTable(s *scene) (workload.Acted, error) {
	g := s.main()
	err := g.ring.UnregisterFilesWithin(blockedAfter)
	if err == nil {
		g.slots = 0
	}
	acted, err := returned(0, err)
	acted.Blocked = acted.Result == -int(unix.EINTR)
	return acted, err
}

func closeRing(s *scene) (workload.Acted, error) {
	// Not rig.close: that would unregister the tables.
	g := s.main()
	err := g.ring.Close()
	g.ring = nil
	return returned(0, err)
}

// try acts and watches what becomes of the sockets. Before and after the owner
// takes its completions are two matters: with DEFER_TASKRUN nothing that was
// woken or cancelled ends until then.
//
// With ends the action is known to end the pin if it succeeds, so its completion is
// awaited: the thread of an SQPOLL ring gets to it in its own time.
func (s *scene) try(name string, do act, ends bool) (*workload.Acted, error) {
	begin := time.Now()
	acted, err := do(s)
	if err != nil {
		return nil, fmt.Errorf("try %s: %w", name, err)
	}
	acted.Action, acted.ActionNS = name, time.Since(begin).Nanoseconds()
	if acted.After, err = socketsUsed(); err != nil {
		return nil, err
	}
	target := s.done.SocketsUsedBefore + acted.Extra
	if acted.Idle, err = settle(target); err != nil {
		return nil, err
	}
	g := s.main()
	if ends && acted.Result >= 0 {
		err = g.awaitPins()
	} else if g.ring != nil {
		err = g.drain()
	}
	if err != nil {
		return nil, err
	}
	acted.Completions = []workload.PinCompletion{}
	for _, p := range g.pins {
		acted.Completions = append(acted.Completions, p.completions...)
	}
	acted.Settled = acted.Idle
	if acted.Idle > target && len(g.inFlight()) == 0 {
		acted.Settled, err = settle(target)
	}
	return &acted, err
}
