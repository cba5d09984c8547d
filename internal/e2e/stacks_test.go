//go:build kernel

package e2e

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/go-quicktest/qt"
	"github.com/google/pprof/driver"
	"golang.org/x/sys/unix"

	"uringtrace/internal/workload"
)

// TestStacksInAProfile records a leak with the stacks behind it, and has pprof name
// the workload's functions: the one that put into slots what is held, and the one
// that submitted the request which holds it, with the figures of explain.
func TestStacksInAProfile(t *testing.T) {
	for _, backend := range backends(t) {
		t.Run(backend, func(t *testing.T) { testStacksInAProfile(t, backend) })
	}
}

func testStacksInAProfile(t *testing.T, backend string) {
	program := load(t, "several-pins", 200, workload.StageReady, workload.StageDone)
	until(t, program, workload.StageReady)
	dir := t.TempDir()
	recording, profile := filepath.Join(dir, "leak.urec"), filepath.Join(dir, "leak.pb.gz")
	a := attach(t, program.PID(), "--events", "--backend", backend, "--record", recording, "--stacks", "-o", "json")
	qt.Assert(t, qt.IsNil(program.Go()))
	done := until(t, program, workload.StageDone)
	settle(t)
	qt.Assert(t, qt.IsNil(a.cmd.Process.Signal(unix.SIGINT)))
	live := a.end(t)
	qt.Assert(t, qt.Equals(live.code, 0), qt.Commentf("%s", live.stderr))
	if backend == "none" {
		qt.Check(t, qt.StringContains(live.stderr, "not seen: stacks"))
	}
	explained := run(t, "explain", recording, "-o", "json").report(t)
	o := run(t, "report", recording, "--format", "pprof", "-o", profile)
	qt.Assert(t, qt.Equals(o.code, 0), qt.Commentf("%s", o.stderr))
	if !affected(&explained.Report) {
		return // nothing is held
	}
	ring := &explained.Rings[0]
	qt.Assert(t, qt.Equals(ring.Held.Sockets, done.Behind))
	held, named := top(t, profile, "held_sockets", `ring\.\(\*Ring\)\.UpdateFiles`)
	qt.Check(t, qt.Equals(held, ring.Held.Sockets))
	switch backend {
	case "fentry":
		qt.Check(t, qt.Equals(named, ring.Held.Sockets))
	case "kprobe": // the kernel skips one now and then
		qt.Check(t, qt.IsTrue(named >= ring.Held.Sockets*9/10), qt.Commentf("%d of %d", named, ring.Held.Sockets))
	}
	frees := 0
	for i := range ring.Blockers {
		frees += ring.Blockers[i].Frees.Sockets
	}
	pinned, named := top(t, profile, "pinned_sockets", `ring\.\(\*Ring\)\.Submit`)
	qt.Check(t, qt.Equals(pinned, frees))
	if backend != "none" {
		// The poll was submitted before anybody took stacks, what came later not.
		qt.Check(t, qt.Equals(named, frees-ring.Blockers[0].Frees.Sockets))
	}
}

// top is pprof's own answer: the total of a sample type, and what a function has of
// it, with all that it calls.
func top(t *testing.T, profile, index, function string) (total, cumulative int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "top")
	flags := &pprofFlags{FlagSet: flag.NewFlagSet("pprof", flag.ContinueOnError), args: []string{
		"-top", "-symbolize=none", "-nodefraction=0", "-nodecount=1000", "-sample_index=" + index, "-output=" + path, profile,
	}}
	qt.Assert(t, qt.IsNil(driver.PProf(&driver.Options{Flagset: flags})))
	out, err := os.ReadFile(path)
	qt.Assert(t, qt.IsNil(err))
	t.Logf("%s", out)
	number := func(re string) int {
		found := regexp.MustCompile(re).FindSubmatch(out)
		if found == nil {
			return 0
		}
		n, err := strconv.Atoi(string(found[1]))
		qt.Assert(t, qt.IsNil(err))
		return n
	}
	return number(`of (\d+) total`), number(`(\d+) +[0-9.]+% +\S*` + function + `\n`)
}

// pprofFlags are pprof's flags, from a test's arguments and not the test's own.
type pprofFlags struct {
	*flag.FlagSet
	args []string
}

func (f *pprofFlags) StringList(name, def, usage string) *[]*string {
	return &[]*string{f.String(name, def, usage)}
}

func (f *pprofFlags) ExtraUsage() string   { return "" }
func (f *pprofFlags) AddExtraUsage(string) {}

func (f *pprofFlags) Parse(func()) []string {
	_ = f.FlagSet.Parse(f.args) // the profile that is missing then tells
	return f.Args()
}
