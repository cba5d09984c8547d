// Package probe is the only one that touches BPF: the table of hooks, attaching
// and self-testing them, reading their events, and walking the kernel.
package probe
