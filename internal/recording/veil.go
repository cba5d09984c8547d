package recording

import (
	"crypto/rand"
	"encoding/binary"
	"net/netip"

	"uringtrace/internal/events"
)

// veil replaces what a recording must not tell. Kernel addresses become numbers
// that are equal where the addresses are: pages are numbered as they come, and the
// place within the page stays, which tells nothing of where the kernel is and keeps
// neighbours near each other. With redact, internet addresses become others that
// are equal where they are.
type veil struct {
	most    int               // pages that are numbered
	pages   map[uint64]uint64 // page -> number
	last    [2]uint64         // page and number of the last address
	key     [4]uint64         // of the pages that find no room
	redact  bool
	aliases map[netip.Addr]netip.Addr
}

const (
	pageBits = 12
	// maxPages bounds the memory of a recorder that runs for days: 4 GiB of
	// kernel memory, in some 40 MB of ours.
	maxPages = 1 << 20
	// firstPermuted is above all numbers of pages and below all pages of the
	// kernel, whose addresses are in the upper half.
	firstPermuted = 1 << 32
	// maxAliases is how many internet addresses are told apart.
	maxAliases = 1 << 16
)

func newVeil(redact bool) *veil {
	v := &veil{most: maxPages, pages: make(map[uint64]uint64), redact: redact}
	var key [8 * len(v.key)]byte
	_, _ = rand.Read(key[:]) // never fails
	for i := range v.key {
		v.key[i] = binary.NativeEndian.Uint64(key[8*i:])
	}
	if redact {
		v.aliases = make(map[netip.Addr]netip.Addr)
	}
	return v
}

// address hides a kernel address; 0 stays 0 and no other becomes it.
func (v *veil) address(p *uint64) {
	if *p == 0 {
		return
	}
	page := *p >> pageBits
	if page != v.last[0] || v.last[1] == 0 {
		v.last = [2]uint64{page, v.number(page)}
	}
	*p = v.last[1]<<pageBits | *p&(1<<pageBits-1)
}

func (v *veil) number(page uint64) uint64 {
	if n, ok := v.pages[page]; ok {
		return n
	}
	if len(v.pages) >= v.most && page >= firstPermuted {
		n := v.permute(page)
		for n < firstPermuted {
			n = v.permute(n)
		}
		return n
	}
	n := uint64(len(v.pages) + 1)
	v.pages[page] = n
	return n
}

// permute gives each number of 52 bits another, by a secret key: four rounds of a
// Feistel network. Pages that are not numbered stay apart by it.
func (v *veil) permute(page uint64) uint64 {
	const half, mask = 26, 1<<26 - 1
	left, right := page>>half, page&mask
	for _, key := range v.key {
		mixed := (right ^ key) * 0x9e3779b97f4a7c15
		mixed ^= mixed >> 29
		mixed *= key | 1
		left, right = right, left^(mixed>>32)&mask
	}
	return left<<half | right
}

func (v *veil) event(e *events.Event) {
	for _, p := range []*uint64{&e.Ring, &e.Node, &e.Next, &e.First, &e.Tail} {
		v.address(p)
	}
	v.resource(&e.Resource)
}

func (v *veil) resource(r *events.Resource) {
	v.address(&r.ID)
	v.address(&r.Sock)
	if v.redact {
		v.endpoint(&r.Local, r.Family)
		v.endpoint(&r.Remote, r.Family)
	}
}

func (v *veil) node(n *events.WalkNode) {
	v.address(&n.Ring)
	v.address(&n.Node)
	v.address(&n.Put)
	v.resource(&n.Resource)
}

func (v *veil) ring(r *events.WalkRing) {
	v.address(&r.Ring)
	v.address(&r.Active)
}

func (v *veil) request(q *events.WalkRequest) {
	for _, p := range []*uint64{&q.Ring, &q.Request, &q.FileNode, &q.BufNode} {
		v.address(p)
	}
	v.resource(&q.File)
}

const (
	afInet  = 2
	afInet6 = 10
)

// endpoint hides an address and keeps its port, which says what is spoken there.
// Of what is no internet address nothing stays.
func (v *veil) endpoint(e *events.Endpoint, family uint16) {
	switch family {
	case afInet:
		alias := v.alias(netip.AddrFrom4([4]byte(e.Addr[:4]))).As4()
		e.Addr = [16]byte{}
		copy(e.Addr[:], alias[:])
	case afInet6:
		e.Addr = v.alias(netip.AddrFrom16(e.Addr)).As16()
	default:
		e.Addr = [16]byte{}
	}
}

// alias is the stand-in for an address: of those that are set aside for tests and
// documents (RFC 2544, RFC 3849), the next one. Loopback and "any" are nobody's and
// stay. When the stand-ins run out, all further addresses have the last.
func (v *veil) alias(addr netip.Addr) netip.Addr {
	if addr.IsLoopback() || addr.IsUnspecified() {
		return addr
	}
	if alias, ok := v.aliases[addr]; ok {
		return alias
	}
	n := min(len(v.aliases)+1, maxAliases)
	alias := netip.AddrFrom4([4]byte{198, 18 + byte(n>>16), byte(n >> 8), byte(n)})
	if addr.Is6() {
		alias = netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8, 13: byte(n >> 16), 14: byte(n >> 8), 15: byte(n)})
	}
	if n < maxAliases {
		v.aliases[addr] = alias
	}
	return alias
}
