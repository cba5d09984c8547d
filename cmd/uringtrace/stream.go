package main

import (
	"bufio"
	"fmt"
	"sync"
	"time"

	"uringtrace/internal/events"
	"uringtrace/internal/render/jsonl"
	"uringtrace/internal/render/text"
)

// flushEvery bounds how late an event is seen by who reads our stdout.
const flushEvery = 100 * time.Millisecond

// stream prints events. It is buffered: there can be a hundred thousand a second.
type stream struct {
	json, addresses bool
	status          *statusLine // to take away first; nil: it is elsewhere
	mu              sync.Mutex
	out             *bufio.Writer
	err             error // the first that a write met
}

func newStream(t *tool, flags *watchFlags, status *statusLine) *stream {
	s := &stream{json: flags.output.json(), addresses: flags.addresses, out: bufio.NewWriterSize(t.stdout, 64<<10)}
	if t.shared {
		s.status = status
	}
	return s
}

func (s *stream) event(e *events.Event, ring, node int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return
	}
	if s.status != nil && s.out.Buffered() == 0 {
		s.status.clear()
	}
	if s.json {
		_, s.err = s.out.Write(jsonl.AppendEvent(s.out.AvailableBuffer(), e, ring, node, s.addresses))
		return
	}
	_, s.err = fmt.Fprintln(s.out, text.Event(e, ring, node, s.addresses))
}

// flush writes what is buffered and returns the first error of the stream.
func (s *stream) flush() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil && s.out.Buffered() > 0 {
		if s.status != nil {
			s.status.clear()
		}
		s.err = s.out.Flush()
	}
	if s.err != nil {
		return fmt.Errorf("write events: %w", s.err)
	}
	return nil
}
