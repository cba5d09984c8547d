//go:build linux

package observe

import (
	"uringtrace/internal/proc"
	"uringtrace/internal/queue"
)

// targetOf is a process and where it runs.
func targetOf(pid int, comm string, p proc.Place) queue.Target {
	return queue.Target{PID: pid, Comm: comm, Unit: p.Unit, Runtime: p.Runtime, Container: p.Container, Pod: p.Pod}
}
