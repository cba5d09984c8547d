package queue

import (
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
)

func register(tid uint32) events.Event {
	return events.Event{Kind: events.Register, Opcode: simUpdate, TID: tid}
}

// by is an event in a task.
func by(tid uint32, e events.Event) events.Event {
	e.TID = tid
	return e
}

func TestOrdered(t *testing.T) {
	playScenes(t, events.Ordered, []scene{
		{
			name:   "a removal that nobody holds goes at once",
			events: []events.Event{removes(10, 1), born(20), zero(10)},
		},
		{
			name:   "a held one stays, and what comes behind it",
			events: []events.Event{removes(10, 1), born(20), removesAfter(10, 20, 2), born(30), zero(20)},
			line:   "10[1] 20[2]+",
		},
		{
			name: "the end of the head's holders releases up to the next held one",
			events: []events.Event{
				removes(10, 1), born(20), removesAfter(10, 20, 2), born(30), zero(20),
				removesAfter(20, 30, 3), born(40), removesAfter(30, 40, 4), born(50), zero(40), zero(10),
			},
			line: "30[3] 40[4]+",
		},
		{
			name:   "a removal without memory leaves its node to the next",
			events: []events.Event{removes(10, 1), removes(10, 2), born(20)},
			line:   "10[2]",
		},
		{
			name:   "a removal without memory ends with its call, the marker after it is empty",
			events: []events.Event{by(7, removes(10, 1)), register(7), born(20)},
			line:   "10[]",
		},
		{
			name:   "another task's call says nothing about a removal",
			events: []events.Event{by(7, removes(10, 1)), register(8), born(20)},
			line:   "10[1]",
		},
		{
			name:   "a quiesce marker is an empty node",
			events: []events.Event{removes(10, 1), born(20), born(30), zero(20)},
			line:   "10[1] 20[]+",
		},
		{
			name:   "an address comes back at once",
			events: []events.Event{removes(10, 1), born(20), zero(10), removes(20, 2), born(10), removesAfter(20, 10, 3), born(30)},
			line:   "20[2] 10[3]",
		},
	})
}

func TestOrderedDoubts(t *testing.T) {
	playScenes(t, events.Ordered, []scene{
		{
			name:    "the kernel's tail is another",
			events:  []events.Event{removes(10, 1), born(20), removesAfter(stranger, 20, 2), born(30)},
			line:    "10[1] 20[2]",
			inexact: "the queue's tail differs from the kernel's",
		},
		{
			name:    "the kernel has a tail and we have none",
			events:  []events.Event{removesAfter(stranger, 10, 1), born(20)},
			line:    "10[1]",
			inexact: "the queue's tail differs from the kernel's",
		},
		{
			name:    "a removal on a stranger",
			events:  []events.Event{removes(10, 1), born(20), removesAfter(10, 30, 3), born(40)},
			line:    "10[1] 30[3]",
			inexact: "a removal on a node that was not the active one",
		},
		{
			name:    "the end of a stranger's holders",
			events:  []events.Event{removes(10, 1), born(20), zero(stranger)},
			line:    "10[1]",
			inexact: "holders of an unknown node ended",
		},
		{
			name:   "an empty queue in the kernel puts ours right",
			events: []events.Event{removes(10, 1), born(20), zero(stranger), removes(20, 2), born(30)},
			line:   "20[2]",
		},
		{
			name:   "on a stranger behind an empty queue all is known again",
			events: []events.Event{removes(10, 1), born(20), removes(30, 3), born(40), removesAfter(30, 40, 4), born(50)},
			line:   "30[3] 40[4]",
		},
	})
}

func TestOrderedCounts(t *testing.T) {
	s := script(t, events.Ordered, removes(10, 1), born(20), removesAfter(10, 20, 2), born(30), zero(20), zero(10))
	r := s.live(ring1)
	qt.Check(t, qt.Equals(r.removed, 2))
	qt.Check(t, qt.Equals(r.released, 2))
	play(s, events.Event{Kind: events.SockRelease})
	qt.Check(t, qt.Equals(r.sockets, 1))
}
