//go:build giouring && linux

package ring

import (
	"testing"

	"github.com/go-quicktest/qt"
	"golang.org/x/sys/unix"
)

func TestRegisterFiles(t *testing.T) {
	r := open(t, 0)
	a, b := memfd(t, "uring-a"), memfd(t, "uring-b")
	qt.Assert(t, qt.IsNil(r.RegisterFiles([]int32{a, Empty, b})))
	qt.Assert(t, qt.Equals(readInfo(t, r).slots, 3))
	holds(t, r, map[int]string{0: "uring-a", 2: "uring-b"})

	qt.Assert(t, qt.ErrorIs(r.RegisterFiles([]int32{a}), unix.EBUSY))
	qt.Assert(t, qt.IsNil(r.UnregisterFiles()))
	holds(t, r, nil)
	qt.Assert(t, qt.ErrorIs(r.UnregisterFiles(), unix.ENXIO))
	qt.Assert(t, qt.ErrorIs(r.RegisterFiles([]int32{12345678}), unix.EBADF))
}

func TestRegisterFilesSparse(t *testing.T) {
	r := open(t, 0)
	qt.Assert(t, qt.IsNil(r.RegisterFilesSparse(16)))
	qt.Assert(t, qt.Equals(readInfo(t, r).slots, 16))
	holds(t, r, nil)
	qt.Assert(t, qt.ErrorIs(r.RegisterFilesSparse(16), unix.EBUSY))
}

func TestUpdateFiles(t *testing.T) {
	for name, flags := range allFlags() {
		t.Run(name, func(t *testing.T) {
			r := open(t, flags)
			qt.Assert(t, qt.IsNil(r.RegisterFilesSparse(4)))
			a, b, c := memfd(t, "uring-a"), memfd(t, "uring-b"), memfd(t, "uring-c")

			qt.Assert(t, qt.IsNil(r.UpdateFiles(1, []int32{a, b, c})))
			holds(t, r, map[int]string{1: "uring-a", 2: "uring-b", 3: "uring-c"})
			qt.Assert(t, qt.IsNil(r.UpdateFiles(1, []int32{Keep, Empty, a})))
			holds(t, r, map[int]string{1: "uring-a", 3: "uring-a"})
		})
	}
}

func TestUpdateFilesTellsHowFarItCame(t *testing.T) {
	r := open(t, 0)
	qt.Assert(t, qt.ErrorIs(r.UpdateFiles(0, []int32{Empty}), unix.ENXIO))
	qt.Assert(t, qt.IsNil(r.RegisterFilesSparse(4)))
	a := memfd(t, "uring-a")

	err := r.UpdateFiles(0, []int32{a, 12345678})
	qt.Assert(t, qt.ErrorMatches(err, "update 2 files from slot 0: kernel stopped after 1"))
	holds(t, r, map[int]string{0: "uring-a"})
	qt.Assert(t, qt.ErrorIs(r.UpdateFiles(3, []int32{a, a}), unix.EINVAL))
}

func TestUpdateFilesTagPostsTheTagOfWhatIsReleased(t *testing.T) {
	r := open(t, 0)
	qt.Assert(t, qt.IsNil(r.RegisterFilesSparse(4)))
	a, b := memfd(t, "uring-a"), memfd(t, "uring-b")

	qt.Assert(t, qt.IsNil(r.UpdateFilesTag(1, []int32{a, b}, []uint64{71, 72})))
	holds(t, r, map[int]string{1: "uring-a", 2: "uring-b"})
	_, err := r.Wait(0)
	qt.Assert(t, qt.ErrorIs(err, unix.ETIME))

	qt.Assert(t, qt.IsNil(r.UpdateFiles(1, []int32{Empty, Empty})))
	holds(t, r, nil)
	qt.Assert(t, qt.DeepEquals(reap(t, r, 2), map[uint64]int32{71: 0, 72: 0}))

	qt.Assert(t, qt.ErrorIs(r.UpdateFilesTag(1, []int32{a}, nil), unix.EINVAL))
}

func TestSocketDirect(t *testing.T) {
	for name, flags := range allFlags() {
		t.Run(name, func(t *testing.T) {
			r := open(t, flags)
			qt.Assert(t, qt.IsNil(r.RegisterFilesSparse(4)))

			qt.Assert(t, qt.IsNil(r.SocketDirect(unix.AF_INET, unix.SOCK_STREAM, 0, 3, 1)))
			qt.Assert(t, qt.IsNil(r.Submit()))
			qt.Assert(t, qt.DeepEquals(reap(t, r, 1), map[uint64]int32{1: 0}))
			holds(t, r, map[int]string{3: ""})

			qt.Assert(t, qt.IsNil(r.SocketDirectAlloc(unix.AF_INET, unix.SOCK_STREAM, 0, 2)))
			qt.Assert(t, qt.IsNil(r.Submit()))
			slot := reap(t, r, 1)[2]
			holds(t, r, map[int]string{3: "", int(slot): ""})

			qt.Assert(t, qt.IsNil(r.CloseDirect(3, 3)))
			qt.Assert(t, qt.IsNil(r.CloseDirect(uint32(slot), 4)))
			qt.Assert(t, qt.IsNil(r.Submit()))
			qt.Assert(t, qt.DeepEquals(reap(t, r, 2), map[uint64]int32{3: 0, 4: 0}))
			holds(t, r, nil)
		})
	}
}
