//go:build kernel

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/go-quicktest/qt"
	"golang.org/x/sys/unix"

	"uringtrace/internal/workload"
)

// nobody runs uringtrace as that user, with these capabilities. The program is
// copied to where nobody can get at it.
func nobody(t *testing.T, caps ...uintptr) func(args ...string) outcome {
	t.Helper()
	path, err := exec.LookPath("uringtrace")
	qt.Assert(t, qt.IsNil(err))
	data, err := os.ReadFile(path)
	qt.Assert(t, qt.IsNil(err))
	dir, err := os.MkdirTemp("", "")
	qt.Assert(t, qt.IsNil(err))
	t.Cleanup(func() { os.RemoveAll(dir) })
	qt.Assert(t, qt.IsNil(os.Chmod(dir, 0o755)))
	copied := filepath.Join(dir, "uringtrace")
	qt.Assert(t, qt.IsNil(os.WriteFile(copied, data, 0o755)))
	return func(args ...string) outcome {
		c := exec.CommandContext(t.Context(), copied, args...)
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}, AmbientCaps: caps}
		return finish(t, c)
	}
}

func TestWithoutCapabilities(t *testing.T) {
	run := nobody(t)
	for _, args := range []string{"attach -p 1", "explain -p 1", "top"} {
		checkRefusal(t, run(strings.Fields(args)...), 4, "missing privilege: CAP_BPF, CAP_PERFMON; run it with sudo.*")
	}
	o := run("doctor")
	qt.Check(t, qt.Equals(o.code, 4))
	qt.Check(t, qt.StringContains(o.stdout, "no CAP_BPF"))
}

// TestTwoCapabilitiesAreEnough: all works as for root but the sizes of slab objects.
func TestTwoCapabilitiesAreEnough(t *testing.T) {
	run := nobody(t, unix.CAP_BPF, unix.CAP_PERFMON)
	program := load(t, "listener-poll", sockets, workload.StageDone)
	until(t, program, workload.StageDone)
	settle(t)
	pid := strconv.Itoa(program.PID())
	for _, args := range [][]string{{"explain", "-p", pid}, {"attach", "-p", pid, "--events", "--for", "3s"}} {
		r := run(append(args, "-o", "json")...).report(t)
		qt.Check(t, qt.IsTrue(r.Exact))
		qt.Assert(t, qt.HasLen(r.Rings, 1))
		if affected(&r.Report) {
			qt.Check(t, qt.Equals(r.Rings[0].Queue.Blocked, sockets-1))
			qt.Assert(t, qt.HasLen(r.Rings[0].Blockers, 1))
			qt.Check(t, qt.Equals(r.Rings[0].Blockers[0].Found, 1))
		}
		qt.Check(t, qt.Equals(r.Rings[0].Held.Bytes, 0))
		qt.Assert(t, qt.HasLen(r.Notes, 1))
		qt.Check(t, qt.StringContains(r.Notes[0], "bytes are unknown"))
	}
	d := diagnosed(t)
	qt.Check(t, qt.StringContains(run("doctor", "-o", "json").stdout, `"backend":"`+d.Backend+`"`))
}
