package jsonl_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/goldentest"
	"uringtrace/internal/queue"
	"uringtrace/internal/render"
	"uringtrace/internal/render/jsonl"
	"uringtrace/internal/render/rendertest"
)

func TestReport(t *testing.T) {
	for name, report := range rendertest.Reports() {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			qt.Assert(t, qt.IsNil(jsonl.Report(&b, report)))
			goldentest.Check(t, name, b.String())
			qt.Check(t, qt.Equals(strings.Count(b.String(), "\n"), 1))
			qt.Check(t, qt.Not(qt.StringContains(b.String(), "null")))
			var back queue.Report
			qt.Check(t, qt.IsNil(json.Unmarshal(b.Bytes(), &back)))
		})
	}
}

func TestReportLeavesItsArgumentAlone(t *testing.T) {
	report := rendertest.Reports()["clear"]
	var b bytes.Buffer
	qt.Assert(t, qt.IsNil(jsonl.Report(&b, report)))
	qt.Check(t, qt.DeepEquals(report, rendertest.Reports()["clear"]))
}

func TestWorkloadReport(t *testing.T) {
	var b bytes.Buffer
	truth := &render.Workload{Scenario: "listener-poll", Sockets: 1000, SocketsUsedBefore: 9, SocketsUsed: 1009, Port: 6666, UserData: "0xfeed"}
	qt.Assert(t, qt.IsNil(jsonl.WorkloadReport(&b, rendertest.Reports()["blocked"], truth)))
	goldentest.Check(t, "workload", b.String())
}

func TestEvent(t *testing.T) {
	var plain, full bytes.Buffer
	for _, e := range rendertest.Events() {
		plain.Write(jsonl.AppendEvent(nil, &e.Event, e.RingNo, e.NodeNo, false))
		full.Write(jsonl.AppendEvent(nil, &e.Event, e.RingNo, e.NodeNo, true))
	}
	goldentest.Check(t, "events", plain.String())
	goldentest.Check(t, "events-addresses", full.String())
	qt.Check(t, qt.Not(qt.StringContains(plain.String(), "ffff8881")))
}

func TestTop(t *testing.T) {
	var b bytes.Buffer
	for _, top := range rendertest.Tops() {
		qt.Assert(t, qt.IsNil(jsonl.Top(&b, top)))
	}
	var r render.Refreshes
	qt.Assert(t, qt.IsNil(jsonl.Top(&b, r.Next(rendertest.Tops()[0].Kernel, nil, 1, 1))))
	goldentest.Check(t, "top", b.String())
	qt.Check(t, qt.Equals(strings.Count(b.String(), "\n"), 3))
	qt.Check(t, qt.Not(qt.StringContains(b.String(), "null")))
}

func TestStatus(t *testing.T) {
	var b bytes.Buffer
	for _, s := range rendertest.Statuses() {
		qt.Assert(t, qt.IsNil(jsonl.Status(&b, s)))
	}
	goldentest.Check(t, "status", b.String())
}

func TestDiagnosis(t *testing.T) {
	var b bytes.Buffer
	qt.Assert(t, qt.IsNil(jsonl.Diagnosis(&b, rendertest.Diagnosis())))
	goldentest.Check(t, "doctor", b.String())
}
