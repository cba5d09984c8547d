//go:build linux

package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/go-quicktest/qt"
)

func TestTalkOnTerminal(t *testing.T) {
	var out bytes.Buffer
	h := &hearing{talk: &talk{w: &out, terminal: true}, label: "kernel 6.1"}
	fmt.Fprintf(h, "attached to uringload\n")
	fmt.Fprintf(h, "%s\n", strings.Repeat("x", 200))
	h.talk.clear()
	lines := strings.Split(out.String(), "\r\x1b[K")
	qt.Check(t, qt.DeepEquals(lines, []string{
		"", "kernel 6.1: attached to uringload", "kernel 6.1: " + strings.Repeat("x", lineWidth-len("kernel 6.1: ")), "",
	}))
}

func TestTalkElsewhere(t *testing.T) {
	var out bytes.Buffer
	h := &hearing{talk: &talk{w: &out}, label: "kernel 6.1"}
	fmt.Fprint(h, "attached to uringload\nnot seen: released sockets\nring 1  5 nodes\n", "kernel log: BUG: it broke\n")
	h.talk.clear()
	qt.Check(t, qt.Equals(out.String(), ""))
	h.talk.note(h.warnings())
	qt.Check(t, qt.Equals(out.String(), "kernel 6.1: not seen: released sockets\nkernel 6.1: kernel log: BUG: it broke\n"))
}

func TestVerdict(t *testing.T) {
	for _, tt := range []struct {
		said, want string
		evidence   int // lines
	}{
		{"", "it does not say why", 0},
		{"attached\nuringtrace: workload: it broke\nkernel log: x\n", "workload: it broke", 1},
		{"vmrun: the machine ended\nlast lines of the console:\n  x", "the machine ended", 2},
		{"panic: oh\n", "panic: oh", 0},
	} {
		h := &hearing{talk: &talk{}}
		fmt.Fprint(h, tt.said)
		sentence, evidence := h.verdict()
		qt.Check(t, qt.Equals(sentence, tt.want))
		qt.Check(t, qt.HasLen(evidence, tt.evidence))
	}
}
