package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
	"uringtrace/internal/probe"
	"uringtrace/internal/queue"
	"uringtrace/internal/render/rendertest"
)

// oneSentence asserts that all talk is one line from us.
func oneSentence(t *testing.T, talk string) {
	t.Helper()
	qt.Check(t, qt.Equals(strings.Count(talk, "\n"), 1), qt.Commentf("%q", talk))
	qt.Check(t, qt.IsTrue(strings.HasPrefix(talk, "uringtrace: ")), qt.Commentf("%q", talk))
	qt.Check(t, qt.Not(qt.StringContains(talk, "\x1b")))
}

func TestUsageErrors(t *testing.T) {
	for _, tt := range []struct{ args, says string }{
		{"explain", "which process? uringtrace explain -p PID"},
		{"explain", "or --all"},
		{"explain -p 1 some.urec", "is a recording: choose one of them"},
		{"explain --all some.urec", "is a recording: choose one of them"},
		{"explain one.urec two.urec", "one recording at a time"},
		{"explain -p 1 --at 12s", "--at is a moment of a recording"},
		{"explain some.urec --at noon", "a moment is a time since the beginning"},
		{"explain some.urec --at -1s", "a moment is not before the recording"},
		{"record -p 1", "where to? uringtrace record -p PID -o FILE"},
		{"record -o some.urec", "which process?"},
		{"record -p 1 -o - --max-size 64M", "- is not"},
		{"record -p 1 -o some.urec --max-size 4K", "--max-size must be at least 16M, got 4K"},
		{"record -p 1 -o /nonsense/some.urec", "can't record: open /nonsense/some.urec: no such file"},
		{"attach -p 1 --redact", "add --record FILE"},
		{"explain -p 1 --all", "choose one of them"},
		{"explain --all 12", "give the process with -p"},
		{"explain --all --for -1s", "--for must not be negative"},
		{"explain -p 1 --for -2s", "--for must not be negative"},
		{"attach", "which process? uringtrace attach -p PID"},
		{"explain 4121", "give the process with -p: uringtrace explain -p 4121"},
		{"explain -p 0", "a process id is a positive number"},
		{"explain -p -1", "a process id is a positive number"},
		{"explain -p many", "a process id is a positive number"},
		{"explain -p 1 -o xml", "choose one of text, json"},
		{"attach -p 1 --backend magic", "choose one of auto, fentry, kprobe, none"},
		{"attach -p 1 --interval 0", "--interval must be at least 50ms"},
		{"attach -p 1 --interval 0s", "--interval must be at least 50ms"},
		{"attach -p 1 --for -1s", "--for must be a positive duration"},
		{"attach -p 1 --for 0s", "--for must be a positive duration"},
		{"attach -p 1 --addresses", "add --events"},
		{"attach -p 1 --nonsense", "unknown flag: --nonsense; see uringtrace attach --help"},
		{"top -n 0", "-n must be at least 1, got 0"},
		{"top -n -3", "-n must be at least 1, got -3"},
		{"top --interval 1ms", "--interval must be at least 50ms"},
		{"top --sort size", "choose one of bytes, sockets, nodes, blocked, change, pid, comm"},
		{"top 4121", `uringtrace top takes no arguments, got "4121"`},
		{"doctor now", `uringtrace doctor takes no arguments, got "now"`},
		{"schema nonsense", "choose one of explain, event, doctor, workload"},
		{"schema event doctor", "choose one of explain"},
		{"version -o json", "unknown shorthand flag"},
		{"explian", `unknown command "explian": did you mean explain?`},
		{"frobnicate", `unknown command "frobnicate": choose one of attach, `},
		{"workload nonsense", `unknown scenario "nonsense": choose one of listener-poll, `},
		{"workload no-poll listener-poll", "one scenario at a time"},
		{"workload no-poll --sockets -1", "sockets must not be negative"},
		{"workload no-poll --keep -1s", "--keep must not be negative"},
		{"workload no-poll --uringload /nonsense", "no such file"},
	} {
		t.Run(tt.args, func(t *testing.T) {
			s := newSession(t)
			qt.Check(t, qt.Equals(run(strings.Fields(tt.args), s.tool), exitUsage))
			qt.Check(t, qt.StringContains(s.talk.String(), tt.says))
			oneSentence(t, s.talk.String())
			qt.Check(t, qt.Equals(s.out.String(), ""))
		})
	}
}

