//go:build !linux

package main

import (
	"context"
	"fmt"

	"uringtrace/internal/observe"
	"uringtrace/internal/probe"
	"uringtrace/internal/queue"
	"uringtrace/internal/workload"
)

// native is no kernel that has an io_uring: here recordings can be read.
type native struct{}

func notHere() error {
	return fmt.Errorf("%w: this needs Linux; what was recorded there can be explained and replayed here", probe.ErrKernel)
}

func (native) Attach(context.Context, observe.Options) (observer, error) { return nil, notHere() }

func (native) Explain(context.Context, observe.ExplainOptions) (queue.Report, error) {
	return queue.Report{}, notHere()
}

func (native) ExplainAll(context.Context, observe.AllOptions) ([]queue.Report, error) {
	return nil, notHere()
}

func (native) Host() (host, error) { return nil, notHere() }

func (native) Diagnose(context.Context, probe.Backend) (probe.Diagnosis, error) {
	return probe.Diagnosis{}, notHere()
}

func (native) SocketsUsed() (int, error) { return 0, notHere() }

func (native) Now() uint64 { return 0 }

func startProgram(context.Context, string, string, workload.Options) (load, error) {
	return nil, notHere()
}

func findProgram() (string, error) { return "", notHere() }
