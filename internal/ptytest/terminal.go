package ptytest

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
)

// patience is how long a program may take to show something: it may run in an
// emulated machine.
const patience = 60 * time.Second

// Terminal is a pseudo-terminal with a program on it. Its methods fail the test
// where they can't do what they are told.
type Terminal struct {
	t      testing.TB
	cmd    *exec.Cmd
	master *os.File
	ended  chan error

	mu     sync.Mutex // guards what follows
	screen *vt.Emulator
	raw    bytes.Buffer // all that the program has written
}

// Start runs c, which has not been started, on a terminal of that size. Its
// environment says TERM=xterm-256color. The test ends it if it has not ended.
func Start(t testing.TB, c *exec.Cmd, width, height int) *Terminal {
	t.Helper()
	c.Env = append(c.Environ(), "TERM=xterm-256color")
	master, err := pty.StartWithSize(c, winsize(width, height))
	if err != nil {
		t.Fatalf("start %v on a terminal: %v", c.Args, err)
	}
	p := &Terminal{t: t, cmd: c, master: master, ended: make(chan error, 1), screen: vt.NewEmulator(width, height)}
	var both sync.WaitGroup
	both.Go(p.show)
	// The terminal answers when it is asked what it can do.
	both.Go(func() { _, _ = io.Copy(master, p.screen) })
	t.Cleanup(func() {
		_ = c.Process.Kill()
		both.Wait()
		_ = master.Close()
	})
	return p
}

func winsize(width, height int) *pty.Winsize {
	return &pty.Winsize{Cols: uint16(width), Rows: uint16(height)}
}

// show puts what the program writes on the screen until it has ended.
func (p *Terminal) show() {
	buf := make([]byte, 4<<10)
	for {
		n, err := p.master.Read(buf)
		p.mu.Lock()
		p.raw.Write(buf[:n])
		_, _ = p.screen.Write(buf[:n]) // fails only if closed
		p.mu.Unlock()
		if err != nil { // EIO: nobody has the other end any more
			_ = p.screen.Close()
			p.ended <- p.cmd.Wait()
			return
		}
	}
}

// Type sends keys as a terminal does.
func (p *Terminal) Type(keys string) {
	p.t.Helper()
	if _, err := io.WriteString(p.master, keys); err != nil {
		p.t.Fatalf("type %q: %v", keys, err)
	}
}

// Resize gives the terminal another size, of which the program is told.
func (p *Terminal) Resize(width, height int) {
	p.t.Helper()
	p.mu.Lock()
	p.screen.Resize(width, height)
	p.mu.Unlock()
	if err := pty.Setsize(p.master, winsize(width, height)); err != nil {
		p.t.Fatalf("resize to %dx%d: %v", width, height, err)
	}
}

// Screen is what is to be seen, one string a line, without spaces at the ends.
func (p *Terminal) Screen() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	lines := strings.Split(p.screen.String(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \r")
	}
	return lines
}

// Text is Screen as one string.
func (p *Terminal) Text() string { return strings.Join(p.Screen(), "\n") }

// Raw is all that the program has written.
func (p *Terminal) Raw() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.raw.String()
}

// Full reports whether a full-screen program has the terminal, and whether the
// cursor is to be seen.
func (p *Terminal) Full() (alternate, cursor bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.screen.IsAltScreen(), !p.screen.CursorHidden()
}

// Until waits until all of these are on the screen.
func (p *Terminal) Until(says ...string) {
	p.t.Helper()
	p.wait(says, func(text string) bool {
		for _, s := range says {
			if !strings.Contains(text, s) {
				return false
			}
		}
		return true
	})
}

// UntilGone waits until none of these is on the screen.
func (p *Terminal) UntilGone(says ...string) {
	p.t.Helper()
	p.wait(says, func(text string) bool {
		for _, s := range says {
			if strings.Contains(text, s) {
				return false
			}
		}
		return true
	})
}

func (p *Terminal) wait(says []string, ok func(string) bool) {
	p.t.Helper()
	for deadline := time.Now().Add(patience); !ok(p.Text()); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Fatalf("waited for %q; the screen is\n%s", says, p.Text())
		}
	}
}

// End waits until the program has ended and returns its exit code.
func (p *Terminal) End() int {
	p.t.Helper()
	select {
	case <-p.ended: // the exit code says how
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		p.t.Fatalf("%v does not end; the screen is\n%s", p.cmd.Args, p.Text())
		return 0
	}
}

// Signal sends a signal to the program.
func (p *Terminal) Signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatalf("send %s: %v", s, err)
	}
}
