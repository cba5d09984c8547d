//go:build linux

package observe

import (
	"testing"
	"testing/fstest"
	"time"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/queue"
)

// TestHeadHasToStandBeforeItBlocks looks every half second: the verdict comes with
// the first look that has seen the same head for the settle time, and goes with a
// new head.
func TestHeadHasToStandBeforeItBlocks(t *testing.T) {
	h := newTestHost()
	for i, tt := range []struct {
		head  uint64
		state queue.QueueState
	}{
		{0x1100, queue.Releasing},
		{0x1100, queue.Releasing},
		{0x1100, queue.Blocked}, // 1 s, on this generation
		{0x1100, queue.Blocked},
		{0x1180, queue.Releasing},
		{0x1180, queue.Releasing},
		{0x1180, queue.Blocked},
	} {
		h.look(walkAt(1e9+uint64(i)*5e8, tt.head))
		reports := h.explain(h.settle())
		qt.Check(t, qt.Equals(reports[0].Rings[0].Queue.State, tt.state), qt.Commentf("look %d", i))
	}
}

func TestUndecided(t *testing.T) {
	h := &Host{host: *newTestHost()}
	h.look(walkAt(1e9, 0x1100))
	qt.Check(t, qt.Equals(h.Undecided(), time.Second))
	h.look(walkAt(13e8, 0x1100))
	qt.Check(t, qt.Equals(h.Undecided(), 700*time.Millisecond))
	h.look(walkAt(2e9, 0x1100))
	qt.Check(t, qt.Equals(h.Undecided(), 0))

	calm := &Host{host: *newTestHost()}
	walk := walkAt(1e9, 0x1100)
	walk.Nodes = nil
	calm.look(walk)
	qt.Check(t, qt.Equals(calm.Undecided(), 0))
}

func TestPauseBoundsTheShareOfLooks(t *testing.T) {
	h := &Host{took: 10 * time.Millisecond}
	qt.Check(t, qt.Equals(h.Pause(2*time.Second), 1990*time.Millisecond))
	h.took = time.Second
	qt.Check(t, qt.Equals(h.Pause(2*time.Second), 19*time.Second))
}

// TestProcessOfOtherName: after exec, or when the pid is another process's.
func TestProcessOfOtherName(t *testing.T) {
	h := newTestHost()
	h.look(walkAt(1e9, 0x1100))
	h.proc.(fstest.MapFS)["10/comm"] = &fstest.MapFile{Data: []byte("other\n")}
	h.proc.(fstest.MapFS)["10/cgroup"] = &fstest.MapFile{Data: []byte("0::/system.slice/other.service\n")}
	h.look(walkAt(2e9, 0x1100))
	qt.Check(t, qt.Equals(h.explain(0)[0].Target, queue.Target{PID: 10, Comm: "other", Unit: "other.service"}))
}
