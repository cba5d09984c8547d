//go:build giouring && linux

package play

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-quicktest/qt"
	"golang.org/x/sys/unix"

	"uringtrace/internal/workload"
)

// pinned describes a pin as far as it is the same on each run.
type pinned struct {
	op           string
	slot, buffer int
	multishot    bool
	state        string
	depth        int
}

func onSlot(op string, slot int) pinned {
	return pinned{op: op, slot: slot, buffer: workload.NoSlot, state: workload.StatePoll}
}

// pinsOf returns what stays in flight in a scenario with 30 removals.
func pinsOf(name string) []pinned {
	poll := onSlot("POLL_ADD", listenerSlot)
	switch name {
	case "no-poll":
		return nil
	case "regular-fd":
		return []pinned{onSlot("POLL_ADD", workload.NoSlot)}
	case "accept":
		return []pinned{onSlot("ACCEPT", listenerSlot)}
	case "accept-multishot":
		p := onSlot("ACCEPT", listenerSlot)
		p.multishot = true
		return []pinned{p}
	case "recv":
		return []pinned{onSlot("RECV", connectionSlot)}
	case "pipe-read", "pipe-read-async":
		return []pinned{onSlot("READ", pipeSlot)}
	case "splice":
		p := onSlot("SPLICE", pipeSlot)
		p.state = workload.StateWorker
		return []pinned{p}
	case "buffer-pin":
		p := onSlot("READ_FIXED", workload.NoSlot)
		p.buffer = pinBuffer
		return []pinned{p}
	case "several-pins":
		recv, accept := onSlot("RECV", connectionSlot), onSlot("ACCEPT", listenerSlot)
		recv.depth, accept.depth = 10, 20
		return []pinned{poll, recv, accept}
	case "connect-multishot":
		poll.multishot = true
	}
	return []pinned{poll}
}

// opcodes as fdinfo shows them.
var opcodes = map[string]int{"READ_FIXED": 4, "POLL_ADD": 6, "ACCEPT": 13, "READ": 22, "RECV": 27}

func checkPins(t *testing.T, pins []workload.Pin, want []pinned, tid int, sqpoll bool) {
	t.Helper()
	qt.Assert(t, qt.HasLen(pins, len(want)))
	for i, p := range pins {
		qt.Check(t, qt.Equals(pinned{p.Op, p.Slot, p.Buffer, p.Multishot, p.State, p.Depth}, want[i]))
		qt.Check(t, qt.Equals(p.Ring, 0))
		qt.Check(t, qt.Equals(p.UserData, 0xcafe+workload.UserData(i)))
		qt.Check(t, qt.Equals(p.TID == tid, !sqpoll)) // the kernel's own thread with sqpoll
		qt.Check(t, qt.Not(qt.Equals(p.Inode, 0)))
	}
}

// checkPolls asserts that the ring's poll tables hold exactly the pins that say so.
func checkPolls(t *testing.T, r workload.Ring, pins []workload.Pin) {
	t.Helper()
	if r.RingFD == workload.NoFD {
		return
	}
	info, err := fdinfo(r.RingFD)
	qt.Assert(t, qt.IsNil(err))
	_, list, _ := strings.Cut(info, "PollList:")
	polls := 0
	for _, p := range pins {
		if p.State != workload.StatePoll {
			continue
		}
		polls++
		qt.Check(t, qt.StringContains(list, fmt.Sprintf("op=%d,", opcodes[p.Op])))
	}
	qt.Check(t, qt.Equals(strings.Count(list, "op="), polls), qt.Commentf("%s", list))
}

// checkWorkers asserts that a worker thread sleeps for each pin that says so.
func checkWorkers(t *testing.T, pins []workload.Pin) {
	t.Helper()
	expected := map[int]int{}
	for _, p := range pins {
		if p.State == workload.StateWorker {
			expected[p.TID]++
		}
	}
	for tid, want := range expected {
		sleeping, err := sleepingWorkers(tid)
		qt.Check(t, qt.IsNil(err))
		qt.Check(t, qt.Equals(sleeping, want))
	}
}

func checkListener(t *testing.T, l *workload.Listener) {
	t.Helper()
	name, err := unix.Getsockname(l.FD)
	qt.Assert(t, qt.IsNil(err))
	port := name.(*unix.SockaddrInet4).Port
	qt.Check(t, qt.Equals(l.Addr, fmt.Sprintf("127.0.0.1:%d", port)))
	ino, err := inode(l.FD)
	qt.Assert(t, qt.IsNil(err))
	qt.Check(t, qt.Equals(l.Inode, ino))
}
