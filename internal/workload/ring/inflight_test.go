//go:build giouring && linux

package ring

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-quicktest/qt"
	"golang.org/x/sys/unix"
)

// Opcodes as fdinfo shows them.
const (
	opReadFixed = 4
	opPollAdd   = 6
	opAccept    = 13
	opRead      = 22
	opRecv      = 27
)

// polled asserts that exactly these opcodes are armed in the ring's poll tables.
func polled(t *testing.T, r *Ring, want ...int) {
	t.Helper()
	var text []byte
	for deadline := time.Now().Add(soon); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		var err error
		text, err = os.ReadFile(fmt.Sprintf("/proc/self/fdinfo/%d", r.FD()))
		qt.Assert(t, qt.IsNil(err))
		_, list, ok := strings.Cut(string(text), "PollList:")
		found := strings.Count(list, "op=") == len(want)
		for _, op := range want {
			found = found && strings.Contains(list, fmt.Sprintf("op=%d,", op))
		}
		if ok && found {
			return
		}
	}
	t.Fatalf("want polls %v, got %s", want, text)
}

// ends returns a pipe or, with stream, a connection: what is read and what is written.
func ends(t *testing.T, stream bool) (read, write int) {
	t.Helper()
	var fds [2]int
	if stream {
		pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		qt.Assert(t, qt.IsNil(err))
		fds = pair
	} else {
		qt.Assert(t, qt.IsNil(unix.Pipe2(fds[:], unix.O_CLOEXEC)))
	}
	t.Cleanup(func() { unix.Close(fds[0]); unix.Close(fds[1]) })
	return fds[0], fds[1]
}

func buffer(t *testing.T) []byte {
	t.Helper()
	mem, err := NewBuffer(4096)
	qt.Assert(t, qt.IsNil(err))
	t.Cleanup(func() { qt.Check(t, qt.IsNil(FreeBuffer(mem))) })
	return mem
}

func TestReads(t *testing.T) {
	for name, flags := range allFlags() {
		t.Run(name, func(t *testing.T) {
			pipeRead, pipeWrite := ends(t, false)
			asyncRead, asyncWrite := ends(t, false)
			fixedRead, fixedWrite := ends(t, false)
			streamRead, streamWrite := ends(t, true)
			buffers := [4][]byte{buffer(t), buffer(t), buffer(t), buffer(t)}
			r := open(t, flags)
			qt.Assert(t, qt.IsNil(r.RegisterFiles([]int32{int32(pipeRead), int32(asyncRead), int32(streamRead)})))
			qt.Assert(t, qt.IsNil(r.RegisterBuffersTags([][]byte{buffers[3]}, []uint64{0})))

			qt.Assert(t, qt.IsNil(r.Read(Slot(0), buffers[0][:3], 1)))
			qt.Assert(t, qt.IsNil(r.ReadAsync(Slot(1), buffers[1][:3], 2)))
			qt.Assert(t, qt.IsNil(r.Recv(Slot(2), buffers[2][:3], 3)))
			qt.Assert(t, qt.IsNil(r.ReadFixed(FD(fixedRead), buffers[3][7:9], 0, 4)))
			qt.Assert(t, qt.IsNil(r.Submit()))
			polled(t, r, opRead, opRead, opRecv, opReadFixed)

			for _, fd := range []int{pipeWrite, asyncWrite, fixedWrite, streamWrite} {
				_, err := unix.Write(fd, []byte("abcd"))
				qt.Assert(t, qt.IsNil(err))
			}
			qt.Assert(t, qt.DeepEquals(reap(t, r, 4), map[uint64]int32{1: 3, 2: 3, 3: 3, 4: 2}))
			for i, want := range []string{"abc\x00", "abc\x00", "abc\x00", "\x00\x00\x00\x00"} {
				qt.Assert(t, qt.Equals(string(buffers[i][:4]), want))
			}
			qt.Assert(t, qt.Equals(string(buffers[3][6:10]), "\x00ab\x00"))
		})
	}
}

