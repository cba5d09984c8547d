package jsonl

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// schema is a JSON Schema or a part of one.
type schema map[string]any

// schemaBuilder makes schemas of Go types by the rules of encoding/json. Types
// that are used in another one are defined once, under their own name.
type schemaBuilder struct {
	defs  schema
	types map[string]reflect.Type // by the name of their definition
	rules map[string]schema
}

// object is the schema of a struct. A key is required if it is always written.
func (b *schemaBuilder) object(t reflect.Type) schema {
	properties := schema{}
	var required []string
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		if f.Anonymous && name == "" {
			inner := b.object(deref(f.Type))
			maps.Copy(properties, inner["properties"].(schema))
			if more, ok := inner["required"].([]string); ok {
				required = append(required, more...)
			}
			continue
		}
		s := b.value(f.Type)
		maps.Copy(s, b.rules[t.Name()+"."+name])
		properties[name] = s
		if !slices.Contains(strings.Split(options, ","), "omitempty") {
			required = append(required, name)
		}
	}
	s := schema{"type": "object", "properties": properties}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

func (b *schemaBuilder) value(t reflect.Type) schema {
	switch t.Kind() {
	case reflect.Pointer:
		return b.value(t.Elem())
	case reflect.Struct:
		return b.define(t)
	case reflect.Slice:
		return schema{"type": "array", "items": b.value(t.Elem())}
	case reflect.Map:
		return schema{"type": "object", "additionalProperties": b.value(t.Elem())}
	case reflect.String:
		return schema{"type": "string"}
	case reflect.Bool:
		return schema{"type": "boolean"}
	case reflect.Int, reflect.Int32, reflect.Int64:
		return schema{"type": "integer"}
	case reflect.Uint, reflect.Uint32, reflect.Uint64:
		return schema{"type": "integer", "minimum": 0}
	case reflect.Float64:
		return schema{"type": "number"}
	}
	panic(fmt.Sprintf("no JSON Schema for %s", t)) // a new type in a report; the tests meet it
}

func (b *schemaBuilder) define(t reflect.Type) schema {
	name := t.Name()
	switch b.types[name] {
	case t:
	case nil:
		b.types[name] = t
		b.defs[name] = b.object(t)
	default:
		panic(fmt.Sprintf("two types of JSON are called %s: %s and %s", name, b.types[name], t))
	}
	return schema{"$ref": "#/$defs/" + name}
}

func deref(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}
