//go:build linux

package probe

import (
	"errors"
	"fmt"
	"unsafe"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"uringtrace/bpf"
	"uringtrace/internal/events"
)

const (
	// windowRoom is how many node records the kernel writes until they are taken
	// out: as many as it reads in one go.
	windowRoom = 1 << 14
	blockBits  = 13
	blockSize  = 1 << blockBits // records, 256 KiB
	// maxNodes is how many node records a walk takes in, of all rings together. Of
	// what is beyond it only counts the nodes.
	maxNodes = 1 << 23
)

// window is where a walk leaves its node records, and what was taken out of it.
// The records lie outside of Go's heap, in blocks that are given back as soon as
// they have been read for the last time.
type window struct {
	records *records // mapped, filled by the kernel
	written *ebpf.Variable
	room    *ebpf.Variable

	blocks [][]bpf.WireWalkNode // nil: drained
	left   []int                // of each block: records that are not drained
	n      int                  // records in blocks
	most   int                  // records that are taken in
	full   bool                 // there are more
	seen   int                  // nodes among them
	rings  []*ringNodes
	spare  [][]bpf.WireWalkNode // of the last walk
}

func newWindow(coll *ebpf.Collection, inner *ebpf.MapSpec) (*window, error) {
	r, err := newRecords(coll.Maps["out_nodes"], inner, windowRoom)
	if err != nil {
		return nil, err
	}
	return &window{
		records: r, written: coll.Variables["nodes_written"], room: coll.Variables["nodes_room"], most: maxNodes,
	}, nil
}

// open makes it ready for a walk; what the last one has left is not valid any
// more.
func (w *window) open() error {
	for _, b := range w.blocks {
		if b != nil {
			w.spare = append(w.spare, b)
		}
	}
	clear(w.blocks)
	w.blocks, w.left, w.rings, w.n, w.seen, w.full = w.blocks[:0], w.left[:0], nil, 0, 0, false
	if err := errors.Join(w.written.Set(uint64(0)), w.room.Set(uint64(windowRoom))); err != nil {
		return fmt.Errorf("open window of walk: %w", err)
	}
	return nil
}

// empty takes out what the kernel has written.
func (w *window) empty() error {
	var n uint64
	if err := w.written.Get(&n); err != nil {
		return fmt.Errorf("read window of walk: %w", err)
	}
	if n == 0 {
		return nil
	}
	records := recordsOf[bpf.WireWalkNode](w.records, int(n))
	// Once some are left out, all that follow are: what is taken in has no gap.
	if w.full = w.full || w.n+len(records) > w.most; w.full {
		w.countOnly(records)
	} else if err := w.add(records); err != nil {
		return err
	}
	if err := w.written.Set(uint64(0)); err != nil {
		return fmt.Errorf("empty window of walk: %w", err)
	}
	return nil
}

func (w *window) add(records []bpf.WireWalkNode) error {
	for i := 0; i < len(records); i++ {
		r := &records[i]
		if place(r) == bpf.WirePlaceAT_RING {
			w.rings = append(w.rings, &ringNodes{window: w, ring: r.Node, from: w.n + i})
		} else if r.Bits&bpf.WireNodeBitsNODE_FIRST != 0 {
			w.seen++
		}
		if len(w.rings) > 0 {
			w.rings[len(w.rings)-1].to = w.n + i + 1
		}
		if r.Bits&bpf.WireNodeBitsNODE_MORE != 0 {
			i++
			w.rings[len(w.rings)-1].to++
		}
	}
	for len(records) > 0 {
		at := w.n & (blockSize - 1)
		if at == 0 {
			block, err := w.newBlock()
			if err != nil {
				return err
			}
			w.blocks, w.left = append(w.blocks, block), append(w.left, 0)
		}
		last := len(w.blocks) - 1
		copied := copy(w.blocks[last][at:], records)
		w.left[last] += copied
		w.n += copied
		records = records[copied:]
	}
	return nil
}

