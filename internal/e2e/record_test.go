//go:build kernel

package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-quicktest/qt"
	"golang.org/x/sys/unix"

	"uringtrace/internal/workload"
)

// explained is what explain says of a recording, which is whole.
func explained(t *testing.T, file, form string) string {
	t.Helper()
	o := run(t, "explain", file, "-o", form)
	qt.Assert(t, qt.IsTrue(o.code == 0 || o.code == 3), qt.Commentf("%d: %s", o.code, o.stderr))
	qt.Check(t, qt.Equals(o.stderr, ""))
	return o.stdout
}

// TestRecordOfScenarios: what is explained from a recording is what was explained
// live at its end, to the byte.
func TestRecordOfScenarios(t *testing.T) {
	for _, scenario := range []string{
		"listener-poll", "no-poll", "regular-fd", "accept-multishot", "recv", "splice", "buffer-pin", "several-pins", "direct",
		"tags", "buffers", "two-rings", "registered-ring", "cancel", "close-ring",
	} {
		for _, backend := range backends(t) {
			t.Run(scenario+"/"+backend, func(t *testing.T) {
				file := filepath.Join(t.TempDir(), "some.urec")
				o := run(t, "workload", scenario, "--sockets", "60", "--backend", backend, "--record", file, "-o", "json")
				qt.Assert(t, qt.Equals(o.code, 0), qt.Commentf("%s", o.stderr))
				live, _, ok := strings.Cut(o.stdout, `,"workload":`)
				qt.Assert(t, qt.IsTrue(ok))
				qt.Check(t, qt.Equals(explained(t, file, "json"), live+"}\n"))
			})
		}
	}
}

// TestRecordOfAttach records what attach learns in each of its ways, also of a
// process that is killed.
func TestRecordOfAttach(t *testing.T) {
	for _, backend := range backends(t) {
		for _, mode := range []string{"", "--events"} {
			for _, ends := range []string{"", "killed"} {
				t.Run(strings.Join([]string{backend, mode, ends}, "/"), func(t *testing.T) { testRecordOfAttach(t, backend, mode, ends != "") })
			}
		}
	}
}

func testRecordOfAttach(t *testing.T, backend, mode string, killed bool) {
	file := filepath.Join(t.TempDir(), "some.urec")
	program := load(t, "listener-poll", sockets, workload.StageReady, workload.StageDone)
	until(t, program, workload.StageReady)
	a := attach(t, program.PID(), append(strings.Fields(mode), "--backend", backend, "--record", file)...)
	qt.Assert(t, qt.IsNil(program.Go()))
	until(t, program, workload.StageDone)
	settle(t)
	if killed {
		qt.Assert(t, qt.IsNil(program.Kill()))
	} else {
		qt.Assert(t, qt.IsNil(a.cmd.Process.Signal(unix.SIGINT)))
	}
	o := a.end(t)
	qt.Assert(t, qt.Equals(o.code, 0), qt.Commentf("%s", o.stderr))
	from := strings.Index(o.stdout, "uringload (pid ")
	qt.Assert(t, qt.IsTrue(from >= 0))
	qt.Check(t, qt.Equals(explained(t, file, "text"), o.stdout[from:]))
	if mode != "" {
		replay := run(t, "replay", file, "--events")
		qt.Check(t, qt.Equals(replay.stdout, o.stdout))
	}
}

// TestRecordOfLoss: what was lost and repaired live is so in the recording.
func TestRecordOfLoss(t *testing.T) {
	for _, backend := range hooking(t) {
		file := filepath.Join(t.TempDir(), backend+".urec")
		program := load(t, "listener-poll", *burst, workload.StageReady, workload.StageDone)
		until(t, program, workload.StageReady)
		a := attach(t, program.PID(), "--events", "--backend", backend, "--buffer", "64K", "--record", file, "-o", "json")
		qt.Assert(t, qt.IsNil(a.cmd.Process.Signal(unix.SIGSTOP)))
		qt.Assert(t, qt.IsNil(program.Go()))
		until(t, program, workload.StageDone)
		qt.Assert(t, qt.IsNil(a.cmd.Process.Signal(unix.SIGCONT)))
		settle(t)
		settle(t)
		qt.Assert(t, qt.IsNil(a.cmd.Process.Signal(unix.SIGINT)))
		o := a.end(t)
		lines := strings.SplitAfter(o.stdout, "\n")
		live := lines[len(lines)-2]
		qt.Check(t, qt.Equals(explained(t, file, "json"), live))
		qt.Check(t, qt.Not(qt.Equals(o.report(t).Lost.Events, 0)))
	}
}

