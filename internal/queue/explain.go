package queue

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"uringtrace/internal/events"
)

// maxOther is how many requests that hold nothing queued are listed.
const maxOther = 50

// Input is what the explanation needs besides the state.
type Input struct {
	Release string // of the kernel
	Target  Target
	Costs   Costs
	Loss    events.Loss
	Backend string   // how events arrive; empty: there are none
	NotSeen []string // what hooks that don't work would have told, in sentences
	Notes   []string
	Now     uint64 // ns, the clock of the events
	// Settle is how long a held node must have been the head before those
	// behind it count as blocked: a request may just be about to end. 0: at once.
	Settle time.Duration
}

// Explain answers what is pinned, by which request, and what waits behind it.
// It is linear in nodes and requests.
func (s *State) Explain(in Input) Report {
	report := Report{
		Version: 1, Kernel: Kernel{in.Release, s.reclaim.String()}, Target: in.Target,
		Backend: in.Backend, Exact: true, Lost: s.Lost(&in.Loss), Rings: make([]RingReport, 0, len(s.all)),
		NotSeen: slices.Clone(in.NotSeen), Notes: slices.Clone(in.Notes),
	}
	p := newPrices(s.classes, in.Costs)
	for _, r := range s.all {
		rr := r.explain(&in, p)
		if !r.ended {
			rr.Growth = r.growth(&rr, s.until(r, in.Now))
		}
		report.Exact = report.Exact && rr.Exact
		report.Rings = append(report.Rings, rr)
	}
	if s.unsure != "" {
		report.Exact = false
		report.Notes = append(report.Notes, "there may be a ring that is not known yet: "+s.unsure)
	}
	return report
}

// Lost is what did not arrive, and how often that was put right.
func (s *State) Lost(l *events.Loss) Lost {
	out := Lost{Events: l.Events(), Repairs: s.Repairs(), Socks: l.Socks, Rings: l.Rings}
	for kind, n := range l.ByKind {
		if n == 0 {
			continue
		}
		if out.Kinds == nil {
			out.Kinds = make(map[string]uint64)
		}
		out.Kinds[kind.String()] = n
	}
	return out
}

func (r *ring) explain(in *Input, p *prices) RingReport {
	rr := RingReport{
		Ring: r.number, FD: r.fd, SharedWith: slices.Clone(r.shares), MoreShares: r.moreShares,
		Flags: FlagNames(r.flags), Exact: r.inexact == "",
		Inexact: r.inexact, Ended: r.ended, Exiting: r.exiting && !r.ended, Slots: r.slots,
		Seen:     Seen{r.removed, r.released, r.sockets, r.counted, r.repairs, r.repaired},
		Blockers: []Blocker{}, Remedies: []Remedy{},
	}
	if r.registered >= 0 {
		index := r.registered
		rr.Registered = &index
	}
	x := newExplainer(r, in, p)
	if r.reclaim == events.Independent {
		x.table()
	} else {
		x.line()
	}
	rr.Queue, rr.Held, rr.ByStack, rr.Other = x.counts, x.all.held(make(map[uint64]int)), x.byStack.held(), x.other()
	if x.blockers != nil {
		rr.Blockers = x.blockers
	}
	if why := x.unknown(); rr.Exact && why != "" {
		rr.Exact, rr.Inexact = false, why
	}
	if rr.Queue.State == Blocked {
		rr.HeadSeconds = x.headSeconds()
		rr.Lifetimes = x.lifetimes()
		rr.Remedies = x.remedies()
	}
	return rr
}

// explainer goes once along a ring's nodes.
type explainer struct {
	*ring
	in       *Input
	prices   *prices
	found    map[uint32][]*request // by number of the node
	counts   Counts
	all      *tally
	byStack  stackTallies
	run      *tally         // what the last pinned node keeps
	ended    map[uint64]int // by file: nodes that go with pins before that one
	blockers []Blocker
	holders  []*request // of pinned nodes, in the order of these
	listed   map[*request]bool
	unread   int // nodes of which it is not known who holds them
	missing  int // references whose request was not found
}

func newExplainer(r *ring, in *Input, p *prices) *explainer {
	x := &explainer{
		ring: r, in: in, prices: p, all: newTally(p),
		found: make(map[uint32][]*request), listed: make(map[*request]bool),
		ended: make(map[uint64]int),
	}
	x.all.kinds = make([]int, len(p.infos))
	if r.classes.stacked {
		x.byStack = make(stackTallies)
	}
	for i := range r.requests {
		q := &r.requests[i]
		if q.file != 0 {
			x.found[q.file] = append(x.found[q.file], q)
		}
		if q.buffer != 0 && q.buffer != q.file {
			x.found[q.buffer] = append(x.found[q.buffer], q)
		}
	}
	return x
}

