package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/queue"
	"uringtrace/internal/render"
	"uringtrace/internal/workload"
)

func TestWorkloadListsScenarios(t *testing.T) {
	s := newSession(t)
	qt.Check(t, qt.Equals(run([]string{"workload"}, s.tool), exitOK))
	for _, scenario := range workload.Scenarios() {
		qt.Check(t, qt.StringContains(s.out.String(), scenario.Name+" "))
	}
}

func TestWorkloadExplainsBesideTheTruth(t *testing.T) {
	s := newSession(t)
	code := run(strings.Fields("workload listener-poll --sockets 1000 --pace 7"), s.tool)
	qt.Check(t, qt.Equals(code, exitOK)) // although it is blocked: that is what it shows
	qt.Check(t, qt.StringContains(s.out.String(), "BLOCKED"))
	qt.Check(t, qt.StringContains(s.out.String(), "listener-poll: 1,000 sockets made and removed, 1,000 still used"))
	qt.Check(t, qt.DeepEquals(s.load.calls, []string{"start", "go", "ready", "done", "end"}))
	qt.Check(t, qt.DeepEquals(s.startedWith.Pause, workload.Pauses{workload.StageStart, workload.StageDone}))
	qt.Check(t, qt.Equals(s.startedWith.Pace, 7))
	qt.Check(t, qt.IsTrue(s.kernel.observer.options.AllowNoRing))
	qt.Check(t, qt.Equals(s.kernel.observer.options.PID, 4121))
}

func TestWorkloadJSON(t *testing.T) {
	s := newSession(t)
	qt.Check(t, qt.Equals(run(strings.Fields("workload listener-poll -o json"), s.tool), exitOK))
	var got struct {
		queue.Report
		Workload render.Workload
	}
	qt.Assert(t, qt.IsNil(json.Unmarshal(s.out.Bytes(), &got)))
	qt.Check(t, qt.Equals(got.Rings[0].Queue.Nodes, 184332))
	qt.Check(t, qt.Equals(got.Workload, render.Workload{
		Scenario: "listener-poll", Sockets: 1000, SocketsUsedBefore: 9, SocketsUsed: 1009, Port: 6666, UserData: "0xfeed",
	}))
}

func TestWorkloadKeeps(t *testing.T) {
	s := newSession(t)
	qt.Check(t, qt.Equals(run(strings.Fields("workload listener-poll --keep 1ms"), s.tool), exitOK))
	qt.Check(t, qt.StringContains(s.talk.String(), "uringload (pid 4121) stays for 1ms"))
}

func TestWorkloadThatFails(t *testing.T) {
	exit5 := exec.Command("sh", "-c", "exit 5").Run()
	for _, tt := range []struct {
		fails, ends error
		exits       bool
		code        int
	}{
		{errors.New("workload: uringload: it broke"), errors.New("exit status 1"), true, exitInternal},
		{errors.New("workload: uringload: it broke"), errors.New("exit status 1"), false, exitInternal},
		{errors.New("workload: uringload: no such flag here"), exit5, true, exitKernel},
		{nil, errors.New("signal: killed"), false, exitInternal},
	} {
		s := newSession(t)
		s.load.fails, s.load.ends, s.kernel.exits = tt.fails, tt.ends, tt.exits
		qt.Check(t, qt.Equals(run(strings.Fields("workload listener-poll"), s.tool), tt.code))
		if tt.fails != nil {
			qt.Check(t, qt.StringContains(s.talk.String(), tt.fails.Error()))
			qt.Check(t, qt.Equals(s.out.String(), ""))
		}
		qt.Check(t, qt.Equals(s.load.calls[len(s.load.calls)-1], "end"))
	}
}

func TestWorkloadIsNotLeftBehind(t *testing.T) {
	s := newSession(t)
	self, err := os.FindProcess(os.Getpid())
	qt.Assert(t, qt.IsNil(err))
	s.load.hangs = func() { qt.Check(t, qt.IsNil(self.Signal(syscall.SIGTERM))) }
	qt.Check(t, qt.Equals(run(strings.Fields("workload listener-poll"), s.tool), exitInterrupted))
	qt.Check(t, qt.DeepEquals(s.load.calls, []string{"start", "go", "ready", "stop", "end"}))
	qt.Check(t, qt.StringContains(s.talk.String(), "uringtrace: interrupted\n"))
}

func TestAbsentProgramNamesTheRemedy(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := findProgram()
	qt.Check(t, qt.Equals(exitCode(err), exitUsage))
	qt.Check(t, qt.StringContains(message(err), "make build"))
}
