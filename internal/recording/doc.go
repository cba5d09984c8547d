// Package recording is the flight recorder's file: what was learned of one process,
// in the order in which it was learned, so that whoever takes it in later comes to
// the same answers. The format is described in docs/recording.md. The package knows
// streams of bytes and no operating system: a recording can be read anywhere.
package recording
