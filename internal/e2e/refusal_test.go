//go:build kernel

package e2e

import (
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/go-quicktest/qt"
	"golang.org/x/sys/unix"
)

// checkRefusal: the code, one sentence, and nothing on stdout.
func checkRefusal(t *testing.T, o outcome, code int, sentence string) {
	t.Helper()
	qt.Check(t, qt.Equals(o.code, code))
	qt.Check(t, qt.Equals(o.stdout, ""))
	qt.Check(t, qt.Equals(strings.Count(o.stderr, "\n"), 1), qt.Commentf("%s", o.stderr))
	qt.Check(t, qt.Matches(strings.TrimSpace(o.stderr), "uringtrace: "+sentence))
}

func TestRefusals(t *testing.T) {
	for _, tt := range []struct {
		name, args string
		code       int
		sentence   string
	}{
		{"no such process", "attach -p 4194304", 6, "no such process: 4194304.*"},
		{"no such process, explain", "explain -p 4194304", 6, "no such process: 4194304.*"},
		{"no ring", "attach -p 1", 6, `the process has no io_uring: .*\(pid 1\).*`},
		{"no ring, explain", "explain -p 1", 6, `the process has no io_uring: .*\(pid 1\).*`},
		{"no pid", "attach", 2, "which process\\? uringtrace attach -p PID"},
		{"pid without -p", "explain 12", 2, "give the process with -p: .*"},
		{"bad pid", "explain -p x", 2, ".*a process id is a positive number.*"},
		{"unknown scenario", "workload nonsense", 2, `unknown scenario "nonsense": choose one of listener-poll.*`},
		{"unknown command", "atach -p 1", 2, `unknown command "atach": did you mean attach.*`},
		{"unknown flag", "explain --frobnicate", 2, ".*frobnicate.*"},
		{"unknown backend", "attach -p 1 --backend ebpf", 2, ".*choose one of auto, fentry, kprobe, none.*"},
		{"flags that make no sense", "attach -p 1 --addresses", 2, "--addresses shows them in events: add --events"},
		{"interval", "attach -p 1 --interval 1ms", 2, "--interval must be at least 50ms, got 1ms"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			checkRefusal(t, run(t, strings.Fields(tt.args)...), tt.code, tt.sentence)
		})
	}
}

// TestNoBTF hides the kernel's types from the program.
func TestNoBTF(t *testing.T) {
	for _, args := range []string{"attach -p 1", "explain -p 1", "top"} {
		c := exec.CommandContext(t.Context(), "sh", "-c",
			"mount -t tmpfs none /sys/kernel/btf && exec uringtrace "+args)
		c.SysProcAttr = &syscall.SysProcAttr{Unshareflags: unix.CLONE_NEWNS}
		checkRefusal(t, finish(t, c), 5, "the kernel can't do this: it has no BTF .*CONFIG_DEBUG_INFO_BTF=y")
	}
}

// TestRefusedBackend: one that the kernel lacks is an error, not a surprise.
func TestRefusedBackend(t *testing.T) {
	if diagnosis(t).Backend != "none" {
		return // this kernel has all of them: TestWorkload uses each
	}
	for _, backend := range []string{"fentry", "kprobe"} {
		o := run(t, "workload", "no-poll", "--backend", backend)
		checkRefusal(t, o, 5, "the kernel can't do this: no "+backend+" here .*use --backend auto")
	}
}
