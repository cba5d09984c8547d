//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime/debug"
	"strconv"
	"syscall"
	"time"

	"uringtrace/internal/bench"
	"uringtrace/internal/queue"
	"uringtrace/internal/workload"
)

// shortest is the queue that others are compared with.
const shortest = 10

// asked is how often a question is put; the median counts.
const asked = 3

// answers has queues of the given lengths explained.
func answers(ctx context.Context, k *kernel, lengths string) ([]bench.Answer, error) {
	nodes := []int{shortest}
	for _, word := range list(lengths) {
		n, err := strconv.Atoi(word)
		if err != nil {
			return nil, fmt.Errorf("length of a queue: %w", err)
		}
		nodes = append(nodes, n)
	}
	var all []bench.Answer
	for _, n := range nodes {
		two, err := answersAt(ctx, k, n)
		if err != nil {
			return nil, fmt.Errorf("queue of %d nodes: %w", n, err)
		}
		all = append(all, two...)
	}
	if _, err := exec.LookPath("drgn"); err != nil {
		all = append(all, bench.Answer{Tool: "drgn", Missing: true})
	}
	return all, nil
}

// answersAt explains one queue cold, and watches it for as long as it takes to say
// where it stands.
func answersAt(ctx context.Context, k *kernel, nodes int) (all []bench.Answer, err error) {
	o := workload.DefaultOptions()
	o.Sockets, o.Pause = nodes, workload.Pauses{workload.StageDone}
	run, err := workload.Start(ctx, "", "listener-poll", o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, run.Kill()) }()
	if _, err := run.Until(workload.StageDone); err != nil {
		return nil, err
	}
	time.Sleep(k.settle)
	pid := strconv.Itoa(run.PID())
	for _, args := range [][]string{
		{"explain", "-p", pid, "--for", "0", "-o", "json"},
		{"attach", "-p", pid, "--for", "100ms", "-o", "json"},
	} {
		a, err := ask(ctx, args[0], nodes, args)
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}

// ask puts one question several times.
func ask(ctx context.Context, tool string, nodes int, args []string) (bench.Answer, error) {
	a := bench.Answer{Tool: tool, Nodes: nodes}
	var took []float64
	for range asked {
		if err := forgetPeak(); err != nil {
			return a, err
		}
		c := exec.CommandContext(ctx, "uringtrace", args...)
		begin := time.Now()
		out, err := c.Output()
		took = append(took, ms(time.Since(begin)))
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			return a, err
		}
		if err := complete(out, nodes); err != nil {
			return a, fmt.Errorf("uringtrace %s: %w", tool, err)
		}
		if usage, ok := c.ProcessState.SysUsage().(*syscall.Rusage); ok {
			a.Peak = max(a.Peak, uint64(usage.Maxrss)<<10)
		}
	}
	a.MS = bench.Median(took)
	return a, nil
}

// forgetPeak makes our own peak of memory a small one. A child starts as one that
// shares our memory, and the kernel counts our peak as the child's.
func forgetPeak() error {
	debug.FreeOSMemory()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		return fmt.Errorf("reset the peak of memory: %w", err)
	}
	return nil
}

// complete returns an error unless the answer tells of the whole queue: a quick
// answer that is wrong counts nothing.
func complete(out []byte, nodes int) error {
	var r queue.Report
	if err := json.Unmarshal(out, &r); err != nil {
		return err
	}
	if !r.Exact || len(r.Rings) != 1 {
		return fmt.Errorf("not exact: %s", out)
	}
	if got := r.Rings[0].Queue.Nodes; r.Kernel.Reclaim != "independent" && got != nodes {
		return fmt.Errorf("%d nodes of %d", got, nodes)
	}
	return nil
}
