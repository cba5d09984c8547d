//go:build giouring && linux

package ring

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/go-quicktest/qt"
	"golang.org/x/sys/unix"
)

// soon bounds the wait for what must happen. Linux before 6.4 releases a resource
// a second after it became free, and emulated machines are slow.
const soon = 10 * time.Second

func allFlags() map[string]Flags {
	return map[string]Flags{
		"default":       0,
		"single issuer": SingleIssuer,
		"defer taskrun": SingleIssuer | DeferTaskrun,
		"coop taskrun":  CoopTaskrun,
		"sqpoll":        SQPoll,
	}
}

func open(t *testing.T, flags Flags) *Ring {
	t.Helper()
	r, err := New(8, flags)
	qt.Assert(t, qt.IsNil(err))
	t.Cleanup(func() { qt.Check(t, qt.IsNil(r.Close())) })
	return r
}

// memfd returns a file that the kernel calls by name.
func memfd(t *testing.T, name string) int32 {
	t.Helper()
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC)
	qt.Assert(t, qt.IsNil(err))
	t.Cleanup(func() { unix.Close(fd) })
	return int32(fd)
}

// reap returns the next n completions by user data.
func reap(t *testing.T, r *Ring, n int) map[uint64]int32 {
	t.Helper()
	results := map[uint64]int32{}
	for range n {
		c, err := r.Wait(soon)
		qt.Assert(t, qt.IsNil(err))
		results[c.UserData] = c.Result
	}
	return results
}

// holds asserts that exactly these slots are filled, with files of these names.
func holds(t *testing.T, r *Ring, want map[int]string) {
	t.Helper()
	got := readInfo(t, r).files
	qt.Assert(t, qt.HasLen(got, len(want)), qt.Commentf("%v", got))
	for slot, name := range want {
		qt.Assert(t, qt.IsTrue(strings.Contains(got[slot], name)), qt.Commentf("slot %d: %v", slot, got))
	}
}

func TestRequestsCompleteWithEveryFlag(t *testing.T) {
	for name, flags := range allFlags() {
		t.Run(name, func(t *testing.T) {
			r := open(t, flags)
			qt.Assert(t, qt.Equals(r.Flags(), flags))
			// More requests than entries: some are submitted on the way.
			for i := range 20 {
				qt.Assert(t, qt.IsNil(r.Nop(uint64(i))))
			}
			qt.Assert(t, qt.IsNil(r.Submit()))
			// The completion queue has room for twice the entries; take all the same.
			qt.Assert(t, qt.HasLen(reap(t, r, 20), 20))
		})
	}
}

func TestNewRefusesUnknownFlags(t *testing.T) {
	_, err := New(8, 1<<31)
	qt.Assert(t, qt.ErrorIs(err, errors.ErrUnsupported))
	_, err = New(8, SQPoll|DeferTaskrun|SingleIssuer)
	qt.Assert(t, qt.ErrorIs(err, errors.ErrUnsupported))
}

func TestFlagNames(t *testing.T) {
	qt.Assert(t, qt.DeepEquals(Flags(0).Names(), []string{}))
	qt.Assert(t, qt.DeepEquals((DeferTaskrun|SingleIssuer).Names(), []string{"SINGLE_ISSUER", "DEFER_TASKRUN"}))
	qt.Assert(t, qt.DeepEquals((SQPoll|CoopTaskrun).Names(), []string{"SQPOLL", "COOP_TASKRUN"}))
}

func TestCloseTwice(t *testing.T) {
	r, err := New(8, 0)
	qt.Assert(t, qt.IsNil(err))
	qt.Assert(t, qt.IsNil(r.Close()))
	qt.Assert(t, qt.IsNil(r.Close()))
	qt.Assert(t, qt.ErrorIs(r.UnregisterFiles(), unix.EBADF))
}

func TestWaitGivesUp(t *testing.T) {
	for name, flags := range allFlags() {
		t.Run(name, func(t *testing.T) {
			r := open(t, flags)
			begin := time.Now()
			_, err := r.Wait(20 * time.Millisecond)
			qt.Assert(t, qt.ErrorIs(err, unix.ETIME))
			qt.Assert(t, qt.IsTrue(time.Since(begin) >= 20*time.Millisecond))
			_, err = r.Wait(0)
			qt.Assert(t, qt.ErrorIs(err, unix.ETIME))
		})
	}
}

func TestEntriesAreZeroed(t *testing.T) {
	r := open(t, 0)
	// Twice around the queue, so that every entry is used again.
	for range 16 {
		err := r.queue(1, func(sqe *entry) {
			qt.Assert(t, qt.Equals(*sqe, entry{}))
			sqe.PreparePollAdd(-1, 0xffff)
			sqe.Addr3, sqe.BufIG, sqe.SpliceFdIn = 1, 2, 3
		})
		qt.Assert(t, qt.IsNil(err))
		qt.Assert(t, qt.IsNil(r.Submit()))
		c, err := r.Wait(soon)
		qt.Assert(t, qt.IsNil(err))
		qt.Assert(t, qt.IsNotNil(c.Err()))
	}
}

func TestArguments(t *testing.T) {
	a, err := newArena(4096)
	qt.Assert(t, qt.IsNil(err))
	defer a.free()

	kept, err := place(a, uint64(7))
	qt.Assert(t, qt.IsNil(err))
	a.keep()
	for range 3 {
		fds, err := place(a, int32(1), 2, 3)
		qt.Assert(t, qt.IsNil(err))
		qt.Assert(t, qt.DeepEquals(fds, []int32{1, 2, 3}))
		tags, err := place(a, uint64(9))
		qt.Assert(t, qt.IsNil(err))
		qt.Assert(t, qt.Equals(address(tags)%align, 0))
		a.reset()
	}
	qt.Assert(t, qt.Equals(kept[0], 7))

	_, err = place(a, make([]byte, 4096)...)
	qt.Assert(t, qt.ErrorIs(err, unix.ENOMEM))
	none, err := place[int32](a)
	qt.Assert(t, qt.IsNil(err))
	qt.Assert(t, qt.Equals(address(none), 0))
}

// Arguments in Go memory would be lost to a moving stack or the garbage collector.
func TestUpdatesSurviveGarbageCollection(t *testing.T) {
	r := open(t, SingleIssuer)
	qt.Assert(t, qt.IsNil(r.RegisterFilesSparse(8)))
	fd := memfd(t, "gc")
	for i := range 200 {
		if i%20 == 0 {
			runtime.GC()
		}
		var junk []string
		for j := range 50 {
			junk = append(junk, fmt.Sprint(i, j))
		}
		qt.Assert(t, qt.HasLen(junk, 50))
		qt.Assert(t, qt.IsNil(r.UpdateFiles(0, []int32{fd, Empty, fd})))
		qt.Assert(t, qt.IsNil(r.UpdateFiles(0, []int32{Empty, Empty, Empty})))
	}
	holds(t, r, nil)
}
