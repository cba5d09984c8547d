//go:build linux

package main

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"uringtrace/internal/vmtest/job"
)

// testReport prints the course of many test binaries the way go test does: all
// output of those that fail, one line for those that pass.
type testReport struct {
	w       io.Writer
	verbose bool
	labels  []string
	start   time.Time

	booted  time.Duration
	output  bytes.Buffer // of the running program, unless verbose
	running string       // empty between programs
	passed  int
	failed  int
}

// Output implements job.Sink.
func (r *testReport) Output(_ job.Stream, data []byte) error {
	if !r.verbose {
		r.output.Write(data)
		return nil
	}
	_, err := r.w.Write(data)
	return err
}

// Event implements job.Sink.
func (r *testReport) Event(e job.Event) error {
	switch e.Kind {
	case job.Ready:
		r.booted = time.Since(r.start)
	case job.Start:
		r.running = r.labels[e.Program]
		r.output.Reset()
	case job.End:
		r.running = ""
		return r.end(r.labels[e.Program], *e.Outcome)
	}
	return nil
}

func (r *testReport) end(label string, o job.Outcome) error {
	failed := o.Exit != 0 || len(o.Kernel) > 0 || len(o.Left) > 0
	if failed {
		if _, err := r.output.WriteTo(r.w); err != nil {
			return err
		}
	}
	for _, line := range complaints(o) {
		if _, err := fmt.Fprintln(r.w, line); err != nil {
			return err
		}
	}
	word := "ok  "
	if failed {
		word = "FAIL"
		r.failed++
	} else {
		r.passed++
	}
	_, err := fmt.Fprintf(r.w, "%s\t%s\t%.3fs\n", word, label, o.Seconds)
	return err
}

// crashed shows what the program said that was running at the end.
func (r *testReport) crashed() {
	if r.running == "" {
		return
	}
	// The machine's end is the error to report, not that of the terminal.
	_, _ = r.output.WriteTo(r.w)
	fmt.Fprintf(r.w, "FAIL\t%s\tthe machine ended\n", r.running)
}

func (r *testReport) summary(name, release string) {
	fmt.Fprintf(r.w, "kernel %s (%s): %d ok, %d failed, %.1fs of which boot %.1fs\n",
		name, release, r.passed, r.failed, time.Since(r.start).Seconds(), r.booted.Seconds())
}
