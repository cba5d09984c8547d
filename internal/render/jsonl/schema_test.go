package jsonl_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/goldentest"
	"uringtrace/internal/render/jsonl"
	"uringtrace/internal/render/rendertest"
)

// The golden files are the contract as it stands: a key that goes or changes its
// type fails here.
func TestSchema(t *testing.T) {
	for _, name := range jsonl.SchemaNames() {
		var b bytes.Buffer
		qt.Assert(t, qt.IsNil(jsonl.Schema(&b, name)))
		goldentest.Check(t, "schema/"+name, b.String())
	}
	qt.Check(t, qt.ErrorMatches(jsonl.Schema(&bytes.Buffer{}, "nonsense"), `no schema of "nonsense"`))
}

func TestGoldenFilesMatchTheirSchema(t *testing.T) {
	files, err := filepath.Glob("testdata/*.golden")
	qt.Assert(t, qt.IsNil(err))
	names := make(map[string]bool)
	for _, path := range files {
		data, err := os.ReadFile(path)
		qt.Assert(t, qt.IsNil(err))
		for line := range bytes.Lines(data) {
			name, err := rendertest.Validate(line)
			qt.Check(t, qt.IsNil(err), qt.Commentf("%s", path))
			names[name] = true
		}
	}
	qt.Check(t, qt.HasLen(names, len(jsonl.SchemaNames())))
}

// A schema that lets everything pass would be of no use.
func TestSchemaRefuses(t *testing.T) {
	const target, rings = `"target":{"pid":1,"comm":"x"}`, `"rings":[]`
	report := func(v, target, more, rings string) string {
		return fmt.Sprintf(`{"v":%s,"kernel":{"release":"6.1","reclaim":"ordered"},%s,"exact":true,%s%s}`, v, target, more, rings)
	}
	const lost = `"lost":{"events":0},`
	ok := report("1", target, lost, rings)
	_, err := rendertest.Validate([]byte(ok))
	qt.Assert(t, qt.IsNil(err))
	for name, line := range map[string]string{
		"key is missing":       report("1", target, "", rings),
		"inner key is missing": report("1", `"target":{"pid":1}`, lost, rings),
		"other type":           report("1", `"target":{"pid":"1","comm":"x"}`, lost, rings),
		"unknown key":          report("1", `"target":{"pid":1,"comm":"x","colour":"red"}`, lost, rings),
		"null list":            report("1", target, lost, `"rings":null`),
		"other version":        report("2", target, lost, rings),
		"unknown word":         `{"kind":"ring_shrug","time":1,"ring":1}`,
		"key of its kind":      `{"kind":"register","time":1,"ring":1,"op":"REGISTER_FILES"}`,
	} {
		_, err := rendertest.Validate([]byte(line))
		qt.Check(t, qt.IsNotNil(err), qt.Commentf("%s", name))
	}
}
