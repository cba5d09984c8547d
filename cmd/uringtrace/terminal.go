package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// terminal is what a full screen is on.
type terminal struct {
	in  *os.File // nil: it gives no keys
	out *os.File
}

// fullScreen is the terminal that stdout is; nil if it is none or another program
// has it in front.
func fullScreen(stdout *os.File) *terminal {
	if !isTerminal(stdout) || !inFront(stdout) {
		return nil
	}
	t := &terminal{out: stdout}
	if isTerminal(os.Stdin) {
		t.in = os.Stdin
	}
	return t
}

// view is a full screen. Press obeys a key and reports whether that is to quit.
type view interface {
	Press(key string) (quit bool)
	Lines(width, height int) []string
}

// changed is a change of the view, to be made between two keys.
type changed func()

// framesPerSecond is how often the screen is brought up to date at most.
const framesPerSecond = 20

// show has v on the full screen until a key, ctx or feed ends that; what was there
// before is there again then. feed runs beside it, with a context that ends with
// the screen, and changes v only in functions that it hands to update.
func (t *tool) show(ctx context.Context, v view, feed func(ctx context.Context, update func(change func())) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	options := []tea.ProgramOption{
		tea.WithOutput(t.terminal.out), tea.WithInput(nil), tea.WithFPS(framesPerSecond),
		tea.WithoutSignalHandler(), // ours ends ctx
	}
	if t.terminal.in != nil {
		options = append(options, tea.WithInput(t.terminal.in))
	}
	program := tea.NewProgram(canvas{view: v}, options...)
	fed := make(chan error, 1)
	go func() {
		err := feed(ctx, func(change func()) { program.Send(changed(change)) })
		program.Quit()
		fed <- err
	}()
	_, err := program.Run()
	if err != nil {
		err = fmt.Errorf("show the screen: %w", err)
	}
	cancel()
	err = errors.Join(err, <-fed)
	t.style.Width = columns(t.terminal.out) // it may be another one by now
	return err
}

// canvas has a view in the terms of bubbletea.
type canvas struct {
	view          view
	width, height int
}

// Init has nothing to do.
func (c canvas) Init() tea.Cmd { return nil }

// Update takes in what has happened.
func (c canvas) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		c.width, c.height = msg.Width, msg.Height
	case changed:
		msg()
	case tea.KeyPressMsg:
		return c, c.press(msg.String())
	}
	return c, nil
}

func (c canvas) press(key string) tea.Cmd {
	switch key {
	case "ctrl+c":
		// The terminal makes no signal of it now. What follows is as if it had: the
		// first asks for the end, the second one does not ask.
		interrupt()
		return nil
	case "ctrl+z":
		return tea.Suspend
	}
	if c.view.Press(key) {
		return tea.Quit
	}
	return nil
}

// View is the whole screen.
func (c canvas) View() tea.View {
	v := tea.View{AltScreen: true, DisableBracketedPasteMode: true}
	if c.width > 0 { // else its size is not known yet
		v.SetContent(strings.Join(c.view.Lines(c.width, c.height), "\n"))
	}
	return v
}
