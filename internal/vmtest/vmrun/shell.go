//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"

	"golang.org/x/term"

	"uringtrace/internal/vmtest/job"
	"uringtrace/internal/vmtest/machine"
)

// Keys that mean something to vmrun or to the guest's terminal.
const (
	keyEnd    = 0x04 // Ctrl-D, end of input
	keyEscape = 0x1d // Ctrl-], kills the machine
)

// errKilled means that somebody pressed keyEscape.
var errKilled = errors.New("killed by Ctrl-]")

// runShell is "vmrun shell".
func runShell(ctx context.Context, o options) error {
	if len(o.args) > 0 {
		return usagef("shell: takes no arguments")
	}
	if !o.timeoutSet {
		o.timeout = 0 // people think longer than tests
	}
	o.busybox = true
	s, err := newSession(o)
	if err != nil {
		return err
	}
	s.job.Env = append(s.job.Env, "TERM="+os.Getenv("TERM"))
	s.job.Shell = &job.Shell{Path: "/bin/sh", Rows: 24, Cols: 80}
	stdin := int(os.Stdin.Fd())
	if cols, rows, err := term.GetSize(stdin); err == nil {
		s.job.Shell.Rows, s.job.Shell.Cols = uint16(rows), uint16(cols)
	}
	// Fetch before the terminal turns raw.
	if _, err := findKernel(ctx, o); err != nil {
		return err
	}
	if term.IsTerminal(stdin) {
		before, err := term.MakeRaw(stdin)
		if err != nil {
			return fmt.Errorf("raw terminal: %w", err)
		}
		defer term.Restore(stdin, before)
	}
	return s.converse(ctx)
}

// converse connects the terminal with the console until the machine ends.
func (s *session) converse(ctx context.Context) error {
	console, err := machine.NewConsole()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var printing sync.WaitGroup
	printing.Go(func() {
		// The console ends with QEMU.
		_, _ = io.Copy(os.Stdout, console)
	})
	typist := &typist{console: console, cancel: cancel}
	result, err := s.boot(ctx, typist, console)
	printing.Wait()
	console.Close()
	if err != nil {
		return err
	}
	outcome := result.Programs[0]
	for _, line := range complaints(outcome) {
		fmt.Fprintf(os.Stderr, "%s\r\n", line)
	}
	if outcome.Exit != 0 {
		return programError(outcome.Exit)
	}
	return nil
}

// typist passes the keyboard on, from the moment the shell listens.
type typist struct {
	console io.Writer
	cancel  context.CancelCauseFunc
}

// Output implements job.Sink; a shell writes to the console only.
func (t *typist) Output(job.Stream, []byte) error { return nil }

// Event implements job.Sink.
func (t *typist) Event(e job.Event) error {
	if e.Kind == job.Start {
		// It ends with the process: reading from a terminal cannot be
		// interrupted.
		go t.typing()
	}
	return nil
}

func (t *typist) typing() {
	buf := make([]byte, 256)
	for {
		n, err := os.Stdin.Read(buf)
		if bytes.IndexByte(buf[:n], keyEscape) >= 0 {
			t.cancel(errKilled)
			return
		}
		if _, writeErr := t.console.Write(buf[:n]); writeErr != nil {
			return
		}
		if err != nil {
			_, _ = t.console.Write([]byte{keyEnd})
			return
		}
	}
}

// addBusybox adds busybox and a link for each of its commands, except where
// something else has the name.
func (s *session) addBusybox() error {
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		return errors.New("busybox not found: install it with apt-get install busybox-static")
	}
	if err := checkStatic(busybox); err != nil {
		return fmt.Errorf("%w; apt-get install busybox-static has a static one", err)
	}
	out, err := exec.Command(busybox, "--list").Output()
	if err != nil {
		return fmt.Errorf("busybox --list: %w", err)
	}
	if err := s.root.File("/bin/busybox", busybox); err != nil {
		return err
	}
	for _, name := range strings.Fields(string(out)) {
		if !s.root.Has("/bin/" + name) {
			s.root.Link("/bin/"+name, "busybox")
		}
	}
	return nil
}
