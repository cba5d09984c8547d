// Package proc reads what /proc says about processes: where they run, and which
// have rings open. It takes the file system as an argument, so that it is tested
// with one of its own; Root is the real one.
package proc
