package main

import (
	"context"
	"io"
	"time"

	"uringtrace/internal/events"
	"uringtrace/internal/observe"
	"uringtrace/internal/probe"
	"uringtrace/internal/queue"
	"uringtrace/internal/workload"
)

// kernel is what the commands need of the running one.
type kernel interface {
	Attach(context.Context, observe.Options) (observer, error)
	Explain(context.Context, observe.ExplainOptions) (queue.Report, error)
	ExplainAll(context.Context, observe.AllOptions) ([]queue.Report, error)
	Host() (host, error)
	Diagnose(context.Context, probe.Backend) (probe.Diagnosis, error)
	// SocketsUsed counts the sockets of our network namespace.
	SocketsUsed() (int, error)
	// Now is CLOCK_MONOTONIC in ns, the clock of events.
	Now() uint64
}

// observer follows one process; see observe.Observer.
type observer interface {
	Run(context.Context) error
	Status() []queue.Status
	Lost() queue.Lost
	UntakenStacks() (uint64, error)
	Report() (queue.Report, error)
	Snapshot() queue.Report
	Degraded() []string
	Comm() string
	Backend() probe.Backend
	Reclaim() events.Reclaim
	io.Closer
}

// host looks at all processes with rings; see observe.Host.
type host interface {
	Look(context.Context) error
	Reports() []queue.Report
	Undecided() time.Duration
	Kernel() queue.Kernel
	Looked() (at uint64, took time.Duration)
	Pause(interval time.Duration) time.Duration
	io.Closer
}

// load is a bundled workload that runs; see workload.Run.
type load interface {
	PID() int
	Until(workload.StageName) (workload.Stage, error)
	Go() error
	Stop() error // asks it to end at once; Until returns then
	End() error  // lets it come to its end and reaps it; the last call
}
