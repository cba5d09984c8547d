package jsonl_test

import (
	"testing"

	"uringtrace/internal/render/jsonl"
	"uringtrace/internal/render/rendertest"
)

func BenchmarkEvent(b *testing.B) {
	all := rendertest.Events()
	b.ReportAllocs()
	var line []byte
	for i := 0; b.Loop(); i++ {
		e := &all[i%len(all)]
		line = jsonl.AppendEvent(line[:0], &e.Event, e.RingNo, e.NodeNo, false)
	}
}
