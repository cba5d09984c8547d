package main

import (
	"bytes"
	"encoding/json"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
	"uringtrace/internal/history/historytest"
	"uringtrace/internal/queue"
	"uringtrace/internal/recording"
)

// recordLeak writes the recording of a leak that never was and returns its name.
func recordLeak(t *testing.T, removals int) string {
	t.Helper()
	var file bytes.Buffer
	header := recording.Header{ID: "leak", Mode: recording.Events, Began: recording.Clock{
		Monotonic: 1e9, Wall: time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC),
	}}
	header.Describe(historytest.Subject(events.Ordered))
	w, err := recording.NewWriter(&file, &header)
	qt.Assert(t, qt.IsNil(err))
	n := 0
	k := historytest.NewKernel(func(e *events.Entry) {
		qt.Assert(t, qt.IsNil(w.Entry(e)))
		if n++; n%100 == 0 {
			qt.Assert(t, qt.IsNil(w.Flush()))
		}
	})
	k.Leak(removals)
	qt.Assert(t, qt.IsNil(w.Close()))
	name := filepath.Join(t.TempDir(), "leak.urec")
	qt.Assert(t, qt.IsNil(os.WriteFile(name, file.Bytes(), 0o600)))
	return name
}

func TestReport(t *testing.T) {
	recorded := recordLeak(t, 1000)
	page := filepath.Join(t.TempDir(), "leak.html")
	s := newSession(t)
	qt.Assert(t, qt.Equals(run([]string{"report", recorded, "-o", page}, s.tool), exitOK))
	qt.Check(t, qt.Equals(s.talk.String()+s.out.String(), ""))
	written, err := os.ReadFile(page)
	qt.Assert(t, qt.IsNil(err))
	for _, want := range []string{"dragonfly", "leak.urec", "2026-03-14 15:09:26 UTC", "ASYNC_CANCEL", "</html>"} {
		qt.Check(t, qt.StringContains(string(written), want))
	}
	info, err := os.Stat(page)
	qt.Assert(t, qt.IsNil(err))
	qt.Check(t, qt.Equals(info.Mode().Perm(), 0o600))

	qt.Check(t, qt.Equals(run([]string{"report", recorded, "-o", "-"}, s.tool), exitOK))
	qt.Check(t, qt.Equals(s.out.String(), string(written)))
}

// TestReportSaysWhatExplainSays: the same recording, the same figures and words.
func TestReportSaysWhatExplainSays(t *testing.T) {
	real, err := filepath.Glob("../../internal/recording/testdata/v*/*.urec")
	qt.Assert(t, qt.IsNil(err))
	qt.Assert(t, qt.IsTrue(len(real) >= 2))
	for _, recorded := range append(real, recordLeak(t, 2000)) {
		t.Run(filepath.Base(recorded), func(t *testing.T) { reportSaysWhatExplainSays(t, recorded) })
	}
}

func reportSaysWhatExplainSays(t *testing.T, recorded string) {
	told := func(code int, args ...string) string {
		s := newSession(t)
		qt.Assert(t, qt.Equals(run(args, s.tool), code))
		return s.out.String()
	}
	page := told(exitOK, "report", recorded, "-o", "-")
	words := html.UnescapeString(page)
	var want queue.Report
	qt.Assert(t, qt.IsNil(json.Unmarshal([]byte(told(exitBlocked, "explain", recorded, "-o", "json")), &want)))
	ring := &want.Rings[0]
	row := regexp.MustCompile(`<tr data-ring="1">.*</tr>`).FindString(page)
	for _, n := range []int{ring.FD, ring.Queue.Nodes, ring.Queue.Pinned, ring.Queue.Blocked, ring.Held.Sockets, int(ring.Held.Bytes)} {
		qt.Check(t, qt.StringContains(strings.ReplaceAll(row, ",", ""), ">"+strconv.Itoa(n)+"<"))
	}
	for _, remedy := range ring.Remedies {
		qt.Check(t, qt.StringContains(words, remedy.Text))
	}
	for line := range strings.Lines(told(exitBlocked, "explain", recorded)) {
		if strings.HasPrefix(line, "              ") { // what belongs to a label above
			qt.Check(t, qt.StringContains(words, strings.TrimSpace(line)))
		}
	}
}

func TestReportReplacesNothingUnasked(t *testing.T) {
	recorded := recordLeak(t, 400)
	page := filepath.Join(t.TempDir(), "leak.html")
	qt.Assert(t, qt.IsNil(os.WriteFile(page, []byte("precious"), 0o644)))
	s := newSession(t)
	qt.Check(t, qt.Equals(run([]string{"report", recorded, "-o", page}, s.tool), exitUsage))
	qt.Check(t, qt.StringContains(s.talk.String(), "it exists already: give another name, or --force to replace it"))
	written, err := os.ReadFile(page)
	qt.Assert(t, qt.IsNil(err))
	qt.Check(t, qt.Equals(string(written), "precious"))
	qt.Check(t, qt.Equals(run([]string{"report", recorded, "-o", page, "--force"}, s.tool), exitOK))
	written, err = os.ReadFile(page)
	qt.Assert(t, qt.IsNil(err))
	qt.Check(t, qt.StringContains(string(written), "</html>"))
}

// TestReportOfWhatIsThere: of a recording that is cut, the page tells what there is,
// and where it ends.
func TestReportOfWhatIsThere(t *testing.T) {
	recorded := recordLeak(t, 3000)
	whole, err := os.ReadFile(recorded)
	qt.Assert(t, qt.IsNil(err))
	qt.Assert(t, qt.IsNil(os.WriteFile(recorded, whole[:len(whole)*2/3], 0o600)))
	s := newSession(t)
	qt.Check(t, qt.Equals(run([]string{"report", recorded, "-o", "-"}, s.tool), exitOK))
	qt.Check(t, qt.StringContains(s.talk.String(), "the recording ends early"))
	qt.Check(t, qt.StringContains(s.out.String(), "the recording ends early"))
	qt.Check(t, qt.StringContains(s.out.String(), "POLL_ADD"))
}

func TestReportRefuses(t *testing.T) {
	recorded := recordLeak(t, 400)
	whole, err := os.ReadFile(recorded)
	qt.Assert(t, qt.IsNil(err))
	start := filepath.Join(t.TempDir(), "start")
	qt.Assert(t, qt.IsNil(os.WriteFile(start, whole[:400], 0o600)))
	text := filepath.Join(t.TempDir(), "text")
	qt.Assert(t, qt.IsNil(os.WriteFile(text, []byte("no recording\n"), 0o600)))
	for args, want := range map[string]string{
		"report":                            "which recording?",
		"report " + recorded:                "where to?",
		"report a b -o x":                   "which recording?",
		"report " + text + " -o -":          "no recording",
		"report " + start + " -o -":         "ends early",
		"report nonesuch -o -":              "nonesuch",
		"report " + recorded + " -o /no/at": "/no/at",
	} {
		s := newSession(t)
		qt.Check(t, qt.Equals(run(strings.Fields(args), s.tool), exitUsage), qt.Commentf("%s", args))
		qt.Check(t, qt.StringContains(s.talk.String(), want))
		qt.Check(t, qt.Equals(s.out.String(), ""))
		oneSentence(t, s.talk.String())
	}
}
