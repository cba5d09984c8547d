package rendertest

import "uringtrace/internal/events"

// Event is an event with the small numbers of its ring and node.
type Event struct {
	events.Event
	RingNo, NodeNo int
}

// Events has every kind once or more, in the order of a ring's life.
func Events() []Event {
	const ring, node, next = 0xffff888100000000, 0xffff888100001000, 0xffff888100002000
	tcp := events.Resource{
		ID: 0xffff888100003000, Sock: 0xffff888100004000, Type: events.File, Kind: events.Socket, Inode: 4711, Refs: 2,
		Family: 2, Proto: 6, State: 1,
		Local:  events.Endpoint{Addr: [16]byte{127, 0, 0, 1}, Port: 6666},
		Remote: events.Endpoint{Addr: [16]byte{127, 0, 0, 1}, Port: 50000},
	}
	regular := events.Resource{ID: 0xffff888100005000, Type: events.File, Kind: events.Regular, Inode: 99, Refs: 1}
	buffer := events.Resource{ID: 0xffff888100006000, Type: events.Buffer, Bytes: 1 << 16}
	all := []Event{
		{events.Event{Kind: events.RingCreate, Node: node, FD: 5, Flags: 1<<12 | 1<<13, TID: 4130}, 1, 1},
		{events.Event{Kind: events.Register, Opcode: 2, Result: 0, TID: 4130}, 1, 0},
		{events.Event{Kind: events.Register, Opcode: 14, Result: -14, TID: 4130}, 1, 0},
		{events.Event{Kind: events.NodeNew, Node: next, TID: 4130}, 1, 2},
		{events.Event{Kind: events.NodeSlot, Node: node, Slot: 3, Resource: tcp, TID: 4130}, 1, 1},
		{events.Event{Kind: events.NodeRemove, Node: node, Slot: 3, Tag: 0xab, Resource: tcp, TID: 4130}, 1, 1},
		{events.Event{Kind: events.NodeRemove, Node: node, Slot: 12, Resource: regular, TID: 4130}, 1, 1},
		{events.Event{Kind: events.NodeRemove, Node: node, Resource: buffer, TID: 4130}, 1, 1},
		{events.Event{Kind: events.NodeSwitch, Next: next, TID: 4130}, 1, 0},
		{events.Event{Kind: events.NodeSwitch, Node: node, Next: next, First: 0xffff888100007000, TID: 4130}, 1, 1},
		{events.Event{Kind: events.NodeZero, Node: node}, 1, 184332},
		{events.Event{Kind: events.PutBatch, TID: 88}, 1, 0},
		{events.Event{Kind: events.NodePut, Node: node, First: 0xffff888100007000, TID: 88}, 1, 1},
		{events.Event{Kind: events.NodeFree, Node: node, TID: 4130}, 1, 1},
		{events.Event{Kind: events.SockRelease, Resource: events.Resource{Sock: tcp.Sock, Inode: tcp.Inode}, TID: 88}, 1, 0},
		{events.Event{Kind: events.RingExit, TID: 4130}, 1, 0},
		{events.Event{Kind: events.RingGone, TID: 90}, 1, 0},
	}
	for i := range all {
		all[i].Ring = ring
		all[i].Time = 12_345_678_901_234 + uint64(i)*1_000_500
	}
	return all
}
