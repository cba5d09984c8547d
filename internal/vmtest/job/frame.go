package job

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
)

// Stream tells what a frame carries.
type Stream byte

// The streams of the live port.
const (
	Stdout Stream = 1 + iota
	Stderr
	Events // one JSON Event per frame
)

// A frame is one byte of stream, two bytes of little-endian length and the
// payload. A serial port costs about 3 µs per byte under emulation, hence the
// short header.
const (
	frameHeader = 3
	maxFrame    = 1<<16 - 1
)

// FrameWriter multiplexes streams onto one writer. It is safe for concurrent
// use; every frame is one Write.
type FrameWriter struct {
	mu  sync.Mutex
	w   io.Writer
	buf []byte
}

// NewFrameWriter returns a FrameWriter on w.
func NewFrameWriter(w io.Writer) *FrameWriter {
	return &FrameWriter{w: w}
}

// Stream returns a writer whose bytes travel as s.
func (f *FrameWriter) Stream(s Stream) io.Writer {
	return streamWriter{frames: f, stream: s}
}

// Event sends e.
func (f *FrameWriter) Event(e Event) error {
	data, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode event: %w", err)
	}
	if len(data) > maxFrame {
		return fmt.Errorf("event %s of program %d: %d bytes do not fit in a frame", e.Kind, e.Program, len(data))
	}
	return f.send(Events, data)
}

func (f *FrameWriter) send(s Stream, data []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.buf = append(f.buf[:0], byte(s), byte(len(data)), byte(len(data)>>8))
	f.buf = append(f.buf, data...)
	_, err := f.w.Write(f.buf)
	return err
}

type streamWriter struct {
	frames *FrameWriter
	stream Stream
}

func (w streamWriter) Write(p []byte) (int, error) {
	written := 0
	for len(p) > 0 {
		chunk := p[:min(len(p), maxFrame)]
		if err := w.frames.send(w.stream, chunk); err != nil {
			return written, err
		}
		written += len(chunk)
		p = p[len(chunk):]
	}
	return written, nil
}

// Sink receives what the frames carry.
type Sink interface {
	// Output gets bytes of Stdout or Stderr, valid until it returns.
	Output(s Stream, data []byte) error
	Event(e Event) error
}

// ReadFrames hands all frames of r to sink until the end of r. A frame cut
// short, as a crashed guest leaves it, is io.ErrUnexpectedEOF.
func ReadFrames(r io.Reader, sink Sink) error {
	header := make([]byte, frameHeader)
	payload := make([]byte, maxFrame)
	for {
		if _, err := io.ReadFull(r, header); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("frame header: %w", err)
		}
		body := payload[:binary.LittleEndian.Uint16(header[1:])]
		if _, err := io.ReadFull(r, body); err != nil {
			return fmt.Errorf("frame of %d bytes: %w", len(body), unexpected(err))
		}
		if err := deliver(Stream(header[0]), body, sink); err != nil {
			return err
		}
	}
}

func deliver(s Stream, body []byte, sink Sink) error {
	switch s {
	case Stdout, Stderr:
		return sink.Output(s, body)
	case Events:
		var e Event
		if err := json.Unmarshal(body, &e); err != nil {
			return fmt.Errorf("decode event: %w", err)
		}
		return sink.Event(e)
	}
	return fmt.Errorf("unknown stream %d: the live port is garbled", s)
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
