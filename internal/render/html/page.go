package html

import (
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"time"

	"uringtrace/internal/history"
	"uringtrace/internal/queue"
	"uringtrace/internal/render/text"
)

// Input is what a page shows.
type Input struct {
	Report  *queue.Report    // the explanation at the end
	History *history.History // that has finished
	Began   time.Time        // wall-clock time of the history's beginning
	Name    string           // of the recording
	Tool    string           // version of who writes the page
}

// view is what the page is filled from before any script runs.
type view struct {
	Policy    template.HTMLAttr
	Styles    []template.CSS
	Scripts   []template.JS
	Data      template.JS
	Licence   string
	Title     string
	Comm      string
	Verdict   queue.QueueState
	Heading   string
	Recorded  string
	Input     *Input
	Cards     []card
	Rest      []text.Row // what was lost, and what is not known
	Rings     []queue.RingReport
	MoreRings int // that are not in Rings
	Total     queue.Total
}

// mostRingRows is how many rings are in the table of them.
const mostRingRows = 500

// Page writes the page.
func Page(w io.Writer, in *Input) error {
	data, err := json.Marshal(newData(in))
	if err != nil {
		return fmt.Errorf("encode the page's data: %w", err)
	}
	v := view{
		Policy: template.HTMLAttr(`content="` + policy() + `"`), Styles: styles(), Scripts: scripts(),
		Data: template.JS(data), Licence: asset("uplot/LICENSE"), Input: in, Total: in.Report.Total(),
	}
	v.fill(in)
	if err := page.Execute(w, &v); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}

func (v *view) fill(in *Input) {
	v.Comm = text.Clean(in.Report.Target.Comm)
	v.Title = fmt.Sprintf("%s (pid %d), %s", v.Comm, in.Report.Target.PID, v.Total.State)
	v.Verdict = v.Total.State
	v.Heading, v.Cards, v.Rest = findings(in.Report)
	begin, end := in.History.Span()
	v.Recorded = duration(time.Duration(end - begin))
	if !in.Began.IsZero() {
		v.Recorded += " from " + in.Began.UTC().Format("2006-01-02 15:04:05") + " UTC"
	}
	v.Rings = in.Report.Rings
	if more := len(v.Rings) - mostRingRows; more > 0 {
		v.Rings, v.MoreRings = v.Rings[:mostRingRows], more
	}
}

// duration is one without more digits than tell something.
func duration(d time.Duration) string {
	if d < time.Second {
		return d.Round(time.Microsecond).String()
	}
	return d.Round(100 * time.Millisecond).String()
}
