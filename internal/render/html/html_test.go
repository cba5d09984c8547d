package html_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
	"uringtrace/internal/history"
	"uringtrace/internal/history/historytest"
	"uringtrace/internal/incident"
	"uringtrace/internal/queue"
	"uringtrace/internal/render/html"
	"uringtrace/internal/render/rendertest"
)

// began is when the recordings of the tests begin.
var began = time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)

// leak is the page's input for a leak whose process and task have such a name.
func leak(name string, removals int) *html.Input {
	subject := historytest.Subject(events.Ordered)
	subject.Target.Comm = name
	h := history.New(incident.New(subject))
	k := historytest.NewKernel(h.Take)
	k.Comm = name
	k.Leak(removals)
	h.Finish()
	_, end := h.Span()
	report := h.Incident().Report(end)
	return &html.Input{Report: &report, History: h, Began: began, Name: name + ".utr", Tool: "test"}
}

// clearPage is of a process in which nothing has happened.
func clearPage(t *testing.T) *html.Input {
	h := history.New(incident.New(historytest.Subject(events.Ordered)))
	k := historytest.NewKernel(h.Take)
	k.Now += 3e9
	k.Tell(events.Joined)
	h.Finish()
	report := h.Incident().Report(k.Now)
	qt.Assert(t, qt.Equals(report.Total().State, queue.Clear))
	return &html.Input{Report: &report, History: h, Tool: "test"}
}

// bare is a report without a history.
func bare(report *queue.Report) *html.Input {
	return &html.Input{Report: report, History: history.New(incident.New(historytest.Subject(events.Ordered))), Tool: "test"}
}

func write(t *testing.T, in *html.Input) string {
	t.Helper()
	var b bytes.Buffer
	qt.Assert(t, qt.IsNil(html.Page(&b, in)))
	return b.String()
}

// hostile is what a process may call itself. The kernel cuts names at 15 bytes; a
// file that someone sends need not.
const hostile = `</script><img src=x onerror="document.title='pwned'"><!--<script>`

// TestNothingOfTheRecordingIsMarkup: the page of a hostile recording has the same
// elements as that of another.
func TestNothingOfTheRecordingIsMarkup(t *testing.T) {
	page := write(t, leak(hostile, 400))
	plain := write(t, leak("dragonfly", 400))
	for _, tag := range []string{"<img", "</script", "<script", "<!--", "onerror=\""} {
		qt.Check(t, qt.Equals(strings.Count(page, tag), strings.Count(plain, tag)), qt.Commentf("%s", tag))
	}
	qt.Check(t, qt.StringContains(page, `\u003c/script\u003e\u003cimg`))
	qt.Check(t, qt.StringContains(page, `&lt;/script&gt;`))
}

// TestChartLibrary: the files are those of uPlot 1.6.32 as published.
func TestChartLibrary(t *testing.T) {
	for name, want := range map[string]string{
		"uPlot.iife.min.js": "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f",
		"uPlot.min.css":     "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
		"LICENSE":           "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd",
	} {
		data, err := os.ReadFile("assets/uplot/" + name)
		qt.Assert(t, qt.IsNil(err))
		sum := sha256.Sum256(data)
		qt.Check(t, qt.Equals(hex.EncodeToString(sum[:]), want), qt.Commentf("%s", name))
	}
	page := write(t, leak("dragonfly", 400))
	qt.Check(t, qt.StringContains(page, "Leon Sorokin")) // its licence wants to be handed on
}

func TestEveryReportHasAPage(t *testing.T) {
	qt.Check(t, qt.StringContains(write(t, clearPage(t)), "Nothing is queued in any ring"))
	for name, report := range rendertest.Reports() {
		page := write(t, bare(report))
		qt.Check(t, qt.StringContains(page, "</html>"), qt.Commentf("%s", name))
		for i := range report.Rings {
			for _, remedy := range report.Rings[i].Remedies {
				qt.Check(t, qt.StringContains(page, remedy.Text[:10]), qt.Commentf("%s", name))
			}
		}
		if report.Total().State == queue.Blocked {
			for _, question := range []string{"Is it this?", "What holds it?", "What does it cost?", "What if it ended?"} {
				qt.Check(t, qt.StringContains(page, question), qt.Commentf("%s", name))
			}
		}
	}
}
