//go:build linux

// Demo is what "make demo" runs: uringtrace tracing its bundled leak on kernels
// that have it and on one that does not.
//
// It traces this machine's own kernel if that has the leak and can be hooked, and
// boots the affected kernels otherwise. Each run is printed as uringtrace prints
// it, and held against what it must prove: a figure that is not in the run's own
// report, or not what the workload did, ends the demo with an error.
package main
