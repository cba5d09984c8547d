package queue

import (
	"fmt"
	"slices"

	"uringtrace/internal/events"
)

// maxDifferences is how many are told of one ring.
const maxDifferences = 20

// Compare lists the differences between the state and a walk, ring by ring:
// nodes, their order, place, resources and tags. Empty means equal. It is for
// tests against a kernel that stands still, and tells addresses.
func (s *State) Compare(w *events.Walk) []string {
	var out []string
	for i := range w.Rings {
		if s.live(w.Rings[i].Ring) == nil {
			out = append(out, fmt.Sprintf("ring at fd %d: not known", w.Rings[i].FD))
		}
	}
	walked := s.against(w)
	for _, r := range s.all {
		switch c := walked[r.addr]; {
		case c != nil && c.ring == r:
			out = append(out, c.compare()...)
		case !r.ended && !r.exiting && r.walked:
			out = append(out, fmt.Sprintf("ring %d (fd %d): not found by the walk", r.number, r.fd))
		}
	}
	return out
}

// against sorts a walk by the rings that are known.
func (s *State) against(w *events.Walk) map[uint64]*walked {
	all := make(map[uint64]*walked, len(w.Rings))
	for i := range w.Rings {
		wr := &w.Rings[i]
		if r := s.live(wr.Ring); r != nil {
			all[wr.Ring] = newWalked(r, wr)
		}
	}
	for _, nodes := range w.More {
		if c := all[nodes.Ring()]; c != nil && s.reclaim != events.Independent {
			c.queue, c.items = slices.Grow(c.queue, nodes.Len()), slices.Grow(c.items, nodes.Len())
		}
	}
	w.EachNode(func(wn *events.WalkNode) {
		if c := all[wn.Ring]; c != nil {
			c.take(wn)
		}
	})
	for i := range w.Requests {
		if c := all[w.Requests[i].Ring]; c != nil {
			c.held[w.Requests[i].FileNode], c.held[w.Requests[i].BufNode] = true, true
		}
	}
	return all
}

// walked is one ring as a walk has it.
type walked struct {
	*ring
	torn      uint32
	active    uint64
	queue     []walkedNode
	releasing []walkedNode
	items     []walkedItem // of both lists, node by node
	table     []walkedSlot
	held      map[uint64]bool // C: by requests
	out       []string
	more      int
}

// walkedNode has items[from:to]. It keeps no more of a walk than is compared: a
// queue may be a million nodes long.
type walkedNode struct {
	addr     uint64
	from, to int32
	done     bool
}

type walkedItem struct{ id, tag uint64 }

type walkedSlot struct {
	walkedItem
	node uint64
	slot uint32
}

func newWalked(r *ring, wr *events.WalkRing) *walked {
	return &walked{ring: r, torn: wr.Torn, active: wr.Active, held: make(map[uint64]bool)}
}

func (c *walked) take(wn *events.WalkNode) {
	list := &c.queue
	switch wn.Place {
	case events.AtActive:
		c.active = wn.Node
		return
	case events.AtReleasing:
		list = &c.releasing
	case events.AtTable, events.AtBuffers:
		c.table = append(c.table, walkedSlot{walkedItem{wn.Resource.ID, wn.Tag}, wn.Node, wn.Slot})
		return
	}
	if wn.First || len(*list) == 0 {
		done := wn.Done || c.reclaim == events.Ordered && wn.Refs == 0
		at := int32(len(c.items))
		*list = append(*list, walkedNode{addr: wn.Node, from: at, to: at, done: done})
	}
	if wn.Resource.Type != events.NoResource || wn.Put != 0 {
		c.items = append(c.items, walkedItem{wn.Resource.ID, wn.Tag})
		(*list)[len(*list)-1].to++
	}
}

func (c *walked) tell(format string, args ...any) {
	if len(c.out) == maxDifferences {
		c.more++
		return
	}
	c.out = append(c.out, fmt.Sprintf("ring %d (fd %d): ", c.number, c.fd)+fmt.Sprintf(format, args...))
}