func TestErrorsOfTheKernel(t *testing.T) {
	for _, tt := range []struct {
		err  error
		code int
	}{
		{fmt.Errorf("%w: CAP_BPF; run it with sudo", probe.ErrPrivilege), exitPrivilege},
		{fmt.Errorf("%w: no BTF", probe.ErrKernel), exitKernel},
		{fmt.Errorf("%w: 4121", probe.ErrGone), exitGone},
		{fmt.Errorf("%w: it has none open", probe.ErrNoRing), exitGone},
		{fmt.Errorf("%w: \x1b[2Jredis has none open", probe.ErrNoRing), exitGone},
		{errors.New("something\nof two lines"), exitInternal},
		{errors.Join(fmt.Errorf("%w: 4121", probe.ErrGone), nil), exitGone},
	} {
		for _, args := range []string{"explain -p 4121", "explain --all", "attach -p 4121", "workload no-poll", "top"} {
			s := newSession(t)
			s.kernel.err = tt.err
			qt.Check(t, qt.Equals(run(strings.Fields(args), s.tool), tt.code), qt.Commentf("%s: %v", args, tt.err))
			oneSentence(t, s.talk.String())
			qt.Check(t, qt.Equals(s.out.String(), ""))
		}
	}
}

func TestExplain(t *testing.T) {
	for name, code := range map[string]int{
		"blocked": exitBlocked, "pins": exitBlocked, "clear": exitOK, "releasing": exitOK, "independent": exitOK,
	} {
		s := newSession(t)
		s.kernel.report = rendertest.Reports()[name]
		qt.Check(t, qt.Equals(run([]string{"explain", "-p", "4121"}, s.tool), code), qt.Commentf(name))
		qt.Check(t, qt.StringContains(s.out.String(), "dragonfly (pid 4121)"))
		qt.Check(t, qt.Equals(s.talk.String(), ""))
	}
}

func TestExplainJSON(t *testing.T) {
	s := newSession(t)
	qt.Check(t, qt.Equals(run([]string{"explain", "-p", "4121", "-o", "json"}, s.tool), exitBlocked))
	qt.Check(t, qt.IsTrue(strings.HasPrefix(s.out.String(), `{"v":1,`)))
	qt.Check(t, qt.Equals(strings.Count(s.out.String(), "\n"), 1))
}

func TestExplainAll(t *testing.T) {
	s := newSession(t)
	s.kernel.reports = rendertest.All()
	qt.Check(t, qt.Equals(run([]string{"explain", "--all"}, s.tool), exitBlocked))
	qt.Check(t, qt.StringContains(s.out.String(), "6 processes with 7 rings, 2 BLOCKED"))
	qt.Check(t, qt.Equals(s.kernel.all.Between, time.Second))

	s.out.Reset()
	qt.Check(t, qt.Equals(run([]string{"explain", "--all", "--for", "0", "-o", "json"}, s.tool), exitBlocked))
	qt.Check(t, qt.Equals(strings.Count(s.out.String(), "\n"), 6))
	qt.Check(t, qt.IsTrue(strings.HasPrefix(s.out.String(), `{"v":1,`)))
	qt.Check(t, qt.Equals(s.kernel.all.Between, 0))
	qt.Check(t, qt.Equals(s.talk.String(), ""))

	s.kernel.reports = s.kernel.reports[2:]
	qt.Check(t, qt.Equals(run([]string{"explain", "--all"}, s.tool), exitOK))
}

func TestExplainAllOfNothing(t *testing.T) {
	s := newSession(t)
	qt.Check(t, qt.Equals(run([]string{"explain", "--all"}, s.tool), exitOK))
	qt.Check(t, qt.StringContains(s.out.String(), "no process on this host has an io_uring"))
	s.out.Reset()
	qt.Check(t, qt.Equals(run([]string{"explain", "--all", "-o", "json"}, s.tool), exitOK))
	qt.Check(t, qt.Equals(s.out.String(), ""))
}

func TestPIDIsCompleted(t *testing.T) {
	for _, command := range []string{"explain", "attach"} {
		s := newSession(t)
		qt.Check(t, qt.Equals(run([]string{"__complete", command, "-p", ""}, s.tool), exitOK))
		qt.Check(t, qt.Equals(s.out.String(), "4121\tdragon?fly\n7\tnginx\n:4\n"))
	}
}

