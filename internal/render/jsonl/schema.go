package jsonl

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"

	"uringtrace/internal/events"
	"uringtrace/internal/history"
	"uringtrace/internal/queue"
	"uringtrace/internal/render"
)

// SchemaNames lists what there is a schema of: what explain and attach print, an
// event, what doctor, workload, top and replay print, and the history of a recording.
func SchemaNames() []string {
	return []string{"explain", "event", "doctor", "workload", "top", "status", "history"}
}

// Schema writes the JSON Schema of a line called name. It is made from the types
// that the lines are written from, so it can't miss a key. Keys that it does not
// know are allowed: new ones may be added.
func Schema(w io.Writer, name string) error {
	s, err := schemaOf(name)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(s); err != nil {
		return fmt.Errorf("write schema: %w", err)
	}
	return nil
}

// about is a schema's title and type.
type about struct {
	title string
	of    reflect.Type
}

func schemaOf(name string) (schema, error) {
	a, ok := map[string]about{
		"explain":  {"what uringtrace explain says of one process", reflect.TypeFor[queue.Report]()},
		"event":    {"one event of uringtrace attach --events", reflect.TypeFor[event]()},
		"doctor":   {"what uringtrace doctor says of a kernel", reflect.TypeFor[render.Diagnosis]()},
		"workload": {"what uringtrace workload says of a scenario", reflect.TypeFor[workloadReport]()},
		"top":      {"what uringtrace top says of a host, at one refresh", reflect.TypeFor[render.Top]()},
		"history":  {"what has become of the rings in a recording", reflect.TypeFor[historyLine]()},
		"status":   {"what uringtrace replay says of a recording, at one moment", reflect.TypeFor[render.Status]()},
	}[name]
	if !ok {
		return nil, fmt.Errorf("no schema of %q", name)
	}
	b := schemaBuilder{defs: make(schema), rules: rules(), types: make(map[string]reflect.Type)}
	top := b.object(a.of)
	maps.Copy(top, schema{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": a.title,
		"$comment": "docs/json.md says what each key means",
	})
	if len(b.defs) > 0 {
		top["$defs"] = b.defs
	}
	if name == "event" {
		top["allOf"] = keysOfKinds()
	}
	return top, nil
}

// rules are what a key's Go type does not say of its values, by Type.key.
func rules() map[string]schema {
	reclaim := schema{"enum": []string{
		events.UnknownReclaim.String(), events.OrderedDeferred.String(),
		events.Ordered.String(), events.Independent.String(),
	}}
	kinds := make([]string, 0, len(events.Kinds()))
	for _, k := range events.Kinds() {
		kinds = append(kinds, k.String())
	}
	version := schema{"const": 1}
	orNone := schema{"minimum": -1}
	return map[string]schema{
		"Report.v": version, "Diagnosis.v": version, "Top.v": version, "historyLine.v": version, "Status.v": version, "StatusRing.fd": orNone,
		"Kernel.reclaim": reclaim,
		"Counts.state":   {"enum": []queue.QueueState{queue.Clear, queue.Releasing, queue.Blocked}},
		"Remedy.when":    {"enum": []queue.When{queue.Now, queue.InCode, queue.WithKernel, queue.Never}},
		"RingReport.fd":  orNone, "RingReport.slots": orNone, "Share.fd": orNone, "Request.slot": orNone,
		"ringHistory.fd":      orNone,
		"pinHistory.ended_by": {"enum": []history.End{history.HoldersEnded, history.RingClosed, history.NotSeen}},
		"event.kind":          {"enum": kinds},
	}
}

// keysOfKinds are the keys that an event of a kind has always.
func keysOfKinds() []schema {
	keys := map[events.Kind][]string{
		events.RingCreate: {"fd"}, events.Register: {"op", "result"},
		events.NodeRemove: {"slot"}, events.NodeSlot: {"slot"},
	}
	all := make([]schema, 0, len(keys))
	for _, kind := range slices.Sorted(maps.Keys(keys)) {
		all = append(all, schema{
			"if":   schema{"properties": schema{"kind": schema{"const": kind.String()}}},
			"then": schema{"required": keys[kind]},
		})
	}
	return all
}
