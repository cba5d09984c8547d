package html

import (
	"os"
	"strings"
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/history"
	"uringtrace/internal/render/text"
)

// TestDocsStateTheBounds holds docs/report.md against the bounds that there are.
func TestDocsStateTheBounds(t *testing.T) {
	doc, err := os.ReadFile("../../../docs/report.md")
	qt.Assert(t, qt.IsNil(err))
	n := func(n int) string { return text.Thousands(uint64(n)) }
	for _, claim := range []string{
		"at most " + n(history.MostIntervals) + " intervals",
		n(history.MostMoments) + " at most, evenly spread",
		"the " + n(mostStanding) + " deepest rings with their first " + n(history.MostBlockers) + " pins",
		n(min(mostPins, history.MostPins)) + " at most: those held longest",
		"of the " + n(mostCharts) + " rings with the deepest queues",
	} {
		qt.Check(t, qt.IsTrue(strings.Contains(string(doc), claim)), qt.Commentf("%s", claim))
	}
}
