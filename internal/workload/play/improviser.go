//go:build giouring && linux

package play

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"uringtrace/internal/workload"
)

// improviser makes up a scenario: random operations on several rings, whose effect
// it follows in a ledger for each. An operation has ended, and what it has waited
// for is in the ledger, before the next one begins.
type improviser struct {
	s   *scene
	rng *rand.Rand
	// parts are the rings.
	parts []*part
	// waits are the requests in flight.
	waits []*wait
	// held are registered files whose descriptor is still open.
	held []heldFile
	// sockets are those that somebody may keep.
	sockets []*thing
	// spare are the buffers that get registered, again and again.
	spare [][]byte
}

// part is a ring and what ought to be in it.
type part struct {
	*rig
	*ledger
	// removedSockets and removedBuffers are how many went.
	removedSockets, removedBuffers int
}

// put notes a call that changes slots of one of the tables.
func (p *part) put(table []*placed, offset int, list []*placed) {
	for _, r := range p.ledger.put(table, offset, list) {
		p.removals++
		if r.tag != 0 {
			p.tags.owed++
		}
		switch r.kind {
		case workload.KindSocket:
			p.removedSockets++
		case workload.KindBuffer:
			p.removedBuffers++
		}
	}
}

type heldFile struct {
	fd int
	*thing
}

// Random scenarios use a few rings, as a process would that has one for each
// thread or purpose. Without flags they are set up differently.
func improvisedFlags(i int, asked workload.RingFlags) workload.RingFlags {
	if len(asked) > 0 {
		return asked
	}
	return []workload.RingFlags{nil, {workload.FlagSingleIssuer}, {workload.FlagDeferTaskrun}}[i]
}

const (
	improvisedRings   = 3
	improvisedBuffers = 8
	spareBuffers      = 8
)

func openImprovised(s *scene) error {
	asked := s.options.Flags
	defer func() { s.options.Flags = asked }()
	for i := range improvisedRings {
		s.options.Flags = improvisedFlags(i, asked)
		if err := s.open(ringEntries); err != nil {
			return err
		}
	}
	return nil
}

// improvise makes the operations and calls show at the moments chosen for it, the
// last of them when all are made.
func improvise(s *scene, show func(*workload.Checkpoint) error) error {
	o, im := s.options, s.improviser
	base, err := socketsUsed()
	if err != nil {
		return err
	}
	s.done.SocketsUsedBefore = base
	moments := checkpointsAt(o)
	for done := range o.Ops + 1 {
		for len(moments) > 0 && moments[0] == done {
			c, err := im.checkpoint()
			if err != nil {
				return err
			}
			c.Index, c.Ops, c.Seed, c.Base = o.Checkpoints-len(moments), done, o.Seed, base
			if err := show(c); err != nil {
				return err
			}
			moments = moments[1:]
		}
		if done == o.Ops {
			break
		}
		if err := im.step(); err != nil {
			return fmt.Errorf("operation %d of seed %d: %w", done, o.Seed, err)
		}
	}
	im.sum()
	return nil
}

// checkpointsAt returns after how many operations to stop, in ascending order. It
// has its own random numbers, so that more checkpoints don't change the operations.
func checkpointsAt(o workload.Options) []int {
	rng := rand.New(rand.NewPCG(o.Seed, 2))
	moments := []int{o.Ops}
	for len(moments) < o.Checkpoints {
		moments = append(moments, rng.IntN(o.Ops+1))
	}
	slices.Sort(moments)
	return moments
}

// prepareImprovised gives the rings their tables and buffers to fill them with.
func prepareImprovised(s *scene) error {
	im := &improviser{s: s, rng: rand.New(rand.NewPCG(s.options.Seed, 1))}
	s.improviser = im
	s.undo = append(s.undo, im.end)
	for range spareBuffers {
		mem, err := s.memory()
		if err != nil {
			return err
		}
		im.spare = append(im.spare, mem)
	}
	for i, g := range s.rigs {
		p := &part{rig: g, ledger: newLedger()}
		im.parts = append(im.parts, p)
		p.tags.first += uint64(i) << 24 // tags tell the rings apart
		if err := p.registerFiles(max(workload.MinSlots, s.options.Slots>>(2*i))); err != nil {
			return err
		}
		if err := p.registerBuffers(); err != nil {
			return err
		}
	}
	return nil
}

func (p *part) registerFiles(slots int) error {
	if err := p.ring.RegisterFilesSparse(uint32(slots)); err != nil {
		return err
	}
	p.slots, p.files = slots, make([]*placed, slots)
	return nil
}

func (p *part) registerBuffers() error {
	err := p.ring.RegisterBuffersTags(make([][]byte, improvisedBuffers), make([]uint64, improvisedBuffers))
	if err != nil {
		return err
	}
	p.rig.buffers, p.ledger.buffers = improvisedBuffers, make([]*placed, improvisedBuffers)
	return nil
}

// end closes what is open once the rings are gone.
func (im *improviser) end() error {
	for _, h := range im.held {
		h.close()
	}
	for _, w := range im.waits {
		w.close()
	}
	return nil
}

// step makes one operation.
func (im *improviser) step() error {
	p := im.parts[im.rng.IntN(len(im.parts))]
	ops := operations()
	total := 0
	for _, op := range ops {
		total += op.weight
	}
	n := im.rng.IntN(total)
	for _, op := range ops {
		if n -= op.weight; n < 0 {
			if err := op.make(im, p); err != nil {
				return fmt.Errorf("%s on ring %d: %w", op.name, p.index, err)
			}
			return nil
		}
	}
	return nil
}

// checkpoint describes what is, or will be once all has settled.
func (im *improviser) checkpoint() (*workload.Checkpoint, error) {
	c := &workload.Checkpoint{}
	for _, p := range im.parts {
		if err := p.drain(); err != nil {
			return nil, err
		}
		state := p.ledger.truth()
		state.Tags = userData(p.tags.posted)
		c.States = append(c.States, state)
	}
	im.sockets = slices.DeleteFunc(im.sockets, func(t *thing) bool { return !t.aliveOrdered() })
	for _, t := range im.sockets {
		c.Ordered++
		if t.aliveIndependent() {
			c.Independent++
		}
	}
	return c, nil
}

// sum fills in what all scenarios tell about their removals.
func (im *improviser) sum() {
	d := &im.s.done
	d.ChurnSlot = workload.NoSlot
	for _, p := range im.parts {
		d.Sockets += p.removedSockets
		d.Buffers += p.removedBuffers
		d.Removals = append(d.Removals, p.removals)
	}
	for _, t := range im.sockets {
		if t.aliveOrdered() && !t.aliveIndependent() {
			d.Behind++
		}
	}
}
