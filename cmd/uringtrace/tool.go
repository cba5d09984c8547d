package main

import (
	"context"
	"io"
	"os"

	"golang.org/x/term"

	"uringtrace/internal/proc"
	"uringtrace/internal/render/text"
	"uringtrace/internal/workload"
)

// tool is what all commands work with: where data and talk go, and the kernel.
type tool struct {
	stdout, stderr io.Writer
	style          text.Style                 // of stdout
	progress       bool                       // stderr is a terminal: rewrite the status in place
	shared         bool                       // stdout and stderr are both terminals
	width          func() int                 // columns of the terminal that progress is on
	size           func() (rows, columns int) // of the terminal that stdout is; 0: of none
	terminal       *terminal                  // of stdout, for a full screen; nil: there is none

	kernel kernel
	users  func() []proc.User // processes that have rings
	start  func(ctx context.Context, path, name string, o workload.Options) (load, error)
	find   func() (string, error) // path of uringload
}

func newTool() *tool { return newToolOn(os.Stdout, os.Stderr) }

func newToolOn(stdout, stderr *os.File) *tool {
	out, talk := isTerminal(stdout), isTerminal(stderr)
	t := &tool{
		stdout: stdout, stderr: stderr,
		progress: talk, shared: out && talk, width: func() int { return columns(stderr) },
		terminal: fullScreen(stdout),
		size:     func() (int, int) { return 0, 0 },
		kernel:   native{}, users: func() []proc.User { return proc.Users(proc.Root()) }, start: startProgram, find: findProgram,
	}
	if out {
		t.style = text.Style{Color: os.Getenv("NO_COLOR") == "", Width: columns(stdout)}
		t.size = func() (int, int) { return size(stdout) }
	}
	return t
}

// isTerminal reports whether f is one that can be told to rewrite a line.
func isTerminal(f *os.File) bool {
	return term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
}

// columns is the width of terminal f, 0 if it does not say.
func columns(f *os.File) int {
	_, columns := size(f)
	return columns
}

// size is that of terminal f, 0 if it does not say.
func size(f *os.File) (rows, columns int) {
	columns, rows, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0, 0
	}
	return rows, columns
}
