package queue

import (
	"slices"
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
)

// priced reports a ring whose queue has a node for each of the resources; node
// 10, the first, is pinned, and so is each that pins names. A walk has seen the
// resources: their references are those of no call in progress.
func priced(t *testing.T, pins []uint64, resources ...events.Resource) RingReport {
	t.Helper()
	s, tail := script(t, events.Ordered), uint64(0)
	w := queueWalk(1e12, nil, nil)
	for i := range resources {
		node := uint64(10 + 10*i)
		wn := events.WalkNode{Ring: ring1, Node: node, First: true, Resource: resources[i]}
		if i == 0 || slices.Contains(pins, node) {
			wn.Refs = 1
		}
		w.Nodes = append(w.Nodes, wn)
		play(s, events.Event{Kind: events.NodeRemove, Node: node, Tail: tail, Resource: resources[i]}, born(node+10))
		tail = node
		if i > 0 && !slices.Contains(pins, node) {
			play(s, zero(node))
		}
	}
	qt.Assert(t, qt.HasLen(s.Inexact(), 0))
	s.Holders(w)
	return s.Explain(Input{Costs: simCosts}).Rings[0]
}

func regular(id uint64, refs uint32) events.Resource {
	return events.Resource{ID: id, Refs: refs, Type: events.File, Kind: events.Regular}
}

func TestPrices(t *testing.T) {
	unix := events.Resource{ID: 4, Sock: 104, Refs: 1, Type: events.File, Kind: events.Socket, Family: simUnix}
	packet := events.Resource{ID: 5, Sock: 105, Refs: 1, Type: events.File, Kind: events.Socket, Family: 17}
	for _, test := range []struct {
		name string
		res  events.Resource
		held Held
	}{
		{"a file", regular(1, 1), Held{Files: 1, Bytes: 160 + 256, OnlyUs: 1, Kinds: map[string]int{"regular": 1}}},
		{"a tcp socket", tcpFile(2), Held{Files: 1, Sockets: 1, Bytes: 160 + 256 + 192 + 832 + 2304, OnlyUs: 1, Kinds: map[string]int{"tcp CLOSE": 1}}},
		{"a unix socket", unix, Held{Files: 1, Sockets: 1, Bytes: 160 + 256 + 192 + 832 + 1024, OnlyUs: 1, Kinds: map[string]int{"unix": 1}}},
		{"a socket of unknown size", packet, Held{Files: 1, Sockets: 1, Bytes: 160 + 256 + 192 + 832, OnlyUs: 1, Kinds: map[string]int{"packet": 1}}},
		{"a buffer is the process's own memory", events.Resource{ID: 6, Type: events.Buffer, Bytes: 4096}, Held{Buffers: 1, Bytes: 160, BufferBytes: 4096}},
		{"a file that others keep", regular(1, 2), Held{Files: 1, Bytes: 160, Kinds: map[string]int{"regular": 1}, Shared: 1}},
		{"a file whose references are unknown", regular(1, 0), Held{Files: 1, Bytes: 160 + 256, Kinds: map[string]int{"regular": 1}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			qt.Check(t, qt.DeepEquals(priced(t, nil, test.res).Held, test.held))
		})
	}
}

func TestSharedFiles(t *testing.T) {
	twice := func(refs uint32) []events.Resource { return []events.Resource{regular(1, refs), regular(1, refs)} }
	all := priced(t, nil, twice(2)...).Held
	qt.Check(t, qt.Equals(all.Bytes, 2*160+256), qt.Commentf("two nodes are all that keep it"))
	qt.Check(t, qt.Equals(all.OnlyUs, 2))
	some := priced(t, nil, twice(3)...).Held
	qt.Check(t, qt.Equals(some.Bytes, 2*160), qt.Commentf("something else keeps it"))
	qt.Check(t, qt.Equals(some.OnlyUs, 0))
	qt.Check(t, qt.Equals(some.Shared, 2))
	unknown := priced(t, nil, twice(0)...).Held
	qt.Check(t, qt.Equals(unknown.Bytes, 2*160+256), qt.Commentf("it is one file all the same"))
}

func TestSharedFileGoesWithTheLastPin(t *testing.T) {
	b := priced(t, []uint64{20}, regular(1, 2), regular(1, 2)).Blockers
	qt.Assert(t, qt.HasLen(b, 2))
	qt.Check(t, qt.Equals(b[0].Frees.Bytes, 160))
	qt.Check(t, qt.Equals(b[1].Frees.Bytes, 160+256))
}

func TestReferencesOfARemovalInProgress(t *testing.T) {
	busy := tcpFile(1)
	busy.Refs = 2 // the call that removes it has one
	s := script(t, events.Ordered, events.Event{Kind: events.NodeRemove, Node: 10, Resource: busy}, born(20))
	held := s.Explain(Input{Costs: simCosts}).Rings[0].Held
	qt.Check(t, qt.Equals(held.OnlyUs, 0))
	qt.Check(t, qt.Equals(held.Shared, 0), qt.Commentf("the call may be all that else refers to it"))
	qt.Check(t, qt.Equals(held.Bytes, 160+256+192+832+2304))
}

func TestMoreReferencesThanAreCounted(t *testing.T) {
	s := shared{nodes: 1 << 20, refs: maxRefs}
	qt.Check(t, qt.IsFalse(s.gone(0)), qt.Commentf("it may have any number"))
	s.refs--
	qt.Check(t, qt.IsTrue(s.gone(0)))
	qt.Check(t, qt.IsFalse(s.gone(maxRefs)), qt.Commentf("it went with earlier ones"))
}
