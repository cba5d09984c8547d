//go:build linux

package probe

import (
	"errors"
	"fmt"
	"slices"
	"unsafe"

	"uringtrace/bpf"
	"uringtrace/internal/events"
)

// errShortRecord: the ring buffer held less than its kind needs.
var errShortRecord = errors.New("short record")

// maxEvents is how many events one record can tell.
const maxEvents = 4

// decodeRecord turns a wire record into events, in the order in which they
// happened, and returns how many.
func decodeRecord(raw []byte, out *[maxEvents]events.Event) (int, error) {
	if err := decodeEvent(raw, &out[0]); err != nil {
		return 0, err
	}
	first, n := &out[0], 1
	if first.Kind != events.NodeRemove {
		return 1, nil
	}
	r := (*bpf.WireEventRemoval)(unsafe.Pointer(&raw[0]))
	then := func(kind events.Kind, node uint64) *events.Event {
		out[n] = events.Event{Time: first.Time, Ring: first.Ring, Node: node, Kind: kind, TID: first.TID}
		n++
		return &out[n-1]
	}
	if r.Then&bpf.WireThenTHEN_SWITCH != 0 {
		queued := then(events.NodeSwitch, first.Node)
		queued.Next, queued.First = r.Ev.Arg, r.Ev.Arg2
	}
	if r.Then&bpf.WireThenTHEN_NEXT != 0 {
		then(events.NodeNew, r.Ev.Arg)
	}
	if r.Then&bpf.WireThenTHEN_ZERO != 0 {
		then(events.NodeZero, first.Node)
	}
	if r.Then&bpf.WireThenTHEN_GONE != 0 {
		gone := then(events.SockRelease, 0)
		gone.Resource.Sock, gone.Resource.Inode = first.Resource.Sock, first.Resource.Inode
	}
	return n, nil
}

// decodeEvent turns what a record tells first into *out, which is overwritten whole.
func decodeEvent(raw []byte, out *events.Event) error {
	if len(raw) < int(unsafe.Sizeof(bpf.WireEvent{})) {
		return errShortRecord
	}
	e := (*bpf.WireEvent)(unsafe.Pointer(&raw[0]))
	*out = events.Event{Time: e.Time, Ring: e.Ring, Node: e.Node, Kind: events.Kind(e.Kind), TID: e.Tid}
	switch e.Kind {
	case bpf.WireEvEV_RING_CREATE:
		out.FD, out.Flags = int32(e.Arg), uint32(e.Arg2)
	case bpf.WireEvEV_REGISTER:
		out.Opcode, out.Result = uint32(e.Arg), int64(e.Arg2)
	case bpf.WireEvEV_NODE_SWITCH:
		out.Next, out.First = e.Arg, e.Arg2
	case bpf.WireEvEV_NODE_PUT:
		out.First, out.Resource.ID = e.Arg, e.Arg2
	case bpf.WireEvEV_NODE_FREE:
		out.Resource.ID, out.Tag = e.Arg, e.Arg2
	case bpf.WireEvEV_SOCK_RELEASE:
		out.Resource.Sock, out.Resource.Inode = e.Arg, e.Arg2
	case bpf.WireEvEV_NODE_REMOVE, bpf.WireEvEV_NODE_SLOT:
		if len(raw) < int(unsafe.Sizeof(bpf.WireEventRemoval{})) {
			return errShortRecord
		}
		r := (*bpf.WireEventRemoval)(unsafe.Pointer(&raw[0]))
		out.Tag, out.Tail, out.Slot, out.Stack = r.Tag, r.Tail, r.Slot, uint32(r.Stack)
		out.Resource = decodeResource(&r.Res)
	case bpf.WireEvEV_RING_EXIT, bpf.WireEvEV_RING_GONE, bpf.WireEvEV_NODE_NEW,
		bpf.WireEvEV_NODE_ZERO, bpf.WireEvEV_PUT_BATCH:
	default:
		return fmt.Errorf("unknown record kind %d", e.Kind)
	}
	return nil
}

