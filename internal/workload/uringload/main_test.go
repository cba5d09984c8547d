//go:build giouring && linux

package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/go-quicktest/qt"
	"golang.org/x/sys/unix"

	"uringtrace/internal/workload"
)

// asProgram makes the test binary behave as uringload.
const asProgram = "URINGLOAD_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

func uringload(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	qt.Assert(t, qt.IsNil(err))
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	c := exec.CommandContext(ctx, self, args...)
	c.Env = append(os.Environ(), asProgram+"=1")
	return c
}

// outcome runs the program to its end.
func outcome(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	c := uringload(t, args...)
	var out, talk bytes.Buffer
	c.Stdout, c.Stderr = &out, &talk
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), talk.String(), c.ProcessState.ExitCode()
}

func TestLists(t *testing.T) {
	list, talk, code := outcome(t, "--list")
	qt.Assert(t, qt.Equals(code, exitOK))
	qt.Assert(t, qt.Equals(talk, ""))
	lines := strings.Split(strings.TrimSuffix(list, "\n"), "\n")
	qt.Assert(t, qt.HasLen(lines, len(workload.Scenarios())))
	for i, s := range workload.Scenarios() {
		qt.Assert(t, qt.Equals(lines[i], s.Name+"\t"+s.Summary))
	}

	described, _, code := outcome(t)
	qt.Assert(t, qt.Equals(code, exitOK))
	for _, s := range workload.Scenarios() {
		qt.Assert(t, qt.StringContains(described, s.Summary))
	}
}

func TestUsageErrors(t *testing.T) {
	for _, tt := range []struct{ args, says string }{
		{"nonsense", `unknown scenario "nonsense": choose one of listener-poll,`},
		{"no-poll listener-poll", "one scenario at a time"},
		{"no-poll --nonsense", "unknown flag: --nonsense"},
		{"no-poll --sockets=-1", "sockets must not be negative"},
		{"no-poll --sockets=many", "invalid argument"},
		{"no-poll --slots=3", "slots must be at least 4"},
		{"many-rings --rings=1", "rings must be at least 2"},
		{"no-poll --user-data=z", "is not a 64 bit number"},
		{"no-poll --pause=lunch", `unknown stage "lunch"`},
		{"no-poll --flags=sqpoll,defer-taskrun", "ring flag sqpoll excludes"},
	} {
		t.Run(tt.args, func(t *testing.T) {
			out, talk, code := outcome(t, strings.Fields(tt.args)...)
			qt.Check(t, qt.Equals(code, exitUsage))
			qt.Check(t, qt.Equals(out, ""))
			qt.Check(t, qt.StringContains(talk, tt.says))
			qt.Check(t, qt.Equals(strings.Count(talk, "\n"), 1), qt.Commentf("%s", talk))
		})
	}
}

func TestInternalErrors(t *testing.T) {
	// A table above the limit of open files is refused by the kernel.
	_, talk, code := outcome(t, "no-poll", "--slots=2000000000")
	qt.Assert(t, qt.Equals(code, exitInternal))
	qt.Assert(t, qt.StringContains(talk, "uringload: scenario no-poll: register a sparse table"))
}

func TestExitCode(t *testing.T) {
	qt.Assert(t, qt.Equals(exitCode(errors.Join(errors.ErrUnsupported)), exitUnsupported))
	qt.Assert(t, qt.Equals(exitCode(errors.New("x")), exitInternal))
}

// started is a program that waits at its pauses.
type started struct {
	*exec.Cmd
	stdin  io.WriteCloser
	stages *workload.StageReader
}

func start(t *testing.T, name string, o workload.Options) *started {
	t.Helper()
	c := uringload(t, o.Args(name)...)
	c.Stderr = os.Stderr
	stdin, err := c.StdinPipe()
	qt.Assert(t, qt.IsNil(err))
	stdout, err := c.StdoutPipe()
	qt.Assert(t, qt.IsNil(err))
	qt.Assert(t, qt.IsNil(c.Start()))
	return &started{c, stdin, workload.NewStageReader(stdout)}
}

func stagesOf(t *testing.T, name string) []workload.StageName {
	t.Helper()
	s, err := workload.Find(name)
	qt.Assert(t, qt.IsNil(err))
	return s.Stages()
}

func TestPausesWaitForALine(t *testing.T) {
	o := workload.DefaultOptions()
	o.Sockets = 10
	o.Pause = workload.StageNames()
	p := start(t, "cancel", o)
	for _, name := range stagesOf(t, "cancel") {
		s, err := p.stages.Next()
		qt.Assert(t, qt.IsNil(err))
		qt.Assert(t, qt.Equals(s.Name, name))
		qt.Assert(t, qt.Equals(s.PID, p.Process.Pid))
		_, err = io.WriteString(p.stdin, "\n")
		qt.Assert(t, qt.IsNil(err))
	}
	qt.Assert(t, qt.IsNil(p.Wait()))
}

func TestSignalsEndItAtOnce(t *testing.T) {
	for _, tt := range []struct {
		signal unix.Signal
		code   int
	}{{unix.SIGTERM, 143}, {unix.SIGINT, 130}} {
		for _, stage := range stagesOf(t, "cancel") {
			t.Run(tt.signal.String()+" at "+string(stage), func(t *testing.T) {
				o := workload.DefaultOptions()
				o.Sockets = 10
				o.Pause = workload.Pauses{stage}
				p := start(t, "cancel", o)
				_, err := p.stages.Until(stage)
				qt.Assert(t, qt.IsNil(err))
				qt.Assert(t, qt.IsNil(p.Process.Signal(tt.signal)))
				var exit *exec.ExitError
				qt.Assert(t, qt.ErrorAs(p.Wait(), &exit))
				qt.Assert(t, qt.Equals(exit.ExitCode(), tt.code))
			})
		}
	}
}

func TestExitLeavesAllToTheKernel(t *testing.T) {
	o := workload.DefaultOptions()
	o.Sockets = 10
	p := start(t, "exit", o)
	acted, err := p.stages.Until(workload.StageActed)
	qt.Assert(t, qt.IsNil(err))
	qt.Assert(t, qt.HasLen(acted.Pins, 1))
	_, err = p.stages.Next()
	qt.Assert(t, qt.Equals(err, io.EOF))
	qt.Assert(t, qt.IsNil(p.Wait()))
}
