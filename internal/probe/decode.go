package probe

import (
	"errors"
	"fmt"
	"unsafe"

	"uringtrace/bpf"
	"uringtrace/internal/events"
)

// errShortRecord: the ring buffer held less than its kind needs.
var errShortRecord = errors.New("short record")

// decodeEvent turns a wire record into *out, which is overwritten whole.
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
		out.Tag, out.Tail, out.Slot = r.Tag, r.Tail, r.Slot
		out.Resource = decodeResource(&r.Res)
	case bpf.ProbeEvEV_RING_EXIT, bpf.ProbeEvEV_RING_GONE, bpf.ProbeEvEV_NODE_NEW,
		bpf.ProbeEvEV_NODE_ZERO, bpf.ProbeEvEV_PUT_BATCH:
	default:
		return fmt.Errorf("unknown record kind %d", e.Kind)
	}
	return nil
}

func decodeResource(r *bpf.ProbeResource) events.Resource {
	return events.Resource{
		ID: r.Rsrc, Sock: r.Sock, Inode: r.Ino, Bytes: r.Bytes, Refs: r.Refs,
		Local:  events.Endpoint{Addr: r.Laddr, Port: r.Lport},
		Remote: events.Endpoint{Addr: r.Raddr, Port: r.Rport},
		Family: r.Family, Proto: r.Proto, State: r.State,
		Type: events.ResourceType(r.Type), Kind: events.FileKind(r.Kind),
	}
}

func decodeWalkRing(r *bpf.ProbeWalkRing) events.WalkRing {
	return events.WalkRing{
		Ring: r.Ring, Active: r.Active, FD: int32(r.Fd), TGID: r.Tgid, Flags: r.Flags,
		Slots: r.Slots, Buffers: r.Buffers, CachedRefs: int32(r.CachedRefs), Torn: r.Torn,
		Reclaim: events.Reclaim(r.Reclaim),
	}
}

func decodeWalkNode(r *bpf.ProbeWalkNode) events.WalkNode {
	return events.WalkNode{
		Ring: r.Ring, Node: r.Node, Put: r.Put, Tag: r.Tag, Refs: r.Refs,
		Resource: decodeResource(&r.Res), Slot: r.Slot, Place: events.Place(r.Place),
		Done: r.Done != 0, First: r.First != 0,
	}
}

func decodeWalkRequest(r *bpf.ProbeWalkRequest) events.WalkRequest {
	return events.WalkRequest{
		Ring: r.Ring, Request: r.Req, FileNode: r.FileNode, BufNode: r.BufNode,
		UserData: r.UserData, Flags: r.Flags, File: decodeResource(&r.Res), Slot: r.Slot,
		TID: r.Tid, Opcode: r.Opcode, Found: events.Found(r.Found), Replaced: r.Replaced != 0,
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
