// Package perfetto writes a history as a trace that ui.perfetto.dev, its
// trace_processor and chrome://tracing open: the Trace Event Format, in JSON. Each
// ring has a group of tracks of its own: what it held as counters, its pins as
// slices, and when it was not exact. What was lost has a track, too.
package perfetto
