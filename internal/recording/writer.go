package recording

import (
	"encoding/json"
	"fmt"
	"io"

	"uringtrace/internal/events"
)

// Writer writes a recording down as it is told, for tests and tools; who must not
// wait for a disk takes a Recorder. It is not safe for concurrent use.
type Writer struct {
	out    io.Writer
	frames frames
	enc    *encoder
	err    error
}

// NewWriter begins a recording.
func NewWriter(out io.Writer, h *Header) (*Writer, error) {
	w := &Writer{out: out}
	w.enc = newEncoder(h.Redacted, func(block []byte) { w.write(blockFrame, block) })
	begin, err := begin(&w.frames, h)
	if err != nil {
		return nil, err
	}
	if _, err := out.Write(begin); err != nil {
		return nil, err
	}
	return w, nil
}

// begin is what a segment begins with.
func begin(f *frames, h *Header) ([]byte, error) {
	data, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("write the header: %w", err)
	}
	return append(firstLine(), f.frame(headerFrame, data)...), nil
}

func (w *Writer) write(kind frameKind, data []byte) {
	if w.err == nil {
		_, w.err = w.out.Write(w.frames.frame(kind, data))
	}
}

// Entry writes an entry down. Errors are those of the io.Writer, and stay.
func (w *Writer) Entry(e *events.Entry) error {
	w.enc.entry(e)
	return w.err
}

// Flush writes what is not written yet.
func (w *Writer) Flush() error {
	w.enc.cut()
	return w.err
}

// Close writes the end mark. It does not close the io.Writer.
func (w *Writer) Close() error {
	w.enc.cut()
	w.write(endFrame, nil)
	return w.err
}