func (c *walked) compare() []string {
	if c.torn > 0 {
		c.tell("torn walk")
	}
	if c.reclaim == events.Independent {
		c.compareTable()
	} else {
		c.compareActive()
		c.compareList("queue", &c.ring.queue, c.queue)
		// A walk gives the worker's list newest first.
		slices.Reverse(c.releasing)
		c.compareList("releasing", &c.ring.releasing, c.releasing)
	}
	if c.more > 0 {
		c.out = append(c.out, fmt.Sprintf("ring %d (fd %d): and %d more", c.number, c.fd, c.more))
	}
	return c.out
}

func (c *walked) compareActive() {
	var here uint64
	if c.ring.active != 0 {
		here = c.at(c.ring.active).addr
	}
	if here != c.active {
		c.tell("active node is %#x, the kernel's is %#x", here, c.active)
	}
}

func (c *walked) compareList(name string, l *list, theirs []walkedNode) {
	i, taken := 0, 0
	for n := range c.each(l) {
		if n.taken() && (i >= len(theirs) || theirs[i].addr != n.addr) {
			taken++ // the worker has it, where a walk does not look
			continue
		}
		if i >= len(theirs) {
			c.tell("%s: node %d (%#x) is not in the kernel's", name, n.number, n.addr)
			continue
		}
		c.compareNode(name, i, n, &theirs[i])
		i++
	}
	if l.n-taken < len(theirs) {
		c.tell("%s: has %d nodes, the kernel's %d, from %#x on", name, l.n-taken, len(theirs), theirs[l.n-taken].addr)
	}
}

func (c *walked) compareNode(name string, i int, n *node, w *walkedNode) {
	if n.addr != w.addr {
		c.tell("%s[%d]: node %d (%#x), the kernel has %#x", name, i, n.number, n.addr, w.addr)
		return
	}
	if name == "queue" && n.zero() != w.done {
		c.tell("%s[%d]: node %d free of holders: %v, in the kernel %v", name, i, n.number, n.zero(), w.done)
	}
	theirs := c.items[w.from:w.to]
	j := 0
	for it := range c.ring.items(n) {
		if j < len(theirs) {
			c.compareItem(name, n, it, theirs[j])
		}
		j++
	}
	if j != len(theirs) {
		c.tell("%s[%d]: node %d has %d resources, in the kernel %d", name, i, n.number, j, len(theirs))
	}
}

func (c *walked) compareItem(name string, n *node, it item, w walkedItem) {
	if it.id != w.id {
		c.tell("%s: node %d holds resource %#x, in the kernel %#x", name, n.number, it.id, w.id)
	}
	if it.tag != w.tag {
		c.tell("%s: node %d has tag %#x, in the kernel %#x", name, n.number, it.tag, w.tag)
	}
}

// compareTable compares sets. Slots and resources are known of the nodes that
// an update or a walk has shown, and of these alone they are compared.
func (c *walked) compareTable() {
	found := make(map[nodeID]bool, len(c.table))
	for _, w := range c.table {
		id := c.node(w.node)
		if id == 0 {
			c.tell("table: the kernel's node %#x in slot %d is not known", w.node, w.slot)
			continue
		}
		found[id] = true
		n := c.at(id)
		switch {
		case n.place() == offTable:
			c.tell("table: node %d has left its slot, in the kernel it is in slot %d", n.number, w.slot)
		case n.place() == inTable && n.item.slot != w.slot:
			c.tell("table: node %d is in slot %d, in the kernel in slot %d", n.number, n.item.slot, w.slot)
		case n.place() == inTable:
			c.compareItem("table", n, c.newest(n), w.walkedItem)
		}
	}
	for id, n := range c.known {
		if !found[id] && n.place() != offTable && !c.held[n.addr] {
			c.tell("table: node %d (%#x) is not in the kernel's", n.number, n.addr)
		}
	}
}
