package jsonl

import (
	"uringtrace/internal/events"
	"uringtrace/internal/queue"
)

// event has the keys of an event's line. Which are there depends on the kind;
// kind is on every one and on no report.
type event struct {
	Time      uint64     `json:"time"` // ns, CLOCK_MONOTONIC
	Kind      string     `json:"kind"`
	Ring      int        `json:"ring"`
	Node      int        `json:"node,omitempty"`
	FD        *int32     `json:"fd,omitempty"`
	Flags     []string   `json:"flags,omitempty"`
	Op        string     `json:"op,omitempty"`
	Result    *int64     `json:"result,omitempty"`
	Slot      *uint32    `json:"slot,omitempty"`
	Tag       string     `json:"tag,omitempty"`
	Resource  *resource  `json:"resource,omitempty"`
	TID       uint32     `json:"tid,omitempty"`
	Addresses *addresses `json:"addresses,omitempty"`
}

type resource struct {
	Type   string `json:"type"` // file or buffer
	Kind   string `json:"kind,omitempty"`
	Proto  string `json:"proto,omitempty"`
	Local  string `json:"local,omitempty"`
	Remote string `json:"remote,omitempty"`
	State  string `json:"state,omitempty"`
	Inode  uint64 `json:"inode,omitempty"`
	Bytes  uint64 `json:"bytes,omitempty"`
	Refs   uint32 `json:"refs,omitempty"`
}

type addresses struct {
	Ring     string `json:"ring,omitempty"`
	Node     string `json:"node,omitempty"`
	Next     string `json:"next,omitempty"`
	First    string `json:"first,omitempty"`
	Tail     string `json:"tail,omitempty"`
	Resource string `json:"resource,omitempty"`
	Sock     string `json:"sock,omitempty"`
}

// AppendEvent appends one event as a line, with the small stable numbers of its
// ring and node. Kernel addresses are told only if asked for. There can be a
// hundred thousand a second, so it is put together by hand, with the keys of type
// event.
func AppendEvent(b []byte, e *events.Event, ring, node int, withAddresses bool) []byte {
	l := line{append(b, '{')}
	l.number("time", e.Time)
	l.text("kind", e.Kind.String())
	l.integer("ring", int64(ring))
	if node != 0 {
		l.integer("node", int64(node))
	}
	switch e.Kind {
	case events.RingCreate:
		l.integer("fd", int64(e.FD))
		l.texts("flags", queue.FlagNames(e.Flags))
	case events.Register:
		l.text("op", queue.RegisterOpName(e.Opcode))
		l.integer("result", e.Result)
	case events.NodeRemove, events.NodeSlot:
		l.number("slot", uint64(e.Slot))
		l.hex("tag", e.Tag)
		l.resource(&e.Resource)
	case events.SockRelease:
		if e.Resource.Type == events.File {
			l.resource(&e.Resource)
			break
		}
		l.open("resource") // only the inode was left
		l.text("type", "file")
		l.text("kind", events.Socket.String())
		l.positive("inode", e.Resource.Inode)
		l.close()
	}
	if e.TID != 0 {
		l.number("tid", uint64(e.TID))
	}
	if withAddresses {
		l.open("addresses")
		l.hex("ring", e.Ring)
		l.hex("node", e.Node)
		l.hex("next", e.Next)
		l.hex("first", e.First)
		l.hex("tail", e.Tail)
		l.hex("resource", e.Resource.ID)
		l.hex("sock", e.Resource.Sock)
		l.close()
	}
	l.close()
	return append(l.b, '\n')
}
