package pprof

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/goldentest"
	"uringtrace/internal/queue"
	"uringtrace/internal/recording"
)

// TestRecorded makes profiles of recordings that were made on the kernels that their
// names say, with the stacks behind them.
func TestRecorded(t *testing.T) {
	names, err := filepath.Glob("../../recording/testdata/v*/stacks-*.urec")
	qt.Assert(t, qt.IsNil(err))
	qt.Assert(t, qt.HasLen(names, 2))
	for _, name := range names {
		s := recorded(t, name)
		p := parsed(t, write(t, s))
		goldentest.Check(t, strings.TrimSuffix(filepath.Base(name), ".urec"), p.String())
		var sums [valueCount]int64
		for _, sample := range p.Sample {
			for i, v := range sample.Value {
				sums[i] += v
			}
		}
		qt.Check(t, qt.DeepEquals(sums[:], figures(s.Report)))
	}
}

// figures are what a profile adds up to.
func figures(r *queue.Report) []int64 {
	sums := make([]int64, valueCount)
	for i := range r.Rings {
		sums[heldSockets] += int64(r.Rings[i].Held.Sockets)
		sums[heldBytes] += int64(r.Rings[i].Held.Bytes)
		for j := range r.Rings[i].Blockers {
			sums[pinnedSockets] += int64(r.Rings[i].Blockers[j].Frees.Sockets)
			sums[pinnedBytes] += int64(r.Rings[i].Blockers[j].Frees.Bytes)
		}
	}
	return sums
}

func recorded(t *testing.T, name string) *Snapshot {
	t.Helper()
	f, err := os.Open(name)
	qt.Assert(t, qt.IsNil(err))
	defer f.Close()
	r, err := recording.NewReader(f)
	qt.Assert(t, qt.IsNil(err))
	p := recording.Play(r)
	p.End()
	qt.Assert(t, qt.IsNil(p.Cut()))
	report := p.Report()
	return &Snapshot{Report: &report, Stacks: p.Incident().Stacks()}
}
