//go:build kernel

package probe

import (
	"os"
	"slices"
	"testing"
	"time"

	"github.com/go-quicktest/qt"

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
	loss, err := live.Loss()
	qt.Assert(t, qt.IsNil(err))
	qt.Check(t, qt.IsTrue(len(loss.ByRing) >= stay))
	qt.Check(t, qt.IsNil(live.UnwatchRing(0)))
	loss, err = live.Loss()
	qt.Assert(t, qt.IsNil(err))
	_, there := loss.ByRing[0]
	qt.Check(t, qt.IsFalse(there))
}
