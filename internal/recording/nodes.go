package recording

import (
	"uringtrace/internal/events"
)

// nodeList is the nodes of a walk, packed: a queue of a million takes some ten
// bytes each, and is unpacked as it is read.
type nodeList struct {
	runs []*nodeRun
	pack coder
	last events.WalkNode
	size int // bytes
}

// runBytes is what a run takes besides its nodes, at most.
const runBytes = 256

// add appends a node.
func (l *nodeList) add(n *events.WalkNode) {
	var r *nodeRun
	if len(l.runs) > 0 {
		r = l.runs[len(l.runs)-1]
	}
	if r == nil || r.ring != n.Ring {
		r = &nodeRun{ring: n.Ring}
		l.runs = append(l.runs, r)
		l.last = events.WalkNode{}
		l.size += runBytes
	}
	before := len(r.data)
	l.pack.buf = r.data
	walkNode(&l.pack, n, &l.last)
	r.data, l.pack.buf = l.pack.buf, nil
	r.n++
	l.size += len(r.data) - before
}

// nodeRun is some nodes of one ring, one after the other: an events.RingNodes.
type nodeRun struct {
	ring uint64
	n    int
	data []byte
}

func (r *nodeRun) Ring() uint64 { return r.ring }

func (r *nodeRun) Len() int { return r.n }

func (r *nodeRun) Each(fn func(*events.WalkNode)) {
	c := r.cursor()
	var n events.WalkNode
	for c.next(&n) {
		fn(&n)
	}
}

// Drain keeps the memory: the next walk may say that its nodes are the same.
func (r *nodeRun) Drain(fn func(*events.WalkNode)) { r.Each(fn) }

// runCursor goes along a run.
type runCursor struct {
	unpack coder
	last   events.WalkNode
}

func (r *nodeRun) cursor() *runCursor {
	return &runCursor{unpack: coder{reading: true, buf: r.data}}
}

func (c *runCursor) next(n *events.WalkNode) bool {
	if len(c.unpack.buf) == 0 {
		return false
	}
	walkNode(&c.unpack, n, &c.last)
	return true
}

// nodeCursor goes along a list.
type nodeCursor struct {
	runs []*nodeRun
	at   *runCursor
}

func (l *nodeList) cursor() *nodeCursor { return &nodeCursor{runs: l.runs} }

func (c *nodeCursor) next(n *events.WalkNode) bool {
	for c.at == nil || !c.at.next(n) {
		if len(c.runs) == 0 {
			return false
		}
		c.at, c.runs = c.runs[0].cursor(), c.runs[1:]
	}
	return true
}
