//go:build linux

package guest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"uringtrace/internal/vmtest/job"
)

// Exit codes of programs that could not be started, as shells have them.
const (
	exitNotExecutable = 126
	exitNotFound      = 127
	exitSignal        = 128
)

// killWait is how long processes may take to die before they are reported.
const killWait = 5 * time.Second

// start runs p to its end. Its output travels live.
func (w *worker) start(p job.Program) job.Outcome {
	stderr := w.frames.Stream(job.Stderr)
	exit, err := w.spawn(p)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		exit = exitNotFound
	case err != nil:
		exit = exitNotExecutable
	}
	if err != nil {
		fmt.Fprintf(stderr, "vmrun: start %s: %v\n", p.Path, err)
	}
	return job.Outcome{Exit: exit}
}

func (w *worker) spawn(p job.Program) (int, error) {
	for _, dir := range append(p.Parents, p.Dir) {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return 0, err
		}
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return 0, err
	}
	defer null.Close()
	var copies sync.WaitGroup
	stdout, err := w.pipe(job.Stdout, &copies)
	if err != nil {
		return 0, err
	}
	stderr, err := w.pipe(job.Stderr, &copies)
	if err != nil {
		stdout.Close()
		return 0, err
	}
	process, err := os.StartProcess(p.Path, p.Args, &os.ProcAttr{
		Dir:   p.Dir,
		Env:   environ(w.job.Env),
		Files: []*os.File{null, stdout, stderr},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
	stdout.Close()
	stderr.Close()
	if err != nil {
		copies.Wait()
		return 0, err
	}
	state, err := process.Wait()
	// Children that outlive the program would keep its pipes open.
	_ = unix.Kill(-1, unix.SIGKILL)
	copies.Wait()
	if err != nil {
		return 0, err
	}
	return w.exitCode(p, state), nil
}

func (w *worker) exitCode(p job.Program, state *os.ProcessState) int {
	status, ok := state.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() {
		return state.ExitCode()
	}
	fmt.Fprintf(w.frames.Stream(job.Stderr), "vmrun: %s: %v\n", filepath.Base(p.Path), status.Signal())
	return exitSignal + int(status.Signal())
}

// pipe returns the end that a program writes; what comes out at the other end
// is sent as s. copies waits for the last byte.
func (w *worker) pipe(s job.Stream, copies *sync.WaitGroup) (*os.File, error) {
	r, wr, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	copies.Go(func() {
		defer r.Close()
		// A broken live port shows itself at the next event.
		_, _ = io.Copy(w.frames.Stream(s), r)
	})
	return wr, nil
}

func environ(extra []string) []string {
	env := []string{"PATH=/bin:/sbin:/usr/bin:/usr/sbin", "HOME=/tmp", "TMPDIR=/tmp", "USER=root", "LANG=C.UTF-8"}
	return append(env, extra...)
}

// killAll kills whatever the last program left, reaps it, and names those
// that do not die.
func killAll() []string {
	deadline := time.Now().Add(killWait)
	for {
		_ = unix.Kill(-1, unix.SIGKILL)
		pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil)
		switch {
		case errors.Is(err, unix.ECHILD):
			return nil
		case pid > 0, errors.Is(err, unix.EINTR):
			continue
		case time.Now().After(deadline):
			return children()
		}
		time.Sleep(time.Millisecond)
	}
}

// children describes the living children of this process.
func children() []string {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	var names []string
	for _, stat := range stats {
		data, err := os.ReadFile(stat)
		if err != nil {
			continue
		}
		// pid (comm) state ppid; comm may hold anything.
		end := bytes.LastIndexByte(data, ')')
		fields := strings.Fields(string(data[end+1:]))
		if end > 0 && len(fields) > 1 && fields[1] == "1" {
			names = append(names, string(data[:end+1])+" state "+fields[0])
		}
	}
	return names
}
