package bench

import (
	"encoding/json"
	"fmt"
	"io"
)

// Mode is how time passes in the machine.
type Mode string

// The modes.
const (
	// Counted: one processor on which every instruction takes a nanosecond. The same
	// work takes the same time again, within a few percent.
	Counted Mode = "counted"
	// Emulated: two processors that take turns on one of the host, as fast as that lets
	// them be. Only ratios mean something.
	Emulated Mode = "emulated"
)

// Result is all that was measured in one machine.
type Result struct {
	// Kernel is the name that the machine was asked for by, Release what it says.
	Kernel    string     `json:"kernel"`
	Release   string     `json:"release"`
	Mode      Mode       `json:"mode"`
	Slowdowns []Slowdown `json:"slowdowns"`
	Answers   []Answer   `json:"answers,omitempty"`
}

// Write writes r as JSON for people and programs.
func (r *Result) Write(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	if err := e.Encode(r); err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	return nil
}

// Read reads what Write has written.
func Read(r io.Reader) (*Result, error) {
	var result Result
	if err := json.NewDecoder(r).Decode(&result); err != nil {
		return nil, fmt.Errorf("read result: %w", err)
	}
	return &result, nil
}
