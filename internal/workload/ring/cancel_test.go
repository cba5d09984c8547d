//go:build giouring && linux

package ring

import (
	"testing"
	"time"

	"github.com/go-quicktest/qt"
	"golang.org/x/sys/unix"
)

const cancelled = -int32(unix.ECANCELED)

// armed returns a ring with a pipe's read end in slot 0 and polls in flight: 1 and
// 2 on the slot, 3 on the descriptor.
func armed(t *testing.T, flags Flags) (*Ring, int) {
	t.Helper()
	r := open(t, flags)
	var pipe [2]int
	qt.Assert(t, qt.IsNil(unix.Pipe2(pipe[:], unix.O_CLOEXEC)))
	t.Cleanup(func() { unix.Close(pipe[0]); unix.Close(pipe[1]) })
	qt.Assert(t, qt.IsNil(r.RegisterFiles([]int32{int32(pipe[0])})))

	qt.Assert(t, qt.IsNil(r.PollAdd(Slot(0), unix.POLLIN, 1)))
	qt.Assert(t, qt.IsNil(r.PollAdd(Slot(0), unix.POLLIN, 2)))
	qt.Assert(t, qt.IsNil(r.PollAdd(FD(pipe[0]), unix.POLLIN, 3)))
	qt.Assert(t, qt.IsNil(r.Nop(9)))
	qt.Assert(t, qt.IsNil(r.Submit()))
	qt.Assert(t, qt.DeepEquals(reap(t, r, 1), map[uint64]int32{9: 0}))
	return r, pipe[1]
}

func TestPollAddCompletesWhenReadable(t *testing.T) {
	for name, flags := range allFlags() {
		t.Run(name, func(t *testing.T) {
			r, writeEnd := armed(t, flags)
			_, err := unix.Write(writeEnd, []byte{1})
			qt.Assert(t, qt.IsNil(err))
			qt.Assert(t, qt.DeepEquals(reap(t, r, 3), map[uint64]int32{1: unix.POLLIN, 2: unix.POLLIN, 3: unix.POLLIN}))
		})
	}
}

func TestCancel(t *testing.T) {
	for name, flags := range allFlags() {
		t.Run(name, func(t *testing.T) {
			r, _ := armed(t, flags)
			cancel := func(m Match) {
				qt.Assert(t, qt.IsNil(r.Cancel(m, 100)))
				qt.Assert(t, qt.IsNil(r.Submit()))
			}
			cancel(MatchUserData(1))
			qt.Assert(t, qt.DeepEquals(reap(t, r, 2), map[uint64]int32{1: cancelled, 100: 0}))
			cancel(MatchUserData(1))
			qt.Assert(t, qt.DeepEquals(reap(t, r, 1), map[uint64]int32{100: -int32(unix.ENOENT)}))
			cancel(MatchFile(Slot(0)))
			// Slot and descriptor are the same file, which is what the kernel compares.
			qt.Assert(t, qt.DeepEquals(reap(t, r, 3), map[uint64]int32{2: cancelled, 3: cancelled, 100: 2}))
		})
	}
}

func TestSyncCancel(t *testing.T) {
	for name, flags := range allFlags() {
		t.Run(name, func(t *testing.T) {
			r, _ := armed(t, flags)
			n, err := r.SyncCancel(MatchUserData(1), soon)
			qt.Assert(t, qt.IsNil(err))
			qt.Assert(t, qt.Equals(n, 0))
			qt.Assert(t, qt.DeepEquals(reap(t, r, 1), map[uint64]int32{1: cancelled}))

			_, err = r.SyncCancel(MatchUserData(1), time.Second)
			qt.Assert(t, qt.ErrorIs(err, unix.ENOENT))

			_, err = r.SyncCancel(MatchFile(Slot(0)), -1)
			qt.Assert(t, qt.IsNil(err))
			qt.Assert(t, qt.DeepEquals(reap(t, r, 2), map[uint64]int32{2: cancelled, 3: cancelled}))
		})
	}
}

func TestSyncCancelAt(t *testing.T) {
	r, _ := armed(t, 0)
	n, err := SyncCancelAt(r.FD(), MatchUserData(1), soon)
	qt.Assert(t, qt.IsNil(err))
	qt.Assert(t, qt.Equals(n, 0))
	qt.Assert(t, qt.DeepEquals(reap(t, r, 1), map[uint64]int32{1: cancelled}))
	_, err = SyncCancelAt(r.FD(), MatchUserData(1), soon)
	qt.Assert(t, qt.ErrorIs(err, unix.ENOENT))
	_, err = SyncCancelAt(1<<20, MatchUserData(1), soon)
	qt.Assert(t, qt.ErrorIs(err, unix.EBADF))
}
