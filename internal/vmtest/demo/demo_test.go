//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"strings"
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/queue"
	"uringtrace/internal/render"
	"uringtrace/internal/render/jsonl"
	"uringtrace/internal/render/rendertest"
	"uringtrace/internal/render/text"
)

// leak is the run of an affected kernel.
func leak() *run {
	return &run{
		Report: queue.Report{
			Version: 1, Exact: true, Kernel: queue.Kernel{Release: "6.1.0", Reclaim: "ordered-deferred"},
			Rings: []queue.RingReport{{
				Exact: true,
				Queue: queue.Counts{Nodes: 1000, Pinned: 1, Blocked: 999, State: queue.Blocked},
				Held:  queue.Held{Files: 1000, Sockets: 1000},
				Blockers: []queue.Blocker{{
					References: 1, Found: 1, Frees: queue.Frees{Nodes: 1000, Files: 1000, Sockets: 1000},
					Requests: []queue.Request{{
						Op: "POLL_ADD", UserData: "0xfeed",
						File: queue.FileInfo{Kind: "socket", Proto: "tcp", Local: "127.0.0.1:6666", State: "LISTEN"},
					}},
				}},
			}},
		},
		Workload: render.Workload{
			Scenario: scenario, Sockets: 1000, SocketsUsedBefore: 9, SocketsUsed: 1009, Port: 6666, UserData: "0xfeed",
		},
	}
}

// cure is the run of one that is not.
func cure() *run {
	r := leak()
	r.Kernel = queue.Kernel{Release: "7.3.4", Reclaim: "independent"}
	r.Rings[0] = queue.RingReport{Exact: true, Queue: queue.Counts{State: queue.Clear}}
	r.Workload.SocketsUsed = 9
	return r
}

// fakeTools know every kernel: 6.x leak, others don't.
type fakeTools struct {
	t         *testing.T
	diagnosis render.Diagnosis
	fails     error // of uringtrace on 6.12
	calls     []string
}

func (f *fakeTools) Doctor(context.Context) ([]byte, error) {
	return f.encode(f.diagnosis), errors.New("doctor has no privilege")
}

func (f *fakeTools) Fetch(_ context.Context, kernels []string) error {
	f.calls = append(f.calls, "fetch "+strings.Join(kernels, " "))
	return nil
}

func (f *fakeTools) Uringtrace(_ context.Context, p place, args ...string) ([]byte, error) {
	f.calls = append(f.calls, p.String()+": "+strings.Join(args, " "))
	if p.kernel == "6.12" && f.fails != nil {
		return nil, f.fails
	}
	if p.affected {
		return f.encode(leak()), nil
	}
	return f.encode(cure()), nil
}

func (f *fakeTools) encode(v any) []byte {
	data, err := json.Marshal(v)
	qt.Assert(f.t, qt.IsNil(err))
	return data
}

func fake(t *testing.T, d render.Diagnosis) (*demo, *fakeTools, *bytes.Buffer) {
	o, err := parse(nil, io.Discard)
	qt.Assert(t, qt.IsNil(err))
	tools, out := &fakeTools{t: t, diagnosis: d}, &bytes.Buffer{}
	return &demo{options: o, tools: tools, stdout: out, root: true}, tools, out
}

func TestDemoInMachines(t *testing.T) {
	d, tools, out := fake(t, render.Diagnosis{Kernel: render.Kernel{Release: "6.18.4", Reclaim: "independent"}})
	qt.Assert(t, qt.IsNil(d.play(t.Context())))
	const command = ": workload listener-poll --sockets 1000 -o json"
	qt.Check(t, qt.DeepEquals(tools.calls, []string{
		"fetch 6.1 6.12 7.3", "kernel 6.1" + command, "kernel 6.12" + command, "kernel 7.3" + command,
	}))
	qt.Check(t, qt.IsTrue(strings.HasPrefix(out.String(),
		"6.18.4 does not have the leak, so virtual machines run 6.1, 6.12, 7.3\n\n[kernel 6.1] # uringtrace workload")))
	qt.Check(t, qt.StringContains(out.String(), "BLOCKED"))
	qt.Check(t, qt.Equals(strings.Count(out.String(), "1,009 now)\n\n[kernel "), 2))
	qt.Check(t, qt.IsTrue(strings.HasSuffix(out.String(), "7.3.4           1000           0            0  none\n")))
}

func TestDemoOnThisKernel(t *testing.T) {
	d, tools, out := fake(t, fitting())
	qt.Assert(t, qt.IsNil(d.play(t.Context())))
	qt.Check(t, qt.HasLen(tools.calls, 3))
	qt.Check(t, qt.Equals(tools.calls[0], "fetch 7.3"))
	qt.Check(t, qt.StringContains(out.String(), "[this kernel] # uringtrace workload listener-poll"))
}

func TestDemoThatFails(t *testing.T) {
	d, tools, out := fake(t, render.Diagnosis{})
	tools.fails = errors.New("the machine ended without a result: timeout")
	qt.Check(t, qt.ErrorMatches(d.play(t.Context()), "kernel 6.12: the machine ended without a result: timeout"))
	qt.Check(t, qt.Not(qt.StringContains(out.String(), "queue depth"))) // no table

	d, _, _ = fake(t, render.Diagnosis{})
	d.affected, d.cured = nil, nil
	qt.Check(t, qt.ErrorMatches(d.play(t.Context()), ".*, and no other kernel is named"))

	d, _, _ = fake(t, render.Diagnosis{})
	d.affected, d.cured = nil, []string{"7.3"}
	d.sockets = 5
	qt.Check(t, qt.ErrorMatches(d.play(t.Context()), "kernel 7.3: the run does not prove what it should: sockets made: 1000, not 5"))
}

// The demo prints what it decoded: nothing that the text says may be missing from
// the JSON.
func TestTextFromJSONIsTheText(t *testing.T) {
	truth := leak().Workload
	for name, report := range rendertest.Reports() {
		var want, data, got bytes.Buffer
		qt.Assert(t, qt.IsNil(text.WorkloadReport(&want, report, &truth, text.Style{})))
		qt.Assert(t, qt.IsNil(jsonl.WorkloadReport(&data, report, &truth)))
		var r run
		qt.Assert(t, qt.IsNil(json.Unmarshal(data.Bytes(), &r)))
		qt.Assert(t, qt.IsNil(text.WorkloadReport(&got, &r.Report, &r.Workload, text.Style{})))
		qt.Check(t, qt.Equals(got.String(), want.String()), qt.Commentf(name))
	}
}

func TestParse(t *testing.T) {
	o, err := parse([]string{"-affected", "6.1", "-cured", "", "-sockets", "20000"}, io.Discard)
	qt.Assert(t, qt.IsNil(err))
	qt.Check(t, qt.DeepEquals(o.affected, []string{"6.1"}))
	qt.Check(t, qt.HasLen(o.cured, 0))
	for args, says := range map[string]string{
		"-sockets 1": "-sockets must be at least 2, got 1",
		"6.1":        `unknown argument "6.1"`,
		"-nosuch":    "flag provided but not defined: -nosuch",
	} {
		_, err := parse(strings.Fields(args), io.Discard)
		qt.Check(t, qt.ErrorMatches(err, says))
	}
	_, err = parse([]string{"-h"}, io.Discard)
	qt.Check(t, qt.ErrorIs(err, flag.ErrHelp))
}
