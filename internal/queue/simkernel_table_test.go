package queue

import "uringtrace/internal/events"

// IORING_REGISTER_*, as far as they are told apart here.
const (
	simRegister   = 2
	simUnregister = 3
	simUpdate     = 14
)

// call runs an io_uring operation on the ring under its lock. One that came by
// io_uring_register(2) is told at its end; others end in silence.
func (k *sim) call(r *simRing, opcode uint32, body func(c *simCall, tid uint32)) {
	r.users++
	tid := uint32(100 + k.rnd.IntN(3))
	k.start(func(c *simCall) {
		c.lock(r)
		body(c, tid)
		r.unlock()
		if opcode != 0 {
			k.emit(r, events.Event{Kind: events.Register, Opcode: opcode, TID: tid})
		}
		r.users--
	})
}

// register makes a table and fills some of its slots.
func (k *sim) register(t *simTable, size int) {
	k.call(t.ring, simRegister, func(c *simCall, _ uint32) {
		if t.slots != nil || t.quiesce {
			return
		}
		t.ring.switchStart()
		t.slots, t.refs = make([]simSlot, size), 1
		for i := range t.slots {
			if k.chance(50) {
				t.fill(c, uint32(i), k.resource(t), k.tag(), false)
			}
		}
		if k.gen == events.OrderedDeferred {
			t.ring.switchNode(c, nil)
		}
	})
}

func (k *sim) resource(t *simTable) *simRes {
	if t.typ == events.Buffer {
		return k.newBuffer()
	}
	return k.file()
}

func (k *sim) tag() uint64 {
	if k.chance(50) {
		return 0
	}
	return k.rnd.Uint64()
}

// fill puts a resource into a slot, that on A and B is empty.
func (t *simTable) fill(c *simCall, slot uint32, res *simRes, tag uint64, direct bool) {
	res.refs++
	if t.ring.k.gen == events.Independent {
		t.fillIndependent(c, slot, res, tag, direct)
		return
	}
	t.slots[slot] = simSlot{res: res, tag: tag}
}

// remove takes a slot's resource away; false: no memory.
func (t *simTable) remove(c *simCall, slot uint32, tid uint32) bool {
	switch t.ring.k.gen {
	case events.OrderedDeferred:
		return t.ring.removeDeferred(c, t, slot)
	case events.Ordered:
		return t.ring.removeOrdered(c, t, slot, tid)
	}
	t.reset(c, slot)
	return true
}

// update is __io_sqe_files_update and its sister for buffers, from a register
// call or an operation.
func (k *sim) update(t *simTable, opcode uint32) {
	k.call(t.ring, opcode, func(c *simCall, tid uint32) {
		if !t.usable() {
			return
		}
		offset := uint32(k.rnd.IntN(len(t.slots)))
		n := 1 + uint32(k.rnd.IntN(min(4, len(t.slots)-int(offset))))
		t.ring.switchStart()
		done, queued := uint32(0), false
		for ; done < n; done++ {
			what := k.rnd.IntN(10) // of ten: 2 skip, 4 clear, 4 set
			if what < 2 {
				continue
			}
			if t.slots[offset+done].res != nil && (what < 6 || k.gen != events.Independent) {
				if !t.remove(c, offset+done, tid) {
					break
				}
				queued = true
			}
			if what >= 6 {
				t.fill(c, offset+done, k.resource(t), k.tag(), false)
			}
		}
		if queued && k.gen == events.OrderedDeferred {
			t.ring.switchNode(c, t)
		}
		t.tell(offset, done)
	})
}

// direct is io_fixed_fd_install, or with no file io_fixed_fd_remove.
func (k *sim) direct(t *simTable, install bool) {
	k.call(t.ring, 0, func(c *simCall, tid uint32) {
		if !t.usable() {
			return
		}
		slot := uint32(k.rnd.IntN(len(t.slots)))
		full := t.slots[slot].res != nil
		if !install && !full {
			return
		}
		if full && (!install || k.gen != events.Independent) {
			t.ring.switchStart()
			if !t.remove(c, slot, tid) {
				return
			}
			if k.gen == events.OrderedDeferred && !install {
				t.ring.switchNode(c, t)
			}
		}
		if install {
			t.fill(c, slot, k.newFile(), 0, true)
		}
		if install && full && k.gen == events.OrderedDeferred {
			t.ring.switchNode(c, t)
		}
	})
}

// unregister is io_sqe_*_unregister; it may be interrupted.
func (k *sim) unregister(t *simTable) {
	k.call(t.ring, simUnregister, func(c *simCall, _ uint32) {
		if t.slots == nil || t.quiesce {
			return
		}
		t.hidden = true
		done := k.gen == events.Independent || t.drain(c)
		t.hidden = false
		if done {
			t.clear(c)
		}
	})
}

// drain is io_rsrc_ref_quiesce: wait, unlocked, until no node is queued; on A
// none of this table's.
func (t *simTable) drain(c *simCall) bool {
	r, k := t.ring, t.ring.k
	idle := func() bool { return len(r.queue) == 0 }
	if k.gen == events.OrderedDeferred {
		r.switchStart()
		r.switchNode(c, t)
		t.refs--
		idle = func() bool { return t.refs == 0 }
	} else {
		r.markOrdered(c)
	}
	if idle() {
		return true
	}
	t.quiesce = true
	if r.armed {
		r.due = k.now // flush_delayed_work
	}
	r.unlock()
	k.sleep(c, 20+k.rnd.IntN(200), idle)
	c.lock(r)
	t.quiesce = false
	if idle() {
		return true
	}
	t.refs++
	return false
}
