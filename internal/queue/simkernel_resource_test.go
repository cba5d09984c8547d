package queue

import (
	"slices"

	"uringtrace/internal/events"
)

// AF_* and IPPROTO_*.
const (
	simUnix = 1
	simInet = 2
	simTCP  = 6
	simUDP  = 17
)

// simRes is a file or a fixed buffer.
type simRes struct {
	id, sock, inode uint64
	bytes           uint64
	refs            int // file: fds, slots and nodes
	typ             events.ResourceType
	kind            events.FileKind
	family, proto   uint16
	state           uint8
}

// simCosts are the sizes of the simulated kernel's objects.
var simCosts = Costs{
	Node: 160, File: 256, Dentry: 192, Inode: 832,
	Sock: map[string]uint64{"tcp": 2304, "udp": 1280, "unix": 1024},
}

// simSum counts what was freed.
type simSum struct {
	nodes, files, sockets, buffers int
	bytes                          uint64
}

func (a simSum) minus(b simSum) simSum {
	return simSum{a.nodes - b.nodes, a.files - b.files, a.sockets - b.sockets, a.buffers - b.buffers, a.bytes - b.bytes}
}

func (k *sim) newFile() *simRes {
	res := &simRes{id: k.others.take(k), inode: uint64(k.rnd.IntN(1 << 20)), typ: events.File}
	switch k.rnd.IntN(6) {
	case 0:
		res.kind = events.Regular
	case 1:
		res.kind = events.Anon
	case 2:
		res.family, res.proto = simInet, simUDP
	case 3:
		res.family = simUnix
	default:
		res.family, res.proto, res.state = simInet, simTCP, uint8(1+k.rnd.IntN(10))
	}
	if res.kind == 0 {
		res.kind, res.sock = events.Socket, k.others.take(k)
	}
	return res
}

func (k *sim) newBuffer() *simRes {
	return &simRes{id: k.others.take(k), typ: events.Buffer, bytes: uint64(1+k.rnd.IntN(16)) << 12}
}

func (s *simRes) socket() bool { return s.sock != 0 }

// bytes is what the kernel gets back when the file is freed.
func (s *simRes) cost() uint64 {
	if s.typ == events.Buffer {
		return 0
	}
	n := simCosts.File
	if s.socket() {
		n += simCosts.Dentry + simCosts.Inode + simCosts.Sock[s.describe().Protocol()]
	}
	return n
}

func (s *simRes) describe() *events.Resource {
	r := &events.Resource{
		ID: s.id, Sock: s.sock, Inode: s.inode, Bytes: s.bytes, Type: s.typ, Kind: s.kind,
		Family: s.family, Proto: s.proto, State: s.state,
	}
	if s.typ == events.File {
		r.Refs = uint32(s.refs)
	}
	return r
}

// put drops a reference. The socket of a file goes a little later.
func (k *sim) put(s *simRes) {
	if s.refs--; s.refs > 0 {
		return
	}
	k.freed.bytes += s.cost()
	k.others.give(s.id)
	if !s.socket() {
		return
	}
	k.start(func(c *simCall) {
		k.sleep(c, k.rnd.IntN(20), nil)
		if ring, ok := k.socks[s.sock]; ok && k.hook != nil {
			delete(k.socks, s.sock)
			k.now++
			k.hook(&events.Event{
				Time: k.clock(), Ring: ring, Kind: events.SockRelease,
				Resource: events.Resource{Sock: s.sock, Inode: s.inode},
			})
		}
		k.others.give(s.sock)
	})
}

// follow is what the hooks do with a socket that they come across.
func (k *sim) follow(r *simRing, s *simRes) {
	if k.hook != nil && r.watched && s.socket() {
		k.socks[s.sock] = r.addr
	}
}

// file is one to put into a slot: new, or one that has an fd.
func (k *sim) file() *simRes {
	if len(k.fds) > 0 && k.chance(25) {
		return k.fds[k.rnd.IntN(len(k.fds))]
	}
	return k.newFile()
}

// openOrClose changes how many fds refer to files; a slot's file may get one.
func (k *sim) openOrClose() {
	if len(k.fds) < 4 {
		res := k.newFile()
		res.refs++
		k.fds = append(k.fds, res)
		return
	}
	i := k.rnd.IntN(len(k.fds))
	res := k.fds[i]
	k.fds = slices.Delete(k.fds, i, i+1)
	k.put(res)
}
