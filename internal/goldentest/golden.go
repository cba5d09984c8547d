// Package goldentest holds what is printed against what was printed before.
package goldentest

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-quicktest/qt"
)

var update = flag.Bool("update", false, "write the golden files")

// Check compares got with testdata/NAME.golden of the package under test, or with
// -update makes it that.
func Check(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		qt.Assert(t, qt.IsNil(os.MkdirAll("testdata", 0o755)))
		qt.Assert(t, qt.IsNil(os.WriteFile(path, []byte(got), 0o644)))
	}
	want, err := os.ReadFile(path)
	qt.Assert(t, qt.IsNil(err))
	qt.Check(t, qt.Equals(got, string(want)))
}
