//go:build linux

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
	events [maxEvents]events.Event
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

// drain hands out what is in the buffer by now and leaves what comes meanwhile: a
// ring that is busier than we are would have no end of it. The event is valid
// until fn returns.
func (r *reader) drain(fn func(*events.Event)) error {
	r.ring.SetDeadline(time.Now())
	for left := r.ring.AvailableBytes(); left > 0; left -= recordHeader + (len(r.record.RawSample)+7)&^7 {
		if ok, err := r.next(fn); !ok {
			return err
		}
	}
	return nil
}

// wait hands out what comes within d. However much there is, it comes to an end.
func (r *reader) wait(d time.Duration, fn func(*events.Event)) error {
	end := time.Now().Add(d)
	r.ring.SetDeadline(end)
	for n := 1; ; n++ {
		ok, err := r.next(fn)
		if err != nil {
			return err
		}
		if (!ok || n%lookAtClock == 0) && !time.Now().Before(end) {
			return nil
		}
	}
}

const (
	recordHeader = 8   // of a record in the ring buffer: BPF_RINGBUF_HDR_SZ
	lookAtClock  = 256 // events
)

// next hands out what one record tells; false: there is none until the deadline.
func (r *reader) next(fn func(*events.Event)) (bool, error) {
	err := r.ring.ReadInto(&r.record)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read ring buffer: %w", err)
	}
	n, err := decodeRecord(r.record.RawSample, &r.events)
	if err != nil {
		r.broken++
		return true, nil
	}
	for i := range n {
		fn(&r.events[i])
	}
	return true, nil
}

// Drain hands out all events that are in the buffer by now, oldest first. The
// event is valid until fn returns.
func (l *Live) Drain(fn func(*events.Event)) error { return l.reader.drain(fn) }

// Wait hands out what comes within d.
func (l *Live) Wait(d time.Duration, fn func(*events.Event)) error { return l.reader.wait(d, fn) }