// recording is an uringtrace record that has begun.
func recording(t *testing.T, pid int, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(t.Context(), "uringtrace", append([]string{"record", "-p", strconv.Itoa(pid)}, args...)...)
	stderr, err := c.StderrPipe()
	qt.Assert(t, qt.IsNil(err))
	qt.Assert(t, qt.IsNil(c.Start()))
	talk := bufio.NewReader(stderr)
	for {
		line, err := talk.ReadString('\n')
		qt.Assert(t, qt.IsNil(err), qt.Commentf("record ended: %s", line))
		if strings.HasPrefix(line, "attached") {
			go io.Copy(io.Discard, talk)
			return c
		}
	}
}

// busy is a process whose sockets come and go for some seconds.
func busy(t *testing.T, n int, pace float64) *workload.Run {
	t.Helper()
	o := workload.DefaultOptions()
	o.Sockets, o.Pace, o.Pause = n, pace, workload.Pauses{workload.StageReady, workload.StageDone}
	r, err := workload.Start(t.Context(), "", "listener-poll", o)
	qt.Assert(t, qt.IsNil(err))
	t.Cleanup(func() { _ = r.Kill(); _ = r.Wait(20 * time.Second) })
	until(t, r, workload.StageReady)
	return r
}

// TestRecordKilled kills the recorder at random moments, and reads the file while it
// grows: what was there then is there afterwards, and little is missing: a second, and
// what a busy machine adds. It would take longer to fill a block.
func TestRecordKilled(t *testing.T) {
	for range 3 {
		program := busy(t, 3000, 150)
		file := filepath.Join(t.TempDir(), "some.urec")
		c := recording(t, program.PID(), "-o", file)
		qt.Assert(t, qt.IsNil(program.Go()))
		time.Sleep(1200*time.Millisecond + time.Duration(rand.IntN(3000))*time.Millisecond)
		growing := run(t, "replay", file, "--events", "-o", "json")
		var now unix.Timespec
		qt.Assert(t, qt.IsNil(unix.ClockGettime(unix.CLOCK_MONOTONIC, &now)))
		qt.Assert(t, qt.IsNil(c.Process.Kill()))
		_ = c.Wait() // it was killed

		rest := run(t, "replay", file, "--events", "-o", "json")
		qt.Assert(t, qt.Equals(rest.code, 0), qt.Commentf("%s", rest.stderr))
		before, after := strings.SplitAfter(growing.stdout, "\n"), strings.SplitAfter(rest.stdout, "\n")
		n := len(before) - 2 // but for the explanation
		qt.Assert(t, qt.IsTrue(n > 0 && len(after) >= len(before)))
		qt.Check(t, qt.DeepEquals(after[:n], before[:n]))
		var last struct{ Time int64 }
		qt.Assert(t, qt.IsNil(json.Unmarshal([]byte(after[len(after)-3]), &last)))
		late := time.Duration(now.Nano() - last.Time)
		qt.Check(t, qt.IsTrue(late < 4*time.Second), qt.Commentf("%s are missing", late))
		qt.Check(t, qt.StringContains(rest.stdout, "the recording ends early, at byte "))
		qt.Check(t, qt.StringContains(rest.stdout, "; this is what was known until there"))
	}
}

