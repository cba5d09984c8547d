//go:build linux

package probe

import (
	"errors"
	"fmt"
	"runtime/debug"

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

// errNeverAll: all of maxWalkAttempts had too little room, or came before what they needed.
var errNeverAll = errors.New("walk rings: each try found more rings or requests than it was ready for; ask again")

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
	flags    *requestFlags    // nil: not needed yet
	fileless *ebpf.Collection // walk_fileless, nil: not needed yet
	stacks   bool
	reclaim  events.Reclaim
	bytes    uint64 // of a node
}

// NewWalker loads the walk. With live, the sockets that it finds are followed by
// live's hooks. Errors wrap ErrPrivilege or ErrKernel where they are the cause.
// The caller closes it, before live.
func NewWalker(live *Live) (*Walker, error) {
	// What types and programs are made of is most of the time still in use when it is
	// looked at: to look half as often makes a start shorter by a twentieth or more, and
	// takes no more memory, as it turns out.
	defer debug.SetGCPercent(debug.SetGCPercent(200))
	if err := CheckPrivilege(); err != nil {
		return nil, err
	}
	types, err := live.takeTypes()
	if err != nil {
		return nil, err
	}
	w := &Walker{reclaim: types.reclaim}
	w.bytes = nodeBytes(types.Spec, w.reclaim)
	if w.reclaim == events.UnknownReclaim {
		return nil, fmt.Errorf("%w: its io_uring has none of the known node layouts (BTF of struct io_rsrc_node)", ErrKernel)
	}
	shared := make(map[string]*ebpf.Map)
	if live != nil && live.coll.Maps["socks"] != nil {
		shared["socks"] = live.coll.Maps["socks"]
	}
	w.stacks = live != nil && live.stacks
	if w.stacks {
		shared["submitters"] = live.coll.Maps["submitters"]
	}
	var nodes, requests *ebpf.MapSpec
	w.coll, err = w.load(types, []string{"walk_rings", "walk_tasks"}, shared, func(spec *ebpf.CollectionSpec) {
		nodes, requests = spec.Maps["out_nodes"].InnerMap, spec.Maps["out_requests"].InnerMap
	})
	if err != nil {
		return nil, err
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

// load loads programs of the walk; see is shown what they are made of.
func (w *Walker) load(types *kernelTypes, programs []string, shared map[string]*ebpf.Map, see func(*ebpf.CollectionSpec)) (*ebpf.Collection, error) {
	coll, err := loadPrograms(types, theWalk, programs, shared, func(spec *ebpf.CollectionSpec) error {
		see(spec)
		return errors.Join(prepareStacks(spec, w.stacks), prepareWalk(spec, w.reclaim, shared["socks"]))
	})
	if err != nil {
		return nil, fmt.Errorf("prepare walk: %w", err)
	}
	return coll, nil
}

// loadFileless loads the program for rings without a descriptor, beside the others.
func (w *Walker) loadFileless() error {
	types, err := loadTypes()
	if err != nil {
		return err
	}
	w.fileless, err = w.load(types, []string{"walk_fileless"}, w.coll.Maps, func(*ebpf.CollectionSpec) {})
	return err
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
	return errors.Join(w.window.Close(), w.requests.Close(), closeCollection(w.fileless), closeCollection(w.coll))
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
	return nil, errNeverAll
}

// Rings finds the rings of process tgid (0: of every process), and no more of each than
// its address: their queues are not read, however long they are.
func (w *Walker) Rings(tgid int) ([]uint64, error) {
	for range maxWalkAttempts {
		walk := &events.Walk{}
		all, err := w.round(walk, tgid, true)
		if err != nil {
			return nil, err
		}
		if all {
			return addresses(walk), nil
		}
	}
	return nil, errNeverAll
}

func addresses(walk *events.Walk) []uint64 {
	rings := make([]uint64, len(walk.Rings))
	for i := range walk.Rings {
		rings[i] = walk.Rings[i].Ring
	}
	return rings
}

// once returns nil without an error when there was too little room, or something to be
// loaded first.
func (w *Walker) once(tgid int) (*events.Walk, error) {
	walk := &events.Walk{Begin: Now()}
	if all, err := w.round(walk, tgid, false); err != nil || !all {
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

// round has all rings visited once, and what they have unless only the rings are asked
// for; if it turns out that not all were, it is to be done again.
func (w *Walker) round(walk *events.Walk, tgid int, ringsOnly bool) (all bool, err error) {
	if err := w.window.open(); err != nil {
		return false, err
	}
	w.session++
	var look, only uint32
	if w.fileless == nil {
		look = 1
	}
	if ringsOnly {
		only = 1
	}
	start := map[string]any{
		"want_tgid": uint32(tgid), "session": w.session,
		"requests_written": uint64(0), "requests_room": uint64(w.requests.room),
		"untracked_socks": uint64(0), "links_followed": uint64(0),
		"look_for_fileless": look, "fileless_found": uint32(0), "rings_only": only,
	}
	for name, value := range start {
		if err := w.coll.Variables[name].Set(value); err != nil {
			return false, fmt.Errorf("set %s: %w", name, err)
		}
	}
	if all, err = w.visit(walk, tgid); err != nil {
		return false, err
	}
	walk.End = Now()
	return all, w.forget(walk)
}

// forget makes room for the rings of the next walk.
func (w *Walker) forget(walk *events.Walk) error {
	rings := addresses(walk)
	if len(rings) == 0 {
		return nil
	}
	if _, err := w.coll.Maps["seen"].BatchDelete(rings, nil); err != nil {
		return fmt.Errorf("forget rings: %w", err)
	}
	return nil
}

// visit runs the iterators: rings first, by file and without, then the tasks of
// the process and of all that share a ring with it. Not all rings were visited if it
// turns out at the tasks that some have no file; then it is to be done again.
func (w *Walker) visit(walk *events.Walk, tgid int) (all bool, err error) {
	if err := w.visitRings(walk, w.coll.Programs["walk_rings"], tgid); err != nil {
		return false, err
	}
	if err := w.visitFileless(walk, tgid); err != nil {
		return false, err
	}
	if err := w.visitTasks(tgid); err != nil {
		return false, err
	}
	if all, err := w.wereAll(); !all || err != nil {
		return false, err
	}
	if tgid == 0 {
		return true, nil
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
				return false, err
			}
		}
	}
	return true, nil
}

// visitFileless visits rings without a descriptor, once it is known that there were any.
func (w *Walker) visitFileless(walk *events.Walk, tgid int) error {
	if w.fileless == nil {
		return nil
	}
	for left, runs := uint32(1), 0; left != 0; runs++ {
		if runs == maxFilelessRuns {
			return errors.New("walk rings: those without a descriptor do not come to an end")
		}
		if err := w.fileless.Variables["fileless_left"].Set(uint32(0)); err != nil {
			return fmt.Errorf("set fileless_left: %w", err)
		}
		if err := w.visitRings(walk, w.fileless.Programs["walk_fileless"], tgid); err != nil {
			return err
		}
		if err := w.fileless.Variables["fileless_left"].Get(&left); err != nil {
			return fmt.Errorf("read fileless_left: %w", err)
		}
	}
	return nil
}

// wereAll reports whether the tasks just visited use no ring that has not been. If they
// do, the next visit finds it. From here on tasks are not asked: those of other processes
// use rings that nobody asked for.
func (w *Walker) wereAll() (bool, error) {
	var found uint32
	if err := w.coll.Variables["fileless_found"].Get(&found); err != nil {
		return false, fmt.Errorf("read fileless_found: %w", err)
	}
	if found != 0 {
		return false, w.loadFileless()
	}
	if err := w.coll.Variables["look_for_fileless"].Set(uint32(0)); err != nil {
		return false, fmt.Errorf("set look_for_fileless: %w", err)
	}
	return true, nil
}

func (w *Walker) visitRings(walk *events.Walk, program *ebpf.Program, tgid int) error {
	rings, err := runIterator(program, tgid, w.takeOut)
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
	rings, err := decodeAll[bpf.WireWalkRing](raw)
	if err != nil {
		return err
	}
	for i := range rings {
		ring := &rings[i]
		if ring.Again != 0 {
			walk.Shares = append(walk.Shares, events.WalkShare{Ring: ring.Ring, FD: ring.Fd, TGID: ring.Tgid})
		} else {
			walk.Rings = append(walk.Rings, decodeWalkRing(ring))
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
	for i, r := range recordsOf[bpf.WireWalkRequest](w.requests, requests) {
		if w.flags == nil && wantsFlags(&r) {
			flags, flagsErr := loadRequestFlags()
			if flagsErr != nil {
				return errors.Join(err, flagsErr)
			}
			w.flags = &flags
		}
		walk.Requests[i] = decodeWalkRequest(&r, w.flags)
	}
	return err
}
