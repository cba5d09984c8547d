package recording

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"uringtrace/internal/events"
	"uringtrace/internal/incident"
	"uringtrace/internal/queue"
)

// Format is the version of the format that is written. All from 1 on are read.
const Format = 1

// Mode is what was listened to.
type Mode string

// The modes.
const (
	Events Mode = "events" // every removal and release
	Watch  Mode = "watch"  // removals were counted, and the queue is known from walks
	Walks  Mode = "walks"  // there were no hooks on nodes
)

// Header says what a recording is of. It is JSON in the file; keys may be added.
type Header struct {
	ID       string   `json:"id"`      // the same in all segments of a recording
	Segment  int      `json:"segment"` // from 0
	Tool     string   `json:"tool"`    // version of who recorded
	Mode     Mode     `json:"mode"`
	Began    Clock    `json:"began"` // the segment
	Release  string   `json:"release"`
	Reclaim  string   `json:"reclaim"`
	Target   target   `json:"target"`
	Backend  string   `json:"backend"`
	SettleNS int64    `json:"settle_ns"`
	Costs    costs    `json:"costs"`
	NotSeen  []string `json:"not_seen,omitempty"`
	Notes    []string `json:"notes,omitempty"`
	Hooks    []Hook   `json:"hooks,omitempty"`
	Redacted bool     `json:"redacted,omitempty"` // internet addresses are stand-ins
}

// target is queue.Target, whose JSON is for another reader and may change.
type target struct {
	PID       int    `json:"pid"`
	Comm      string `json:"comm"`
	Unit      string `json:"unit,omitempty"`
	Runtime   string `json:"runtime,omitempty"`
	Container string `json:"container,omitempty"`
	Pod       string `json:"pod,omitempty"`
}

// costs are queue.Costs.
type costs struct {
	Node   uint64            `json:"node"`
	File   uint64            `json:"file"`
	Dentry uint64            `json:"dentry"`
	Inode  uint64            `json:"inode"`
	Sock   map[string]uint64 `json:"sock,omitempty"`
}

// Clock is one moment on both clocks.
type Clock struct {
	Monotonic uint64    `json:"monotonic_ns"` // that of entries
	Wall      time.Time `json:"wall"`
}

// At is the wall-clock time of a moment on the clock of entries.
func (c Clock) At(monotonic uint64) time.Time {
	return c.Wall.Add(time.Duration(monotonic - c.Monotonic))
}

// Hook is a row of the hook table with what became of it.
type Hook struct {
	Name     string `json:"name"`
	Function string `json:"function"`
	Kind     string `json:"kind"`
	State    string `json:"state"`
	Err      string `json:"err,omitempty"`
	Without  string `json:"without,omitempty"`
}

// Describe takes over what is known of the process.
func (h *Header) Describe(s *incident.Subject) {
	h.Release, h.Reclaim, h.Backend = s.Release, s.Reclaim.String(), s.Backend
	h.Target, h.Costs = target(s.Target), costs(s.Costs)
	h.NotSeen, h.Notes, h.SettleNS = slices.Clone(s.NotSeen), slices.Clone(s.Notes), int64(s.Settle)
}

// Subject is what Describe took over.
func (h *Header) Subject() *incident.Subject {
	return &incident.Subject{
		Release: h.Release, Reclaim: h.reclaim(), Backend: h.Backend,
		Target: queue.Target(h.Target), Costs: queue.Costs(h.Costs),
		NotSeen: slices.Clone(h.NotSeen), Notes: slices.Clone(h.Notes), Settle: time.Duration(h.SettleNS),
	}
}

func (h *Header) reclaim() events.Reclaim {
	for r := events.OrderedDeferred; r <= events.Independent; r++ {
		if r.String() == h.Reclaim {
			return r
		}
	}
	return events.UnknownReclaim
}

// maxHeader is the longest header that is read.
const maxHeader = 1 << 20

func parseHeader(data []byte) (*Header, error) {
	var h Header
	if err := json.Unmarshal(data, &h); err != nil {
		return nil, fmt.Errorf("its header can't be read: %w", err)
	}
	switch {
	case h.reclaim() == events.UnknownReclaim:
		return nil, fmt.Errorf("its header names a reclaim order that is not known: %q", h.Reclaim)
	case h.Segment < 0, h.SettleNS < 0, h.Target.PID < 0:
		return nil, errors.New("its header has a negative number")
	}
	return &h, nil
}
