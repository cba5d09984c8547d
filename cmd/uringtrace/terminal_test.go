//go:build linux

package main

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/ptytest"
)

// onFullScreen runs uringtrace with a fake kernel on a terminal.
func onFullScreen(t *testing.T, width, height int, command string, env ...string) *ptytest.Terminal {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0], strings.Fields(command)...)
	c.Env = append(append(os.Environ(), asProgram+"=1", "NO_COLOR="), env...)
	return ptytest.Start(t, c, width, height)
}

// onShell does so by a line of shell, which has uringtrace as $0.
func onShell(t *testing.T, line string) *ptytest.Terminal {
	t.Helper()
	c := exec.CommandContext(t.Context(), "sh", "-c", line, os.Args[0])
	c.Env = append(os.Environ(), asProgram+"=1", "NO_COLOR=")
	return ptytest.Start(t, c, 80, 24)
}

// restored asserts that the terminal is as it was.
func restored(t *testing.T, p *ptytest.Terminal) {
	t.Helper()
	alternate, cursor := p.Full()
	qt.Check(t, qt.IsFalse(alternate))
	qt.Check(t, qt.IsTrue(cursor))
}

func TestTopScreen(t *testing.T) {
	p := onFullScreen(t, 80, 24, "top")
	p.Until(">4121 dragonfly  5 BLOCKED", "q quit", "a look takes 12ms and is taken every 2s")
	alternate, cursor := p.Full()
	qt.Check(t, qt.IsTrue(alternate))
	qt.Check(t, qt.IsFalse(cursor))
	qt.Check(t, qt.StringContains(p.Raw(), "\x1b[7m"))

	p.Type("\x1b[B") // down
	p.Until(">4122 dragonfly  9 BLOCKED!")
	p.Type("/evil\r")
	p.Until(`filter "evil" shows 1 of 7`, ">4125 evil?[2J")
	p.UntilGone("4121")
	p.Type("/\x7f\x7f\x7f\x7f\x1b") // what Esc leaves is what was there
	p.UntilGone("filter: ")
	p.Until(`filter "evil" shows 1 of 7`)
	p.Type("/\x15docker tcp\r")
	p.Until(`filter "docker tcp" shows 1 of 7`, ">4121")
	p.Type("/\x15\r")
	p.UntilGone(`filter "`)
	p.Type("ss")
	p.Until("sorted by nodes")

	p.Type("\r")
	p.Until("dragonfly (pid 4121) in docker container a1b2c3d4e5f6", "POLL_ADD user_data 0xfeed on slot 0", "lines 1-23 of 28")
	p.Type("\x1b[6~") // page down
	p.Until("lines 6-28 of 28", "no help")
	p.Type("\x1b")
	p.Until(">4121")
	p.Type("?")
	p.Until("change since the refresh before")
	p.Type("\x1b")
	p.Until(">4121")

	p.Type("q")
	qt.Check(t, qt.Equals(p.End(), exitOK))
	restored(t, p)
	qt.Check(t, qt.Not(qt.StringContains(p.Text(), "BLOCKED")))
}

func TestTopIsResized(t *testing.T) {
	p := onFullScreen(t, 80, 24, "top -d 100ms")
	p.Until(">4121")
	p.Resize(140, 40)
	p.Until("WHERE", "docker a1b2c", "POLL_ADD on slot 0, tcp 0.0.0.0:6379")
	p.Resize(79, 24)
	p.Until("uringtrace top needs a terminal of 80 columns and 10 lines, this one has 79 and")
	p.UntilGone("4121")
	p.Resize(80, 10)
	p.Until(">4121", "4125")
	p.UntilGone("4126", "WHERE")
	p.Type("q")
	qt.Check(t, qt.Equals(p.End(), exitOK))
	restored(t, p)
}

// colours are sequences that change how text looks.
var colours = regexp.MustCompile("\x1b\\[[0-9;]*m")

func TestTopWithoutColour(t *testing.T) {
	for _, command := range []string{"top", "attach -p 4121 --interval 50ms"} {
		p := onFullScreen(t, 80, 24, command, "NO_COLOR=1")
		p.Until("BLOCKED")
		p.Type("q")
		qt.Check(t, qt.Equals(p.End(), exitOK))
		for _, sequence := range colours.FindAllString(p.Raw(), -1) {
			qt.Check(t, qt.Equals(sequence, "\x1b[m")) // back to what was, which it is
		}
	}
}

func TestScreensEnd(t *testing.T) {
	for _, command := range []string{"top", "attach -p 4121 --interval 50ms"} {
		for name, end := range map[string]func(*ptytest.Terminal){
			"Ctrl-C":  func(p *ptytest.Terminal) { p.Type("\x03") },
			"q":       func(p *ptytest.Terminal) { p.Type("q") },
			"SIGINT":  func(p *ptytest.Terminal) { p.Signal(os.Interrupt) },
			"SIGTERM": func(p *ptytest.Terminal) { p.Signal(syscall.SIGTERM) },
		} {
			p := onFullScreen(t, 80, 24, command)
			p.Until("BLOCKED")
			end(p)
			qt.Check(t, qt.Equals(p.End(), exitOK), qt.Commentf("%s: %s", command, name))
			restored(t, p)
		}
	}
}

