//go:build kernel

package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-quicktest/qt"
	"golang.org/x/sys/unix"

	"uringtrace/internal/workload"
)

// attached is an uringtrace attach that has said so.
type attached struct {
	cmd    *exec.Cmd
	stdout bytes.Buffer
	stderr *bufio.Reader
}

func attach(t *testing.T, pid int, args ...string) *attached {
	t.Helper()
	a := &attached{cmd: exec.CommandContext(t.Context(), "uringtrace", append([]string{"attach", "-p", strconv.Itoa(pid)}, args...)...)}
	a.cmd.Stdout = &a.stdout
	pipe, err := a.cmd.StderrPipe()
	qt.Assert(t, qt.IsNil(err))
	qt.Assert(t, qt.IsNil(a.cmd.Start()))
	a.stderr = bufio.NewReader(pipe)
	for {
		line, err := a.stderr.ReadString('\n')
		qt.Assert(t, qt.IsNil(err), qt.Commentf("attach ended: %s", line))
		if strings.HasPrefix(line, "attached") {
			return a
		}
	}
}

func (a *attached) end(t *testing.T) outcome {
	t.Helper()
	talk, err := io.ReadAll(a.stderr)
	qt.Assert(t, qt.IsNil(err))
	_ = a.cmd.Wait() // its code says how it ended
	checkJSON(t, a.cmd.Args, a.stdout.String())
	return outcome{a.stdout.String(), string(talk), a.cmd.ProcessState.ExitCode()}
}

// TestAttachToOlderProcess attaches when all is done: the first look already
// shows what is hours old.
func TestAttachToOlderProcess(t *testing.T) {
	program := load(t, "listener-poll", sockets, workload.StageDone)
	until(t, program, workload.StageDone)
	for _, backend := range backends(t) {
		t.Run(backend, func(t *testing.T) {
			a := attach(t, program.PID(), "--for", "3s", "--backend", backend, "-o", "json")
			o := a.end(t)
			qt.Assert(t, qt.Equals(o.code, 0))
			r := o.report(t)
			qt.Check(t, qt.IsTrue(r.Exact))
			qt.Assert(t, qt.HasLen(r.Rings, 1))
			if !affected(&r.Report) {
				qt.Check(t, qt.Equals(r.Rings[0].Queue.Nodes, 0))
				return
			}
			qt.Check(t, qt.Equals(r.Rings[0].Queue.Blocked, sockets-1))
			qt.Check(t, qt.StringContains(o.stderr, "1,000 nodes"))
		})
	}
}

// TestEventsOfAttach counts the stream against what the workload did.
func TestEventsOfAttach(t *testing.T) {
	for _, backend := range backends(t) {
		t.Run(backend, func(t *testing.T) {
			program := load(t, "listener-poll", 100, workload.StageReady, workload.StageDone)
			until(t, program, workload.StageReady)
			a := attach(t, program.PID(), "--events", "--backend", backend, "-o", "json")
			qt.Assert(t, qt.IsNil(program.Go()))
			until(t, program, workload.StageDone)
			time.Sleep(time.Second)
			qt.Assert(t, qt.IsNil(a.cmd.Process.Signal(unix.SIGINT)))
			o := a.end(t)
			qt.Assert(t, qt.Equals(o.code, 0))
			kinds := make(map[string]int)
			for line := range strings.Lines(o.stdout) {
				var e struct{ Kind string }
				qt.Assert(t, qt.IsNil(json.Unmarshal([]byte(line), &e)))
				kinds[e.Kind]++
			}
			qt.Check(t, qt.Equals(kinds[""], 1)) // the explanation
			qt.Check(t, qt.Equals(kinds["register"], 200))
			r := o.report(t)
			switch {
			case backend == "none":
			case affected(&r.Report):
				qt.Check(t, qt.Equals(kinds["node_remove"], 100))
			default:
				qt.Check(t, qt.Equals(kinds["node_free"], 100))
			}
		})
	}
}

// TestTargetEndsWhileAttached: the explanation is that of before its end.
func TestTargetEndsWhileAttached(t *testing.T) {
	program := load(t, "listener-poll", sockets, workload.StageDone)
	until(t, program, workload.StageDone)
	a := attach(t, program.PID(), "-o", "json")
	time.Sleep(time.Second)
	qt.Assert(t, qt.IsNil(program.Kill()))
	o := a.end(t)
	qt.Check(t, qt.Equals(o.code, 0))
	qt.Check(t, qt.StringContains(o.stderr, fmt.Sprintf("uringload (pid %d) has ended", program.PID())))
	r := o.report(t)
	if affected(&r.Report) {
		qt.Assert(t, qt.HasLen(r.Rings, 1))
		qt.Check(t, qt.HasLen(r.Rings[0].Blockers, 1))
	}
}

// TestRingClosesWhileAttached: nothing is blocked then.
func TestRingClosesWhileAttached(t *testing.T) {
	program := load(t, "listener-poll", sockets, workload.StageDone, workload.StageEnd)
	until(t, program, workload.StageDone)
	a := attach(t, program.PID(), "-o", "json")
	qt.Assert(t, qt.IsNil(program.Go()))
	until(t, program, workload.StageEnd)
	time.Sleep(2 * time.Second)
	qt.Assert(t, qt.IsNil(a.cmd.Process.Signal(unix.SIGINT)))
	o := a.end(t)
	qt.Check(t, qt.Equals(o.code, 0))
	r := o.report(t)
	qt.Assert(t, qt.HasLen(r.Rings, 1))
	qt.Check(t, qt.IsTrue(r.Rings[0].Ended))
	qt.Check(t, qt.Equals(r.Rings[0].Queue.Nodes, 0))
}
