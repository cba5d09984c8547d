//go:build !browser

package html_test

import (
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
	"uringtrace/internal/history"
	"uringtrace/internal/history/historytest"
	"uringtrace/internal/incident"
	"uringtrace/internal/render/html"
)

// TestPageStaysSmall: what is recorded may be long, the page is not.
func TestPageStaysSmall(t *testing.T) {
	small, large := len(write(t, leak("dragonfly", 1000))), len(write(t, leak("dragonfly", 330_000)))
	t.Logf("%d bytes for 1,000 removals, %d for 330,000", small, large)
	qt.Check(t, qt.IsTrue(large < 1<<20))
}

// TestPageOfManyRingsStaysSmall: so does it if there are many, all of them busy, with
// requests that come and go.
func TestPageOfManyRingsStaysSmall(t *testing.T) {
	h := history.New(incident.New(historytest.Subject(events.Ordered)))
	var kernels []*historytest.Kernel
	for i := range uint64(64) {
		kernels = append(kernels, historytest.NewKernelAt(0x10_0000*(i+1), h.Take))
	}
	for round := range 60 {
		for i, k := range kernels {
			k.Run(20)
			if (i+round)%32 == 0 {
				k.Tell(events.Held)
			}
		}
	}
	h.Finish()
	_, end := h.Span()
	report := h.Incident().Report(end)
	page := write(t, &html.Input{Report: &report, History: h, Tool: "test"})
	t.Logf("%d bytes", len(page))
	qt.Check(t, qt.IsTrue(len(page) < 4<<20))
}
