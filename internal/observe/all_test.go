//go:build linux

package observe

import (
	"testing"
	"testing/fstest"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
	"uringtrace/internal/incident"
	"uringtrace/internal/queue"
)

// A host of three processes: 10 leaks, 20 has two rings of which it shares one
// with 30, and 40 has ended since it was walked.
const (
	leaking, shared, quiet, dead = 0x1000, 0x2000, 0x3000, 0x4000
	socketBytes                  = 3000
)

func procFS() fstest.MapFS {
	text := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	return fstest.MapFS{
		"10/comm": text("leaky\n"), "10/cgroup": text("0::/system.slice/leaky.service\n"),
		"20/comm": text("shared\n"), "20/cgroup": text("0::/\n"),
	}
}

func walkAt(begin uint64, head uint64) *events.Walk {
	ring := func(addr uint64, tgid uint32, fd int32) events.WalkRing {
		return events.WalkRing{Ring: addr, TGID: tgid, FD: fd, Registered: -1, Slots: 8, Reclaim: events.Ordered, Active: addr + 0xf00}
	}
	node := func(ring, addr uint64, refs int64) events.WalkNode {
		return events.WalkNode{
			Ring: ring, Node: addr, Refs: refs, First: true, Place: events.AtQueue,
			Resource: events.Resource{ID: addr + 1, Type: events.File, Kind: events.Socket, Family: 2, Proto: 6, State: 7},
		}
	}
	return &events.Walk{
		Begin: begin, End: begin + 1,
		Rings:  []events.WalkRing{ring(shared, 20, 3), ring(leaking, 10, 5), ring(quiet, 20, 4), ring(dead, 40, 3)},
		Shares: []events.WalkShare{{Ring: shared, TGID: 30, FD: 9}, {Ring: shared, TGID: 20, FD: 7}, {Ring: 0x9000, TGID: 1}},
		Nodes: []events.WalkNode{
			node(shared, 0x2100, 1), node(leaking, head, 1), node(leaking, 0x1200, 0), node(leaking, 0x1300, 0),
			node(quiet, 0x3100, 1), node(0x9000, 0x9100, 1), node(dead, 0x4100, 1), node(dead, 0x4200, 0),
		},
		Requests: []events.WalkRequest{
			{Ring: leaking, Request: 1, FileNode: head, Opcode: 6, Buffer: -1},
			{Ring: quiet, Request: 2, FileNode: 0x3100, Opcode: 6, Buffer: -1},
			{Ring: shared, Request: 3, FileNode: 0x2100, Opcode: 6, Buffer: -1},
		},
	}
}

func newTestHost() *host {
	return newHost(incident.Subject{
		Reclaim: events.Ordered, Costs: queue.Costs{Sock: map[string]uint64{"tcp": socketBytes}},
	}, procFS())
}

func TestHostIsSplitByProcess(t *testing.T) {
	h := newTestHost()
	h.look(walkAt(1e9, 0x1100))
	qt.Check(t, qt.IsTrue(h.suspicious()))
	reports := h.explain(h.looked())
	qt.Assert(t, qt.HasLen(reports, 2))

	leaky := reports[0]
	qt.Check(t, qt.Equals(leaky.Target, queue.Target{PID: 10, Comm: "leaky", Unit: "leaky.service"}))
	qt.Assert(t, qt.HasLen(leaky.Rings, 1))
	qt.Check(t, qt.Equals(leaky.Rings[0].Queue, queue.Counts{Nodes: 3, Pinned: 1, Blocked: 2, State: queue.Blocked}))
	qt.Check(t, qt.HasLen(leaky.Rings[0].Blockers[0].Requests, 1))

	other := reports[1]
	qt.Check(t, qt.Equals(other.Target, queue.Target{PID: 20, Comm: "shared"}))
	qt.Assert(t, qt.HasLen(other.Rings, 2))
	qt.Check(t, qt.DeepEquals(other.Rings[0].SharedWith, []queue.Share{{PID: 30, FD: 9}}))
	qt.Check(t, qt.HasLen(other.Rings[1].SharedWith, 0))
	for _, r := range other.Rings {
		qt.Check(t, qt.Equals(r.Queue, queue.Counts{Nodes: 1, Pinned: 1, State: queue.Releasing}))
		qt.Check(t, qt.HasLen(r.Blockers[0].Requests, 1))
	}
}

func TestSecondLookDecides(t *testing.T) {
	for name, tt := range map[string]struct {
		head    uint64
		blocked bool
	}{"the same head": {0x1100, true}, "another head": {0x1180, false}} {
		h := newTestHost()
		h.look(walkAt(1e9, 0x1100))
		h.look(walkAt(2e9, tt.head))
		qt.Check(t, qt.Equals(h.suspicious(), tt.blocked), qt.Commentf(name))
	}
}

func TestWhoHasNoRingAnyMoreIsNotReported(t *testing.T) {
	h := newTestHost()
	h.look(walkAt(1e9, 0x1100))
	later := walkAt(2e9, 0x1100)
	later.Rings = later.Rings[:1] // the process keeps one of two, the leaking one has ended
	h.look(later)
	reports := h.explain(h.looked())
	qt.Assert(t, qt.HasLen(reports, 1))
	qt.Check(t, qt.Equals(reports[0].Target.PID, 20))
	qt.Check(t, qt.HasLen(reports[0].Rings, 1))
}
