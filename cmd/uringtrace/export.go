package main

import (
	"io"
	"time"

	"github.com/spf13/cobra"

	"uringtrace/internal/render/csv"
	"uringtrace/internal/render/html"
	"uringtrace/internal/render/jsonl"
	"uringtrace/internal/render/perfetto"
	"uringtrace/internal/render/pprof"
)

// format is what is made of a recording.
type format struct{ choice }

const page = "html"

func (f *format) addTo(c *cobra.Command) {
	f.value, f.words = page, []string{page, "perfetto", "pprof", "json", "csv"}
	f.choice.addTo(c, "format", "", "what to make of the recording")
}

// readable reports whether it is text that a terminal can show.
func (f *format) readable() bool { return f.value != page && f.value != "pprof" }

// write writes it.
func (f *format) write(w io.Writer, in *html.Input) error {
	switch f.value {
	case "perfetto":
		return perfetto.Write(w, in.History, in.Report)
	case "pprof":
		return pprof.Write(w, snapshot(in))
	case "json":
		return jsonl.History(w, in.History, in.Report, in.Began)
	case "csv":
		return csv.Write(w, in.History)
	}
	return html.Page(w, in)
}

// snapshot is the end of a recording.
func snapshot(in *html.Input) *pprof.Snapshot {
	begin, end := in.History.Span()
	s := &pprof.Snapshot{Report: in.Report, Stacks: in.History.Incident().Stacks(), Length: time.Duration(end - begin)}
	if !in.Began.IsZero() {
		s.Time = in.Began.Add(s.Length)
	}
	return s
}
