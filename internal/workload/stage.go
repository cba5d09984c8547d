package workload

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// StageName says how far a workload has come.
type StageName string

// The stages, in the order in which scenarios pass them; see Scenario.Stages.
const (
	// StageStart: the process runs, no ring exists yet.
	StageStart StageName = "start"
	// StageReady: rings, tables, listener and the first pin are in place, nothing was removed.
	StageReady StageName = "ready"
	// StageCheckpoint: a moment between two operations. Only random passes it, several times.
	StageCheckpoint StageName = "checkpoint"
	// StageRound: a round of operations was made and timed. Only the rounds pass it, several times.
	StageRound StageName = "round"
	// StageDone: the removals were made, all pins are in flight.
	StageDone StageName = "done"
	// StageActed: the action of a remedy was tried. Only the remedies pass it.
	StageActed StageName = "acted"
	// StageEnd: pins cancelled and reaped, tables unregistered, rings closed.
	StageEnd StageName = "end"
)

// StageNames returns the stages in order. The slice is the caller's.
func StageNames() []StageName {
	return []StageName{StageStart, StageReady, StageCheckpoint, StageRound, StageDone, StageActed, StageEnd}
}

// Stage is one line of a workload's standard output: what is true when it was
// printed. Ready is nil except at StageReady, and so are the others except at the
// stages they are named for. Their JSON keys lie side by side and so are all different.
type Stage struct {
	Name     StageName `json:"stage"`
	Scenario string    `json:"scenario"`
	PID      int       `json:"pid"`

	*Ready
	*Checkpoint
	*Round
	*Done
	*Acted

	// Pins are the requests that are in flight, in the order in which they were issued.
	Pins []Pin `json:"pins,omitempty"`
	// Tags is nil as long as no resource has got one.
	Tags *Tags `json:"tags,omitempty"`
	// SocketsUsed is "sockets: used" of the workload's network namespace.
	SocketsUsed int `json:"sockets_used"`
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
	if errors.Is(err, io.EOF) && len(bytes.TrimSpace(line)) > 0 {
		return Stage{}, fmt.Errorf("read stage: %w: line %q has no end", io.ErrUnexpectedEOF, line)
	}
	if errors.Is(err, io.EOF) {
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
		if errors.Is(err, io.EOF) {
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
	case StageCheckpoint:
		if s.Checkpoint == nil {
			return fmt.Errorf("no checkpoint described")
		}
		return nil
	case StageRound:
		if s.Round == nil {
			return fmt.Errorf("no round described")
		}
		return nil
	case StageActed:
		if s.Acted == nil {
			return fmt.Errorf("no action described")
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
