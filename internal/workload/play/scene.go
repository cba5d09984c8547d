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
	options workload.Options
	// rigs are the rings; most pieces work on the first.
	rigs     []*rig
	listener *listener
	// pipe and connection are what pins wait on: one end is in a slot, nothing comes
	// from the other.
	pipe, connection *ends
	// pinMemory is where reads would go, churnMemory the buffer that is removed.
	pinMemory, churnMemory []byte
	child                  *companion
	improviser             *improviser
	// pinned is the number of pins so far.
	pinned int
	done   workload.Done
	// undo gives back what pieces have made, the last first.
	undo []func() error
}

// Slots of the fixed file table; churnSlot is one of the buffer table as well.
const (
	listenerSlot   = 0
	churnSlot      = 1
	pipeSlot       = 2
	connectionSlot = 3
	zeroSlot       = pipeSlot // rounds have no pipe
)

// Slots of the buffer table.
const (
	pinBuffer   = 0
	bufferSlots = 2
)

// Sizes of the submission queue; no piece queues more at a time. The small one is
// for many rings.
const (
	ringEntries  = 64
	smallEntries = 4
)

// main is the ring that is pinned.
func (s *scene) main() *rig { return s.rigs[0] }

func openRing(s *scene) error { return s.open(ringEntries) }

func (s *scene) open(entries uint32) error {
	g, err := newRig(s.options, entries)
	if err != nil {
		return err
	}
	g.index = len(s.rigs)
	s.rigs = append(s.rigs, g)
	return nil
}

// openMany opens a lot of rings. The one that gets pinned is in their midst.
func openMany(s *scene) error {
	for i := range s.options.Rings {
		if err := s.open(smallEntries); err != nil {
			return fmt.Errorf("ring %d of %d: %w", i+1, s.options.Rings, err)
		}
	}
	first, middle := 0, len(s.rigs)/2
	s.rigs[first], s.rigs[middle] = s.rigs[middle], s.rigs[first]
	s.rigs[first].index, s.rigs[middle].index = first, middle
	return nil
}

// registerTables gives each ring a file table: of the size asked for to the one
// that gets pinned, of the smallest to the others.
func registerTables(s *scene) error {
	for i, g := range s.rigs {
		slots := s.options.Slots
		if i > 0 {
			slots = min(slots, workload.MinSlots)
		}
		if err := g.ring.RegisterFilesSparse(uint32(slots)); err != nil {
			return err
		}
		g.slots = slots
	}
	return nil
}

// registerBuffers gives the ring a buffer table: one to read into, a free slot to
// put others through.
func registerBuffers(s *scene) error {
	var err error
	if s.pinMemory, err = s.memory(); err != nil {
		return err
	}
	if s.churnMemory, err = s.memory(); err != nil {
		return err
	}
	g := s.main()
	if err := g.ring.RegisterBuffersTags([][]byte{s.pinMemory, nil}, []uint64{0, 0}); err != nil {
		return err
	}
	g.buffers = bufferSlots
	return nil
}

// bufferSize is one page.
const bufferSize = 4096

// memory returns a buffer that lives as long as the scene.
func (s *scene) memory() ([]byte, error) {
	mem, err := ring.NewBuffer(bufferSize)
	if err != nil {
		return nil, err
	}
	s.undo = append(s.undo, func() error { return ring.FreeBuffer(mem) })
	return mem, nil
}

// ready describes the scene as it is before the first removal.
func (s *scene) ready() *workload.Ready {
	r := &workload.Ready{TID: unix.Gettid(), Ring: s.main().truth()}
	for _, g := range s.rigs[1:] {
		r.Others = append(r.Others, g.truth())
	}
	if s.child != nil {
		r.Sharers = []workload.Sharer{s.child.sharer()}
	}
	if l := s.listener; l != nil {
		r.Listener = &workload.Listener{Addr: l.addr, Slot: l.slot, FD: l.fd, Inode: l.inode}
	}
	return r
}

// stage adds what every stage tells about a scene.
func (s *scene) stage(stage workload.Stage) workload.Stage {
	stage.Pins, stage.Tags = s.pins(), s.tags()
	return stage
}

// pins are the requests in flight, ring by ring.
func (s *scene) pins() []workload.Pin {
	var pins []workload.Pin
	for _, g := range s.rigs {
		for _, p := range g.inFlight() {
			pins = append(pins, p.Pin)
		}
	}
	return pins
}

// tags is nil if none was given out, or if more than one ring has some.
func (s *scene) tags() *workload.Tags {
	if len(s.rigs) != 1 || s.main().tags.given == 0 {
		return nil
	}
	t := s.main().tags
	return &workload.Tags{First: workload.UserData(t.first), Count: t.given, Released: len(t.posted)}
}

// release undoes everything in the order that works on every kernel: the requests
// first, because unregistering waits for them before Linux 6.13. It goes on after
// an error, and what is already released is left alone.
func (s *scene) release() error {
	var errs []error
	for _, g := range s.rigs {
		errs = append(errs, g.end(), g.close())
	}
	for len(s.undo) > 0 {
		last := len(s.undo) - 1
		errs = append(errs, s.undo[last]())
		s.undo = s.undo[:last]
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("release: %w", err)
	}
	return nil
}