// line explains a queue, oldest first.
func (x *explainer) line() {
	position, waits, unsettled := 0, 0, 0 // waits: no holders, behind a pinned one
	for n := range x.each(&x.queue) {
		x.hold(n)
		switch {
		case x.pinned(n):
			x.pin(n, position)
		case x.run != nil:
			x.run.add(x.ring, n)
			if n.zero() || x.refs(n) == 0 {
				waits++
			} else {
				unsettled++
			}
		}
		position++
	}
	x.close()
	for n := range x.each(&x.releasing) {
		x.hold(n)
	}
	c := &x.counts
	c.Beyond = x.beyond
	c.Nodes = x.queue.n + x.releasing.n + c.Beyond
	c.Pinned = len(x.blockers)
	if !x.exiting && x.lasts() {
		c.Blocked, c.Unsettled = waits, unsettled
	}
	c.Releasing = c.Nodes - c.Pinned - c.Blocked - c.Unsettled - c.Beyond
	c.State = Clear
	switch {
	case c.Blocked > 0:
		c.State = Blocked
	case c.Nodes > 0:
		c.State = Releasing
	}
}

// hold adds a node to what is held.
func (x *explainer) hold(n *node) {
	x.all.add(x.ring, n)
	if x.byStack != nil {
		x.byStack.add(x.ring, n, x.prices)
	}
}

// pinned reports whether requests hold the node. On B a node is released by
// the removal itself unless it is held, so that needs no count.
func (x *explainer) pinned(n *node) bool {
	switch {
	case n.zero() || x.refs(n) == 0:
		return false
	case x.refs(n) > 0:
		return true
	case !x.walked:
		x.unread++
		return false
	}
	return len(x.found[n.number]) > 0 || x.reclaim == events.Ordered
}

// pin starts a blocker and closes the one before it.
func (x *explainer) pin(n *node, position int) {
	x.close()
	b := Blocker{Position: position, Node: int(n.number), Requests: []Request{}}
	for _, q := range x.found[n.number] {
		x.listed[q] = true
		x.holders = append(x.holders, q)
		b.Requests = append(b.Requests, describe(q))
	}
	b.Found = len(b.Requests)
	b.References = max(x.references(n), b.Found, 1)
	if x.refs(n) < 0 && b.Found == 0 {
		x.unread++
	} else {
		x.missing += b.References - b.Found
	}
	x.blockers = append(x.blockers, b)
	x.run = newTally(x.prices)
	x.run.add(x.ring, n)
}

// references is what the last walk counted. It counts those of slots alone, so
// of a node that has left its slot it is what the slot's had been.
func (x *explainer) references(n *node) int {
	if n.place() == offTable {
		return 0
	}
	return int(x.refs(n))
}

// unknown says which holders are not known; empty: all are.
func (x *explainer) unknown() string {
	switch {
	case x.unread > 0:
		return "holders of " + countNodes(x.unread) + " were not read yet"
	case x.missing == 1:
		return "1 holder was not found: most likely block I/O in flight, or a zero-copy send that is not acknowledged"
	case x.missing > 1:
		return strconv.Itoa(x.missing) + " holders were not found: most likely block I/O in flight, or zero-copy sends that are not acknowledged"
	}
	return ""
}

func (x *explainer) close() {
	if x.run != nil {
		x.blockers[len(x.blockers)-1].Frees = x.run.frees(x.ended)
	}
}

// lasts reports whether the head has been one for long enough: before, what is
// behind it may just be on its way.
func (x *explainer) lasts() bool {
	return x.in.Settle == 0 || x.in.Now >= x.headSince+uint64(x.in.Settle)
}

// headSeconds is how long, at least, the head has been one; 0: too short to
// mean anything.
func (x *explainer) headSeconds() float64 {
	if x.in.Now < x.headSince+uint64(shortest) {
		return 0
	}
	return seconds(x.in.Now - x.headSince)
}

// table explains independent nodes. There is no queue; what has left its slot
// and is still used is held by its own users alone.
func (x *explainer) table() {
	left := slices.Collect(x.offTable)
	slices.SortFunc(left, func(a, b *node) int { return cmp.Compare(a.number, b.number) })
	for i, n := range left {
		x.hold(n)
		x.pin(n, i)
	}
	x.close()
	x.counts.Nodes, x.counts.Pinned, x.counts.State = len(left), len(left), Clear
}

// other lists requests that hold no queued node. Those whose node has gone or
// has no holders any more have ended since they were found.
func (x *explainer) other() []Request {
	var out []Request
	for i := range x.requests {
		q := &x.requests[i]
		if x.listed[q] || q.FileNode != 0 && !x.inFlight(q) {
			continue
		}
		if len(out) == maxOther {
			break
		}
		out = append(out, describe(q))
	}
	return out
}

func (x *explainer) inFlight(q *request) bool {
	id := x.node(q.FileNode)
	return id != 0 && x.at(id).number == q.file && !x.at(id).zero()
}

func describe(q *request) Request {
	out := Request{
		Op: OpName(q.Opcode), UserData: fmt.Sprintf("%#x", q.UserData), Multishot: q.Shots == events.Multishot, Slot: int(q.Slot),
		Replaced: q.Replaced, State: q.Found.String(), Task: Task{int(q.TID), q.Comm},
		File: fileInfo(&q.File), Stack: q.Stack,
	}
	if q.Buffer >= 0 {
		index := int(q.Buffer)
		out.Buffer = &index
	}
	return out
}

func fileInfo(res *events.Resource) FileInfo {
	if res.Type != events.File {
		return FileInfo{Kind: "none"}
	}
	return FileInfo{
		Kind: res.Kind.String(), Proto: res.Protocol(), Local: res.LocalString(),
		Remote: res.RemoteString(), State: res.StateName(), Inode: res.Inode,
	}
}