func decodeResource(r *bpf.WireResource) events.Resource {
	refs, pages := r.Refs, uint32(0)
	if r.Type == bpf.WireResTypeRES_BUFFER {
		refs, pages = 0, r.Refs
	}
	return events.Resource{
		ID: r.Rsrc, Sock: r.Sock, Inode: r.Ino, Bytes: r.Bytes, Refs: refs, Pages: pages,
		Local:  events.Endpoint{Addr: r.Laddr, Port: r.Lport},
		Remote: events.Endpoint{Addr: r.Raddr, Port: r.Rport},
		Family: r.Family, Proto: r.Proto, State: r.State,
		Type: events.ResourceType(r.Type), Kind: events.FileKind(r.Kind),
	}
}

func decodeWalkRing(r *bpf.WireWalkRing) events.WalkRing {
	others := min(int(r.NrOthers), len(r.Others))
	return events.WalkRing{
		Ring: r.Ring, Active: r.Active, FD: r.Fd, Registered: int32(r.Registered) - 1, TGID: r.Tgid,
		Flags: r.Flags, Slots: r.Slots, Buffers: r.Buffers, CachedRefs: int32(r.CachedRefs),
		Torn: r.Torn, Loose: r.Loose, Others: slices.Clone(r.Others[:others]),
		MoreOthers: r.NrOthers - uint32(others), Reclaim: events.Reclaim(r.Reclaim),
	}
}

func place(n *bpf.WireWalkNode) bpf.WirePlace {
	return bpf.WirePlace(n.Bits & bpf.WireNodeBitsNODE_PLACE)
}

// decodeWalkNode sets all fields that a walk tells, and no other: out is the node
// before, of a million.
func decodeWalkNode(ring uint64, n *bpf.WireWalkNode, more *bpf.WireWalkMore, out *events.WalkNode) {
	out.Ring, out.Node, out.Put, out.Tag, out.Refs = ring, n.Node, n.Put, more.Tag, more.Refs
	out.Slot, out.Place = more.Slot, events.Place(place(n))
	out.Done = n.Bits&bpf.WireNodeBitsNODE_DONE != 0
	out.First = n.Bits&bpf.WireNodeBitsNODE_FIRST != 0
	r := &out.Resource
	r.ID, r.Refs, r.Bytes, r.Pages = n.Rsrc, uint32(n.Refs), more.Bytes, more.Pages
	r.Family, r.Proto = uint16(n.Family), n.Proto
	r.Type = events.ResourceType(n.Bits >> bpf.WireNodeBitsNODE_TYPE_SHIFT)
	r.Kind = events.FileKind(n.File & (1<<bpf.WireNodeBitsNODE_KIND_BITS - 1))
	r.State = n.File >> bpf.WireNodeBitsNODE_KIND_BITS
}

// wantsFlags reports whether the meaning of r's flags is needed to decode it.
func wantsFlags(r *bpf.WireWalkRequest) bool { return r.BufNode != 0 || r.Opcode != opPollAdd }

// Opcodes, include/uapi/linux/io_uring.h.
const (
	opPollAdd = 6
	opSplice  = 30
	opTee     = 33
)

// decodeWalkRequest needs flags only if wantsFlags.
func decodeWalkRequest(r *bpf.WireWalkRequest, flags *requestFlags) events.WalkRequest {
	shots := events.OneShot
	if r.Multishot != 0 || wantsFlags(r) && r.Flags&flags.multishot != 0 {
		shots = events.Multishot
	}
	node := r.BufNode
	if node != 0 && r.Opcode != opSplice && r.Opcode != opTee && r.Flags&flags.bufNode == 0 {
		node = 0 // of a request that was here before
	}
	return events.WalkRequest{
		Shots: shots,
		Ring:  r.Ring, Request: r.Req, FileNode: r.FileNode, BufNode: node,
		UserData: r.UserData, Flags: r.Flags, File: decodeResource(&r.Res), Slot: r.Slot, Buffer: r.Buffer,
		TID: r.Tid, Stack: r.Stack, Opcode: r.Opcode, Found: events.Found(r.Found), Replaced: r.Replaced != 0,
		Comm: text(r.Comm[:]),
	}
}

// text is a C string in a fixed field.
func text(field []int8) string {
	out := make([]byte, 0, len(field))
	for _, c := range field {
		if c == 0 {
			break
		}
		out = append(out, byte(c))
	}
	return string(out)
}
