package queue

// prices is what one item of each class costs, worked out once a report.
type prices struct {
	infos []classInfo
	bytes []uint64
	node  uint64
}

func newPrices(c *classes, costs Costs) *prices {
	p := &prices{infos: c.infos, bytes: make([]uint64, len(c.infos)), node: costs.Node}
	for i, info := range c.infos {
		if info.file {
			p.bytes[i] = costs.File
		}
		if info.socket {
			p.bytes[i] += costs.Dentry + costs.Inode + costs.Sock[info.proto]
		}
	}
	return p
}

// tally adds up what nodes hold.
type tally struct {
	*prices
	Frees
	length uint64 // of buffers
	pages  uint64
	kinds  []int // by class
	onlyUs int
	others int               // files that something else keeps, too
	shared map[uint64]shared // files that others refer to, too
}

// shared counts a file's nodes against all references to it. If they are as
// many, the nodes are all that keeps it.
type shared struct {
	class class
	nodes int
	refs  int // 0: unknown
}

// gone says whether the file goes with these nodes and those before them. One
// whose references are unknown is taken to be ours; of one with more than can
// be counted it can't be told.
func (s shared) gone(before int) bool {
	if s.refs == 0 {
		return before == 0
	}
	return s.refs < maxRefs && before < s.refs && before+s.nodes >= s.refs
}

func newTally(p *prices) *tally { return &tally{prices: p} }

func (t *tally) add(r *ring, n *node) {
	t.Nodes++
	t.Bytes += t.node
	for it := range r.items(n) {
		t.addItem(it)
	}
}

func (t *tally) addItem(it item) {
	info := &t.infos[it.class]
	if info.buffer {
		t.Buffers++
		t.length += it.size.bytes()
		t.pages += it.size.pages()
		return
	}
	t.Files++
	if info.socket {
		t.Sockets++
	}
	if t.kinds != nil {
		t.kinds[it.class]++
	}
	if it.refs == 1 {
		t.onlyUs++
		t.Bytes += t.bytes[it.class]
		return
	}
	if t.shared == nil {
		t.shared = make(map[uint64]shared)
	}
	s := t.shared[it.id]
	t.shared[it.id] = shared{it.class, s.nodes + 1, int(it.refs)}
}

// frees is the sum. A file that something else keeps costs nothing here.
// before has how many nodes with a file are gone by then, and is brought up to
// date.
func (t *tally) frees(before map[uint64]int) Frees {
	for id, s := range t.shared {
		switch {
		case s.gone(before[id]):
			t.Bytes += t.bytes[s.class]
			if s.refs > 0 {
				t.onlyUs += s.nodes
			}
		case s.refs > 0:
			t.others += s.nodes
		}
		before[id] += s.nodes
	}
	t.shared = nil
	return t.Frees
}

// held is the sum in print; before is as for frees.
func (t *tally) held(before map[uint64]int) Held {
	f := t.frees(before)
	h := Held{
		Files: f.Files, Sockets: f.Sockets, Buffers: f.Buffers, Bytes: f.Bytes,
		BufferBytes: t.length, BufferPages: t.pages, OnlyUs: t.onlyUs, Shared: t.others,
	}
	for c, n := range t.kinds {
		if n > 0 {
			if h.Kinds == nil {
				h.Kinds = make(map[string]int)
			}
			h.Kinds[t.infos[c].name] += n
		}
	}
	return h
}
