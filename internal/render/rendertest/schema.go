package rendertest

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"uringtrace/internal/render/jsonl"
)

// Validate holds one line of JSON against its schema, and more strictly than the
// schema itself: in our own output every key must be one that the schema names.
// It returns the schema's name.
func Validate(line []byte) (string, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(line))
	if err != nil {
		return "", fmt.Errorf("decode JSON: %w", err)
	}
	name := schemaName(doc)
	s, err := compile(name)
	if err != nil {
		return name, err
	}
	if err := s.Validate(doc); err != nil {
		return name, fmt.Errorf("schema of %s: %w", name, err)
	}
	return name, nil
}

// schemaName tells a line's schema by the keys that docs/json.md tells them by.
func schemaName(doc any) string {
	object, _ := doc.(map[string]any)
	for _, by := range []struct{ key, name string }{{"kind", "event"}, {"workload", "workload"}, {"hooks", "doctor"}, {"refresh", "top"}, {"at", "status"}, {"history", "history"}} {
		if _, ok := object[by.key]; ok {
			return by.name
		}
	}
	return "explain"
}

var compiled sync.Map // name -> *jsonschema.Schema

func compile(name string) (*jsonschema.Schema, error) {
	if s, ok := compiled.Load(name); ok {
		return s.(*jsonschema.Schema), nil
	}
	var b bytes.Buffer
	if err := jsonl.Schema(&b, name); err != nil {
		return nil, err
	}
	doc, err := jsonschema.UnmarshalJSON(&b)
	if err != nil {
		return nil, fmt.Errorf("decode schema of %s: %w", name, err)
	}
	closeObjects(doc)
	c := jsonschema.NewCompiler()
	if err := c.AddResource(name, doc); err != nil {
		return nil, fmt.Errorf("add schema of %s: %w", name, err)
	}
	s, err := c.Compile(name)
	if err != nil {
		return nil, fmt.Errorf("compile schema of %s: %w", name, err)
	}
	compiled.Store(name, s)
	return s, nil
}

// closeObjects forbids keys that the schema does not name.
func closeObjects(doc any) {
	switch v := doc.(type) {
	case map[string]any:
		for _, inner := range v {
			closeObjects(inner)
		}
		if v["type"] == "object" && v["properties"] != nil {
			v["additionalProperties"] = false
		}
	case []any:
		for _, inner := range v {
			closeObjects(inner)
		}
	}
}