// countOnly takes in no more of the nodes than how many there are.
func (w *window) countOnly(records []bpf.WireWalkNode) {
	for i := 0; i < len(records); i++ {
		r := &records[i]
		switch {
		case place(r) == bpf.WirePlaceAT_RING:
			w.rings = append(w.rings, &ringNodes{window: w, ring: r.Node, from: w.n, to: w.n})
		case r.Bits&bpf.WireNodeBitsNODE_FIRST != 0 && place(r) != bpf.WirePlaceAT_ACTIVE:
			w.rings[len(w.rings)-1].beyond++
			w.seen++
		}
		if r.Bits&bpf.WireNodeBitsNODE_MORE != 0 {
			i++
		}
	}
}

// beyond is how many nodes of each ring were only counted.
func (w *window) beyond() map[uint64]uint32 {
	out := make(map[uint64]uint32)
	for _, r := range w.rings {
		if r.beyond > 0 {
			out[r.ring] += r.beyond
		}
	}
	return out
}

func (w *window) newBlock() ([]bpf.WireWalkNode, error) {
	if n := len(w.spare); n > 0 {
		block := w.spare[n-1]
		w.spare = w.spare[:n-1]
		return block, nil
	}
	const size = blockSize * int(unsafe.Sizeof(bpf.WireWalkNode{}))
	mem, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return nil, fmt.Errorf("make room for %d walk records: %w", w.n+blockSize, err)
	}
	return unsafe.Slice((*bpf.WireWalkNode)(unsafe.Pointer(&mem[0])), blockSize), nil
}

func freeBlock(block []bpf.WireWalkNode) error {
	size := len(block) * int(unsafe.Sizeof(block[0]))
	return unix.Munmap(unsafe.Slice((*byte)(unsafe.Pointer(&block[0])), size))
}

// nodes are what the walk has found. Room that it did not need goes.
func (w *window) nodes() ([]events.RingNodes, error) {
	out := make([]events.RingNodes, len(w.rings))
	for i, r := range w.rings {
		out[i] = r
	}
	return out, w.dropSpare()
}

func (w *window) dropSpare() error {
	var errs []error
	for _, b := range w.spare {
		errs = append(errs, freeBlock(b))
	}
	w.spare = nil
	return errors.Join(errs...)
}

// Close frees everything; a nil receiver is fine.
func (w *window) Close() error {
	if w == nil {
		return nil
	}
	for _, b := range w.blocks {
		if b != nil {
			w.spare = append(w.spare, b)
		}
	}
	w.blocks = nil
	return errors.Join(w.dropSpare(), w.records.Close())
}

func (w *window) at(i int) *bpf.WireWalkNode {
	return &w.blocks[i>>blockBits][i&(blockSize-1)]
}

// drained notes that records from one to before the other, of one block, will not
// be read again.
func (w *window) drained(from, to int) {
	block := from >> blockBits
	w.left[block] -= to - from
	if w.left[block] == 0 && w.blocks[block] != nil {
		if freeBlock(w.blocks[block]) == nil {
			w.blocks[block] = nil
		}
	}
}

// ringNodes are the records of one ring, the one that names it included.
type ringNodes struct {
	window   *window
	ring     uint64
	from, to int
	beyond   uint32 // nodes that were only counted
}

func (r *ringNodes) Ring() uint64 { return r.ring }

func (r *ringNodes) Len() int { return r.to - r.from }

func (r *ringNodes) Each(fn func(*events.WalkNode)) {
	var node events.WalkNode
	for i := r.from + 1; i < r.to; {
		i = r.decode(i, &node)
		fn(&node)
	}
}

func (r *ringNodes) Drain(fn func(*events.WalkNode)) {
	var node events.WalkNode
	done := r.from
	for i := r.from + 1; i < r.to; {
		i = r.decode(i, &node)
		fn(&node)
		if end := done&^(blockSize-1) + blockSize; i >= end {
			r.window.drained(done, end)
			done = end
		}
	}
	if done < r.to {
		r.window.drained(done, r.to)
	}
	r.from, r.to = 0, 0
}

// decode is node i of the walk; it returns where the next one is.
func (r *ringNodes) decode(i int, out *events.WalkNode) int {
	n := r.window.at(i)
	i++
	var more bpf.WireWalkMore
	if n.Bits&bpf.WireNodeBitsNODE_MORE != 0 {
		more = *(*bpf.WireWalkMore)(unsafe.Pointer(r.window.at(i)))
		i++
	}
	decodeWalkNode(r.ring, n, &more, out)
	return i
}
