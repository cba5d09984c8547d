//go:build kernel

package probe

import (
	"os"
	"runtime"
	"slices"
	"testing"
	"time"
	"unsafe"

	"github.com/cilium/ebpf/btf"
	"github.com/go-quicktest/qt"
	"golang.org/x/sys/unix"

	"uringtrace/internal/events"
)

// TestManyRingsWithoutDescriptor walks more rings that are only mapped than one
// visit of a task can tell, among rings that have a descriptor.
func TestManyRingsWithoutDescriptor(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const mapped, open = 700, 300
	for range mapped {
		fd := setupRing(t)
		rings, err := unix.Mmap(fd, 0, os.Getpagesize(), unix.PROT_READ, unix.MAP_SHARED)
		qt.Assert(t, qt.IsNil(err))
		defer unix.Munmap(rings)
		qt.Assert(t, qt.IsNil(unix.Close(fd)))
	}
	for range open {
		fd := setupRing(t)
		defer unix.Close(fd)
	}
	walker, err := NewWalker(nil)
	qt.Assert(t, qt.IsNil(err))
	defer walker.Close()
	for range 2 {
		walk, err := walker.Walk(os.Getpid())
		qt.Assert(t, qt.IsNil(err))
		seen, without := make(map[uint64]bool), 0
		for _, r := range walk.Rings {
			qt.Check(t, qt.Equals(r.Torn, 0))
			seen[r.Ring] = true
			if r.FD < 0 {
				without++
			}
		}
		qt.Check(t, qt.HasLen(walk.Rings, mapped+open))
		qt.Check(t, qt.HasLen(seen, mapped+open))
		qt.Check(t, qt.Equals(without, mapped))
		qt.Check(t, qt.HasLen(walk.Shares, 0))
	}
}

// TestLongerThanTheWindow has more records of one ring, and on 6.1 of one node,
// than a walk has room for at a time.
func TestLongerThanTheWindow(t *testing.T) {
	const files = windowRoom + 2000
	var limit unix.Rlimit // of fixed files, too
	qt.Assert(t, qt.IsNil(unix.Getrlimit(unix.RLIMIT_NOFILE, &limit)))
	limit.Cur, limit.Max = max(limit.Cur, files), max(limit.Max, files)
	qt.Assert(t, qt.IsNil(unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)))
	ring := setupRing(t)
	defer unix.Close(ring)
	file, err := unix.Eventfd(0, 0)
	qt.Assert(t, qt.IsNil(err))
	defer unix.Close(file)
	walker, err := NewWalker(nil)
	qt.Assert(t, qt.IsNil(err))
	defer walker.Close()

	want := files
	if walker.Reclaim() == events.Ordered {
		want = 0 // what is registered is in no node
	}
	told := 0
	walker.Progress = func(nodes int) { told = nodes }
	var all manyRecords
	for range 10 { // on 6.1 a node that nobody holds may move while it is read
		fds := slices.Repeat([]int32{int32(file)}, files)
		registerWith(t, ring, 2, unsafe.Pointer(&fds[0]), files) // IORING_REGISTER_FILES
		if walker.Reclaim() == events.OrderedDeferred {
			fds = slices.Repeat([]int32{-1}, files)
			update := struct {
				offset, reserved uint32
				fds              uint64
			}{fds: uint64(uintptr(unsafe.Pointer(&fds[0])))}
			registerWith(t, ring, 6, unsafe.Pointer(&update), files) // IORING_REGISTER_FILES_UPDATE
			time.Sleep(200 * time.Millisecond)                       // an RCU grace period
		}
		runtime.KeepAlive(fds)
		walk, err := walker.Walk(os.Getpid())
		qt.Assert(t, qt.IsNil(err))
		qt.Assert(t, qt.HasLen(walk.Rings, 1))
		nodes := 0
		walk.EachNode(func(n *events.WalkNode) {
			if n.First {
				nodes++
			}
		})
		qt.Check(t, qt.Equals(told, nodes))
		all = manyRecords{slots: make(map[uint32]bool)}
		walk.EachNode(all.count)
		once := all.records
		walk.DrainNodes(all.count)
		qt.Check(t, qt.Equals(all.records, 2*once), qt.Commentf("the same again"))
		walk.EachNode(all.count)
		qt.Check(t, qt.Equals(all.records, 2*once), qt.Commentf("and then nothing"))
		if walker.Reclaim() == events.Independent {
			checkBeyond(t, walker, files)
		}
		registerWith(t, ring, 3, nil, 0) // IORING_UNREGISTER_FILES
		if walk.Rings[0].Torn == 0 && once == want {
			break
		}
	}
	qt.Check(t, qt.Equals(all.records, 2*want))
	switch walker.Reclaim() {
	case events.OrderedDeferred:
		qt.Check(t, qt.Equals(all.first, 2))
	case events.Independent:
		qt.Check(t, qt.HasLen(all.slots, files))
	}
}

// checkBeyond: a walk that takes in nothing counts what is there.
func checkBeyond(t *testing.T, walker *Walker, files int) {
	t.Helper()
	walker.window.most = 0
	defer func() { walker.window.most = maxNodes }()
	walk, err := walker.Walk(os.Getpid())
	qt.Assert(t, qt.IsNil(err))
	qt.Check(t, qt.Equals(walk.Rings[0].Beyond, uint32(files)))
	walk.EachNode(func(*events.WalkNode) { t.Error("a node was taken in") })
}

// manyRecords counts what a walk has found of files in nodes.
type manyRecords struct {
	records, first int
	slots          map[uint32]bool
}

func (m *manyRecords) count(n *events.WalkNode) {
	if n.Place == events.AtActive || n.Resource.Type != events.File {
		return
	}
	m.records++
	m.slots[n.Slot] = true
	if n.First {
		m.first++
	}
}

func registerWith(t *testing.T, ring int, opcode uintptr, arg unsafe.Pointer, n uintptr) {
	t.Helper()
	_, _, errno := unix.Syscall6(unix.SYS_IO_URING_REGISTER, uintptr(ring), opcode, uintptr(arg), n, 0, 0)
	qt.Assert(t, qt.Equals(errno, 0))
}

func setupRing(t *testing.T) int {
	t.Helper()
	fd, err := newRing()
	qt.Assert(t, qt.IsNil(err))
	return fd
}

// TestRequestFlags: what is found by stepping over the kernel's types is what the
// library finds by decoding them.
func TestRequestFlags(t *testing.T) {
	types, err := loadTypes()
	qt.Assert(t, qt.IsNil(err))
	want := make(map[string]uint64)
	for typ := range types.All() {
		enum, ok := typ.(*btf.Enum)
		if !ok {
			continue
		}
		for _, v := range enum.Values {
			want[v.Name] = 1 << v.Value
		}
	}
	got, err := loadRequestFlags()
	qt.Assert(t, qt.IsNil(err))
	qt.Check(t, qt.Not(qt.Equals(got.multishot, 0)))
	qt.Check(t, qt.Equals(got.multishot, want["REQ_F_APOLL_MULTISHOT_BIT"]))
	qt.Check(t, qt.Equals(got.bufNode, want["REQ_F_BUF_NODE_BIT"]))
	qt.Check(t, qt.Equals(got.bufNode != 0, types.reclaim == events.Independent))
}
