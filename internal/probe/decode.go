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
	r := (*bpf.ProbeEventRemoval)(unsafe.Pointer(&raw[0]))
	then := func(kind events.Kind, node uint64) *events.Event {
		out[n] = events.Event{Time: first.Time, Ring: first.Ring, Node: node, Kind: kind, TID: first.TID}
		n++
		return &out[n-1]
	}
	if r.Then&bpf.ProbeThenTHEN_SWITCH != 0 {
		queued := then(events.NodeSwitch, first.Node)
		queued.Next, queued.First = r.Ev.Arg, r.Ev.Arg2
	}
	if r.Then&bpf.ProbeThenTHEN_NEXT != 0 {
		then(events.NodeNew, r.Ev.Arg)
	}
	if r.Then&bpf.ProbeThenTHEN_ZERO != 0 {
		then(events.NodeZero, first.Node)
	}
	if r.Then&bpf.ProbeThenTHEN_GONE != 0 {
		gone := then(events.SockRelease, 0)
		gone.Resource.Sock, gone.Resource.Inode = first.Resource.Sock, first.Resource.Inode
	}
	return n, nil
}

// decodeEvent turns what a record tells first into *out, which is overwritten whole.
func decodeEvent(raw []byte, out *events.Event) error {
	if len(raw) < int(unsafe.Sizeof(bpf.ProbeEvent{})) {
		return errShortRecord
	}
	e := (*bpf.ProbeEvent)(unsafe.Pointer(&raw[0]))
	*out = events.Event{Time: e.Time, Ring: e.Ring, Node: e.Node, Kind: events.Kind(e.Kind), TID: e.Tid}
	switch e.Kind {
	case bpf.ProbeEvEV_RING_CREATE:
		out.FD, out.Flags = int32(e.Arg), uint32(e.Arg2)
	case bpf.ProbeEvEV_REGISTER:
		out.Opcode, out.Result = uint32(e.Arg), int64(e.Arg2)
	case bpf.ProbeEvEV_NODE_SWITCH:
		out.Next, out.First = e.Arg, e.Arg2
	case bpf.ProbeEvEV_NODE_PUT:
		out.First, out.Resource.ID = e.Arg, e.Arg2
	case bpf.ProbeEvEV_NODE_FREE:
		out.Resource.ID, out.Tag = e.Arg, e.Arg2
	case bpf.ProbeEvEV_SOCK_RELEASE:
		out.Resource.Sock, out.Resource.Inode = e.Arg, e.Arg2
	case bpf.ProbeEvEV_NODE_REMOVE, bpf.ProbeEvEV_NODE_SLOT:
		if len(raw) < int(unsafe.Sizeof(bpf.ProbeEventRemoval{})) {
			return errShortRecord
		}
		r := (*bpf.ProbeEventRemoval)(unsafe.Pointer(&raw[0]))
		out.Tag, out.Tail, out.Slot, out.Stack = r.Tag, r.Tail, r.Slot, uint32(r.Stack)
		out.Resource = decodeResource(&r.Res)
	case bpf.ProbeEvEV_RING_EXIT, bpf.ProbeEvEV_RING_GONE, bpf.ProbeEvEV_NODE_NEW,
		bpf.ProbeEvEV_NODE_ZERO, bpf.ProbeEvEV_PUT_BATCH:
	default:
		return fmt.Errorf("unknown record kind %d", e.Kind)
	}
	return nil
}

func decodeResource(r *bpf.ProbeResource) events.Resource {
	refs, pages := r.Refs, uint32(0)
	if r.Type == bpf.ProbeResTypeRES_BUFFER {
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

func decodeWalkRing(r *bpf.ProbeWalkRing) events.WalkRing {
	others := min(int(r.NrOthers), len(r.Others))
	return events.WalkRing{
		Ring: r.Ring, Active: r.Active, FD: r.Fd, Registered: int32(r.Registered) - 1, TGID: r.Tgid,
		Flags: r.Flags, Slots: r.Slots, Buffers: r.Buffers, CachedRefs: int32(r.CachedRefs),
		Torn: r.Torn, Loose: r.Loose, Others: slices.Clone(r.Others[:others]),
		MoreOthers: r.NrOthers - uint32(others), Reclaim: events.Reclaim(r.Reclaim),
	}
}

func place(n *bpf.ProbeWalkNode) bpf.ProbePlace {
	return bpf.ProbePlace(n.Bits & bpf.ProbeNodeBitsNODE_PLACE)
}

// decodeWalkNode sets all fields that a walk tells, and no other: out is the node
// before, of a million.
func decodeWalkNode(ring uint64, n *bpf.ProbeWalkNode, more *bpf.ProbeWalkMore, out *events.WalkNode) {
	out.Ring, out.Node, out.Put, out.Tag, out.Refs = ring, n.Node, n.Put, more.Tag, more.Refs
	out.Slot, out.Place = more.Slot, events.Place(place(n))
	out.Done = n.Bits&bpf.ProbeNodeBitsNODE_DONE != 0
	out.First = n.Bits&bpf.ProbeNodeBitsNODE_FIRST != 0
	r := &out.Resource
	r.ID, r.Refs, r.Bytes, r.Pages = n.Rsrc, uint32(n.Refs), more.Bytes, more.Pages
	r.Family, r.Proto = uint16(n.Family), n.Proto
	r.Type = events.ResourceType(n.Bits >> bpf.ProbeNodeBitsNODE_TYPE_SHIFT)
	r.Kind = events.FileKind(n.File & (1<<bpf.ProbeNodeBitsNODE_KIND_BITS - 1))
	r.State = n.File >> bpf.ProbeNodeBitsNODE_KIND_BITS
}

func decodeWalkRequest(r *bpf.ProbeWalkRequest) events.WalkRequest {
	shots := events.OneShot
	if r.Multishot != 0 {
		shots = events.Multishot
	}
	return events.WalkRequest{
		Shots: shots,
		Ring:  r.Ring, Request: r.Req, FileNode: r.FileNode, BufNode: r.BufNode,
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
