//go:build linux

package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"uringtrace/internal/observe"
	"uringtrace/internal/probe"
	"uringtrace/internal/proc"
	"uringtrace/internal/queue"
	"uringtrace/internal/workload"
)

// native is the kernel that we run on.
type native struct{}

func (native) Attach(ctx context.Context, o observe.Options) (observer, error) {
	obs, err := observe.Attach(ctx, o)
	if err != nil {
		return nil, err // not obs: a nil *Observer in an interface is not nil
	}
	return obs, nil
}

func (native) Explain(ctx context.Context, o observe.ExplainOptions) (queue.Report, error) {
	return observe.Explain(ctx, o)
}

func (native) ExplainAll(ctx context.Context, o observe.AllOptions) ([]queue.Report, error) {
	return observe.ExplainAll(ctx, o)
}

func (native) Host() (host, error) {
	h, err := observe.OpenHost()
	if err != nil {
		return nil, err // not h, for the same reason
	}
	return h, nil
}

func (native) Diagnose(ctx context.Context, b probe.Backend) (probe.Diagnosis, error) {
	return probe.Diagnose(ctx, b)
}

func (native) SocketsUsed() (int, error) { return proc.Sockets(proc.Root(), os.Getpid()) }

func (native) Now() uint64 { return probe.Now() }

// program is a workload in a process of its own.
type program struct{ *workload.Run }

// patience is how long a workload may take to give everything back.
const patience = 5 * time.Second

// startProgram starts a scenario. The workload does not end with ctx: on Ctrl-C it
// has to stay as it is until it is explained. It ends with us in any case, because
// its standard input does.
func startProgram(ctx context.Context, path, name string, o workload.Options) (load, error) {
	r, err := workload.Start(context.WithoutCancel(ctx), path, name, o)
	if err != nil {
		return nil, err
	}
	return program{r}, nil
}

func (p program) Stop() error { return p.Signal(unix.SIGTERM) }

func (p program) End() error { return p.Wait(patience) }

// findProgram looks for uringload where make build and packages put it.
func findProgram() (string, error) {
	if exe, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(exe), workload.Program)
		if info, err := os.Stat(beside); err == nil && info.Mode().IsRegular() {
			return beside, nil
		}
	}
	path, err := exec.LookPath(workload.Program)
	if errors.Is(err, exec.ErrNotFound) {
		return "", usagef("there is no %s beside uringtrace or in PATH: make build makes both, or name it with --uringload PATH", workload.Program)
	}
	return path, err
}
