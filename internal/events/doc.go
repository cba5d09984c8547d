// Package events says what happened and what was found: typed records of the
// live hooks, the records of a kernel walk, and the count of what was lost.
// It is pure: no BPF, no operating system, no clock.
package events
