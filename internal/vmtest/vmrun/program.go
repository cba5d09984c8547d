//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"uringtrace/internal/vmtest/job"
)

// passThrough hands a program's output on as it comes.
type passThrough struct{}

func (passThrough) Output(s job.Stream, data []byte) error {
	out := os.Stdout
	if s == job.Stderr {
		out = os.Stderr
	}
	_, err := out.Write(data)
	return err
}

func (passThrough) Event(job.Event) error { return nil }

// runProgram is "vmrun run".
func runProgram(ctx context.Context, o options) error {
	if len(o.args) == 0 {
		return usagef("run: no program")
	}
	s, err := newSession(o)
	if err != nil {
		return err
	}
	path, err := s.program(o.args[0])
	if err != nil {
		return err
	}
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	s.job.Programs = []job.Program{{Path: path, Args: o.args, Dir: dir}}
	return s.passExit(ctx)
}

// program returns the guest path of a program: one that -bin or -busybox put
// into /bin, or one of this machine.
func (s *session) program(name string) (string, error) {
	if base := strings.TrimPrefix(name, "/bin/"); !strings.Contains(base, "/") && s.root.Has("/bin/"+base) {
		return "/bin/" + base, nil
	}
	found, err := exec.LookPath(name)
	if err != nil {
		return "", usagef("run: %w", err)
	}
	path, err := filepath.Abs(found)
	if err != nil {
		return "", err
	}
	return path, s.addProgram(path)
}

// addProgram adds a program of this machine at the same path.
func (s *session) addProgram(path string) error {
	for _, hidden := range []string{"/dev/", "/proc/", "/sys/"} {
		if strings.HasPrefix(path, hidden) {
			return fmt.Errorf("%s: the machine has its own %s; move the program elsewhere", path, hidden)
		}
	}
	if err := checkStatic(path); err != nil {
		return err
	}
	return s.root.File(path, path)
}

// passExit runs the one program of s and returns its exit code as error.
func (s *session) passExit(ctx context.Context) error {
	result, err := s.boot(ctx, passThrough{}, nil)
	if err != nil {
		return err
	}
	for _, line := range result.Boot {
		fmt.Fprintf(os.Stderr, "kernel log (boot): %s\n", line)
	}
	outcome := result.Programs[0]
	for _, line := range complaints(outcome) {
		fmt.Fprintln(os.Stderr, line)
	}
	if outcome.Exit != 0 {
		return programError(outcome.Exit)
	}
	return nil
}

// complaints are the lines about what went wrong beside the program.
func complaints(o job.Outcome) []string {
	var lines []string
	for _, text := range o.Kernel {
		lines = append(lines, "kernel log: "+text)
	}
	for _, text := range o.Stalls {
		lines = append(lines, "kernel log (stall, maybe of this host): "+text)
	}
	for _, text := range o.Left {
		lines = append(lines, "left behind: process "+text)
	}
	return lines
}

func (s *session) addJob() error {
	data, err := json.Marshal(s.job)
	if err != nil {
		return fmt.Errorf("encode job: %w", err)
	}
	s.root.Bytes(job.Path, data, 0o600)
	return nil
}
