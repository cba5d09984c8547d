//go:build kernel

package e2e

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/ptytest"
	"uringtrace/internal/queue"
	"uringtrace/internal/render"
	"uringtrace/internal/workload"
)

// TestTop: what top tells of each ring is what explain --all does, from the first
// refresh on.
func TestTop(t *testing.T) {
	healthy := load(t, "no-poll", 100, workload.StageDone)
	leaky := load(t, "listener-poll", 500, workload.StageDone)
	until(t, healthy, workload.StageDone)
	until(t, leaky, workload.StageDone)
	settle(t)

	o := run(t, "top", "-o", "json", "-n", "2", "-d", "500ms")
	qt.Assert(t, qt.Equals(o.code, 0), qt.Commentf("%s", o.stderr))
	lines := strings.Split(strings.TrimSpace(o.stdout), "\n")
	qt.Assert(t, qt.HasLen(lines, 2))
	ours := []int{healthy.PID(), leaky.PID()}
	want := make(map[int][]queue.RingReport)
	for _, r := range allReports(t, run(t, "explain", "--all", "-o", "json")) {
		if slices.Contains(ours, r.Target.PID) {
			want[r.Target.PID] = timeless(r.Rings)
		}
	}
	qt.Assert(t, qt.HasLen(want, 2))
	for n, line := range lines {
		var top render.Top
		qt.Assert(t, qt.IsNil(json.Unmarshal([]byte(line), &top)))
		qt.Check(t, qt.Equals(top.Refresh, n+1))
		got := make(map[int][]queue.RingReport)
		for _, r := range top.Rings {
			if !slices.Contains(ours, r.Target.PID) {
				continue // somebody else's, on a machine that is not only ours
			}
			qt.Check(t, qt.Equals(r.Target.Comm, workload.Program))
			if n == 0 {
				qt.Check(t, qt.IsNil(r.Change))
			} else {
				qt.Assert(t, qt.IsNotNil(r.Change))
				qt.Check(t, qt.Equals(r.Change.Nodes, 0))
			}
			got[r.Target.PID] = append(got[r.Target.PID], timeless([]queue.RingReport{r.RingReport})...)
		}
		qt.Check(t, qt.DeepEquals(got, want))
		if r := got[leaky.PID()][0]; top.Kernel.Reclaim != "independent" {
			qt.Check(t, qt.Equals(r.Queue, queue.Counts{Nodes: 500, Pinned: 1, Blocked: 499, State: queue.Blocked}))
			qt.Check(t, qt.IsTrue(top.Host.Blocked >= 1))
		} else {
			qt.Check(t, qt.Equals(r.Queue.State, queue.Clear))
		}
	}
}

// timeless is what of rings does not depend on when they were looked at.
func timeless(rings []queue.RingReport) []queue.RingReport {
	for i := range rings {
		rings[i].HeadSeconds, rings[i].Growth = 0, nil
	}
	return rings
}

// onTerminal runs uringtrace on a terminal of 80 columns and 24 lines.
func onTerminal(t *testing.T, args ...string) *ptytest.Terminal {
	t.Helper()
	return ptytest.Start(t, exec.CommandContext(t.Context(), "uringtrace", args...), 80, 24)
}

func left(t *testing.T, p *ptytest.Terminal) {
	t.Helper()
	qt.Check(t, qt.Equals(p.End(), 0))
	alternate, cursor := p.Full()
	qt.Check(t, qt.IsFalse(alternate))
	qt.Check(t, qt.IsTrue(cursor))
}

// TestTopScreen filters for a process and has it explained, as explain does.
func TestTopScreen(t *testing.T) {
	program := load(t, "listener-poll", sockets, workload.StageDone)
	until(t, program, workload.StageDone)
	settle(t)
	pid := strconv.Itoa(program.PID())
	text := run(t, "explain", "-p", pid)

	p := onTerminal(t, "top", "--interval", "500ms")
	p.Until(workload.Program, "q quit")
	p.Type("/" + pid + "\r")
	p.Until(fmt.Sprintf("filter %q shows 1 of", pid), ">"+pid)
	if diagnosed(t).Kernel.Reclaim != "independent" {
		p.Until("BLOCKED", " 1000 ", " 999 ")
	} else {
		p.Until("clear")
	}
	p.Resize(200, 60)
	p.Until("WHERE")
	p.Type("\r")
	p.Until(fmt.Sprintf("%s (pid %s)", workload.Program, pid))
	shown := p.Text()
	for line := range strings.Lines(text.stdout) {
		line = strings.TrimRight(line, "\n")
		if len(line) > 190 || strings.Contains(line, "  holds ") || strings.Contains(line, "  blocker ") {
			continue // it is wrapped, or tells times
		}
		qt.Check(t, qt.StringContains(shown, line))
	}
	p.Type("q")
	left(t, p)
}

// TestAttachScreen shows the queue, then the explanation on the screen of before:
// after Ctrl-C, and when the process has ended.
func TestAttachScreen(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  func(*workload.Run, *ptytest.Terminal)
		says string // then, of a leak
	}{
		{"Ctrl-C", func(_ *workload.Run, p *ptytest.Terminal) { p.Type("\x03") }, "no help     closing the listener's descriptor"},
		{
			"killed", func(program *workload.Run, _ *ptytest.Terminal) { qt.Check(t, qt.IsNil(program.Kill())) },
			"note        the process has ended; this is what was last seen while it ran",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			program := load(t, "listener-poll", sockets, workload.StageDone)
			until(t, program, workload.StageDone)
			p := onTerminal(t, "attach", "-p", strconv.Itoa(program.PID()), "--interval", "300ms")
			p.Until("a look every 300ms; nothing lost", "ring 1, fd ", "depth  ", "q end and explain")
			blocked := diagnosed(t).Kernel.Reclaim != "independent"
			if blocked {
				p.Until("BLOCKED  1,000 nodes queued: 1 pinned, 999 blocked", "1,000, 0/s, 1,000 at most",
					"head        node ", "blocker     POLL_ADD user_data 0xfeed on slot 0")
			}
			tt.end(program, p)
			left(t, p)
			qt.Check(t, qt.StringContains(p.Raw(), fmt.Sprintf("attached to %s (pid %d), 1 ring", workload.Program, program.PID())))
			if blocked {
				p.Until(tt.says)
			}
		})
	}
}
