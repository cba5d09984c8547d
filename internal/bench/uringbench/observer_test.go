//go:build linux

package main

import (
	"strings"
	"testing"

	"github.com/go-quicktest/qt"
)

// said is what programs say about losses, in the form that the patterns expect.
var said = map[string]struct {
	text string
	lost uint64
}{
	"watch":            {"attached to uringload (pid 93)\nuringtrace: events were lost: 37576 did not arrive; the explanation says", 37576},
	"stream":           {"attached to uringload (pid 93)\n", 0},
	"bpftrace, print":  {"Attaching 7 probes...\nLost 31000 events\n1 kprobe:f 1 a\nLost 357 events\n", 31357},
	"perf trace":       {"LOST 12 events!\n", 12},
	"perf record":      {"Processed 3 events and lost 4 chunks!\n", 4},
	"trace-cmd record": {"entries: 5\noverrun: 6\ncommit overrun: 0\noverrun: 1\n", 7},
	"trace_pipe":       {"CPU:0 [LOST 42 EVENTS]\n", 42},
}

func TestLost(t *testing.T) {
	k := &kernel{functions: []string{"f", "io_uring:io_uring_register"}}
	seen := 0
	for _, o := range append(ownObservers(k), peers(k)...) {
		for name, each := range said {
			if strings.HasPrefix(o.name, name) {
				seen++
				qt.Check(t, qt.Equals(o.loss(each.text), each.lost), qt.Commentf("%s", o.name))
			}
		}
	}
	qt.Check(t, qt.Equals(seen, len(said)+2)) // two backends
}

func TestObserversHaveDifferentNames(t *testing.T) {
	k := &kernel{functions: []string{"f", "io_uring:io_uring_register"}}
	seen := map[string]bool{}
	for _, o := range append(ownObservers(k), peers(k)...) {
		qt.Check(t, qt.IsFalse(seen[o.name]), qt.Commentf("%s", o.name))
		seen[o.name] = true
	}
}

func TestChosen(t *testing.T) {
	p := plan{observers: "watch,stream f"}
	qt.Check(t, qt.IsTrue(p.chosen("watch kprobe")))
	qt.Check(t, qt.IsTrue(p.chosen("stream fentry")))
	qt.Check(t, qt.IsFalse(p.chosen("stream kprobe")))
	qt.Check(t, qt.IsTrue((&plan{}).chosen("anybody")))
}
