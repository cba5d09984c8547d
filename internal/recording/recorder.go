package recording

import (
	"io"
	"sync"
	"time"

	"uringtrace/internal/events"
)

// Sink is where a Recorder writes to.
type Sink interface {
	// Write takes whole frames. What can't be written whole should leave nothing.
	io.Writer
	// Full reports whether a new segment should begin, and Turn begins one. A sink
	// that is a single file is never full.
	Full() bool
	Turn() error
	// Close ends it. Nothing is written any more.
	Close() error
}

// RecorderOptions chooses how to record.
type RecorderOptions struct {
	Header Header          // of the first segment
	Clock  func() Clock    // the clocks now, for later segments
	Failed func(err error) // called once, when writing has failed and recording stops
	Flush  time.Duration   // at most this much time is lost when the recorder is killed; 0: a second
	Room   int             // bytes that may wait for the disk; 0: 64 MiB
}

const (
	flushEvery = time.Second
	room       = 64 << 20
)

// Recorder writes entries down without making who learns them wait for a disk. What
// finds no room is counted, and the recording says so. Its methods may be called
// from several goroutines.
type Recorder struct {
	sink    Sink
	options RecorderOptions
	stop    chan struct{}
	stopped chan struct{}

	mu      sync.Mutex
	enc     *encoder
	waiting []job
	bytes   int  // that wait
	full    bool // a new segment is asked for
	turning bool // it has been begun, and the sink's turn is yet to come
	gap     uint64
	gapAt   uint64
	stats   Stats
	err     error

	wake   chan struct{}
	frames frames // of the goroutine that writes
	header Header // likewise
}

// job is a block to write, or the turn to a new segment.
type job struct {
	block []byte
	turn  bool
}

// Stats is what a Recorder has done.
type Stats struct {
	Entries uint64 // that were taken
	Events  uint64 // of these
	Walks   uint64 // likewise
	Dropped uint64 // that found no room
	Bytes   int64  // written
}

// NewRecorder begins a recording, and writes its header. The caller closes it.
func NewRecorder(sink Sink, o RecorderOptions) (*Recorder, error) {
	if o.Flush == 0 {
		o.Flush = flushEvery
	}
	if o.Room == 0 {
		o.Room = room
	}
	r := &Recorder{
		sink: sink, options: o, header: o.Header,
		stop: make(chan struct{}), stopped: make(chan struct{}), wake: make(chan struct{}, 1),
	}
	r.enc = newEncoder(o.Header.Redacted, r.enqueue)
	if err := r.begin(); err != nil {
		return nil, err
	}
	go r.run()
	return r, nil
}

// begin writes a segment's beginning.
func (r *Recorder) begin() error {
	data, err := begin(&r.frames, &r.header)
	if err != nil {
		return err
	}
	return r.write(data)
}

func (r *Recorder) write(data []byte) error {
	_, err := r.sink.Write(data)
	if err == nil {
		r.mu.Lock()
		r.stats.Bytes += int64(len(data))
		r.mu.Unlock()
	}
	return err
}

// enqueue takes a block; mu is held.
func (r *Recorder) enqueue(block []byte) {
	r.bytes += len(block)
	r.waiting = append(r.waiting, job{block: block})
	r.rouse()
}

func (r *Recorder) rouse() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Log takes an entry and keeps nothing of what it points to.
func (r *Recorder) Log(e *events.Entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return
	}
	if r.gap > 0 || r.bytes >= r.options.Room {
		r.gap++
		r.gapAt = max(r.gapAt, e.Time)
		r.stats.Dropped++
		return
	}
	r.enc.entry(e)
	r.stats.Entries++
	switch {
	case e.Kind == events.Heard:
		r.stats.Events++
	case e.Walk != nil:
		r.stats.Walks++
	}
}

// Restart reports whether whoever learns should learn all anew by a walk, because a
// new segment begins, or recording goes on after there was no room. Entries from then
// on are in the new segment, or behind the gap.
func (r *Recorder) Restart() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.err != nil:
		return false
	case r.gap > 0 && r.bytes > r.options.Room/2:
		return false
	case r.gap > 0:
		r.enc.gap(r.gapAt, r.gap)
		r.gap = 0
	case !r.full || r.turning:
		return false
	}
	if r.full && !r.turning {
		r.turning = true
		r.enc.cut()
		r.enc.forget()
		r.waiting = append(r.waiting, job{turn: true})
		r.rouse()
	}
	return true
}

// Stats is what was done so far.
func (r *Recorder) Stats() Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stats
}

// Err is why recording has stopped; nil: it has not.
func (r *Recorder) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// Close writes what is not written yet, and the end mark. It returns what kept the
// recording from being whole, which Failed was told.
func (r *Recorder) Close() error {
	r.mu.Lock()
	if r.gap > 0 {
		r.enc.gap(r.gapAt, r.gap)
		r.gap = 0
	}
	r.mu.Unlock()
	close(r.stop)
	<-r.stopped
	return r.Err()
}

// run writes until it is told to end, or can't.
func (r *Recorder) run() {
	defer close(r.stopped)
	err := r.writeAll()
	if err == nil {
		err = r.write(r.frames.frame(endFrame, nil))
	}
	if closeErr := r.sink.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		r.fail(err)
	}
}

func (r *Recorder) writeAll() error {
	ticks := time.NewTicker(r.options.Flush)
	defer ticks.Stop()
	for {
		select {
		case <-r.wake:
		case <-ticks.C:
			r.cut()
		case <-r.stop:
			r.cut()
			return r.empty()
		}
		if err := r.empty(); err != nil {
			return err
		}
	}
}

func (r *Recorder) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.enc.cut()
}

// empty writes all that waits.
func (r *Recorder) empty() error {
	for {
		r.mu.Lock()
		if len(r.waiting) == 0 {
			r.waiting = nil
			r.mu.Unlock()
			return nil
		}
		next := r.waiting[0]
		r.waiting = r.waiting[1:]
		r.mu.Unlock()
		if err := r.do(next); err != nil {
			return err
		}
		r.mu.Lock()
		r.bytes -= len(next.block)
		r.mu.Unlock()
	}
}

func (r *Recorder) do(j job) error {
	if j.turn {
		return r.turn()
	}
	if err := r.write(r.frames.frame(blockFrame, j.block)); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.full = r.sink.Full()
	return nil
}

func (r *Recorder) turn() error {
	if err := r.write(r.frames.frame(turnFrame, nil)); err != nil {
		return err
	}
	if err := r.sink.Turn(); err != nil {
		return err
	}
	r.header.Segment++
	r.header.Began = r.options.Clock()
	r.mu.Lock()
	r.full, r.turning = false, false
	r.mu.Unlock()
	return r.begin()
}

// fail stops recording; what waits is given up.
func (r *Recorder) fail(err error) {
	r.mu.Lock()
	r.err = err
	r.waiting, r.bytes = nil, 0
	r.enc = newEncoder(false, func([]byte) {})
	r.mu.Unlock()
	if r.options.Failed != nil {
		r.options.Failed(err)
	}
}
