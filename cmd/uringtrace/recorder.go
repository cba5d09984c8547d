package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"time"

	"uringtrace/internal/events"
	"uringtrace/internal/incident"
	"uringtrace/internal/observe"
	"uringtrace/internal/probe"
	"uringtrace/internal/recording"
	"uringtrace/internal/recording/disk"
	"uringtrace/internal/render/text"
)

// stdio is stdin or stdout in place of a file.
const stdio = "-"

const minRing = disk.MinRing

// errRecording was told when it happened.
var errRecording = errors.New("the recording could not be written")

// sink is where a recording goes to.
type sink interface {
	recording.Sink
	Discard() // nothing was written: leave nothing
}

// recorder records for a watch. It is an observe.Recorder.
type recorder struct {
	tool   *tool
	flags  *recordFlags
	status *statusLine
	mode   recording.Mode
	sink   sink
	rec    *recording.Recorder // nil: nothing was written yet
	failed func()              // nil: go on without the recording
}

// newRecorder makes the file before anything else is done.
func newRecorder(w *watch) (*recorder, error) {
	t, flags := w.tool, &w.flags.record
	r := &recorder{tool: t, flags: flags, status: w.status, failed: w.giveUp}
	var err error
	switch {
	case flags.file == stdio:
		r.sink = disk.Stream{Writer: t.stdout}
	case flags.most != 0:
		r.sink, err = disk.CreateRing(flags.file, int64(flags.most), flags.force)
	default:
		r.sink, err = disk.Create(flags.file, flags.force)
	}
	if errors.Is(err, disk.ErrExists) {
		return nil, usagef("%w: give another name, or --force to replace it", err)
	}
	if err != nil {
		return nil, usagef("can't record: %w", err)
	}
	return r, nil
}

// listens notes what the entries will be about.
func (r *recorder) listens(o *observe.Options) {
	r.mode = recording.Events
	if o.Watch {
		r.mode = recording.Watch
	}
	o.Recorder = r
}

// Begin writes the header.
func (r *recorder) Begin(s *incident.Subject, hooks []probe.HookStatus) error {
	h := recording.Header{ID: newID(), Tool: version(), Mode: r.mode, Began: r.clock(), Redacted: r.flags.redact}
	if s.Backend == string(probe.None) {
		h.Mode = recording.Walks
	}
	h.Describe(s)
	for i := range hooks {
		k := &hooks[i]
		h.Hooks = append(h.Hooks, recording.Hook{
			Name: k.Name, Function: k.Function, Kind: k.Kind, State: string(k.State), Err: k.Err, Without: k.Without,
		})
	}
	var err error
	r.rec, err = recording.NewRecorder(r.sink, recording.RecorderOptions{Header: h, Clock: r.clock, Failed: r.fail})
	if err != nil {
		r.fail(err)
		return fmt.Errorf("%w: %w", errRecording, err)
	}
	return nil
}

func newID() string {
	var id [8]byte
	_, _ = rand.Read(id[:]) // never fails
	return hex.EncodeToString(id[:])
}

func (r *recorder) clock() recording.Clock {
	return recording.Clock{Monotonic: r.tool.kernel.Now(), Wall: time.Now().Round(0)}
}

// Log writes an entry down.
func (r *recorder) Log(e *events.Entry) { r.rec.Log(e) }

// Restart reports whether all should be learned anew.
func (r *recorder) Restart() bool { return r.rec.Restart() }

// fail says that recording has stopped. What watches goes on, if it has something
// else to do.
func (r *recorder) fail(err error) {
	r.status.clear()
	var path *os.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	r.tool.note("recording to %s stops: %v; what was written until now can be read", r.flags.file, err)
	if r.failed != nil {
		r.failed()
	}
}

// close ends the recording and says what there is. Nothing is logged any more.
func (r *recorder) close() error {
	if r.rec == nil {
		r.sink.Discard()
		return nil
	}
	if err := r.rec.Close(); err != nil {
		return fmt.Errorf("%w: %w", errRecording, err)
	}
	r.say()
	return nil
}

// say tells what there is, and how to look at it.
func (r *recorder) say() {
	s := r.rec.Stats()
	words := text.Recorded{Events: s.Events, Walks: s.Walks, Dropped: s.Dropped, Bytes: uint64(s.Bytes)}
	if r.flags.file == stdio {
		r.tool.note("recorded %s", words)
		return
	}
	r.tool.note("recorded %s to %s; look at it with uringtrace explain %s", words, r.flags.file, r.flags.file)
}