// TestTopOnce: a screen that is gone at once would tell nobody anything.
func TestTopOnce(t *testing.T) {
	p := onFullScreen(t, 80, 24, "top -n 1")
	qt.Check(t, qt.Equals(p.End(), exitOK))
	p.Until(" 4121 dragonfly  5 BLOCKED", " 4126 ")
	restored(t, p)
	qt.Check(t, qt.Not(qt.StringContains(p.Raw(), "\x1b[?1049h")))
}

func TestTopEndsByItself(t *testing.T) {
	p := onFullScreen(t, 80, 24, "top -n 3 -d 100ms")
	qt.Check(t, qt.Equals(p.End(), exitOK))
	restored(t, p)
}

// TestSuspend: Ctrl-Z gives the terminal back, and fg takes it again.
func TestSuspend(t *testing.T) {
	p := onFullScreen(t, 80, 24, "top")
	p.Until(">4121")
	p.Type("\x1a")
	inFront := func(want bool) bool {
		alternate, _ := p.Full()
		return alternate == want
	}
	for deadline := time.Now().Add(30 * time.Second); !inFront(false) && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	restored(t, p)
	// On a terminal without a shell it is not really stopped, and may not listen yet.
	for deadline := time.Now().Add(30 * time.Second); !inFront(true) && time.Now().Before(deadline); {
		p.Signal(syscall.SIGCONT)
		time.Sleep(100 * time.Millisecond)
	}
	p.Until(">4121")
	p.Type("q")
	qt.Check(t, qt.Equals(p.End(), exitOK))
	restored(t, p)
}

// TestAttachScreen: the queue live, then the explanation where the screen was before.
func TestAttachScreen(t *testing.T) {
	p := onFullScreen(t, 80, 24, "attach -p 4121 --interval 50ms")
	p.Until("dragonfly (pid 4121) on 6.1.0-56-cloud-amd64", "backend fentry, a look every 50ms; nothing lost",
		"depth       █", "184,332, 0/s, 184,332 at most", "head        node 1 for 7s", "blocker     POLL_ADD user_data 0xfeed")
	alternate, _ := p.Full()
	qt.Check(t, qt.IsTrue(alternate))
	p.Resize(120, 30)
	p.Until("poll armed by tid 4130")
	p.Type("\x03")
	qt.Check(t, qt.Equals(p.End(), exitOK))
	restored(t, p)
	p.Until("attached to dragonfly (pid 4121), 1 ring, backend fentry", "no help     closing the listener's descriptor")
	for _, line := range p.Screen() {
		qt.Check(t, qt.Not(qt.StringContains(line, "at most")))
	}
}

func TestAttachScreenEndsInTime(t *testing.T) {
	p := onFullScreen(t, 80, 50, "attach -p 4121 --interval 50ms --for 300ms")
	qt.Check(t, qt.Equals(p.End(), exitOK))
	restored(t, p)
	p.Until("attached to dragonfly", "BLOCKED")
}

// TestScreenWithoutKeys: where they come from elsewhere, Ctrl-C is a signal.
func TestScreenWithoutKeys(t *testing.T) {
	for _, command := range []string{"top", "attach -p 4121 --interval 50ms"} {
		p := onShell(t, `exec "$0" `+command+` </dev/null`)
		p.Until("BLOCKED")
		p.Type("\x03")
		qt.Check(t, qt.Equals(p.End(), exitOK))
		restored(t, p)
	}
}

// TestNoScreenInTheBackground: asking for keys would stop us there.
func TestNoScreenInTheBackground(t *testing.T) {
	for _, command := range []string{"top -n 1", "attach -p 4121 --interval 50ms --for 200ms"} {
		p := onShell(t, `set -m; "$0" `+command+` & wait`)
		qt.Check(t, qt.Equals(p.End(), exitOK))
		qt.Check(t, qt.StringContains(p.Raw(), "BLOCKED"))
		qt.Check(t, qt.Not(qt.StringContains(p.Raw(), "\x1b[?1049h")))
	}
}

// TestNoScreenForJSON: with a terminal, too, events and JSON are lines.
func TestNoScreenForJSON(t *testing.T) {
	for _, command := range []string{"top -n 2 -d 50ms -o json", "attach -p 4121 --for 100ms -o json", "attach -p 4121 --for 100ms --events"} {
		p := onFullScreen(t, 200, 24, command)
		qt.Check(t, qt.Equals(p.End(), exitOK))
		qt.Check(t, qt.Not(qt.StringContains(p.Raw(), "\x1b[?1049h")))
	}
}
