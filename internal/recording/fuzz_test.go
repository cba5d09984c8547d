package recording

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"uringtrace/internal/events"
	"uringtrace/internal/render/text"
)

// FuzzReader reads any file. Checksums keep it near the surface; FuzzRecords is for
// what is below.
func FuzzReader(f *testing.F) {
	names, err := filepath.Glob("testdata/v*/*.urec")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) { hostile(t, data) })
}

// FuzzRecords reads any records, in a file that is right otherwise, of a kernel of
// each generation.
func FuzzRecords(f *testing.F) {
	rnd := rand.New(rand.NewPCG(8, 0))
	for i := range 30 {
		enc := newEncoder(false, func(block []byte) { f.Add(uint8(i), block) })
		for _, e := range someEntries(rnd, 2) {
			enc.entry(&e)
		}
		enc.gap(1, 2)
		enc.cut()
	}
	f.Fuzz(func(t *testing.T, generation uint8, records []byte) {
		h := Header{Reclaim: (events.OrderedDeferred + events.Reclaim(generation%3)).String(), Segment: int(generation) / 3 % 2}
		var out bytes.Buffer
		w, err := NewWriter(&out, &h)
		if err != nil {
			t.Fatal(err)
		}
		w.write(blockFrame, records)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		hostile(t, out.Bytes())
	})
}

// hostile reads a file that may claim anything: what there is to learn from it is
// learned and explained, and the reader says why there is not more.
func hostile(t *testing.T, data []byte) {
	r, err := NewReader(bytes.NewReader(data))
	if err != nil {
		checkEnd(t, err)
		return
	}
	r.most = 1 << 20
	p := Play(r)
	p.End()
	checkEnd(t, p.err)
	report := p.Report()
	if err := text.Report(io.Discard, &report, text.Style{}); err != nil {
		t.Fatal(err)
	}
}

func checkEnd(t *testing.T, err error) {
	var cut *CutError
	if !errors.Is(err, io.EOF) && !errors.As(err, &cut) && !errors.Is(err, ErrNotRecording) && !errors.Is(err, ErrNewer) {
		t.Fatalf("ends with %v", err)
	}
}
