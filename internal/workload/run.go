//go:build linux

package workload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// Run is a workload that was started as a process of its own. It is for one
// goroutine.
type Run struct {
	cmd    *exec.Cmd
	stages *StageReader
	stdin  io.WriteCloser
	stderr strings.Builder
}

// Start starts scenario name with the binary at path (empty: found in PATH).
// The process is killed when ctx ends, and goes on to its own end when its
// standard input closes, so it does not outlive whoever started it. The caller
// ends it with Wait or Kill.
func Start(ctx context.Context, path, name string, o Options) (*Run, error) {
	if path == "" {
		path = Program
	}
	cmd := exec.CommandContext(ctx, path, o.Args(name)...)
	r := &Run{cmd: cmd}
	cmd.Stderr = &r.stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start workload: %w", err)
	}
	if r.stdin, err = cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("start workload: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start workload: %w", err)
	}
	r.stages = NewStageReader(stdout)
	return r, nil
}

// PID is the workload's process.
func (r *Run) PID() int { return r.cmd.Process.Pid }

// Until waits for a stage and returns its ground truth.
func (r *Run) Until(name StageName) (Stage, error) {
	s, err := r.stages.Until(name)
	if err != nil {
		if msg := strings.TrimSpace(r.stderr.String()); msg != "" {
			return s, fmt.Errorf("workload: %s", msg)
		}
	}
	return s, err
}

// Go lets a paused workload go on.
func (r *Run) Go() error {
	if _, err := io.WriteString(r.stdin, "go\n"); err != nil {
		return fmt.Errorf("let workload go on: %w", err)
	}
	return nil
}

// Signal sends sig to the workload.
func (r *Run) Signal(sig syscall.Signal) error { return r.cmd.Process.Signal(sig) }

// Wait lets the workload run to its end and waits for it for at most patience,
// after which it is killed.
func (r *Run) Wait(patience time.Duration) error {
	kill := time.AfterFunc(patience, func() { _ = r.cmd.Process.Kill() }) // it may be gone by then
	defer kill.Stop()
	closeErr := r.stdin.Close()
	for {
		if _, err := r.stages.Next(); err != nil {
			break // its end, or a kill
		}
	}
	return errors.Join(closeErr, r.cmd.Wait())
}

// Kill ends the workload at once.
func (r *Run) Kill() error {
	if err := r.cmd.Process.Kill(); err != nil {
		return fmt.Errorf("kill workload: %w", err)
	}
	_ = r.cmd.Wait() // "signal: killed" is what was asked for
	return nil
}
