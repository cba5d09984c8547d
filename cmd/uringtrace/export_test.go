package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/go-quicktest/qt"
	"github.com/google/pprof/profile"

	"uringtrace/internal/queue"
	"uringtrace/internal/render/rendertest"
)

// exported is what report makes of the recording of a leak.
func exported(t *testing.T, format string) []byte {
	t.Helper()
	s := newSession(t)
	file := filepath.Join(t.TempDir(), "leak."+format)
	qt.Assert(t, qt.Equals(run([]string{"report", recordLeak(t, 400), "--format", format, "-o", file}, s.tool), exitOK))
	qt.Check(t, qt.Equals(s.talk.String()+s.out.String(), ""))
	data, err := os.ReadFile(file)
	qt.Assert(t, qt.IsNil(err))
	return data
}

// TestExports: each format can be read by its own readers, and tells the same.
func TestExports(t *testing.T) {
	var history struct {
		Report struct {
			Rings []struct {
				Held struct{ Sockets int64 }
				Seen struct{ Removed int }
			}
		}
		History struct {
			Began string
			Rings []struct{ Depth int }
		}
	}
	data := exported(t, "json")
	name, err := rendertest.Validate(data)
	qt.Assert(t, qt.IsNil(err))
	qt.Check(t, qt.Equals(name, "history"))
	qt.Assert(t, qt.IsNil(json.Unmarshal(data, &history)))
	qt.Check(t, qt.Equals(history.History.Began, "2026-03-14T15:09:26Z"))

	p, err := profile.ParseData(exported(t, "pprof"))
	qt.Assert(t, qt.IsNil(err))
	held := int64(0)
	for _, sample := range p.Sample {
		held += sample.Value[0]
	}
	qt.Check(t, qt.Equals(held, history.Report.Rings[0].Held.Sockets))
	qt.Check(t, qt.Not(qt.Equals(held, 0)))

	rows, err := csv.NewReader(bytes.NewReader(exported(t, "csv"))).ReadAll()
	qt.Assert(t, qt.IsNil(err))
	qt.Check(t, qt.IsTrue(len(rows) > 100))

	var trace struct{ TraceEvents []struct{ Name string } }
	qt.Assert(t, qt.IsNil(json.Unmarshal(exported(t, "perfetto"), &trace)))
	qt.Check(t, qt.IsTrue(len(trace.TraceEvents) > 400))
}

// What a terminal can show goes to stdout unless it is told where to.
func TestExportsToStdout(t *testing.T) {
	recorded := recordLeak(t, 100)
	for format, stdout := range map[string]bool{"csv": true, "json": true, "perfetto": true, "pprof": false, "html": false} {
		s := newSession(t)
		code := run([]string{"report", recorded, "--format", format}, s.tool)
		if stdout {
			qt.Check(t, qt.Equals(code, exitOK))
			qt.Check(t, qt.IsTrue(s.out.Len() > 1000))
		} else {
			qt.Check(t, qt.Equals(code, exitUsage))
			oneSentence(t, s.talk.String())
		}
	}
	s := newSession(t)
	qt.Check(t, qt.Equals(run([]string{"report", recorded, "--format", "xml"}, s.tool), exitUsage))
	qt.Check(t, qt.StringContains(s.talk.String(), "choose one of html, perfetto, pprof, json, csv"))
}

// TestExportsOfRealRecordings: a profile adds up to what explain says, and the other
// formats end at the depth that it says.
func TestExportsOfRealRecordings(t *testing.T) {
	names, err := filepath.Glob("../../internal/recording/testdata/v*/*.urec")
	qt.Assert(t, qt.IsNil(err))
	qt.Assert(t, qt.Not(qt.HasLen(names, 0)))
	for _, name := range names {
		made := func(args ...string) []byte {
			s := newSession(t)
			code := run(append([]string{args[0], name}, args[1:]...), s.tool)
			qt.Assert(t, qt.IsTrue(code == exitOK || code == exitBlocked), qt.Commentf("%s", s.talk.String()))
			return s.out.Bytes()
		}
		var report queue.Report
		qt.Assert(t, qt.IsNil(json.Unmarshal(made("explain", "-o", "json"), &report)))
		ring := &report.Rings[0]
		p, err := profile.ParseData(made("report", "--format", "pprof", "-o", "-"))
		qt.Assert(t, qt.IsNil(err))
		held := int64(0)
		for _, sample := range p.Sample {
			held += sample.Value[0]
		}
		qt.Check(t, qt.Equals(held, int64(ring.Held.Sockets)))

		rows, err := csv.NewReader(bytes.NewReader(made("report", "--format", "csv"))).ReadAll()
		qt.Assert(t, qt.IsNil(err))
		last := slices.Index(rows[0], "nodes_last")
		depth := ""
		for _, row := range rows[1:] {
			if row[last] != "" {
				depth = row[last]
			}
		}
		qt.Check(t, qt.Equals(depth, strconv.Itoa(ring.Queue.Nodes)))

		var trace struct {
			TraceEvents []struct {
				Name string
				Args map[string]any
			}
		}
		qt.Assert(t, qt.IsNil(json.Unmarshal(made("report", "--format", "perfetto"), &trace)))
		nodes := -1.0
		for _, e := range trace.TraceEvents {
			if e.Name == "queue depth" {
				nodes = e.Args["nodes"].(float64)
			}
		}
		qt.Check(t, qt.Equals(int(nodes), ring.Queue.Nodes))
	}
}
