package queue

// detail is what few nodes have: a tag, a buffer's size, holders that were
// counted, and more than one item. Its key is the node's address, which is that
// of one node at a time.
type detail struct {
	addr    uint64
	tag     uint64 // of the newest item
	size    extent // likewise
	holders int32  // at the last walk
	older   uint32 // A: index of the next older item, 0: none
}

// detail of a node; nil: it has none. Valid until the next is made.
func (r *ring) detail(n *node) *detail {
	if n.life&detailFlag == 0 {
		return nil
	}
	return r.details.at(r.detailBy.find(n.addr, r.detailAddr))
}

func (r *ring) needDetail(n *node) *detail {
	if d := r.detail(n); d != nil {
		return d
	}
	i := r.details.take()
	d := r.details.at(i)
	d.addr = n.addr
	r.detailBy.put(i, n.addr, r.detailAddr)
	n.set(detailFlag)
	return d
}

func (r *ring) dropDetail(n *node) {
	if n.life&detailFlag == 0 {
		return
	}
	i := r.detailBy.find(n.addr, r.detailAddr)
	r.detailBy.remove(n.addr, r.detailAddr)
	r.details.give(i)
	n.clear(detailFlag)
}

func (r *ring) detailAddr(i uint32) uint64 { return r.details.at(i).addr }

func (r *ring) olderOf(n *node) uint32 {
	if d := r.detail(n); d != nil {
		return d.older
	}
	return 0
}

// refs is how many requests held the node at the last walk; -1: unknown.
func (r *ring) refs(n *node) int32 {
	if n.life&countedFlag == 0 {
		return -1
	}
	if d := r.detail(n); d != nil {
		return d.holders
	}
	return 0
}

// noHolders: the kernel has said so.
func (r *ring) noHolders(n *node) {
	n.set(zeroFlag)
	r.setRefs(n, 0)
}

func (r *ring) setRefs(n *node, refs int64) {
	if refs < 0 {
		n.clear(countedFlag)
		return
	}
	n.set(countedFlag)
	if refs > 0 || n.life&detailFlag != 0 {
		r.needDetail(n).holders = int32(min(refs, 1<<31-1))
	}
}
