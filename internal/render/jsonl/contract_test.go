package jsonl

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/events"
	"uringtrace/internal/queue"
	"uringtrace/internal/render"
)

// The page is the contract: no key and no kind of event may be missing there.
func TestContractIsComplete(t *testing.T) {
	page, err := os.ReadFile("../../../docs/json.md")
	qt.Assert(t, qt.IsNil(err))
	named := make(map[string]bool)
	for _, code := range regexp.MustCompile("`[^`\n]+`").FindAllString(string(page), -1) {
		for part := range strings.SplitSeq(strings.Trim(code, "`"), ".") {
			named[strings.TrimSuffix(part, "[]")] = true
		}
	}
	for _, v := range []any{render.Diagnosis{}, queue.Report{}, render.Workload{}, render.Top{}, render.Status{}, event{}, historyLine{}} {
		for _, key := range keys(reflect.TypeOf(v)) {
			qt.Check(t, qt.IsTrue(named[key]), qt.Commentf("key %s of %T", key, v))
		}
	}
	for _, kind := range events.Kinds() {
		qt.Check(t, qt.IsTrue(named[kind.String()]), qt.Commentf("kind %s", kind))
	}
}

// A rule that no key matches says nothing.
func TestRulesMatchKeys(t *testing.T) {
	known := make(map[string]bool)
	for _, v := range []any{render.Diagnosis{}, queue.Report{}, render.Workload{}, render.Top{}, render.Status{}, event{}, historyLine{}} {
		for _, name := range qualified(reflect.TypeOf(v)) {
			known[name] = true
		}
	}
	for name := range rules() {
		qt.Check(t, qt.IsTrue(known[name]), qt.Commentf("rule for %s", name))
	}
}

// qualified are the keys of a type's JSON at any depth as Type.key.
func qualified(t reflect.Type) []string {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		return qualified(t.Elem())
	case reflect.Struct:
	default:
		return nil
	}
	var all []string
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		all = append(append(all, t.Name()+"."+name), qualified(t.Field(i).Type)...)
	}
	return all
}

// keys are those of a type's JSON, at any depth.
func keys(t reflect.Type) []string {
	var all []string
	for _, name := range qualified(t) {
		if _, key, _ := strings.Cut(name, "."); key != "" {
			all = append(all, key)
		}
	}
	return all
}
