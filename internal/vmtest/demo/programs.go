//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"uringtrace/internal/vmtest/guest"
)

const (
	// machineTime ends a machine that hangs.
	machineTime = "5m"
	// patience is what an interrupted program gets to clean up after itself.
	patience = 10 * time.Second
)

// programs are those that make build made. Their errors are the programs' own
// sentences.
type programs struct {
	dir  string
	talk *talk
}

// Fetch downloads the kernels that are not there yet.
func (s programs) Fetch(ctx context.Context, kernels []string) error {
	cmd, err := s.command(ctx, "vmrun", append([]string{"fetch"}, kernels...)...)
	if err != nil {
		return err
	}
	if s.talk.terminal {
		// It shows its own progress there, and has said why if it fails.
		cmd.Stderr = os.Stderr
		return cmd.Run()
	}
	_, err = s.run(cmd, "kernels", cmd.Run)
	return err
}

// Uringtrace runs uringtrace at a place and returns what it printed.
func (s programs) Uringtrace(ctx context.Context, p place, args ...string) ([]byte, error) {
	program := "uringtrace"
	if !p.native() {
		args = append([]string{"-kernel", p.kernel, "-timeout", machineTime, "-bin", s.dir, "run", program}, args...)
		program = "vmrun"
		s.talk.show(p.String() + ": booting")
	}
	cmd, err := s.command(ctx, program, args...)
	if err != nil {
		return nil, err
	}
	run := cmd.Run
	if p.native() {
		run = func() error { return runApart(cmd) }
	}
	return s.run(cmd, p.String(), run)
}

// Doctor asks what this kernel allows. Its output is of use even with an error.
func (s programs) Doctor(ctx context.Context) ([]byte, error) {
	cmd, err := s.command(ctx, "uringtrace", "doctor", "-o", "json")
	if err != nil {
		return nil, err
	}
	return s.run(cmd, "this kernel", cmd.Run)
}

func (s programs) command(ctx context.Context, program string, args ...string) (*exec.Cmd, error) {
	name, err := filepath.Abs(filepath.Join(s.dir, program))
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(name); err != nil {
		return nil, fmt.Errorf("%w: make build makes it", err)
	}
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
	cmd.WaitDelay = patience
	return cmd, nil
}

// run runs cmd by run, with its standard error as progress under a label.
func (s programs) run(cmd *exec.Cmd, label string, run func() error) ([]byte, error) {
	var out bytes.Buffer
	heard := &hearing{talk: s.talk, label: label}
	cmd.Stdout, cmd.Stderr = &out, io.Writer(heard)
	err := run()
	s.talk.clear()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		sentence, evidence := heard.verdict()
		s.talk.note(evidence)
		return out.Bytes(), errors.New(sentence)
	case err != nil:
		return nil, err
	}
	s.talk.note(heard.warnings())
	return out.Bytes(), nil
}

// runApart runs cmd in a network namespace of its own: sockstat, which counts
// what is left, would also count the sockets of everybody else on this machine.
func runApart(cmd *exec.Cmd) error {
	done := make(chan error, 1)
	go func() {
		// A child gets the namespace of the thread that starts it. The thread is
		// never unlocked, so it ends with the goroutine and nobody else gets it.
		runtime.LockOSThread()
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			done <- fmt.Errorf("make a network namespace: %w", err)
			return
		}
		if err := guest.LoopbackUp(); err != nil {
			done <- fmt.Errorf("bring lo up in a new network namespace: %w", err)
			return
		}
		done <- cmd.Run()
	}()
	return <-done
}
