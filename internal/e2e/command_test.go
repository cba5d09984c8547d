//go:build kernel

package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/queue"
	"uringtrace/internal/render"
	"uringtrace/internal/workload"
)

// outcome is how a command ended.
type outcome struct {
	stdout, stderr string
	code           int
}

// run runs uringtrace to its end.
func run(t *testing.T, args ...string) outcome {
	t.Helper()
	return finish(t, exec.CommandContext(t.Context(), "uringtrace", args...))
}

// runApart is run in a network namespace of its own, in whose sockstat nobody
// else's sockets come and go.
func runApart(t *testing.T, args ...string) outcome {
	t.Helper()
	c := exec.CommandContext(t.Context(), "uringtrace", args...)
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	return finish(t, c)
}

func finish(t *testing.T, c *exec.Cmd) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("run %v: %v", c.Args, err)
	}
	checkJSON(t, c.Args, stdout.String())
	return outcome{stdout.String(), stderr.String(), c.ProcessState.ExitCode()}
}

// report is the last line of -o json.
type report struct {
	queue.Report
	Workload *render.Workload `json:"workload"`
}

func (o outcome) report(t *testing.T) report {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(o.stdout), "\n")
	var r report
	err := json.Unmarshal([]byte(lines[len(lines)-1]), &r)
	qt.Assert(t, qt.IsNil(err), qt.Commentf("exit code %d\nstdout: %s\nstderr: %s", o.code, o.stdout, o.stderr))
	return r
}

// diagnosis is what doctor says of this kernel.
func diagnosis(t *testing.T) render.Diagnosis {
	t.Helper()
	o := run(t, "doctor", "-o", "json")
	qt.Assert(t, qt.Equals(o.code, 0), qt.Commentf("%s", o.stderr))
	var d render.Diagnosis
	qt.Assert(t, qt.IsNil(json.Unmarshal([]byte(o.stdout), &d)))
	return d
}

// backends are those that this kernel must have: both on Debian's kernels, none
// on one without kprobes and fentry.
func backends(t *testing.T) []string {
	t.Helper()
	if d := diagnosed(t); d.Backend == "none" {
		if strings.Contains(d.Kernel.Release, "-cloud-") {
			t.Fatal("Debian's kernels have hooks: without them there is nothing to test")
		}
		return []string{"none"}
	}
	return []string{"fentry", "kprobe"}
}

// hooking are the backends with hooks: without them there are no events to lose.
func hooking(t *testing.T) []string {
	t.Helper()
	all := backends(t)
	if all[0] == "none" {
		t.Skip("this kernel has no hooks whose events could be lost")
	}
	return all
}

// settle waits until nothing is on its way: kernels that defer release do so by
// a second, behind an RCU grace period.
func settle(t *testing.T) {
	t.Helper()
	if diagnosed(t).Kernel.Reclaim == "ordered-deferred" {
		time.Sleep(2500 * time.Millisecond)
		return
	}
	time.Sleep(300 * time.Millisecond)
}

var known *render.Diagnosis

// diagnosed is what doctor said of this kernel the first time.
func diagnosed(t *testing.T) *render.Diagnosis {
	t.Helper()
	if known == nil {
		d := diagnosis(t)
		known = &d
	}
	return known
}

// affected reports whether this kernel can block at all.
func affected(r *queue.Report) bool { return r.Kernel.Reclaim != "independent" }

// load starts a scenario that waits at the given stages.
func load(t *testing.T, scenario string, sockets int, pause ...workload.StageName) *workload.Run {
	t.Helper()
	o := workload.DefaultOptions()
	o.Sockets, o.Pause = sockets, pause
	r, err := workload.Start(t.Context(), "", scenario, o)
	qt.Assert(t, qt.IsNil(err))
	t.Cleanup(func() { _ = r.Wait(20 * time.Second) }) // it may have been killed
	return r
}

func until(t *testing.T, r *workload.Run, stage workload.StageName) workload.Stage {
	t.Helper()
	s, err := r.Until(stage)
	qt.Assert(t, qt.IsNil(err))
	return s
}