func TestAccept(t *testing.T) {
	for name, flags := range allFlags() {
		t.Run(name, func(t *testing.T) {
			listener, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
			qt.Assert(t, qt.IsNil(err))
			defer unix.Close(listener)
			qt.Assert(t, qt.IsNil(unix.Listen(listener, 8)))
			address, err := unix.Getsockname(listener)
			qt.Assert(t, qt.IsNil(err))
			connect := func() {
				fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
				qt.Assert(t, qt.IsNil(err))
				defer unix.Close(fd)
				qt.Assert(t, qt.IsNil(unix.Connect(fd, address)))
			}
			accepted := func(r *Ring, userData uint64) Completion {
				c, err := r.Wait(soon)
				qt.Assert(t, qt.IsNil(err))
				qt.Assert(t, qt.IsNil(c.Err()))
				qt.Assert(t, qt.Equals(c.UserData, userData))
				qt.Assert(t, qt.IsNil(unix.Close(int(c.Result))))
				return c
			}

			r := open(t, flags)
			qt.Assert(t, qt.IsNil(r.RegisterFiles([]int32{int32(listener)})))
			qt.Assert(t, qt.IsNil(r.Accept(Slot(0), 1)))
			qt.Assert(t, qt.IsNil(r.Submit()))
			polled(t, r, opAccept)
			connect()
			qt.Assert(t, qt.IsFalse(accepted(r, 1).More()))

			qt.Assert(t, qt.IsNil(r.AcceptMultishot(Slot(0), 2)))
			qt.Assert(t, qt.IsNil(r.Submit()))
			for range 2 {
				connect()
				qt.Assert(t, qt.IsTrue(accepted(r, 2).More()))
				polled(t, r, opAccept)
			}
		})
	}
}

func TestPollMultishotGoesOn(t *testing.T) {
	for name, flags := range allFlags() {
		t.Run(name, func(t *testing.T) {
			read, write := ends(t, false)
			r := open(t, flags)
			qt.Assert(t, qt.IsNil(r.RegisterFiles([]int32{int32(read)})))
			qt.Assert(t, qt.IsNil(r.PollMultishot(Slot(0), unix.POLLIN, 1)))
			qt.Assert(t, qt.IsNil(r.Submit()))
			polled(t, r, opPollAdd)
			for range 2 {
				_, err := unix.Write(write, []byte{1})
				qt.Assert(t, qt.IsNil(err))
				c, err := r.Wait(soon)
				qt.Assert(t, qt.IsNil(err))
				qt.Assert(t, qt.IsTrue(c.More()))
				qt.Assert(t, qt.Equals(c.Result, unix.POLLIN))
			}
			polled(t, r, opPollAdd)
		})
	}
}

func TestSplice(t *testing.T) {
	for name, flags := range allFlags() {
		t.Run(name, func(t *testing.T) {
			from, feed := ends(t, false)
			drain, to := ends(t, false)
			r := open(t, flags)
			qt.Assert(t, qt.IsNil(r.RegisterFiles([]int32{int32(from), int32(to)})))
			qt.Assert(t, qt.IsNil(r.Splice(Slot(0), FD(to), 8, 1)))
			qt.Assert(t, qt.IsNil(r.Submit()))
			_, err := unix.Write(feed, []byte("abc"))
			qt.Assert(t, qt.IsNil(err))
			qt.Assert(t, qt.DeepEquals(reap(t, r, 1), map[uint64]int32{1: 3}))
			var got [8]byte
			n, err := unix.Read(drain, got[:])
			qt.Assert(t, qt.IsNil(err))
			qt.Assert(t, qt.Equals(string(got[:n]), "abc"))

			// From a descriptor into a slot, cancelled while a worker sleeps or before.
			qt.Assert(t, qt.IsNil(r.Splice(FD(from), Slot(1), 8, 2)))
			qt.Assert(t, qt.IsNil(r.Submit()))
			qt.Assert(t, qt.IsNil(r.Cancel(MatchUserData(2), 3)))
			qt.Assert(t, qt.IsNil(r.Submit()))
			// A worker that slept lets its -ERESTARTSYS through as it is.
			qt.Assert(t, qt.IsTrue(slices.Contains([]int32{cancelled, -int32(unix.EINTR), -512}, reap(t, r, 2)[2])))
		})
	}
}

