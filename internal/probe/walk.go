package probe

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unsafe"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"uringtrace/bpf"
	"uringtrace/internal/events"
)

// Room for records that a walk starts with; it grows to what is found.
const (
	initialNodes    = 1 << 12
	initialRequests = 1 << 8
	maxWalkAttempts = 8
)

// Walker reads the rings of a process from the kernel without hooks. It is not
// safe for concurrent use. Minimum kernel: 5.17 (bpf_loop), proven on 6.1.
type Walker struct {
	coll     *ebpf.Collection
	nodes    *records
	requests *records
	session  uint64
	reclaim  events.Reclaim
}

// NewWalker loads the walk. Errors wrap ErrPrivilege or ErrKernel where they
// are the cause. The caller closes it.
func NewWalker() (*Walker, error) {
	if err := CheckPrivilege(); err != nil {
		return nil, err
	}
	types, err := kernelTypes()
	if err != nil {
		return nil, err
	}
	w := &Walker{reclaim: reclaimOf(types)}
	if w.reclaim == events.UnknownReclaim {
		return nil, fmt.Errorf("%w: its io_uring has none of the known node layouts (BTF of struct io_rsrc_node)", ErrKernel)
	}
	w.coll, err = loadPrograms([]string{"walk_rings", "walk_tasks"}, func(spec *ebpf.CollectionSpec) error {
		return prepareWalk(spec, types, w.reclaim)
	})
	if err != nil {
		return nil, fmt.Errorf("prepare walk: %w", err)
	}
	spec, err := bpf.LoadProbe()
	if err == nil {
		w.nodes, err = newRecords(w.coll.Maps["out_nodes"], spec.Maps["out_nodes"].InnerMap, initialNodes)
	}
	if err == nil {
		w.requests, err = newRecords(w.coll.Maps["out_requests"], spec.Maps["out_requests"].InnerMap, initialRequests)
	}
	if err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

func prepareWalk(spec *ebpf.CollectionSpec, types *btf.Spec, reclaim events.Reclaim) error {
	if reclaim != events.Independent {
		return nil
	}
	if err := spec.Variables["buf_node_flag"].Set(bufNodeFlag(types)); err != nil {
		return fmt.Errorf("set buf_node_flag: %w", err)
	}
	return nil
}

// Reclaim is the kernel's generation.
func (w *Walker) Reclaim() events.Reclaim { return w.reclaim }

// Close frees programs and maps.
func (w *Walker) Close() error {
	return errors.Join(w.nodes.Close(), w.requests.Close(), closeCollection(w.coll))
}

func closeCollection(c *ebpf.Collection) error {
	if c != nil {
		c.Close()
	}
	return nil
}

// Walk reads all rings of process tgid (0: of every process). What it returns
// is complete: when there was no room for all nodes it makes room and walks
// again.
func (w *Walker) Walk(tgid int) (*events.Walk, error) {
	for range maxWalkAttempts {
		walk, err := w.once(tgid)
		if err != nil || walk != nil {
			return walk, err
		}
	}
	return nil, fmt.Errorf("walk rings: queue outgrew the walk %d times", maxWalkAttempts)
}

// once returns nil without an error when there was too little room.
func (w *Walker) once(tgid int) (*events.Walk, error) {
	w.session++
	start := map[string]any{
		"want_tgid": uint32(tgid), "session": w.session,
		"nodes_written": uint64(0), "nodes_room": uint64(w.nodes.room),
		"requests_written": uint64(0), "requests_room": uint64(w.requests.room),
	}
	for name, value := range start {
		if err := w.coll.Variables[name].Set(value); err != nil {
			return nil, fmt.Errorf("set %s: %w", name, err)
		}
	}
	walk := &events.Walk{Begin: now()}
	rings, err := runIterator(w.coll.Programs["walk_rings"], tgid)
	if err != nil {
		return nil, fmt.Errorf("walk rings: %w", err)
	}
	if _, err := runIterator(w.coll.Programs["walk_tasks"], tgid); err != nil {
		return nil, fmt.Errorf("walk tasks: %w", err)
	}
	walk.End = now()
	var nodes, requests uint64
	if err := errors.Join(w.coll.Variables["nodes_written"].Get(&nodes),
		w.coll.Variables["requests_written"].Get(&requests)); err != nil {
		return nil, fmt.Errorf("read walk: %w", err)
	}
	enough, err := w.nodes.fit(nodes)
	if err != nil {
		return nil, err
	}
	also, err := w.requests.fit(requests)
	if err != nil || !enough || !also {
		return nil, err
	}
	return walk, w.decode(walk, rings, int(nodes), int(requests))
}

func (w *Walker) decode(walk *events.Walk, rings []byte, nodes, requests int) error {
	var ring bpf.ProbeWalkRing
	for r := bytes.NewReader(rings); ; {
		err := binary.Read(r, binary.NativeEndian, &ring)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("decode ring: %w", err)
		}
		walk.Rings = append(walk.Rings, decodeWalkRing(&ring))
	}
	walk.Nodes = make([]events.WalkNode, nodes)
	for i, r := range recordsOf[bpf.ProbeWalkNode](w.nodes, nodes) {
		walk.Nodes[i] = decodeWalkNode(&r)
	}
	walk.Requests = make([]events.WalkRequest, requests)
	for i, r := range recordsOf[bpf.ProbeWalkRequest](w.requests, requests) {
		walk.Requests[i] = decodeWalkRequest(&r)
	}
	return nil
}

