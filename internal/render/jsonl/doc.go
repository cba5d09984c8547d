// Package jsonl writes reports, events and diagnoses for programs: one JSON
// object on one line each. The keys are a contract: others may rely on them, new
// ones may be added.
package jsonl
