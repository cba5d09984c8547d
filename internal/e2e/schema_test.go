//go:build kernel

package e2e

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/render/jsonl"
	"uringtrace/internal/render/rendertest"
)

// TestSchema: the program prints what checkJSON holds all its output against.
func TestSchema(t *testing.T) {
	for _, name := range jsonl.SchemaNames() {
		var want bytes.Buffer
		qt.Assert(t, qt.IsNil(jsonl.Schema(&want, name)))
		qt.Check(t, qt.Equals(run(t, "schema", name), outcome{stdout: want.String()}))
	}
}

// checkJSON holds what a command with -o json has printed against its schema.
func checkJSON(t *testing.T, args []string, stdout string) {
	t.Helper()
	if !slices.Contains(args, "json") {
		return
	}
	for line := range strings.Lines(stdout) {
		_, err := rendertest.Validate([]byte(line))
		qt.Check(t, qt.IsNil(err), qt.Commentf("%s: %s", strings.Join(args, " "), line))
	}
}
