package probe

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/ringbuf"

	"uringtrace/internal/events"
)

// reader takes events out of the ring buffer.
type reader struct {
	ring   *ringbuf.Reader
	record ringbuf.Record
	event  events.Event
	broken uint64
}

func newReader(m *ebpf.Map) (*reader, error) {
	ring, err := ringbuf.NewReader(m)
	if err != nil {
		return nil, fmt.Errorf("open ring buffer: %w", err)
	}
	return &reader{ring: ring}, nil
}

// Close frees the buffer's mapping.
func (r *reader) Close() error { return r.ring.Close() }

// read hands out what is in the buffer, waiting for at most wait for it to be
// worth a wake-up. The event is valid until fn returns.
func (r *reader) read(wait time.Duration, fn func(*events.Event)) error {
	r.ring.SetDeadline(time.Now().Add(wait))
	for {
		err := r.ring.ReadInto(&r.record)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read ring buffer: %w", err)
		}
		if err := decodeEvent(r.record.RawSample, &r.event); err != nil {
			r.broken++
			continue
		}
		fn(&r.event)
	}
}

// Drain hands out all events that are in the buffer by now, oldest first. The
// event is valid until fn returns.
func (l *Live) Drain(fn func(*events.Event)) error { return l.reader.read(0, fn) }

// Wait is Drain after waiting for up to d; it returns early when the buffer
// fills up.
func (l *Live) Wait(d time.Duration, fn func(*events.Event)) error { return l.reader.read(d, fn) }
