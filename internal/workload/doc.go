// Package workload names the bundled scenarios and their ground truth.
//
// It holds what the tracer and the tests need to know about uringload without
// linking it: the scenario table, the options it takes and the stages it prints.
// The code that makes the rings lives below it (ring, play, uringload) behind the
// build tag giouring, because giouring links only with -checklinkname=0.
package workload
