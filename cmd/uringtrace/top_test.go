//go:build linux

package main

import (
	"encoding/json"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/render"
	"uringtrace/internal/render/rendertest"
)

func TestTopInPlainText(t *testing.T) {
	s := newSession(t)
	s.kernel.reports = rendertest.All()
	qt.Check(t, qt.Equals(run(strings.Fields("top -n 2 -d 50ms --sort pid --reverse --filter dragonfly"), s.tool), exitOK))
	tables := strings.Split(s.out.String(), "\n\nkernel ")
	qt.Assert(t, qt.HasLen(tables, 2))
	for _, table := range tables {
		lines := strings.Split(strings.TrimSpace(table), "\n")
		qt.Assert(t, qt.HasLen(lines, 11))
		qt.Check(t, qt.StringContains(lines[1], "6 processes, 7 rings, 2 BLOCKED"))
		qt.Check(t, qt.IsTrue(strings.HasPrefix(lines[5], " 4126 dragonfly")))
	}
	qt.Check(t, qt.StringContains(tables[0], " ? POLL_ADD"))
	qt.Check(t, qt.StringContains(tables[1], " 0 POLL_ADD"))
	qt.Check(t, qt.IsTrue(s.kernel.host.closed))
	qt.Check(t, qt.Equals(s.talk.String(), ""))
}

func TestTopJSON(t *testing.T) {
	s := newSession(t)
	s.kernel.reports = rendertest.All()
	qt.Check(t, qt.Equals(run(strings.Fields("top -n 3 -d 50ms --filter blocked -o json"), s.tool), exitOK))
	lines := strings.Split(strings.TrimSpace(s.out.String()), "\n")
	qt.Assert(t, qt.HasLen(lines, 3))
	for i, line := range lines {
		var top render.Top
		qt.Assert(t, qt.IsNil(json.Unmarshal([]byte(line), &top)))
		qt.Check(t, qt.Equals(top.Refresh, i+1))
		qt.Check(t, qt.HasLen(top.Rings, 2))
		qt.Check(t, qt.Equals(top.Host.Rings, 7))
		qt.Check(t, qt.Equals(top.Rings[0].Change != nil, i > 0))
	}
}

// TestTopDecidesFirst: where one look can't tell what blocks, the first table waits
// for a second.
func TestTopDecidesFirst(t *testing.T) {
	s := newSession(t)
	s.kernel.reports, s.kernel.undecided = rendertest.All(), 100*time.Millisecond
	begin := time.Now()
	qt.Check(t, qt.Equals(run(strings.Fields("top -n 1"), s.tool), exitOK))
	qt.Check(t, qt.IsTrue(time.Since(begin) >= 100*time.Millisecond))
	qt.Check(t, qt.Equals(s.kernel.host.looks, 2))
	qt.Check(t, qt.Equals(strings.Count(s.out.String(), "kernel "), 1))
}

// TestTopIsInterrupted: that ends it, and is an error only if nothing was told yet.
func TestTopIsInterrupted(t *testing.T) {
	for undecided, code := range map[time.Duration]int{0: exitOK, time.Hour: exitInterrupted} {
		s := newSession(t)
		s.kernel.reports, s.kernel.undecided = rendertest.All(), undecided
		time.AfterFunc(200*time.Millisecond, func() { _ = syscall.Kill(syscall.Getpid(), syscall.SIGINT) })
		qt.Check(t, qt.Equals(run([]string{"top"}, s.tool), code))
		qt.Check(t, qt.Equals(s.out.Len() > 0, code == exitOK))
	}
}
