package recording

import (
	"errors"
	"fmt"

	"uringtrace/internal/events"
)

// parts is an entry that is read part by part.
type parts struct {
	kind     events.EntryKind // 0: none is under way
	time     uint64
	walk     events.Walk
	window   []events.Event
	removals []events.Removals
	nodes    *nodeList
	last     *nodeCursor // along those of the last walk
	taken    int         // nodes so far
	size     int         // bytes so far, but for the nodes
}

func (p *parts) open() bool { return p.kind != 0 }

// What the parts take in memory, at most.
const (
	partBytes    = 384 // and what is in the lists and strings
	removalBytes = 32  // one slot's
)

var (
	errPart  = errors.New("a part of an entry where none is under way")
	errNodes = errors.New("a walk has not the nodes that it should")
	errSize  = errors.New("an entry is larger than any that can be read")
)

// record reads one record and reports whether it completes an entry.
func (r *Reader) record(e *events.Entry) (bool, error) {
	record := r.code.byte()
	if part := record >= recordRing && record <= recordSame || record >= recordRemovals && record <= recordEnd; part != r.parts.open() {
		return false, errPart
	}
	switch record {
	case recordEvent:
		return true, r.heard(e)
	case recordEntry:
		return true, r.moment(e)
	case recordLoss:
		return true, r.readLoss(e)
	case recordStack:
		return true, r.readStack(e)
	case recordGap:
		return true, r.gap(e)
	case recordWalk, recordCounts:
		return false, r.beginParts(record)
	case recordEnd:
		return true, r.endParts(e)
	}
	if err := r.part(record); err != nil {
		return false, err
	}
	if r.parts.size+r.parts.nodes.size > r.most {
		return false, errSize
	}
	return false, nil
}

// knownEvents is the last kind of event that this version knows.
var knownEvents = len(events.Kinds())

func (r *Reader) event(e *events.Event) error {
	kind := r.code.byte()
	if kind == 0 || int(kind) > knownEvents {
		return fmt.Errorf("an event of kind %d is not known", kind)
	}
	*e = events.Event{Kind: events.Kind(kind)}
	r.context.fields(&r.code, e)
	return nil
}

func (r *Reader) heard(e *events.Entry) error {
	if err := r.event(&r.last); err != nil {
		return err
	}
	*e = events.Entry{Kind: events.Heard, Time: r.last.Time, Event: &r.last}
	return nil
}

func (r *Reader) moment(e *events.Entry) error {
	kind := events.EntryKind(r.code.byte())
	switch kind {
	case events.Unheard, events.Sampled, events.Exited, events.Explained:
	default:
		return fmt.Errorf("an entry of kind %d is not known", kind)
	}
	*e = events.Entry{Kind: kind}
	r.context.moment(&r.code, e)
	return nil
}

// What stacks there can be, at most: they stay as long as what is read is looked at.
const (
	maxStacks = 1 << 14 // the kernel side has room for half as many
	maxFrames = 128
)

func (r *Reader) readStack(e *events.Entry) error {
	c := &r.code
	*e = events.Entry{Kind: events.Stacked, Stack: &events.Stack{}}
	r.context.moment(c, e)
	e.Kind, e.Stack.ID = events.Stacked, uint32(c.below(maxStacks))
	n := c.below(maxFrames)
	for range n {
		var f events.Frame
		frame(c, &f, &r.context.frame)
		e.Stack.Frames = append(e.Stack.Frames, f)
	}
	return nil
}

func (r *Reader) beginParts(record byte) error {
	r.parts = parts{nodes: &nodeList{}, window: r.parts.window[:0]}
	p := &r.parts
	if record == recordCounts {
		var e events.Entry
		r.context.moment(&r.code, &e)
		p.kind, p.time = events.Counted, e.Time
		return nil
	}
	kind := events.EntryKind(r.code.byte())
	switch kind {
	case events.Joined, events.Held, events.Checked:
	default:
		return fmt.Errorf("a walk of kind %d is not known", kind)
	}
	p.kind, p.last = kind, r.nodes.cursor()
	r.context.span(&r.code, &p.time, &p.walk)
	return nil
}

// part reads a part of the entry under way.
func (r *Reader) part(record byte) error {
	p, w, c := &r.parts, &r.parts.walk, &r.code
	p.size += partBytes
	if (record == recordRemovals) != (p.kind == events.Counted) {
		return errPart
	}
	switch record {
	case recordRing:
		var ring events.WalkRing
		walkRing(c, &ring, &r.context.ring)
		p.size += 4 * len(ring.Others)
		w.Rings = append(w.Rings, ring)
	case recordShare:
		var s events.WalkShare
		r.context.share(c, &s)
		w.Shares = append(w.Shares, s)
	case recordRequest:
		var q events.WalkRequest
		walkRequest(c, &q, &r.context.request)
		p.size += len(q.Comm)
		w.Requests = append(w.Requests, q)
	case recordWindow:
		var e events.Event
		if err := r.event(&e); err != nil {
			return err
		}
		p.window = append(p.window, e)
	case recordNode:
		p.size -= partBytes // it is in the list
		var n events.WalkNode
		walkNode(c, &n, &r.context.node)
		p.take(&n)
	case recordSame:
		return r.same()
	case recordRemovals:
		return r.readRemovals()
	default:
		return fmt.Errorf("a record of kind %d is not known", record)
	}
	return nil
}

func (p *parts) take(n *events.WalkNode) {
	p.nodes.add(n)
	p.taken++
}

// same takes nodes of the last walk.
func (r *Reader) same() error {
	p := &r.parts
	p.size -= partBytes
	skip, take := r.code.uvarint(), r.code.uvarint()
	var n events.WalkNode
	for range skip {
		if !p.last.next(&n) {
			return errNodes
		}
	}
	for range take {
		if !p.last.next(&n) {
			return errNodes
		}
		p.take(&n)
	}
	return nil
}

func (r *Reader) readRemovals() error {
	p, c := &r.parts, &r.code
	out := events.Removals{Ring: c.uvarint(), Total: c.uvarint()}
	if n := c.count(1); n > 0 {
		n--
		p.size += n * removalBytes
		if p.size > r.most {
			return errSize
		}
		out.BySlot = make(map[uint32]uint64, n)
		slot := uint32(0)
		for range n {
			slot += uint32(c.below(1 << 32))
			out.BySlot[slot] = c.uvarint()
		}
	}
	p.removals = append(p.removals, out)
	return nil
}

// endParts hands out the entry.
func (r *Reader) endParts(e *events.Entry) error {
	p := &r.parts
	if n := r.code.uvarint(); n != uint64(p.taken) {
		return errNodes
	}
	*e = events.Entry{Kind: p.kind, Time: p.time}
	p.kind = 0
	if e.Kind == events.Counted {
		e.Removals = p.removals
		return nil
	}
	for _, run := range p.nodes.runs {
		p.walk.More = append(p.walk.More, run)
	}
	r.nodes = p.nodes
	e.Walk, e.Window = &p.walk, p.window
	return nil
}
