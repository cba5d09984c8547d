package incident

import (
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
	"uringtrace/internal/queue"
)

const ringAt, nodeAt, fileAt = 0x1000, 0x1100, 0x1101

func subject() *Subject {
	return &Subject{
		Target: queue.Target{PID: 4121, Comm: "dragonfly"}, Release: "6.12.0", Reclaim: events.Ordered,
		Backend: "fentry", Settle: SettleTime(events.Ordered),
	}
}

// blocked is a walk that has a held node and one behind it.
func blocked(at uint64) *events.Walk {
	socket := events.Resource{ID: fileAt, Type: events.File, Kind: events.Socket, Family: 2, Proto: 6, State: 7}
	return &events.Walk{
		Begin: at, End: at + 1,
		Rings: []events.WalkRing{{Ring: ringAt, TGID: 4121, FD: 5, Registered: -1, Slots: 8, Reclaim: events.Ordered, Active: 0x1f00}},
		Nodes: []events.WalkNode{
			{Ring: ringAt, Node: nodeAt, Refs: 1, First: true, Place: events.AtQueue, Resource: socket},
			{Ring: ringAt, Node: nodeAt + 0x100, Refs: 0, First: true, Place: events.AtQueue, Resource: socket},
		},
		Requests: []events.WalkRequest{{Ring: ringAt, Request: 1, FileNode: nodeAt, Opcode: 6, Buffer: -1}},
	}
}

// live learns of a leak, of a loss and of the process's end.
func live(i *Incident) queue.Report {
	i.Join(2e9, blocked(1e9), nil)
	i.Hear(&events.Event{Kind: events.NodeRemove, Time: 3e9, Ring: ringAt, Node: nodeAt, Slot: 1})
	i.Unheard(4e9, ringAt, "it was not followed yet", true)
	i.Join(4e9, blocked(4e9), []events.Event{{Kind: events.Register, Time: 4e9, Ring: ringAt}})
	i.Check(5e9, blocked(5e9))
	i.Hold(6e9, blocked(6e9))
	i.Sample(6e9, 12)
	i.Stack(6e9, &events.Stack{ID: 3, Frames: []events.Frame{{Function: "main.main"}}})
	i.Lose(7e9, &events.Loss{Begin: 7e9, End: 7e9, ByKind: map[events.Kind]uint64{events.NodeZero: 3}, ByRing: map[uint64]uint64{ringAt: 3}})
	i.Count(8e9, []events.Removals{{Ring: ringAt, Total: 7}})
	i.Exit(9e9)
	i.Exit(10e9)
	return i.Report(11e9)
}

// TestTheSameEntriesLeadToTheSameAnswer holds an incident from a record of entries
// against the one that they were recorded from.
func TestTheSameEntriesLeadToTheSameAnswer(t *testing.T) {
	var log []events.Entry
	told := 0
	first := New(subject())
	first.Log = func(e *events.Entry) { log = append(log, *e) }
	first.Tell = func(*events.Event, int, int) { told++ }
	want := live(first)
	qt.Check(t, qt.Equals(told, 2))
	kinds := make(map[events.EntryKind]int)
	for _, e := range log {
		kinds[e.Kind]++
	}
	qt.Check(t, qt.DeepEquals(kinds, map[events.EntryKind]int{
		events.Heard: 1, events.Unheard: 1, events.Joined: 2, events.Held: 1, events.Checked: 1, events.Lost: 1,
		events.Counted: 1, events.Sampled: 1, events.Exited: 1, events.Explained: 1, events.Stacked: 1,
	}))

	second := New(subject())
	for i := range log {
		second.Take(&log[i])
	}
	qt.Check(t, qt.DeepEquals(second.Report(11e9), want))
	qt.Check(t, qt.IsTrue(second.Exited()))
	qt.Check(t, qt.DeepEquals(second.Stacks(), first.Stacks()))
	qt.Check(t, qt.Equals(second.Stacks()[3].Frames[0].Function, "main.main"))
}

func TestReportAfterTheEndIsWhatWasLastSeenBlocked(t *testing.T) {
	report := live(New(subject()))
	qt.Assert(t, qt.HasLen(report.Rings, 1))
	qt.Check(t, qt.HasLen(report.Rings[0].Blockers, 1))
	qt.Check(t, qt.Equals(report.Lost.Events, 3))
	qt.Check(t, qt.HasLen(report.Notes, 2))
}

func TestNewHead(t *testing.T) {
	i := New(subject())
	qt.Check(t, qt.IsFalse(i.NewHead()))
	qt.Check(t, qt.IsNil(i.Walked()))
	i.Join(2e9, blocked(1e9), nil)
	qt.Check(t, qt.HasLen(i.Walked().Rings[0].Blockers, 1))
	qt.Check(t, qt.IsFalse(i.NewHead()))
	i.Hear(&events.Event{Kind: events.NodeZero, Time: 3e9, Ring: ringAt, Node: nodeAt})
	qt.Check(t, qt.Equals(i.NewHead(), i.State().Status()[0].Nodes > 0))
}