// TestRecordOnFullDisk: record ends, attach goes on, both say so once, and what was
// written can be read.
func TestRecordOnFullDisk(t *testing.T) {
	dir := t.TempDir()
	qt.Assert(t, qt.IsNil(unix.Mount("none", dir, "tmpfs", 0, "size=12k")))
	t.Cleanup(func() { qt.Check(t, qt.IsNil(unix.Unmount(dir, unix.MNT_DETACH))) })
	for _, command := range []string{"record -o", "attach --events --for 6s --record"} {
		// It is busy for longer than it takes to attach on a busy machine.
		program := busy(t, 200_000, 1000)
		file := filepath.Join(dir, "some.urec")
		args := append(strings.Fields(command), file, "--force", "-p", strconv.Itoa(program.PID()))
		qt.Assert(t, qt.IsNil(program.Go()))
		o := run(t, args...)
		qt.Check(t, qt.Equals(o.code, 8), qt.Commentf("%s", o.stderr))
		qt.Check(t, qt.Equals(strings.Count(o.stderr, "recording to "+file+" stops: no space left on device"), 1), qt.Commentf("%s", o.stderr))
		qt.Check(t, qt.Equals(strings.Contains(o.stdout, "uringload (pid "), strings.HasPrefix(command, "attach")))
		explain := run(t, "explain", file)
		qt.Check(t, qt.IsTrue(explain.code == 0 || explain.code == 3), qt.Commentf("%s", explain.stderr))
		qt.Check(t, qt.StringContains(explain.stdout, "it has no end mark"))
	}
}

// TestRecordInSegments records until a second segment is there, and takes the first
// one away: what is left of the recording is what the kernel has, and joined with it
// into one file it is explained as the directory was.
func TestRecordInSegments(t *testing.T) {
	hooks := backends(t)[0] != "none" // without them there is too little to record
	most := 5 * time.Second
	if hooks {
		most = time.Minute
	}
	program := busy(t, 200_000, 0)
	dir := filepath.Join(t.TempDir(), "ring")
	c := recording(t, program.PID(), "-o", dir, "--max-size", "16M")
	qt.Assert(t, qt.IsNil(program.Go()))
	for begin := time.Now(); len(segments(t, dir)) < 2 && time.Since(begin) < most; {
		time.Sleep(100 * time.Millisecond)
	}
	qt.Assert(t, qt.IsNil(program.Signal(unix.SIGSTOP)))
	settle(t)
	settle(t) // the head has to prove itself, maybe anew
	qt.Assert(t, qt.IsNil(c.Process.Signal(unix.SIGINT)))
	qt.Check(t, qt.IsNil(c.Wait()))

	whole := explained(t, dir, "json")
	var joined bytes.Buffer
	for _, name := range segments(t, dir) {
		data, err := os.ReadFile(name)
		qt.Assert(t, qt.IsNil(err))
		joined.Write(data)
	}
	file := filepath.Join(t.TempDir(), "one.urec")
	qt.Assert(t, qt.IsNil(os.WriteFile(file, joined.Bytes(), 0o600)))
	qt.Check(t, qt.Equals(explained(t, file, "json"), whole))

	if !hooks {
		return
	}
	qt.Assert(t, qt.IsTrue(len(segments(t, dir)) >= 2))
	qt.Assert(t, qt.IsNil(os.Remove(segments(t, dir)[0])))
	left := outcome{stdout: explained(t, dir, "json")}.report(t)
	fresh := run(t, "explain", "-p", strconv.Itoa(program.PID()), "-o", "json").report(t)
	for _, r := range []report{left, outcome{stdout: whole}.report(t)} {
		qt.Check(t, qt.IsTrue(r.Exact), qt.Commentf("%+v", r.Rings))
		qt.Check(t, qt.Equals(r.Rings[0].Queue, fresh.Rings[0].Queue))
		qt.Check(t, qt.Equals(len(r.Rings[0].Blockers), len(fresh.Rings[0].Blockers)))
	}
}

func segments(t *testing.T, dir string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.urec"))
	qt.Assert(t, qt.IsNil(err))
	return names
}