// TestSchema: without a name it is that of explain, which what explain prints
// keeps to.
func TestSchema(t *testing.T) {
	outputs := make(map[string]bool)
	for _, args := range []string{"schema", "schema explain", "schema event", "schema doctor", "schema workload", "schema top", "schema status"} {
		s := newSession(t)
		qt.Check(t, qt.Equals(run(strings.Fields(args), s.tool), exitOK))
		qt.Check(t, qt.StringContains(s.out.String(), "https://json-schema.org/draft/2020-12/schema"))
		outputs[s.out.String()] = true
	}
	qt.Check(t, qt.HasLen(outputs, 6))
}

func TestJSONKeepsToItsSchema(t *testing.T) {
	for args, want := range map[string]string{
		"explain -p 4121 -o json": "explain", "explain --all -o json": "explain", "doctor -o json": "doctor",
		"workload no-poll -o json": "workload", "top -n 2 -d 50ms -o json": "top", "attach -p 4121 --events --addresses -o json": "event",
	} {
		s := newSession(t)
		s.kernel.exits = strings.HasPrefix(args, "attach")
		s.kernel.events, s.kernel.reports = 100, rendertest.All()
		s.kernel.diagnosis = probe.Diagnosis{Reclaim: events.Ordered}
		run(strings.Fields(args), s.tool)
		found := make(map[string]bool)
		for line := range strings.Lines(s.out.String()) {
			name, err := rendertest.Validate([]byte(line))
			qt.Check(t, qt.IsNil(err), qt.Commentf("%s", args))
			found[name] = true
		}
		qt.Check(t, qt.IsTrue(found[want]), qt.Commentf("%s: %v", args, found))
	}
}

func TestDoctor(t *testing.T) {
	works := probe.Diagnosis{
		Release: "6.1.0", Reclaim: events.OrderedDeferred, Backend: probe.Kprobe, BTF: true,
		Capabilities: []probe.Capability{{Name: "CAP_BPF", Have: true}},
		Hooks: []probe.HookStatus{
			{Name: "node queued", Function: "io_rsrc_node_switch", Kind: "kprobe", State: probe.HookSilent, Without: "the queue is known from walks only"},
		},
		Can: []string{"explain: read the queue"},
	}
	broken := works
	broken.Walk = "no iterators"
	for _, tt := range []struct {
		found probe.Diagnosis
		err   error
		code  int
		out   string
	}{
		{works, nil, exitOK, "explain: read the queue"},
		{works, nil, exitOK, "silent  the queue is known from walks only"},
		{broken, nil, exitKernel, "no iterators"},
		{works, fmt.Errorf("%w: CAP_BPF; run it with sudo", probe.ErrPrivilege), exitPrivilege, "kernel 6.1.0"},
		{works, fmt.Errorf("%w: no fentry here; use --backend auto", probe.ErrKernel), exitKernel, "kernel 6.1.0"},
	} {
		s := newSession(t)
		s.kernel.diagnosis, s.kernel.err = tt.found, tt.err
		qt.Check(t, qt.Equals(run([]string{"doctor"}, s.tool), tt.code))
		qt.Check(t, qt.StringContains(s.out.String(), tt.out))
		if tt.code != exitOK {
			oneSentence(t, s.talk.String())
		}
		s.out.Reset()
		run([]string{"doctor", "-o", "json"}, s.tool)
		qt.Check(t, qt.IsTrue(strings.HasPrefix(s.out.String(), `{"v":1,"kernel":{"release":"6.1.0"`)))
		qt.Check(t, qt.Not(qt.StringContains(s.out.String(), "null")))
	}
}

func TestVersionAndCompletion(t *testing.T) {
	for _, args := range []string{"version", "completion bash", "completion fish", "--help", ""} {
		s := newSession(t)
		qt.Check(t, qt.Equals(run(strings.Fields(args), s.tool), exitOK), qt.Commentf(args))
		qt.Check(t, qt.StringContains(s.out.String(), "uringtrace"), qt.Commentf(args))
		qt.Check(t, qt.Equals(s.talk.String(), ""), qt.Commentf(args))
	}
}

func TestHelpHasEveryExitCode(t *testing.T) {
	help := newRoot(newSession(t).tool).Long
	for _, row := range exitCodes() {
		qt.Check(t, qt.StringContains(help, fmt.Sprintf("  %-4d %s", row.code, row.text)))
	}
}

func TestEveryBlockedRingCounts(t *testing.T) {
	r := rendertest.Reports()["ended"]
	qt.Check(t, qt.IsNil(blocked(*r)))
	r.Rings[1].Queue.State = queue.Blocked
	qt.Check(t, qt.ErrorIs(blocked(*r), errBlocked))
	qt.Check(t, qt.ErrorIs(blocked(*rendertest.Reports()["clear"], *r), errBlocked))
}
