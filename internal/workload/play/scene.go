//go:build giouring && linux

package play

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"uringtrace/internal/workload"
	"uringtrace/internal/workload/ring"
)

// scene is what the pieces of a plan share.
type scene struct {
	options  workload.Options
	ring     *ring.Ring
	table    bool
	listener *listener
	pin      *workload.Pin
}

// Slots of the fixed file table.
const (
	listenerSlot = 0
	churnSlot    = 1
)

// ringEntries is the size of the submission queue; no piece queues more at a time.
const ringEntries = 64

func openRing(s *scene) error {
	var flags ring.Flags
	for _, f := range s.options.Flags {
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
	r, err := ring.New(ringEntries, flags)
	if err != nil {
		return err
	}
	s.ring = r
	return nil
}

func registerTable(s *scene) error {
	if err := s.ring.RegisterFilesSparse(uint32(s.options.Slots)); err != nil {
		return err
	}
	s.table = true
	return nil
}

// ready describes the scene as it is before the first removal.
func (s *scene) ready() *workload.Ready {
	r := &workload.Ready{
		TID:       unix.Gettid(),
		RingFD:    s.ring.FD(),
		RingFlags: s.ring.Flags().Names(),
		Slots:     s.options.Slots,
		Pin:       s.pin,
	}
	if s.listener != nil {
		r.Listener = &workload.Listener{Addr: s.listener.addr, Slot: s.listener.slot, FD: s.listener.fd}
	}
	return r
}

// release undoes everything in the order that works on every kernel: the request
// first, because unregistering waits for it before Linux 6.13. It goes on after an
// error, and what is already released is left alone.
func (s *scene) release() error {
	var errs []error
	if s.pin != nil {
		if err := cancelPin(s); err != nil {
			// The table would wait for ever; closing the ring cancels and frees all.
			errs = append(errs, err)
			s.table = false
		}
		s.pin = nil
	}
	if s.table {
		errs = append(errs, s.ring.UnregisterFiles())
		s.table = false
	}
	if s.ring != nil {
		errs = append(errs, s.ring.Close())
		s.ring = nil
	}
	if s.listener != nil {
		errs = append(errs, s.listener.close())
		s.listener = nil
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("release: %w", err)
	}
	return nil
}
