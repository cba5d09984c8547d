//go:build linux

package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
)

// talk shows on a terminal, in one line that is rewritten, what the programs say
// while they run. Elsewhere it is silent.
type talk struct {
	w        io.Writer
	terminal bool
	mu       sync.Mutex
}

// lineWidth keeps the line from wrapping on any usual terminal.
const lineWidth = 78

func (t *talk) show(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.terminal {
		return
	}
	if runes := []rune(line); len(runes) > lineWidth {
		line = string(runes[:lineWidth])
	}
	fmt.Fprintf(t.w, "\r\x1b[K%s", line)
}

func (t *talk) clear() { t.show("") }

// note prints lines that are not to be missed, terminal or not.
func (t *talk) note(lines []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, line := range lines {
		fmt.Fprintln(t.w, line)
	}
}

// hearing is the standard error of one program.
type hearing struct {
	talk  *talk
	label string
	all   bytes.Buffer
}

func (h *hearing) Write(p []byte) (int, error) {
	h.all.Write(p)
	if lines := h.lines(); len(lines) > 0 {
		h.talk.show(h.label + ": " + lines[len(lines)-1])
	}
	return len(p), nil
}

func (h *hearing) lines() []string {
	return strings.FieldsFunc(h.all.String(), func(r rune) bool { return r == '\n' || r == '\r' })
}

// verdict is the sentence with which a program explains that it failed, the last
// one that it says in its own name, and the lines of evidence that follow it.
func (h *hearing) verdict() (sentence string, evidence []string) {
	lines := h.lines()
	for i := len(lines) - 1; i >= 0; i-- {
		for _, name := range []string{"uringtrace: ", "vmrun: "} {
			if sentence, ok := strings.CutPrefix(lines[i], name); ok {
				return sentence, lines[i+1:]
			}
		}
	}
	if len(lines) == 0 {
		return "it does not say why", nil
	}
	return lines[len(lines)-1], nil
}

// warnings are the lines that matter although the program succeeded: what the
// kernel complained about, and what uringtrace could not see.
func (h *hearing) warnings() []string {
	var out []string
	for _, line := range h.lines() {
		for _, start := range []string{"kernel log", "left behind", "not seen"} {
			if strings.HasPrefix(line, start) {
				out = append(out, h.label+": "+line)
			}
		}
	}
	return out
}
