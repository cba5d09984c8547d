package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// pagerFlag turns the pager off.
type pagerFlag struct{ off bool }

func (p *pagerFlag) addTo(c *cobra.Command) {
	c.Flags().BoolVar(&p.off, "no-pager", false, "print what is longer than the terminal without a pager")
}

// page prints text on stdout: by the pager if stdout is a terminal that has fewer
// rows, unless off.
func (t *tool) page(off bool, print func(io.Writer) error) error {
	rows, columns := t.size()
	command := ""
	if !off && rows > 0 {
		command = pagerCommand()
	}
	if command == "" {
		return print(t.stdout)
	}
	var text bytes.Buffer
	if err := print(&text); err != nil {
		return err
	}
	if rowsOf(text.Bytes(), columns) >= rows && t.runPager(command, text.Bytes()) {
		return nil
	}
	_, err := t.stdout.Write(text.Bytes())
	return err
}

// pagerCommand is what the user wants text paged by, for sh; empty if by nothing.
func pagerCommand() string {
	command, ok := os.LookupEnv("URINGTRACE_PAGER")
	if !ok {
		command, ok = os.LookupEnv("PAGER")
	}
	if !ok {
		command = "less"
		if _, err := exec.LookPath(command); err != nil {
			return ""
		}
	}
	if command == "cat" {
		return ""
	}
	return command
}

// rowsOf is how many rows text takes on a terminal, or a few more: what it is
// coloured by counts as if it took room.
func rowsOf(text []byte, columns int) int {
	rows := 0
	for line := range bytes.Lines(text) {
		rows++
		if columns > 0 {
			rows += (utf8.RuneCount(line) - 1) / columns
		}
	}
	return rows
}

// sh's own exit codes.
const (
	notExecutable = 126
	notFound      = 127
)

// runPager shows text by command and reports whether that could be started; sh says
// why not.
func (t *tool) runPager(command string, text []byte) bool {
	// Ctrl-C is the pager's. It must not be ignored, which the pager would inherit.
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	defer signal.Stop(interrupts)

	c := exec.Command("sh", "-c", command)
	c.Stdin, c.Stdout, c.Stderr = bytes.NewReader(text), t.stdout, t.stderr
	c.Env = os.Environ()
	if _, set := os.LookupEnv("LESS"); !set {
		// Ends at once if all fits, keeps colour, leaves the text on the terminal.
		c.Env = append(c.Env, "LESS=FRX")
	}
	if os.Getenv("SUDO_UID") != "" {
		// Who may run us as root need not be meant to run everything that less can.
		c.Env = append(c.Env, "LESSSECURE=1")
	}
	err := c.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return true
	case errors.As(err, &exit): // with an error, or a signal, if the user likes
		return exit.ExitCode() != notExecutable && exit.ExitCode() != notFound
	}
	t.note("no pager: %v", err)
	return false
}
