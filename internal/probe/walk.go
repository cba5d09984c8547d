//go:build linux

package probe

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unsafe"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"uringtrace/bpf"
	"uringtrace/internal/events"
)

const (
	// initialRequests is the room for requests that a walk starts with; it grows
	// to what is found.
	initialRequests = 1 << 10
	maxWalkAttempts = 8
	maxFilelessRuns = 1 << 14 // each is good for 64 rings, or 16,384 nodes of one
)

// Walker reads the rings of a process from the kernel without hooks. It is not
// safe for concurrent use. Minimum kernel: 5.17 (bpf_loop), proven on 6.1.
type Walker struct {
	// Progress, if set, is told how many nodes a walk has read so far, each time
	// that some thousand more are. It is called from Walk.
	Progress func(nodes int)

	coll     *ebpf.Collection
	window   *window
	requests *records
	session  uint64
	reclaim  events.Reclaim
	bytes    uint64 // of a node
}

// NewWalker loads the walk. With live, the sockets that it finds are followed by
// live's hooks. Errors wrap ErrPrivilege or ErrKernel where they are the cause.
// The caller closes it, before live.
func NewWalker(live *Live) (*Walker, error) {
	if err := CheckPrivilege(); err != nil {
		return nil, err
	}
	types, err := live.takeTypes()
	if err != nil {
		return nil, err
	}
	w := &Walker{reclaim: reclaimOf(types.Spec)}
	w.bytes = nodeBytes(types.Spec, w.reclaim)
	if w.reclaim == events.UnknownReclaim {
		return nil, fmt.Errorf("%w: its io_uring has none of the known node layouts (BTF of struct io_rsrc_node)", ErrKernel)
	}
	shared := make(map[string]*ebpf.Map)
	if live != nil && live.coll.Maps["socks"] != nil {
		shared["socks"] = live.coll.Maps["socks"]
	}
	stacks := live != nil && live.stacks
	if stacks {
		shared["submitters"] = live.coll.Maps["submitters"]
	}
	var nodes, requests *ebpf.MapSpec
	w.coll, err = loadPrograms(types, []string{"walk_rings", "walk_fileless", "walk_tasks"}, shared, func(spec *ebpf.CollectionSpec) error {
		if err := prepareStacks(spec, stacks); err != nil {
			return err
		}
		nodes, requests = spec.Maps["out_nodes"].InnerMap, spec.Maps["out_requests"].InnerMap
		return prepareWalk(spec, w.reclaim, shared["socks"])
	})
	if err != nil {
		return nil, fmt.Errorf("prepare walk: %w", err)
	}
	if w.window, err = newWindow(w.coll, nodes); err == nil {
		w.requests, err = newRecords(w.coll.Maps["out_requests"], requests, initialRequests)
	}
	if err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

// prepareWalk has sockets that are found followed in socks, if that is not nil.
func prepareWalk(spec *ebpf.CollectionSpec, reclaim events.Reclaim, socks *ebpf.Map) error {
	if socks != nil {
		spec.Maps["socks"].MaxEntries = socks.MaxEntries()
		if err := spec.Variables["follow_socks"].Set(uint32(1)); err != nil {
			return fmt.Errorf("set follow_socks: %w", err)
		}
	} else {
		spec.Maps["socks"].MaxEntries = 1 // nothing goes in
	}
	if reclaim == events.OrderedDeferred {
		if err := spec.Variables["numa_nodes"].Set(numaNodes()); err != nil {
			return fmt.Errorf("set numa_nodes: %w", err)
		}
	}
	flags, err := requestFlags("REQ_F_BUF_NODE_BIT", "REQ_F_APOLL_MULTISHOT_BIT")
	if err != nil {
		return err
	}
	for i, name := range []string{"buf_node_flag", "multishot_flag"} {
		if err := spec.Variables[name].Set(flags[i]); err != nil {
			return fmt.Errorf("set %s: %w", name, err)
		}
	}
	return nil
}

// Untracked is how many sockets the last walk found no room to follow.
func (w *Walker) Untracked() (uint64, error) {
	var n uint64
	if err := w.coll.Variables["untracked_socks"].Get(&n); err != nil {
		return 0, fmt.Errorf("read untracked_socks: %w", err)
	}
	return n, nil
}

// Reclaim is the kernel's generation.
func (w *Walker) Reclaim() events.Reclaim { return w.reclaim }

// NodeBytes is what a queued node with one resource takes in the kernel, without
// the resource; 0 where that is unknown.
func (w *Walker) NodeBytes() uint64 { return w.bytes }

// Close frees programs and maps.
func (w *Walker) Close() error {
	return errors.Join(w.window.Close(), w.requests.Close(), closeCollection(w.coll))
}

func closeCollection(c *ebpf.Collection) error {
	if c != nil {
		c.Close()
	}
	return nil
}

// Walk reads all rings of process tgid (0: of every process). What it returns
// is complete: when there was no room for all requests it makes room and walks
// again. Its nodes are valid until the next walk.
func (w *Walker) Walk(tgid int) (*events.Walk, error) {
	for range maxWalkAttempts {
		walk, err := w.once(tgid)
		if err != nil || walk != nil {
			return walk, err
		}
	}
	return nil, fmt.Errorf("walk rings: requests outgrew the walk %d times", maxWalkAttempts)
}

// once returns nil without an error when there was too little room.
func (w *Walker) once(tgid int) (*events.Walk, error) {
	if err := w.window.open(); err != nil {
		return nil, err
	}
	w.session++
	start := map[string]any{
		"want_tgid": uint32(tgid), "session": w.session,
		"requests_written": uint64(0), "requests_room": uint64(w.requests.room),
		"untracked_socks": uint64(0), "links_followed": uint64(0),
	}
	for name, value := range start {
		if err := w.coll.Variables[name].Set(value); err != nil {
			return nil, fmt.Errorf("set %s: %w", name, err)
		}
	}
	walk := &events.Walk{Begin: Now()}
	if err := w.visit(walk, tgid); err != nil {
		return nil, err
	}
	walk.End = Now()
	if err := w.forget(walk); err != nil {
		return nil, err
	}
	var requests uint64
	if err := w.coll.Variables["requests_written"].Get(&requests); err != nil {
		return nil, fmt.Errorf("read walk: %w", err)
	}
	enough, err := w.requests.fit(requests)
	if err != nil || !enough {
		return nil, err
	}
	return walk, w.decode(walk, int(requests))
}

// forget makes room for the rings of the next walk.
func (w *Walker) forget(walk *events.Walk) error {
	rings := make([]uint64, len(walk.Rings))
	for i := range walk.Rings {
		rings[i] = walk.Rings[i].Ring
	}
	if len(rings) == 0 {
		return nil
	}
	if _, err := w.coll.Maps["seen"].BatchDelete(rings, nil); err != nil {
		return fmt.Errorf("forget rings: %w", err)
	}
	return nil
}

// visit runs the iterators: rings first, by file and without, then the tasks of
// the process and of all that share a ring with it.
func (w *Walker) visit(walk *events.Walk, tgid int) error {
	if err := w.visitRings(walk, "walk_rings", tgid); err != nil {
		return err
	}
	for left, runs := uint32(1), 0; left != 0; runs++ {
		if runs == maxFilelessRuns {
			return errors.New("walk rings: those without a descriptor do not come to an end")
		}
		if err := w.coll.Variables["fileless_left"].Set(uint32(0)); err != nil {
			return fmt.Errorf("set fileless_left: %w", err)
		}
		if err := w.visitRings(walk, "walk_fileless", tgid); err != nil {
			return err
		}
		if err := w.coll.Variables["fileless_left"].Get(&left); err != nil {
			return fmt.Errorf("read fileless_left: %w", err)
		}
	}
	if err := w.visitTasks(tgid); err != nil {
		return err
	}
	if tgid == 0 {
		return nil
	}
	visited := map[uint32]bool{uint32(tgid): true}
	for i := range walk.Rings {
		for _, other := range walk.Rings[i].Others {
			if visited[other] {
				continue
			}
			visited[other] = true
			// It may have ended meanwhile, and its requests with it.
			if err := w.visitTasks(int(other)); err != nil && !errors.Is(err, unix.ESRCH) {
				return err
			}
		}
	}
	return nil
}

func (w *Walker) visitRings(walk *events.Walk, program string, tgid int) error {
	rings, err := runIterator(w.coll.Programs[program], tgid, w.takeOut)
	if err != nil {
		return fmt.Errorf("walk rings: %w", err)
	}
	return decodeRings(walk, rings)
}

func (w *Walker) visitTasks(tgid int) error {
	if err := w.coll.Variables["want_tgid"].Set(uint32(tgid)); err != nil {
		return fmt.Errorf("set want_tgid: %w", err)
	}
	if _, err := runIterator(w.coll.Programs["walk_tasks"], tgid, w.takeOut); err != nil {
		return fmt.Errorf("walk tasks: %w", err)
	}
	return nil
}

// takeOut makes room in the window and tells how far the walk has come.
func (w *Walker) takeOut() error {
	if err := w.window.empty(); err != nil {
		return err
	}
	if w.Progress != nil {
		w.Progress(w.window.seen)
	}
	return nil
}

// decodeRings adds what an iterator wrote.
func decodeRings(walk *events.Walk, raw []byte) error {
	size := int(unsafe.Sizeof(bpf.ProbeWalkRing{}))
	if len(raw)%size != 0 {
		return fmt.Errorf("decode rings: %d bytes are no whole number of %d", len(raw), size)
	}
	for ; len(raw) > 0; raw = raw[size:] {
		var ring bpf.ProbeWalkRing
		if _, err := binary.Decode(raw, binary.NativeEndian, &ring); err != nil {
			return fmt.Errorf("decode ring: %w", err)
		}
		if ring.Again != 0 {
			walk.Shares = append(walk.Shares, events.WalkShare{Ring: ring.Ring, FD: ring.Fd, TGID: ring.Tgid})
		} else {
			walk.Rings = append(walk.Rings, decodeWalkRing(&ring))
		}
	}
	return nil
}

func (w *Walker) decode(walk *events.Walk, requests int) (err error) {
	beyond := w.window.beyond()
	for i := range walk.Rings {
		walk.Rings[i].Beyond = beyond[walk.Rings[i].Ring]
	}
	walk.More, err = w.window.nodes()
	walk.Requests = make([]events.WalkRequest, requests)
	for i, r := range recordsOf[bpf.ProbeWalkRequest](w.requests, requests) {
		walk.Requests[i] = decodeWalkRequest(&r)
	}
	return err
}

// runIterator runs prog over tgid's tasks (0: all) and returns what it wrote. Of
// what it reads, each part is told to pause: the program may wait for room.
func runIterator(prog *ebpf.Program, tgid int, pause func() error) ([]byte, error) {
	out, err := runIteratorFor(prog, tgid, pause)
	if tgid != 0 && errors.Is(err, unix.EINVAL) {
		// Before 6.1 an iterator can't be told whom to visit; the program
		// filters by itself.
		return runIteratorFor(prog, 0, pause)
	}
	return out, err
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

func runIteratorFor(prog *ebpf.Program, tgid int, pause func() error) ([]byte, error) {
	target := iterTarget{pid: uint32(tgid)}
	attr := linkCreateAttr{progFD: uint32(prog.FD()), attachType: uint32(ebpf.AttachTraceIter)}
	if tgid != 0 {
		attr.iterInfo, attr.iterInfoLen = uint64(uintptr(unsafe.Pointer(&target))), uint32(unsafe.Sizeof(target))
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
	return readAll(iterFD, pause)
}

// readAll reads an iterator to its end; os.File would put it into the poller. The
// kernel's buffer has 32 KiB (kernel/bpf/bpf_iter.c), and the output of an object
// that does not fit is dropped and the object visited again, which here would be
// once too often: reads of less end each round before that. A program that wants
// to be called again for the same object ends the round, too, with EAGAIN if it
// has written nothing.
func readAll(fd int, pause func() error) ([]byte, error) {
	var out []byte
	buf := make([]byte, 8<<10)
	for {
		n, err := unix.Read(fd, buf)
		if err != nil && !errors.Is(err, unix.EINTR) && !errors.Is(err, unix.EAGAIN) {
			return nil, fmt.Errorf("read iterator: %w", err)
		}
		if pauseErr := pause(); pauseErr != nil {
			return nil, pauseErr
		}
		if err != nil {
			continue
		}
		if n == 0 {
			return out, nil
		}
		out = append(out, buf[:n]...)
	}
}
