//go:build linux

package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/vmtest/job"
	"uringtrace/internal/vmtest/machine"
)

func TestExitCode(t *testing.T) {
	for _, test := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{flag.ErrHelp, 0},
		{programError(7), 7},
		{programError(139), 139},
		{errFailed, 1},
		{usagef("no command"), 2},
		{&machine.CrashError{Reason: fmt.Errorf("%w after 1s", machine.ErrTimeout)}, 124},
		{&machine.CrashError{Reason: job.ErrNoResult}, 125},
		{errors.New("no QEMU"), 125},
		{&machine.CrashError{Reason: signalError{syscall.SIGINT}}, 130},
		{fmt.Errorf("fetch: %w", signalError{syscall.SIGTERM}), 143},
	} {
		qt.Check(t, qt.Equals(exitCode(test.err), test.want), qt.Commentf("%v", test.err))
	}
}

func TestBootAgain(t *testing.T) {
	died := &machine.CrashError{Reason: job.ErrNoResult, Complaints: []string{"Oops: int3", "Kernel panic"}}
	qt.Check(t, qt.IsTrue(bootAgain(died, 1)))
	qt.Check(t, qt.IsFalse(bootAgain(died, boots)))
	qt.Check(t, qt.Equals(bootDeath(died), "Kernel panic"))
	for _, err := range []error{
		nil,
		errors.New("no QEMU"),
		&machine.CrashError{Reason: job.ErrNoResult, Booted: true},
		&machine.CrashError{Reason: machine.ErrTimeout},
		&machine.CrashError{Reason: signalError{syscall.SIGINT}},
	} {
		qt.Check(t, qt.IsFalse(bootAgain(err, 1)), qt.Commentf("%v", err))
	}
}

func TestParseTakesFlagsOnBothSides(t *testing.T) {
	o, command, err := parse([]string{"-kernel", "6.12", "exec", "-env", "A=1", "-env", "B", "x.test", "-test.v", "-kernel"})
	qt.Assert(t, qt.IsNil(err))
	qt.Check(t, qt.Equals(command, "exec"))
	qt.Check(t, qt.Equals(o.kernel, "6.12"))
	qt.Check(t, qt.DeepEquals(o.env, list{"A=1", "B"}))
	qt.Check(t, qt.DeepEquals(o.args, []string{"x.test", "-test.v", "-kernel"}))
	qt.Check(t, qt.IsFalse(o.timeoutSet))

	for _, args := range [][]string{{}, {"-nosuch"}, {"exec", "-timeout", "soon"}} {
		_, _, err := parse(args)
		qt.Check(t, qt.Equals(exitCode(err), exitUsage), qt.Commentf("%v", args))
	}
}

func TestTestOutputs(t *testing.T) {
	got := testOutputs("/pkg", []string{
		"-test.coverprofile=/there/c.out", "-test.cpuprofile", "cpu.out", "--test.trace=t.out",
		"-test.outputdir=prof", "-test.gocoverdir=/there/cover", "-test.testlogfile=/there/log", "-test.v",
		"-args", "-test.memprofile=no",
	})
	qt.Check(t, qt.IsTrue(len(got) == 4))
	qt.Check(t, qt.Equals(got[0], output{path: "/there/c.out"}))
	qt.Check(t, qt.Equals(got[1], output{path: "/pkg/prof/cpu.out"}))
	qt.Check(t, qt.Equals(got[2], output{path: "/pkg/prof/t.out"}))
	qt.Check(t, qt.Equals(got[3], output{path: "/there/cover", dir: true}))
}

func TestMachineOutlivesTestTimeout(t *testing.T) {
	for arg, want := range map[string]time.Duration{
		"-test.timeout=0":     0,
		"-test.timeout=30s":   defaultTimeout,
		"-test.timeout=10m0s": 11 * time.Minute,
	} {
		limit, ok := testTimeout([]string{"-test.v", arg})
		qt.Check(t, qt.IsTrue(ok))
		qt.Check(t, qt.Equals(machineTimeout(limit), want))
	}
	_, ok := testTimeout([]string{"-test.v"})
	qt.Check(t, qt.IsFalse(ok))
}

func TestEnvironment(t *testing.T) {
	t.Setenv("GODEBUG", "")
	os.Unsetenv("GODEBUG")
	t.Setenv("VMRUN_A", "from here")
	t.Setenv("GOTRACEBACK", "all")
	got := environment([]string{"VMRUN_A", "VMRUN_NONE", "B=x=y"})
	qt.Check(t, qt.SliceContains(got, "GOTRACEBACK=all"))
	qt.Check(t, qt.DeepEquals(got[len(got)-2:], []string{"VMRUN_A=from here", "B=x=y"}))
}

func TestPlace(t *testing.T) {
	s := &session{places: map[string]string{}}
	s.pull("/tmp/cover", "/out/cover")
	s.pull("/pkg/c.out", "c.out")
	for guest, want := range map[string]string{
		"/tmp/cover/a/b": "/out/cover/a/b",
		"/pkg/c.out":     "c.out",
		"/tmp/covers":    "",
	} {
		got, ok := s.place(guest)
		qt.Check(t, qt.Equals(ok, want != ""))
		qt.Check(t, qt.Equals(got, want))
	}
}

func TestPackageDir(t *testing.T) {
	self, err := os.Executable()
	qt.Assert(t, qt.IsNil(err))
	wd, err := os.Getwd()
	qt.Assert(t, qt.IsNil(err))
	dir, err := packageDir(self)
	qt.Assert(t, qt.IsNil(err))
	qt.Check(t, qt.Equals(dir, wd))
	qt.Check(t, qt.Equals(packageName(self), "uringtrace/internal/vmtest/vmrun"))

	script := filepath.Join(t.TempDir(), "script")
	qt.Assert(t, qt.IsNil(os.WriteFile(script, []byte("#!/bin/sh\n"), 0o755)))
	qt.Check(t, qt.IsNil(checkStatic(script)))
	_, err = packageDir(script)
	qt.Check(t, qt.ErrorMatches(err, ".* give its package as DIR=.*"))
}

func TestReport(t *testing.T) {
	var out bytes.Buffer
	r := &testReport{w: &out, labels: []string{"a", "b", "c", "d"}}
	program := func(i int, text string, o job.Outcome) {
		qt.Assert(t, qt.IsNil(r.Event(job.Event{Kind: job.Start, Program: i})))
		qt.Assert(t, qt.IsNil(r.Output(job.Stdout, []byte(text))))
		qt.Assert(t, qt.IsNil(r.Event(job.Event{Kind: job.End, Program: i, Outcome: &o})))
	}
	program(0, "PASS\n", job.Outcome{Seconds: 0.5})
	program(1, "--- FAIL: TestX\nFAIL\n", job.Outcome{Exit: 1, Seconds: 0.25})
	program(2, "PASS\n", job.Outcome{Kernel: []string{"BUG: x"}})
	qt.Assert(t, qt.IsNil(r.Event(job.Event{Kind: job.Start, Program: 3})))
	qt.Assert(t, qt.IsNil(r.Output(job.Stderr, []byte("last words\n"))))
	r.crashed()
	qt.Check(t, qt.Equals(out.String(), `ok  	a	0.500s
--- FAIL: TestX
FAIL
FAIL	b	0.250s
PASS
kernel log: BUG: x
FAIL	c	0.000s
last words
FAIL	d	the machine ended
`))
	qt.Check(t, qt.Equals(r.passed, 1))
	qt.Check(t, qt.Equals(r.failed, 2))
}
