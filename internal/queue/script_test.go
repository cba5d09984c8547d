package queue

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
)

// A script tells a few events of one ring by hand.
const (
	ring1    = 0x1000 // its address
	stranger = 0xbad  // an address that nobody knows
)

// script is a state that follows one ring from its creation, node 10 active.
func script(t *testing.T, gen events.Reclaim, list ...events.Event) *State {
	t.Helper()
	s := New(gen)
	play(s, events.Event{Kind: events.RingCreate, FD: 5, Node: 10})
	play(s, list...)
	qt.Assert(t, qt.HasLen(s.invariants(), 0))
	return s
}

// play applies events, one a millisecond if they don't say when.
func play(s *State, list ...events.Event) {
	now := uint64(0)
	for _, r := range s.all {
		now = max(now, r.touched)
	}
	for i := range list {
		e := &list[i]
		now += 1e6
		if e.Time != 0 {
			now = e.Time
		}
		e.Time, e.Ring = now, ring1
		s.Apply(e)
	}
}

func tcpFile(id uint64) events.Resource {
	return events.Resource{ID: id, Sock: id + 1e6, Refs: 1, Type: events.File, Kind: events.Socket, Family: simInet, Proto: simTCP, State: 7}
}

func removes(node, file uint64) events.Event {
	return events.Event{Kind: events.NodeRemove, Node: node, Resource: tcpFile(file), Slot: 1}
}

// removesAfter is a removal on B behind the node tail.
func removesAfter(tail, node, file uint64) events.Event {
	e := removes(node, file)
	e.Tail = tail
	return e
}

// switches queues a node on A; the address of its newest item is its own plus 1.
func switches(node, next uint64) events.Event {
	return events.Event{Kind: events.NodeSwitch, Node: node, Next: next, First: node + 1}
}

// switchesEmpty queues a node without items.
func switchesEmpty(node, next uint64) events.Event {
	return events.Event{Kind: events.NodeSwitch, Node: node, Next: next}
}

func zero(node uint64) events.Event  { return events.Event{Kind: events.NodeZero, Node: node} }
func born(node uint64) events.Event  { return events.Event{Kind: events.NodeNew, Node: node} }
func freed(node uint64) events.Event { return events.Event{Kind: events.NodeFree, Node: node} }
func batch() events.Event            { return events.Event{Kind: events.PutBatch} }

// puts releases a file, the newest of node's items or a later one.
func puts(node, file uint64) events.Event {
	return events.Event{Kind: events.NodePut, First: node + 1, Resource: events.Resource{ID: file}}
}

// line writes a ring's lists: "10[2 1] 20[]+ | 30[3]" are two queued nodes with
// the files that they hold, newest first, the second without holders, and one
// that is releasing.
func line(r *ring) string {
	write := func(l *list) string {
		var nodes []string
		for n := range r.each(l) {
			var items []string
			for it := range r.items(n) {
				items = append(items, fmt.Sprint(it.id))
			}
			node := fmt.Sprintf("%d[%s]", n.addr, strings.Join(items, " "))
			if n.zero() && n.place() == queued {
				node += "+"
			}
			nodes = append(nodes, node)
		}
		return strings.Join(nodes, " ")
	}
	out := write(&r.queue)
	if r.releasing.n > 0 {
		out = strings.TrimSpace(out + " | " + write(&r.releasing))
	}
	return out
}

// scene is a script and what has to come of it.
type scene struct {
	name    string
	events  []events.Event
	line    string
	inexact string // why; empty: exact
}

func playScenes(t *testing.T, gen events.Reclaim, scenes []scene) {
	t.Helper()
	for _, sc := range scenes {
		t.Run(sc.name, func(t *testing.T) {
			r := script(t, gen, sc.events...).live(ring1)
			qt.Check(t, qt.Equals(line(r), sc.line))
			qt.Check(t, qt.Equals(r.inexact, sc.inexact))
		})
	}
}
