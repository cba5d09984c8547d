package recording

import (
	"bytes"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/queue"
	"uringtrace/internal/render/jsonl"
	"uringtrace/internal/render/text"
)

// TestOlderRecordings explains recordings of every version of the format as they
// were explained live, when they were made on the kernels that their names say:
//
//	uringtrace workload listener-poll --sockets 200 --events --record FILE
//	uringtrace workload several-pins --sockets 60 --record FILE --stacks
//
// They are never made anew: that they can still be read is the point.
func TestOlderRecordings(t *testing.T) {
	files := os.DirFS("testdata")
	names, err := fs.Glob(files, "v*/*.urec")
	qt.Assert(t, qt.IsNil(err))
	qt.Assert(t, qt.HasLen(names, 4))
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			data, err := fs.ReadFile(files, name)
			qt.Assert(t, qt.IsNil(err))
			report := explain(t, data)
			base := strings.TrimSuffix(name, ".urec")
			var out bytes.Buffer
			qt.Assert(t, qt.IsNil(text.Report(&out, &report, text.Style{})))
			golden(t, files, base+".txt", out.String())
			out.Reset()
			qt.Assert(t, qt.IsNil(jsonl.Report(&out, &report)))
			golden(t, files, base+".json", out.String())
		})
	}
}

func explain(t *testing.T, data []byte) queue.Report {
	t.Helper()
	r, err := NewReader(bytes.NewReader(data))
	qt.Assert(t, qt.IsNil(err))
	p := Play(r)
	p.End()
	qt.Assert(t, qt.IsNil(p.Cut()))
	return p.Report()
}

func golden(t *testing.T, files fs.FS, name, got string) {
	t.Helper()
	want, err := fs.ReadFile(files, name)
	qt.Assert(t, qt.IsNil(err))
	qt.Check(t, qt.Equals(got, string(want)))
}
