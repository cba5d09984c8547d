package recording

import (
	"encoding/binary"
	"hash/maphash"
	"maps"
	"slices"

	"uringtrace/internal/events"
)

// A record begins with a byte that says what it is. Most entries are one record;
// those with a walk or with removals begin with one, go on with one for each part,
// and end with recordEnd.
const (
	recordEvent    byte = iota + 1 // kind, event
	recordEntry                    // kind of entry, moment
	recordLoss                     // moment, totals, maps
	recordWalk                     // kind of entry, span
	recordRing                     // part of a walk
	recordShare                    // likewise
	recordRequest                  // likewise
	recordWindow                   // likewise: an event of the window
	recordNode                     // likewise
	recordSame                     // likewise: nodes of the last walk, how many to skip and to take
	recordCounts                   // moment
	recordRemovals                 // part of that: one ring
	recordEnd                      // of an entry: number of its nodes
	recordStack                    // moment, id, frames
	recordGap                      // moment, number of entries that were not recorded
)

// encoder turns entries into blocks of records.
type encoder struct {
	*veil
	code    coder
	context context
	seed    maphash.Seed
	before  []uint64 // nodes of the last walk: what tells whether one is the same
	walk    walkNodes
	emit    func(block []byte) // takes a block over
}

func newEncoder(redact bool, emit func([]byte)) *encoder {
	return &encoder{veil: newVeil(redact), seed: maphash.MakeSeed(), emit: emit}
}

// cut ends the block.
func (n *encoder) cut() {
	if len(n.code.buf) == 0 {
		return
	}
	n.emit(n.code.buf)
	n.code.buf = make([]byte, 0, blockBytes+blockBytes/8)
	n.context = context{}
}

// forget makes what comes next stand for itself.
func (n *encoder) forget() { n.before = n.before[:0] }

// record begins a record, in a new block if this one is full.
func (n *encoder) record(head ...byte) {
	if len(n.code.buf) >= blockBytes {
		n.cut()
	}
	n.code.buf = append(n.code.buf, head...)
}

func (n *encoder) number(v uint64) { n.code.buf = binary.AppendUvarint(n.code.buf, v) }

// entry writes an entry down.
func (n *encoder) entry(e *events.Entry) {
	switch e.Kind {
	case events.Heard:
		n.event(recordEvent, e.Event)
	case events.Joined, events.Held, events.Checked:
		n.walked(e)
	case events.Lost:
		n.loss(e)
	case events.Counted:
		n.counts(e)
	case events.Stacked:
		n.stack(e)
	default:
		n.record(recordEntry, byte(e.Kind))
		n.moment(e)
	}
}

func (n *encoder) event(record byte, e *events.Event) {
	hidden := *e
	n.veil.event(&hidden)
	n.record(record, byte(e.Kind))
	n.context.fields(&n.code, &hidden)
}

func (n *encoder) moment(e *events.Entry) {
	hidden := *e
	n.address(&hidden.Ring)
	n.context.moment(&n.code, &hidden)
}

func (n *encoder) stack(e *events.Entry) {
	n.record(recordStack)
	n.moment(e)
	n.number(uint64(e.Stack.ID))
	n.number(uint64(len(e.Stack.Frames)))
	for i := range e.Stack.Frames {
		f := e.Stack.Frames[i]
		frame(&n.code, &f, &n.context.frame)
	}
}

// gap says that entries were not recorded.
func (n *encoder) gap(time, entries uint64) {
	n.record(recordGap)
	n.context.moment(&n.code, &events.Entry{Time: time})
	n.number(entries)
}

func (n *encoder) loss(e *events.Entry) {
	n.record(recordLoss)
	n.moment(e)
	totals := *e.Loss
	n.context.lossTotals(&n.code, &totals)
	n.number(uint64(len(e.Loss.ByKind)))
	for _, kind := range slices.Sorted(maps.Keys(e.Loss.ByKind)) {
		n.number(uint64(kind))
		n.number(e.Loss.ByKind[kind])
	}
	n.number(uint64(len(e.Loss.ByRing)))
	for _, ring := range slices.Sorted(maps.Keys(e.Loss.ByRing)) {
		lost := e.Loss.ByRing[ring]
		n.address(&ring)
		n.number(ring)
		n.number(lost)
	}
}

func (n *encoder) counts(e *events.Entry) {
	n.record(recordCounts)
	n.moment(e)
	for i := range e.Removals {
		r := &e.Removals[i]
		ring := r.Ring
		n.address(&ring)
		n.record(recordRemovals)
		n.number(ring)
		n.number(r.Total)
		if r.BySlot == nil {
			n.number(0)
			continue
		}
		n.number(uint64(len(r.BySlot)) + 1)
		last := uint32(0)
		for _, slot := range slices.Sorted(maps.Keys(r.BySlot)) {
			n.number(uint64(slot - last))
			n.number(r.BySlot[slot])
			last = slot
		}
	}
	n.end(0)
}

func (n *encoder) end(nodes uint64) {
	n.record(recordEnd)
	n.number(nodes)
}

// walked writes a walk. Its nodes come last: there may be millions.
func (n *encoder) walked(e *events.Entry) {
	n.record(recordWalk, byte(e.Kind))
	time, w := e.Time, events.Walk{Begin: e.Walk.Begin, End: e.Walk.End}
	n.context.span(&n.code, &time, &w)
	for i := range e.Walk.Rings {
		r := e.Walk.Rings[i]
		n.veil.ring(&r)
		n.record(recordRing)
		walkRing(&n.code, &r, &n.context.ring)
	}
	for i := range e.Walk.Shares {
		s := e.Walk.Shares[i]
		n.address(&s.Ring)
		n.record(recordShare)
		n.context.share(&n.code, &s)
	}
	for i := range e.Walk.Requests {
		q := e.Walk.Requests[i]
		n.request(&q)
		n.record(recordRequest)
		walkRequest(&n.code, &q, &n.context.request)
	}
	for i := range e.Window {
		n.event(recordWindow, &e.Window[i])
	}
	n.end(n.nodes(e.Walk))
}
