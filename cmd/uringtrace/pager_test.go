package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/go-quicktest/qt"

	"uringtrace/internal/render/rendertest"
)

// screen is a pseudo-terminal and what was written to it.
type screen struct {
	keys *os.File // what is typed
	tty  *os.File
	mu   sync.Mutex
	seen bytes.Buffer
	end  chan struct{} // nothing is written any more
}

func newScreen(t *testing.T, rows, columns uint16) *screen {
	t.Helper()
	keys, tty, err := pty.Open()
	qt.Assert(t, qt.IsNil(err))
	qt.Assert(t, qt.IsNil(pty.Setsize(tty, &pty.Winsize{Rows: rows, Cols: columns})))
	t.Cleanup(func() { _ = tty.Close(); _ = keys.Close() })
	return watchScreen(keys, tty)
}

func watchScreen(keys, tty *os.File) *screen {
	s := &screen{keys: keys, tty: tty, end: make(chan struct{})}
	go func() {
		defer close(s.end)
		_, _ = io.Copy(s, keys) // it ends with an error when the terminal is closed
	}()
	return s
}

func (s *screen) press(t *testing.T, keys string) {
	t.Helper()
	_, err := s.keys.WriteString(keys)
	qt.Assert(t, qt.IsNil(err))
}

func (s *screen) wait(t *testing.T, word string) {
	t.Helper()
	s.waitAfter(t, "", word)
}

// waitAfter waits until word is written after the first before.
func (s *screen) waitAfter(t *testing.T, before, word string) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if _, after, ok := strings.Cut(s.text(), before); ok && strings.Contains(after, word) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("no %q after %q on the screen: %q", word, before, s.text())
		}
	}
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen.Write(b)
}

func (s *screen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen.String()
}

// close ends the terminal and returns all that was written to it.
func (s *screen) close() string {
	_ = s.tty.Close()
	<-s.end
	return s.text()
}

// onTerminal is a tool on fakes whose stdout and stderr are a terminal of type term.
func onTerminal(t *testing.T, s *screen, term string) *tool {
	t.Helper()
	t.Setenv("TERM", term)
	t.Setenv("NO_COLOR", "")
	fakes := newSession(t)
	fakes.kernel.reports = rendertest.All()
	tool := newToolOn(s.tty, s.tty)
	tool.kernel = fakes.kernel
	return tool
}

// paged makes PAGER a command that keeps what it reads in the file returned, and
// says what LESS and LESSSECURE were.
func paged(t *testing.T) string {
	t.Helper()
	t.Setenv("SUDO_UID", "")
	file := filepath.Join(t.TempDir(), "paged")
	t.Setenv("PAGER", fmt.Sprintf(`{ echo "LESS=$LESS $LESSSECURE"; cat; } >'%s'; exit 9`, file))
	return file
}

func TestLongExplanationsArePaged(t *testing.T) {
	for args, code := range map[string]int{"explain -p 4121": exitBlocked, "explain --all": exitBlocked} {
		file := paged(t)
		s := newScreen(t, 5, 80)
		qt.Check(t, qt.Equals(run(strings.Fields(args), onTerminal(t, s, "xterm")), code))
		got, err := os.ReadFile(file)
		qt.Assert(t, qt.IsNil(err))
		qt.Check(t, qt.IsTrue(bytes.HasPrefix(got, []byte("LESS=FRX \n"))))
		qt.Check(t, qt.StringContains(string(got), "\x1b[")) // colour stays
		qt.Check(t, qt.StringContains(string(got), "BLOCKED"))
		qt.Check(t, qt.Equals(s.close(), ""))
	}
}

func TestNothingElseIsPaged(t *testing.T) {
	for name, tt := range map[string]struct {
		args  string
		rows  uint16
		term  string
		pager string
	}{
		"short":      {"explain -p 4121", 200, "xterm", "own"},
		"no-pager":   {"explain -p 4121 --no-pager", 5, "xterm", "own"},
		"all":        {"explain --all --no-pager", 5, "xterm", "own"},
		"json":       {"explain -p 4121 -o json", 5, "xterm", "own"},
		"all json":   {"explain --all -o json", 5, "xterm", "own"},
		"dumb":       {"explain -p 4121", 5, "dumb", "own"},
		"no size":    {"explain -p 4121", 0, "xterm", "own"},
		"cat":        {"explain -p 4121", 5, "xterm", "cat"},
		"empty":      {"explain -p 4121", 5, "xterm", ""},
		"not there":  {"explain -p 4121", 5, "xterm", "/nonsense/pager -x"},
		"no program": {"explain -p 4121", 5, "xterm", "/dev/null"},
	} {
		t.Run(name, func(t *testing.T) {
			file := paged(t)
			if tt.pager != "own" {
				t.Setenv("PAGER", tt.pager)
			}
			s := newScreen(t, tt.rows, 80)
			qt.Check(t, qt.Equals(run(strings.Fields(tt.args), onTerminal(t, s, tt.term)), exitBlocked))
			_, err := os.Stat(file)
			qt.Check(t, qt.ErrorIs(err, os.ErrNotExist))
			qt.Check(t, qt.StringContains(s.close(), "4121"))
		})
	}
}

func TestOwnPagerComesFirst(t *testing.T) {
	other := paged(t)
	file := paged(t)
	t.Setenv("URINGTRACE_PAGER", os.Getenv("PAGER"))
	t.Setenv("PAGER", "cat >"+other)
	t.Setenv("LESS", "-S")
	t.Setenv("SUDO_UID", "1000")
	s := newScreen(t, 5, 80)
	qt.Check(t, qt.Equals(run([]string{"explain", "-p", "4121"}, onTerminal(t, s, "xterm")), exitBlocked))
	got, err := os.ReadFile(file)
	qt.Assert(t, qt.IsNil(err))
	qt.Check(t, qt.IsTrue(bytes.HasPrefix(got, []byte("LESS=-S 1\n"))))
	_, err = os.Stat(other)
	qt.Check(t, qt.ErrorIs(err, os.ErrNotExist))
}

// TestLess drives the default pager on a terminal of its own: it shows the first
// screen, takes keys, and Ctrl-C is not the end of us.
func TestLess(t *testing.T) {
	installed(t, "less")
	self, err := os.Executable()
	qt.Assert(t, qt.IsNil(err))
	c := exec.CommandContext(t.Context(), self, "explain", "--all")
	c.Env = []string{asProgram + "=1", "TERM=xterm", "PATH=" + os.Getenv("PATH")}
	keys, err := pty.StartWithSize(c, &pty.Winsize{Rows: 8, Cols: 80})
	qt.Assert(t, qt.IsNil(err))
	defer keys.Close()
	s := watchScreen(keys, nil)
	s.wait(t, "found")
	qt.Check(t, qt.Not(qt.StringContains(s.text(), "if it ends")))
	s.wait(t, "\n:") // the prompt
	s.press(t, "\x03")
	s.waitAfter(t, "\a", "\n:") // Ctrl-C takes away what is typed before that
	s.press(t, "G")
	s.wait(t, "if it ends")
	s.press(t, "q")
	err = c.Wait()
	var exit *exec.ExitError
	qt.Assert(t, qt.ErrorAs(err, &exit))
	qt.Check(t, qt.Equals(exit.ExitCode(), exitBlocked))
}
