// Package pprof writes what a process's queues hold as a profile for go tool pprof:
// by the stack that had put it into its slot, and by the stack that submitted the
// request that holds it. Stacks that are not known are named by what is known.
package pprof
