//go:build linux

package machine

import (
	"fmt"
	"io"
	"strings"

	"uringtrace/internal/vmtest/klog"
)

// How much of the console a CrashError shows.
const (
	consoleTail       = 25
	consoleComplaints = 5
)

// CrashError means that the machine ended without a result.
type CrashError struct {
	Reason     error
	Booted     bool     // user space was up; else the kernel never got that far
	Complaints []string // the kernel's first ones on the console
	Console    []string // the console's last lines
}

func (e *CrashError) Error() string {
	return fmt.Sprintf("the machine ended without a result: %v", e.Reason)
}

// Unwrap returns the reason.
func (e *CrashError) Unwrap() error { return e.Reason }

// Detail is what the console showed, one line each, empty if nothing.
func (e *CrashError) Detail() string {
	var b strings.Builder
	for _, line := range e.Complaints {
		fmt.Fprintf(&b, "kernel log: %s\n", line)
	}
	if len(e.Console) > 0 {
		b.WriteString("last lines of the console:\n")
	}
	for _, line := range e.Console {
		fmt.Fprintf(&b, "  %s\n", line)
	}
	return b.String()
}

func newCrashError(reason error, booted bool, console io.Reader) *CrashError {
	e := &CrashError{Reason: reason, Booted: booted}
	data, err := io.ReadAll(console)
	text := strings.TrimSpace(strings.ReplaceAll(string(data), "\r", ""))
	if err != nil || text == "" {
		return e
	}
	lines := strings.Split(text, "\n")
	for _, line := range lines {
		msg := klog.Text(line)
		if klog.Classify(msg) != klog.Harmless && len(e.Complaints) < consoleComplaints {
			e.Complaints = append(e.Complaints, msg)
		}
	}
	e.Console = lines[max(0, len(lines)-consoleTail):]
	return e
}
