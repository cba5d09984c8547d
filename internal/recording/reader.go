package recording

import (
	"errors"
	"fmt"
	"io"

	"uringtrace/internal/events"
)

// Reader reads a recording. Its memory is bounded by what the longest walk takes,
// whatever the file claims.
type Reader struct {
	frames  frameReader
	header  *Header
	first   *Header // of the first segment that was read
	code    coder
	context context
	parts   parts
	nodes   *nodeList // of the last walk
	loss    totals
	last    events.Event
	err     error // how it ended
	most    int   // bytes that an entry may take
}

// maxEntry bounds the memory of one entry: some eight million nodes.
const maxEntry = 256 << 20

// NewReader reads the beginning of a recording. The error wraps ErrNotRecording or
// ErrNewer where that is the cause; a recording that is cut before anything could
// be learned from it is a CutError.
func NewReader(in io.Reader) (*Reader, error) {
	r := &Reader{frames: frameReader{in: in}, code: coder{reading: true}, most: maxEntry}
	if err := r.frames.line(); err != nil {
		return nil, err
	}
	if err := r.readHeader(); err != nil {
		return nil, err
	}
	return r, nil
}

// Header is that of the first segment that is there.
func (r *Reader) Header() *Header { return r.first }

// Offset is how far the recording was read, in bytes.
func (r *Reader) Offset() int64 { return r.frames.offset }

func (r *Reader) readHeader() error {
	kind, data, err := r.frames.next()
	if err == nil && (kind != headerFrame || len(data) > maxHeader) {
		err = errFrame
	}
	if err == nil {
		r.header, err = parseHeader(data)
	}
	if err != nil {
		return r.cut(err)
	}
	r.nodes = &nodeList{}
	if r.first == nil {
		r.first = r.header
		r.loss.late = r.header.Segment > 0
	}
	return nil
}

// cut is err at the place where reading stands; an error of the io.Reader stays as
// it is.
func (r *Reader) cut(err error) error {
	r.err = &CutError{Offset: r.frames.offset, Err: err}
	return r.err
}

// Next reads an entry into e. What e points to is valid until the next call. The
// error is io.EOF at the recording's end, or a *CutError, and stays.
func (r *Reader) Next(e *events.Entry) error {
	for r.err == nil {
		if len(r.code.buf) == 0 {
			r.block()
			continue
		}
		done, err := r.record(e)
		if r.code.err != nil {
			err = r.code.err // what came of it is no cause
		}
		if err != nil {
			r.cut(fmt.Errorf("damaged: %w", err))
		} else if done {
			return nil
		}
	}
	return r.err
}

// block reads the next block, or notes how the recording ends.
func (r *Reader) block() {
	kind, data, err := r.frames.next()
	switch {
	case err != nil:
		r.cut(err)
	case kind == blockFrame:
		r.code = coder{reading: true, buf: data}
		r.context = context{}
	case r.parts.open():
		r.cut(errShort)
	case kind == endFrame:
		r.err = io.EOF
	case kind == turnFrame:
		r.turn()
	default:
		r.cut(fmt.Errorf("a frame of kind %q is not known", byte(kind)))
	}
}

// turn goes on with the next segment.
func (r *Reader) turn() {
	last := r.header
	if err := r.frames.line(); err != nil {
		if errors.Is(err, ErrNotRecording) {
			err = errNoEnd // there is nothing yet, or it is cut within the line
		}
		r.cut(err)
		return
	}
	if r.readHeader() != nil {
		return
	}
	if r.header.ID != last.ID || r.header.Segment != last.Segment+1 {
		r.cut(errors.New("what follows is another recording, or a later part of this one"))
	}
}