func now() uint64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		return 0 // can't fail for this clock
	}
	return uint64(ts.Nano())
}

// runIterator runs prog over tgid's tasks (0: all) and returns what it wrote.
func runIterator(prog *ebpf.Program, tgid int) ([]byte, error) {
	if tgid != 0 {
		out, err := runIteratorFor(prog, tgid)
		if !errors.Is(err, unix.EINVAL) {
			return out, err
		}
		// Before 6.1 an iterator can't be told whom to visit; the program
		// filters by itself.
	}
	iter, err := link.AttachIter(link.IterOptions{Program: prog})
	if err != nil {
		return nil, fmt.Errorf("attach iterator: %w", err)
	}
	defer iter.Close()
	reader, err := iter.Open()
	if err != nil {
		return nil, fmt.Errorf("open iterator: %w", err)
	}
	defer reader.Close()
	return io.ReadAll(reader)
}

// linkCreateAttr is the part of union bpf_attr that BPF_LINK_CREATE reads for
// an iterator, and iterTarget union bpf_iter_link_info.task (6.1); see
// include/uapi/linux/bpf.h. cilium/ebpf v0.22 can't pass a task.
type linkCreateAttr struct {
	progFD, targetFD, attachType, flags uint32
	iterInfo                            uint64
	iterInfoLen                         uint32
	_                                   [36]byte
}

type iterTarget struct{ tid, pid, pidFD uint32 }

type iterCreateAttr struct{ linkFD, flags uint32 }

func runIteratorFor(prog *ebpf.Program, tgid int) ([]byte, error) {
	target := iterTarget{pid: uint32(tgid)}
	attr := linkCreateAttr{
		progFD: uint32(prog.FD()), attachType: uint32(ebpf.AttachTraceIter),
		iterInfo: uint64(uintptr(unsafe.Pointer(&target))), iterInfoLen: uint32(unsafe.Sizeof(target)),
	}
	linkFD, err := bpfCall(unix.BPF_LINK_CREATE, unsafe.Pointer(&attr), unsafe.Sizeof(attr), unsafe.Pointer(&target))
	if err != nil {
		return nil, fmt.Errorf("attach iterator to process %d: %w", tgid, err)
	}
	defer unix.Close(linkFD)
	create := iterCreateAttr{linkFD: uint32(linkFD)}
	iterFD, err := bpfCall(unix.BPF_ITER_CREATE, unsafe.Pointer(&create), unsafe.Sizeof(create), nil)
	if err != nil {
		return nil, fmt.Errorf("open iterator: %w", err)
	}
	defer unix.Close(iterFD)
	return readAll(iterFD)
}

// readAll reads an iterator to its end; os.File would put it into the poller.
func readAll(fd int) ([]byte, error) {
	var out []byte
	buf := make([]byte, 64<<10)
	for {
		n, err := unix.Read(fd, buf)
		switch {
		case errors.Is(err, unix.EINTR), errors.Is(err, unix.EAGAIN):
			continue
		case err != nil:
			return nil, fmt.Errorf("read iterator: %w", err)
		case n == 0:
			return out, nil
		}
		out = append(out, buf[:n]...)
	}
}
