package queue

import (
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
)

func TestDeferred(t *testing.T) {
	playScenes(t, events.OrderedDeferred, []scene{
		{
			name:   "an update's removals share a node, newest first",
			events: []events.Event{removes(10, 1), removes(10, 2), removes(10, 3), switches(10, 20)},
			line:   "10[3 2 1]",
		},
		{
			name:   "a node without holders waits for the worker",
			events: []events.Event{removes(10, 1), switches(10, 20), zero(10)},
			line:   "| 10[1]",
		},
		{
			name:   "behind a held head it stays",
			events: []events.Event{removes(10, 1), switches(10, 20), removes(20, 2), switches(20, 30), zero(20)},
			line:   "10[1] 20[2]+",
		},
		{
			name: "the head takes along what waits behind it",
			events: []events.Event{
				removes(10, 1), switches(10, 20), removes(20, 2), switches(20, 30), zero(20),
				removes(30, 3), switches(30, 40), zero(10),
			},
			line: "30[3] | 10[1] 20[2]",
		},
		{
			name:   "removals without memory are forgotten with their node's switch",
			events: []events.Event{removes(10, 1), switchesEmpty(10, 20)},
			line:   "10[]",
		},
		{
			name:   "a first registration queues nothing",
			events: []events.Event{switchesEmpty(0, 20), removes(10, 1), switches(10, 20)},
			line:   "10[1]",
		},
	})
}

func TestDeferredBatches(t *testing.T) {
	playScenes(t, events.OrderedDeferred, []scene{
		{
			name: "a batch goes newest first",
			events: []events.Event{
				removes(10, 1), switches(10, 20), removes(20, 2), switches(20, 30), zero(10), zero(20), batch(), puts(20, 2),
			},
			line: "| 10[1]",
		},
		{
			name: "a node with several resources is put in parts",
			events: []events.Event{
				removes(10, 1), removes(10, 2), removes(10, 3), switches(10, 20), zero(10), batch(), puts(10, 3),
				{Kind: events.NodePut, First: 99, Resource: events.Resource{ID: 2}},
			},
			line: "| 10[1]",
		},
		{
			name: "the same file twice in a node",
			events: []events.Event{
				removes(10, 1), removes(10, 1), switches(10, 20), zero(10), batch(), puts(10, 1),
				{Kind: events.NodePut, First: 99, Resource: events.Resource{ID: 1}},
			},
		},
		{
			name: "a zero during a batch waits for the next",
			events: []events.Event{
				removes(10, 1), switches(10, 20), removes(20, 2), switches(20, 30), zero(10), batch(), zero(20), puts(10, 1),
			},
			line: "| 20[2]",
		},
		{
			name: "a zero that the batch still caught",
			events: []events.Event{
				removes(10, 1), switches(10, 20), removes(20, 2), switches(20, 30), zero(10), batch(), zero(20), puts(20, 2), puts(10, 1),
			},
		},
		{
			name:   "a batch frees an empty node without a word",
			events: []events.Event{switchesEmpty(10, 20), zero(10), batch()},
		},
		{
			name:   "an empty node that came too late for the batch's hook comes back",
			events: []events.Event{switchesEmpty(10, 20), batch(), zero(10), switchesEmpty(20, 10)},
			line:   "20[]",
		},
		{
			name: "addresses come back after the batch",
			events: []events.Event{
				removes(10, 1), switches(10, 20), zero(10), batch(), puts(10, 1),
				removes(20, 2), switches(20, 10), removes(10, 3), switches(10, 30),
			},
			line: "20[2] 10[3]",
		},
	})
}

func TestDeferredDoubts(t *testing.T) {
	playScenes(t, events.OrderedDeferred, []scene{
		{
			name:    "a removal on a stranger",
			events:  []events.Event{removes(20, 1), switches(20, 30)},
			line:    "20[1]",
			inexact: "a removal on a node that was not known",
		},
		{
			name:    "a stranger is queued",
			events:  []events.Event{switches(20, 30)},
			line:    "20[]",
			inexact: "a node was queued that was not known",
		},
		{
			name:    "removals were not heard",
			events:  []events.Event{switches(10, 20)},
			line:    "10[]",
			inexact: "a node was queued whose removals were not seen",
		},
		{
			name:    "a switch was not heard",
			events:  []events.Event{removes(10, 1), switches(10, 20), removes(10, 2)},
			line:    "10[1]",
			inexact: "a removal on a node that was already queued",
		},
		{
			name:    "holders of a stranger end",
			events:  []events.Event{zero(stranger)},
			inexact: "holders of an unknown node ended",
		},
	})
}

func TestDeferredPutDoubts(t *testing.T) {
	playScenes(t, events.OrderedDeferred, []scene{
		{
			name:    "a resource that nobody has is put",
			events:  []events.Event{removes(10, 1), switches(10, 20), zero(10), batch(), puts(stranger, 9)},
			line:    "| 10[1]",
			inexact: "a resource was released that no known node holds",
		},
		{
			name:    "a node puts what it was not given",
			events:  []events.Event{removes(10, 1), switches(10, 20), zero(10), batch(), puts(10, 9)},
			inexact: "a node released another resource than it was given",
		},
		{
			name: "a node's last put was not heard",
			events: []events.Event{
				removes(10, 1), switches(10, 20), removes(20, 2), removes(20, 3), switches(20, 30), zero(10), zero(20),
				batch(), puts(20, 3), puts(10, 1),
			},
			line:    "| 20[2]",
			inexact: "a node was released in part",
		},
		{
			name:   "a ring that is torn down is not doubted",
			events: []events.Event{{Kind: events.RingExit}, zero(stranger)},
		},
		{
			name: "a batch begins before the last one is through",
			events: []events.Event{
				removes(10, 1), removes(10, 2), switches(10, 20), zero(10), batch(), puts(10, 2), batch(),
			},
			line:    "| 10[1]",
			inexact: "a batch began before the last one's nodes were seen released",
		},
		{
			name: "a put was not heard and its node comes back",
			events: []events.Event{
				removes(10, 1), switches(10, 20), zero(10), batch(), removes(20, 2), switches(20, 10),
			},
			line:    "20[2]",
			inexact: "a node came back that was not seen to be released",
		},
	})
}

func TestDeferredCounts(t *testing.T) {
	s := script(t, events.OrderedDeferred, removes(10, 1), removes(10, 2), switches(10, 20), zero(10), batch(), puts(10, 2))
	r := s.live(ring1)
	qt.Check(t, qt.Equals(r.removed, 2))
	qt.Check(t, qt.Equals(r.released, 1))
}
