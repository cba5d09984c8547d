package workload

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// StageName says how far a workload has come.
type StageName string

// The stages, in the order in which every scenario passes them.
const (
	// StageStart: the process runs, no ring exists yet.
	StageStart StageName = "start"
	// StageReady: ring, table, listener and long-lived request are in place, nothing was removed.
	StageReady StageName = "ready"
	// StageDone: the removals were made, the long-lived request is still in flight.
	StageDone StageName = "done"
	// StageEnd: request cancelled and reaped, table unregistered, ring closed.
	StageEnd StageName = "end"
)

// StageNames returns the stages in order. The slice is the caller's.
func StageNames() []StageName {
	return []StageName{StageStart, StageReady, StageDone, StageEnd}
}

// Stage is one line of a workload's standard output: what is true when it was
// printed. Ready is nil except at StageReady, Done is nil except at StageDone.
type Stage struct {
	Name     StageName `json:"stage"`
	Scenario string    `json:"scenario"`
	PID      int       `json:"pid"`

	*Ready
	*Done

	// SocketsUsed is "sockets: used" of the workload's network namespace.
	SocketsUsed int `json:"sockets_used"`
}

// Ready is the ground truth about what a tracer should find.
type Ready struct {
	// TID is the only thread that submits to the ring.
	TID    int `json:"tid"`
	RingFD int `json:"ring_fd"`
	// RingFlags are the set-up flags in the kernel's words without IORING_SETUP_.
	RingFlags []string `json:"ring_flags"`
	// Slots is the size of the fixed file table.
	Slots    int       `json:"slots"`
	Listener *Listener `json:"listener"`
	// Pin is nil if the scenario keeps no request in flight.
	Pin *Pin `json:"pin"`
}

// Listener is the listening TCP socket.
type Listener struct {
	// Addr is IP:port.
	Addr string `json:"addr"`
	// Slot is its place in the fixed file table, or NoSlot.
	Slot int `json:"slot"`
	// FD is its ordinary descriptor, which stays open beside the slot.
	FD int `json:"fd"`
}

// NoSlot stands for a file that is not used through the fixed file table.
const NoSlot = -1

// Pin is the long-lived request.
type Pin struct {
	// Op is the opcode in the kernel's words without IORING_OP_.
	Op       string   `json:"op"`
	UserData UserData `json:"user_data"`
	// Slot is the fixed slot it was issued on. With NoSlot it was issued on an
	// ordinary descriptor and holds no resource node.
	Slot int `json:"slot"`
}

// Done is the ground truth about the removals.
type Done struct {
	// Sockets is the number of sockets put into the table and removed again.
	Sockets int `json:"sockets"`
	// ChurnSlot is the slot they all passed through.
	ChurnSlot int `json:"churn_slot"`
	// ElapsedNS is how long the removals took, in nanoseconds.
	ElapsedNS int64 `json:"elapsed_ns"`
	// SocketsUsedBefore is SocketsUsed just before the first removal.
	SocketsUsedBefore int `json:"sockets_used_before"`
}

// StageReader reads the stages that a workload prints. It returns each as soon as
// its line is complete, so a test can act between two stages.
type StageReader struct {
	lines *bufio.Reader
}

// NewStageReader reads stages from r, usually the standard output of uringload.
func NewStageReader(r io.Reader) *StageReader {
	return &StageReader{bufio.NewReader(r)}
}

// Next returns the next stage, or io.EOF after the last one. Unknown keys are
// ignored; a line that is not a complete stage is an error.
func (r *StageReader) Next() (Stage, error) {
	line, err := r.lines.ReadBytes('\n')
	if err == io.EOF && len(bytes.TrimSpace(line)) > 0 {
		return Stage{}, fmt.Errorf("read stage: %w: line %q has no end", io.ErrUnexpectedEOF, line)
	}
	if err == io.EOF {
		return Stage{}, io.EOF
	}
	if err != nil {
		return Stage{}, fmt.Errorf("read stage: %w", err)
	}

	var s Stage
	if err := json.Unmarshal(line, &s); err != nil {
		return Stage{}, fmt.Errorf("decode stage %q: %w", line, err)
	}
	if err := s.check(); err != nil {
		return Stage{}, fmt.Errorf("decode stage %q: %w", line, err)
	}
	return s, nil
}

// Until reads on to the stage called name and returns it. If the workload ends
// before, the error wraps io.ErrUnexpectedEOF.
func (r *StageReader) Until(name StageName) (Stage, error) {
	last := StageName("nothing")
	for {
		s, err := r.Next()
		if err == io.EOF {
			return Stage{}, fmt.Errorf("wait for stage %s: last saw %s: %w", name, last, io.ErrUnexpectedEOF)
		}
		if err != nil || s.Name == name {
			return s, err
		}
		last = s.Name
	}
}

func (s *Stage) check() error {
	switch s.Name {
	case StageStart, StageEnd:
		return nil
	case StageReady:
		if s.Ready == nil {
			return fmt.Errorf("no ring described")
		}
		return nil
	case StageDone:
		if s.Done == nil {
			return fmt.Errorf("no removals described")
		}
		return nil
	default:
		return fmt.Errorf("unknown stage name %q", s.Name)
	}
}

// WriteTo writes s as one line in a single Write, so that a reader at the other
// end of a pipe sees it at once.
func (s Stage) WriteTo(w io.Writer) (int64, error) {
	line, err := json.Marshal(s)
	if err != nil {
		return 0, fmt.Errorf("encode stage %s: %w", s.Name, err)
	}
	n, err := w.Write(append(line, '\n'))
	if err != nil {
		return int64(n), fmt.Errorf("write stage %s: %w", s.Name, err)
	}
	return int64(n), nil
}