func TestUpdateFilesRequest(t *testing.T) {
	for name, flags := range allFlags() {
		t.Run(name, func(t *testing.T) {
			r := open(t, flags)
			qt.Assert(t, qt.IsNil(r.RegisterFilesSparse(4)))
			a, b := memfd(t, "uring-a"), memfd(t, "uring-b")
			update := func(want int32, offset uint32, fds ...int32) {
				t.Helper()
				qt.Assert(t, qt.IsNil(r.UpdateFilesRequest(offset, fds, 1)))
				qt.Assert(t, qt.IsNil(r.Submit()))
				qt.Assert(t, qt.DeepEquals(reap(t, r, 1), map[uint64]int32{1: want}))
			}
			update(2, 1, a, b)
			holds(t, r, map[int]string{1: "uring-a", 2: "uring-b"})
			update(2, 1, Empty, Keep)
			holds(t, r, map[int]string{2: "uring-b"})
			update(-int32(unix.EINVAL), 3, a, a)
			qt.Assert(t, qt.IsNotNil(r.UpdateFilesRequest(0, make([]int32, maxRequestFiles+1), 1)))
		})
	}
}

func TestUnregisterFilesWithin(t *testing.T) {
	for name, flags := range allFlags() {
		t.Run(name, func(t *testing.T) {
			read, _ := ends(t, false)
			r := open(t, flags)
			qt.Assert(t, qt.IsNil(r.RegisterFiles([]int32{int32(read), Empty})))
			qt.Assert(t, qt.IsNil(r.PollAdd(Slot(0), unix.POLLIN, 1)))
			qt.Assert(t, qt.IsNil(r.Nop(2)))
			qt.Assert(t, qt.IsNil(r.Submit()))
			qt.Assert(t, qt.DeepEquals(reap(t, r, 1), map[uint64]int32{2: 0}))

			err := r.UnregisterFilesWithin(300 * time.Millisecond)
			if err != nil { // before Linux 6.13
				qt.Assert(t, qt.ErrorIs(err, unix.EINTR))
				qt.Assert(t, qt.Equals(readInfo(t, r).slots, 2))
				holds(t, r, map[int]string{0: ""})
			}
			qt.Assert(t, qt.IsNil(r.Cancel(MatchUserData(1), 3)))
			qt.Assert(t, qt.IsNil(r.Submit()))
			qt.Assert(t, qt.DeepEquals(reap(t, r, 2), map[uint64]int32{1: cancelled, 3: 0}))
			if err != nil {
				qt.Assert(t, qt.IsNil(r.UnregisterFilesWithin(soon)))
			}
			qt.Assert(t, qt.ErrorIs(r.UnregisterFilesWithin(soon), unix.ENXIO))
		})
	}
}

func TestKeepRegistered(t *testing.T) {
	for name, flags := range allFlags() {
		t.Run(name, func(t *testing.T) {
			r, second := open(t, flags), open(t, flags)
			qt.Assert(t, qt.IsNil(r.RegisterFilesSparse(4)))
			index, err := r.KeepRegistered()
			qt.Assert(t, qt.IsNil(err))
			other, err := second.KeepRegistered()
			qt.Assert(t, qt.IsNil(err))
			qt.Assert(t, qt.Not(qt.Equals(index, other)))
			link, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", r.FD()))
			qt.Assert(t, qt.IsNil(err))
			qt.Assert(t, qt.Equals(link, "/dev/null"))

			qt.Assert(t, qt.IsNil(second.Nop(4)))
			qt.Assert(t, qt.IsNil(second.Submit()))
			qt.Assert(t, qt.DeepEquals(reap(t, second, 1), map[uint64]int32{4: 0}))
			qt.Assert(t, qt.IsNil(r.UpdateFilesRequest(0, []int32{memfd(t, "a")}, 5)))
			qt.Assert(t, qt.IsNil(r.Submit()))
			qt.Assert(t, qt.DeepEquals(reap(t, r, 1), map[uint64]int32{5: 1}))
			if err := r.UnregisterFiles(); err != nil { // before Linux 6.3
				qt.Assert(t, qt.ErrorIs(err, unix.EINVAL))
			}

			// Closed, its index is free for the next.
			qt.Assert(t, qt.IsNil(r.Close()))
			third := open(t, flags)
			again, err := third.KeepRegistered()
			qt.Assert(t, qt.IsNil(err))
			qt.Assert(t, qt.Equals(again, index))
		})
	}
}

func TestKeepRegisteredOnAClosedRing(t *testing.T) {
	r := open(t, 0)
	qt.Assert(t, qt.IsNil(r.Close()))
	_, err := r.KeepRegistered()
	qt.Assert(t, qt.ErrorIs(err, unix.EBADF))
}
