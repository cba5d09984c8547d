//go:build kernel

package probe

import (
	"os"
	"slices"
	"testing"
	"time"

	"github.com/go-quicktest/qt"
	"golang.org/x/sys/unix"

	"uringtrace/bpf"
)

// TestNoRingIsMissed reads the rings while others come and go. More of them stay than
// the iterator has room for in one go.
func TestNoRingIsMissed(t *testing.T) {
	const stay = 3000
	live, err := NewLive(t.Context(), LiveOptions{})
	qt.Assert(t, qt.IsNil(err))
	defer live.Close()
	for i := range uint64(stay) {
		_, err := live.WatchRing(i << 8)
		qt.Assert(t, qt.IsNil(err))
	}
	qt.Assert(t, qt.IsNil(live.WatchProcess(os.Getpid())))
	done := make(chan error, 1)
	stop := make(chan struct{})
	go func() {
		for {
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
			if err := playNodeLife(); err != nil {
				done <- err
				return
			}
		}
	}()
	for name, read := range map[string]func() ([]bpf.WireRingReading, error){
		"iterator": live.readRings, "bpf(2)": live.askForRings,
	} {
		for begin := time.Now(); time.Since(begin) < time.Second; {
			rings, err := read()
			qt.Assert(t, qt.IsNil(err))
			there := make([]bool, stay)
			for i := range rings {
				if at := rings[i].Ring; at>>8 < stay {
					there[at>>8] = true
				}
			}
			qt.Assert(t, qt.Equals(slices.Index(there, false), -1), qt.Commentf("%s", name))
		}
	}
	close(stop)
	qt.Check(t, qt.IsNil(<-done))
}

// TestUntoldEnd: a ring whose end no program has told is there as long as its context
// is. It is looked at once the kernel has skipped a program.
func TestUntoldEnd(t *testing.T) {
	live, err := NewLive(t.Context(), LiveOptions{})
	qt.Assert(t, qt.IsNil(err))
	defer live.Close()
	detach(t, live, "ring_gone")
	detach(t, live, "ring_gone_again")
	qt.Assert(t, qt.IsNil(live.WatchProcess(os.Getpid())))
	fd := setupRing(t)
	followed := func(missed uint64) int {
		rings, err := live.lostByRing(0, missed)
		qt.Assert(t, qt.IsNil(err))
		return len(rings)
	}
	qt.Check(t, qt.Equals(followed(0), 1))
	qt.Check(t, qt.Equals(followed(1), 1), qt.Commentf("something was skipped, but not its end"))
	qt.Assert(t, qt.IsNil(unix.Close(fd)))
	until(t, "the ring is gone", func() bool {
		rings, err := live.readRings()
		qt.Assert(t, qt.IsNil(err))
		qt.Assert(t, qt.HasLen(rings, 1))
		return rings[0].Gone != 0
	})
	qt.Check(t, qt.Equals(followed(1), 1), qt.Commentf("nothing was skipped since"))
	qt.Check(t, qt.Equals(followed(2), 0))
}

// TestUnwatchedRing: a ring that is not followed any more is forgotten at once.
func TestUnwatchedRing(t *testing.T) {
	live, err := NewLive(t.Context(), LiveOptions{})
	qt.Assert(t, qt.IsNil(err))
	defer live.Close()
	qt.Assert(t, qt.IsNil(live.WatchProcess(os.Getpid())))
	fd := setupRing(t)
	loss, err := live.Loss()
	qt.Assert(t, qt.IsNil(err))
	qt.Assert(t, qt.HasLen(loss.ByRing, 1))
	for ring := range loss.ByRing {
		qt.Check(t, qt.IsNil(live.UnwatchRing(ring)))
	}
	loss, err = live.Loss()
	qt.Assert(t, qt.IsNil(err))
	qt.Check(t, qt.HasLen(loss.ByRing, 0))
	qt.Check(t, qt.IsNil(unix.Close(fd)))
}
