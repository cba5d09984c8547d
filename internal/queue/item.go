package queue

import "uringtrace/internal/events"

// item is one removed resource. A zero class is no item.
type item struct {
	brief
	tag  uint64
	size extent // buffers
}

// brief is what every item has.
type brief struct {
	id    uint64
	slot  uint32 // noSlot: unknown
	class class
	refs  uint16 // files: references, at most maxRefs; 0: unknown
}

// extent is the size of a buffer: its length in bytes, and in the upper part the
// pages that it pins, which depend on where it starts.
type extent uint64

const extentBits = 40

func extentOf(bytes uint64, pages uint32) extent {
	return extent(min(bytes, 1<<extentBits-1) | uint64(min(pages, 1<<(64-extentBits)-1))<<extentBits)
}

func (e extent) bytes() uint64 { return uint64(e) & (1<<extentBits - 1) }
func (e extent) pages() uint64 { return uint64(e) >> extentBits }

// olderItem is an item in the chain behind a node's newest.
type olderItem struct {
	item
	next uint32
}

const (
	maxRefs = 1<<16 - 1
	noSlot  = 1<<32 - 1
)

// newest is a node's newest item; without a class if it has none.
func (r *ring) newest(n *node) item {
	it := item{brief: n.item}
	if d := r.detail(n); d != nil {
		it.tag, it.size = d.tag, d.size
	}
	return it
}

func (r *ring) setNewest(n *node, it item) {
	n.item = it.brief
	if it.tag != 0 || it.size != 0 || n.life&detailFlag != 0 {
		d := r.needDetail(n)
		d.tag, d.size = it.tag, it.size
	}
}

// push adds an item to a node, as its newest.
func (r *ring) push(n *node, it item) {
	if n.item.class != noClass {
		i := r.older.take()
		*r.older.at(i) = olderItem{r.newest(n), r.olderOf(n)}
		r.needDetail(n).older = i
	}
	r.setNewest(n, it)
}

// pushOldest adds an item behind all others, for walks: they list newest first.
func (r *ring) pushOldest(n *node, it item) {
	if n.item.class == noClass {
		r.setNewest(n, it)
		return
	}
	i := r.older.take()
	*r.older.at(i) = olderItem{item: it}
	last := r.olderOf(n)
	switch {
	case last == 0:
		r.needDetail(n).older = i
	case r.lastOldest.node == n.number:
		r.older.at(r.lastOldest.index).next = i
	default:
		for r.older.at(last).next != 0 {
			last = r.older.at(last).next
		}
		r.older.at(last).next = i
	}
	r.lastOldest = oldest{n.number, i}
}

// pop takes the newest item from a node.
func (r *ring) pop(n *node) item {
	it := r.newest(n)
	i := r.olderOf(n)
	if i == 0 {
		r.setNewest(n, item{})
		return it
	}
	next := r.older.at(i)
	r.setNewest(n, next.item)
	r.needDetail(n).older = next.next
	r.older.give(i)
	return it
}

func (r *ring) clearItems(n *node) {
	for n.item.class != noClass {
		r.pop(n)
	}
}

// items yields a node's items, newest first.
func (r *ring) items(n *node) func(yield func(item) bool) {
	return func(yield func(item) bool) {
		if n.item.class == noClass || !yield(r.newest(n)) {
			return
		}
		for i := r.olderOf(n); i != 0; i = r.older.at(i).next {
			if !yield(r.older.at(i).item) {
				return
			}
		}
	}
}

// itemOf is what an item keeps of a resource.
func (r *ring) itemOf(res *events.Resource, slot uint32, tag uint64) item {
	return item{
		tag: tag, size: extentOf(res.Bytes, res.Pages),
		brief: brief{id: res.ID, slot: slot, class: r.classes.of(res), refs: uint16(min(res.Refs, maxRefs))},
	}
}

// told is the item of an event's resource. A file that others refer to at that
// moment may be alone right after: the call that tells of it has a reference.
func (r *ring) told(e *events.Event) item {
	it := r.itemOf(&e.Resource, e.Slot, e.Tag)
	it.class = r.classes.by(it.class, e.Stack)
	if it.refs > 1 {
		it.refs = 0
	}
	return it
}

// unseenBuffer is the item of a node that only a request is known to keep as
// its buffer.
func (r *ring) unseenBuffer() item { return r.itemOf(&events.Resource{Type: events.Buffer}, 0, 0) }
