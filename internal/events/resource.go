package events

import (
	"net/netip"
	"strconv"
)

// ResourceType says what kind of table entry a resource was.
type ResourceType uint8

// The resource types; the numbers are those of enum res_type in bpf/event.h.
const (
	NoResource ResourceType = iota
	File
	Buffer
)

// FileKind is the kind of an open file; numbers as enum file_kind in bpf/event.h.
type FileKind uint8

// The file kinds.
const (
	UnknownFile FileKind = iota
	Socket
	Regular
	Directory
	Char
	Block
	FIFO
	Link
	Anon // no file type of its own: eventfd, epoll, timerfd, ...
	RingFile
)

var fileKindNames = [...]string{
	"unknown", "socket", "regular", "directory", "char", "block", "fifo", "link", "anon", "io_uring",
}

// String is the kind's name in text and JSON.
func (k FileKind) String() string {
	if int(k) >= len(fileKindNames) {
		return fileKindNames[UnknownFile]
	}
	return fileKindNames[k]
}

// Resource is a file or fixed buffer at the moment it was seen.
type Resource struct {
	ID     uint64 // identity: struct file or struct io_mapped_ubuf
	Sock   uint64 // identity of the socket, 0: not a socket
	Inode  uint64
	Bytes  uint64 // buffers: length
	Refs   uint32 // files: references at that moment, the node's own included; 0: unknown
	Pages  uint32 // buffers: pages of the process that it pins
	Local  Endpoint
	Remote Endpoint
	Family uint16 // AF_*
	Proto  uint16 // IPPROTO_*
	Type   ResourceType
	Kind   FileKind
	State  uint8 // TCP_* state of the socket
}

// IsSocket reports whether the resource is a socket.
func (r *Resource) IsSocket() bool { return r.Type == File && r.Kind == Socket }

// Address families and protocols that are named in output.
const (
	afUnix    = 1
	afInet    = 2
	afInet6   = 10
	afNetlink = 16
	afPacket  = 17
	afVsock   = 40

	protoTCP   = 6
	protoUDP   = 17
	protoMPTCP = 262
)

// Protocol names a socket's protocol as ss(8) does: tcp, udp, unix, ...;
// empty if the resource is no socket.
func (r *Resource) Protocol() string {
	if !r.IsSocket() {
		return ""
	}
	switch r.Family {
	case afInet, afInet6:
		switch r.Proto {
		case protoTCP:
			return "tcp"
		case protoUDP:
			return "udp"
		case protoMPTCP:
			return "mptcp"
		}
		return "ipproto-" + strconv.Itoa(int(r.Proto))
	case afUnix:
		return "unix"
	case afNetlink:
		return "netlink"
	case afPacket:
		return "packet"
	case afVsock:
		return "vsock"
	}
	return "family-" + strconv.Itoa(int(r.Family))
}

// tcpStates as in include/net/tcp_states.h.
var tcpStates = [...]string{
	"", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT",
	"CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING", "NEW_SYN_RECV", "BOUND_INACTIVE",
}

// StateName is the state of a connection-oriented internet socket in the
// kernel's words; empty for others.
func (r *Resource) StateName() string {
	switch r.Protocol() {
	case "tcp", "mptcp":
		if int(r.State) < len(tcpStates) {
			return tcpStates[r.State]
		}
	}
	return ""
}

// Endpoint is one end of an internet socket.
type Endpoint struct {
	Addr [16]byte // IPv4 in the first four bytes
	Port uint16
}

// LocalString is the local end as host:port, empty if there is none.
func (r *Resource) LocalString() string { return r.endpoint(r.Local) }

// RemoteString is the remote end as host:port, empty if there is none.
func (r *Resource) RemoteString() string {
	if r.Remote == (Endpoint{}) {
		return ""
	}
	return r.endpoint(r.Remote)
}

func (r *Resource) endpoint(e Endpoint) string {
	switch {
	case !r.IsSocket():
		return ""
	case r.Family == afInet:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(e.Addr[:4])), e.Port).String()
	case r.Family == afInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(e.Addr), e.Port).String()
	}
	return ""
}
