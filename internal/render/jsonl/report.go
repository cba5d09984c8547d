package jsonl

import (
	"encoding/json"
	"fmt"
	"io"

	"uringtrace/internal/queue"
	"uringtrace/internal/render"
)

// Report writes the explanation of one process.
func Report(w io.Writer, r *queue.Report) error { return write(w, whole(r)) }

// WorkloadReport writes the explanation of a bundled workload; the ground truth is
// under the key workload.
func WorkloadReport(w io.Writer, r *queue.Report, truth *render.Workload) error {
	return write(w, workloadReport{whole(r), truth})
}

type workloadReport struct {
	*queue.Report
	Workload *render.Workload `json:"workload"`
}

// Diagnosis writes what a kernel allows.
func Diagnosis(w io.Writer, d *render.Diagnosis) error { return write(w, d) }

// Status writes where the rings of a recording stand.
func Status(w io.Writer, s *render.Status) error { return write(w, s) }

// Top writes a refresh of top.
func Top(w io.Writer, t *render.Top) error {
	out := *t
	out.Rings = make([]render.TopRing, len(t.Rings))
	for i := range t.Rings {
		out.Rings[i] = t.Rings[i]
		out.Rings[i].RingReport = wholeRing(&t.Rings[i].RingReport)
	}
	return write(w, &out)
}

// whole returns r with empty lists in place of absent ones, so that readers can
// loop over each without asking whether it is there.
func whole(r *queue.Report) *queue.Report {
	out := *r
	out.Rings = make([]queue.RingReport, len(r.Rings))
	for i := range r.Rings {
		out.Rings[i] = wholeRing(&r.Rings[i])
	}
	return &out
}

func wholeRing(r *queue.RingReport) queue.RingReport {
	ring := *r
	ring.Flags = list(ring.Flags)
	ring.Remedies = list(ring.Remedies)
	ring.Blockers = blockers(ring.Blockers)
	return ring
}

func blockers(all []queue.Blocker) []queue.Blocker {
	all = append([]queue.Blocker{}, all...)
	for i := range all {
		all[i].Requests = list(all[i].Requests)
	}
	return all
}

func list[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}

// write encodes v without HTML's escapes: a process name is not a web page.
func write(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}
