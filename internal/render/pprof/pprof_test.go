package pprof

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/go-quicktest/qt"
	"github.com/google/pprof/profile"

	"uringtrace/internal/events"
	"uringtrace/internal/goldentest"
	"uringtrace/internal/queue"
)

var server = events.Module{Path: "/opt/server", BuildID: "0badcafe", Start: 0x400000, End: 0x800000, Offset: 0x1000}

func frame(address uint64, function string, line int) events.Frame {
	return events.Frame{Address: address, Function: function, File: "/src/server.go", Line: line, Module: server}
}

// snapshot is a ring with three blockers: one of a known stack, one that two stacks
// hold, and one whose holder was not found. Two stacks had filled the slots.
func snapshot() *Snapshot {
	poll := queue.Request{
		Op: "POLL_ADD", UserData: "0xfeed", State: "poll", Stack: 3, Task: queue.Task{TID: 7, Comm: "server"},
		File: queue.FileInfo{Kind: "socket", Proto: "tcp", Local: "0.0.0.0:6379", State: "LISTEN"},
	}
	other := poll
	other.Stack = 2
	closed := func(n int) map[string]int { return map[string]int{"tcp CLOSE": n} }
	return &Snapshot{
		Time: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC), Length: time.Minute,
		Report: &queue.Report{
			Kernel: queue.Kernel{Release: "6.12.0", Reclaim: "ordered"}, Target: queue.Target{PID: 4121, Comm: "server"},
			Notes: []string{"a note"},
			Rings: []queue.RingReport{{
				Ring: 1, FD: 5, Inexact: "events were lost", Held: queue.Held{Files: 60, Sockets: 60, Bytes: 6000},
				ByStack: []queue.StackHeld{
					{Stack: 0, Held: queue.Held{Files: 5, Sockets: 5, Bytes: 500, Kinds: closed(5)}},
					{Stack: 1, Held: queue.Held{Files: 50, Sockets: 50, Bytes: 5000, Kinds: closed(50)}},
					{Stack: 2, Held: queue.Held{Files: 5, Sockets: 5, Bytes: 500, Kinds: closed(5)}},
				},
				Blockers: []queue.Blocker{
					{References: 1, Found: 1, Requests: []queue.Request{poll}, Frees: queue.Frees{Nodes: 40, Sockets: 40, Bytes: 4000}},
					{Position: 40, References: 2, Found: 2, Requests: []queue.Request{poll, other}, Frees: queue.Frees{Nodes: 15, Sockets: 15, Bytes: 1500}},
					{Position: 55, References: 1, Frees: queue.Frees{Nodes: 5, Sockets: 5, Bytes: 500}},
				},
			}},
		},
		Stacks: map[uint32]events.Stack{
			1: {ID: 1, Frames: []events.Frame{
				frame(0x401000, "internal/runtime/syscall/linux.Syscall6", 1), frame(0x402011, "main.(*conn).install", 42), frame(0x403011, "main.serve", 21),
			}},
			2: {ID: 2, Frames: []events.Frame{
				{Address: 0x7f0000001000, Module: events.Module{Path: "/lib/liburing.so.2", Start: 0x7f0000000000, End: 0x7f0000002000}},
				frame(0x403021, "main.serve", 22),
			}},
			3: {ID: 3, Frames: []events.Frame{frame(0x404000, "syscall.Syscall6", 2), frame(0x404011, "main.listen", 9), frame(0x403011, "main.serve", 21)}},
		},
	}
}

func TestGolden(t *testing.T) {
	without := snapshot()
	without.Stacks, without.Report.Rings[0].ByStack = nil, nil
	without.Report.Rings[0].Flags = []string{"SQPOLL"}
	without.Report.Rings[0].Held.Kinds = map[string]int{"tcp CLOSE": 50, "udp": 10}
	for name, s := range map[string]*Snapshot{"stacks": snapshot(), "without": without} {
		p := parsed(t, write(t, s))
		goldentest.Check(t, name, p.String())
	}
}

// What goes in comes out: held by who filled the slots, pinned by who holds them.
func TestTotals(t *testing.T) {
	p := parsed(t, write(t, snapshot()))
	var sums [valueCount]int64
	for _, s := range p.Sample {
		for i, v := range s.Value {
			sums[i] += v
		}
		qt.Check(t, qt.IsTrue(s.Value[heldSockets] == 0 || s.Value[pinnedSockets] == 0))
	}
	qt.Check(t, qt.DeepEquals(sums[:], []int64{60, 6000, 60, 6000}))
}

// go tool pprof reads it, leaves out what makes system calls, and names the rest.
func TestTop(t *testing.T) {
	path := filepath.Join(t.TempDir(), "held.pb.gz")
	qt.Assert(t, qt.IsNil(os.WriteFile(path, write(t, snapshot()), 0o600)))
	for index, want := range map[string][]string{
		"":               {`50 .*main\.\(\*conn\)\.install`, `55 .* main\.serve`, `5 .*\[stack not known: tcp CLOSE\]`},
		"held_bytes":     {`5000B .*main\.\(\*conn\)\.install`},
		"pinned_bytes":   {`4000B .*main\.listen`, `1500B .*\[POLL_ADD user_data 0xfeed on slot 0.*and 1 more\]`, `500B .*\[holder not found\]`},
		"pinned_sockets": {`40 .*main\.listen`},
	} {
		args := []string{"tool", "pprof", "-top", "-symbolize=none"}
		if index != "" {
			args = append(args, "-sample_index="+index)
		}
		out, err := exec.Command("go", append(args, path)...).CombinedOutput()
		qt.Assert(t, qt.IsNil(err), qt.Commentf("%s", out))
		for _, line := range want {
			qt.Check(t, qt.IsTrue(regexp.MustCompile(line).Match(out)), qt.Commentf("%s in\n%s", line, out))
		}
		qt.Check(t, qt.IsFalse(bytes.Contains(out, []byte("Syscall6"))), qt.Commentf("%s", out))
	}
}

func write(t *testing.T, s *Snapshot) []byte {
	t.Helper()
	var b bytes.Buffer
	qt.Assert(t, qt.IsNil(Write(&b, s)))
	return b.Bytes()
}

func parsed(t *testing.T, data []byte) *profile.Profile {
	t.Helper()
	p, err := profile.ParseData(data)
	qt.Assert(t, qt.IsNil(err))
	return p
}
