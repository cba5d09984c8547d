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
	"uringtrace/internal/probe"
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
	if missing := k.noDrgn(); missing != "" {
		all = append(all, bench.Answer{Tool: "drgn", Missing: missing})
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
	walk, err := walkMS(run.PID())
	if err != nil {
		return nil, err
	}
	questions := ourQuestions(walk)
	if k.noDrgn() == "" {
		script, err := drgnScript()
		if err != nil {
			return nil, err
		}
		defer os.Remove(script)
		questions = append(questions, drgnQuestions(script)...)
	}
	right := func(r reply) error {
		if !k.queue {
			return nil
		}
		return r.wrong(nodes, o.UserData.String())
	}
	for _, q := range questions {
		a, err := q.ask(ctx, run.PID(), nodes, right)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", q.tool, err)
		}
		all = append(all, a)
	}
	return all, nil
}

// question is one that a tool can answer of a process.
type question struct {
	tool string
	args func(pid int) []string
	// read takes what the tool answers.
	read func(out []byte) (reply, error)
}

// reply is what an answer is held against, and what it says of itself.
type reply struct {
	nodes   int
	holder  string // user_data of the request that holds the head
	sockets int    // that the nodes hold; noneSaid: it is not told
	walkMS  float64
}

// noneSaid stands for a number that an answer does not have.
const noneSaid = -1

// wrong is an error unless r tells of the whole queue and of what holds it: a quick
// answer that is wrong counts nothing.
func (r reply) wrong(nodes int, holder string) error {
	if r.nodes != nodes || r.holder != holder || r.sockets != nodes && r.sockets != noneSaid {
		return fmt.Errorf("%d nodes held by %q were to be found, not %+v", nodes, holder, r)
	}
	return nil
}

// ourQuestions are those to uringtrace. It does not say how long its walk takes, so
// explain gets what was measured beside it.
func ourQuestions(walk float64) []question {
	ours := func(tool string, walk float64, more ...string) question {
		return question{
			tool: tool,
			args: func(pid int) []string {
				return append([]string{"uringtrace", tool, "-p", strconv.Itoa(pid), "-o", "json"}, more...)
			},
			read: func(out []byte) (reply, error) {
				r, err := readReport(out)
				r.walkMS = walk
				return r, err
			},
		}
	}
	return []question{ours("explain", walk, "--for", "0"), ours("attach", 0, "--for", "100ms")}
}

// walkMS measures the walk that explain makes, without the program around it.
func walkMS(pid int) (ms float64, err error) {
	w, err := probe.NewWalker(nil)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	var took []float64
	for range asked {
		walk, err := w.Walk(pid)
		if err != nil {
			return 0, err
		}
		took = append(took, float64(walk.End-walk.Begin)/1e6)
	}
	return bench.Median(took), nil
}

// ask puts the question several times. An answer has to be right.
func (q question) ask(ctx context.Context, pid, nodes int, right func(reply) error) (bench.Answer, error) {
	a := bench.Answer{Tool: q.tool, Nodes: nodes}
	var took, walks []float64
	for range asked {
		if err := forgetPeak(); err != nil {
			return a, err
		}
		args := q.args(pid)
		c := exec.CommandContext(ctx, args[0], args[1:]...)
		begin := time.Now()
		out, err := c.Output()
		took = append(took, ms(time.Since(begin)))
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			return a, err
		}
		r, err := q.read(out)
		if err == nil {
			err = right(r)
		}
		if err != nil {
			return a, errors.Join(err, complaint(exit))
		}
		walks = append(walks, r.walkMS)
		if usage, ok := c.ProcessState.SysUsage().(*syscall.Rusage); ok {
			a.Peak = max(a.Peak, uint64(usage.Maxrss)<<10)
		}
	}
	a.MS, a.WalkMS = bench.Median(took), bench.Median(walks)
	return a, nil
}

// complaint is what a program complained about before it failed.
func complaint(exit *exec.ExitError) error {
	if exit == nil || len(exit.Stderr) == 0 {
		return nil
	}
	return errors.New(string(exit.Stderr))
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

// readReport takes the figures out of a report of uringtrace.
func readReport(out []byte) (reply, error) {
	var report queue.Report
	if err := json.Unmarshal(out, &report); err != nil {
		return reply{}, err
	}
	if !report.Exact || len(report.Rings) != 1 {
		return reply{}, fmt.Errorf("not exact: %s", out)
	}
	ring := &report.Rings[0]
	r := reply{nodes: ring.Queue.Nodes, sockets: ring.Held.Sockets}
	if all := ring.Blockers; len(all) > 0 && len(all[0].Requests) > 0 {
		r.holder = all[0].Requests[0].UserData
	}
	return r, nil
}
