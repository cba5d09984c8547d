package main

import (
	"strings"
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/probe"
	"uringtrace/internal/queue"
	"uringtrace/internal/render/rendertest"
)

func TestAttachWatchesThenExplains(t *testing.T) {
	s := newSession(t)
	s.kernel.degraded = []string{"released sockets are not counted"}
	code := run(strings.Fields("attach -p 4121 --for 180ms --interval 50ms"), s.tool)
	qt.Check(t, qt.Equals(code, exitOK))
	talk := strings.Split(s.talk.String(), "\n")
	qt.Check(t, qt.Equals(talk[0], "attached to dragonfly (pid 4121), 1 ring, backend fentry"))
	qt.Check(t, qt.Equals(talk[1], "not seen: released sockets are not counted"))
	qt.Check(t, qt.Equals(talk[2], "ring 1, fd 5  184,332 nodes  0/s  head node 1 for 7s"))
	qt.Check(t, qt.StringContains(s.out.String(), "BLOCKED"))
	qt.Check(t, qt.IsTrue(s.kernel.observer.closed))
}

func TestAttachEndsWithItsTarget(t *testing.T) {
	s := newSession(t)
	s.kernel.exits = true
	qt.Check(t, qt.Equals(run(strings.Fields("attach -p 4121"), s.tool), exitOK))
	qt.Check(t, qt.StringContains(s.talk.String(), "dragonfly (pid 4121) has ended\n"))
	qt.Check(t, qt.StringContains(s.out.String(), "BLOCKED"))
}

func TestAttachStreamsEvents(t *testing.T) {
	for _, args := range []string{"attach -p 4121 --events", "attach -p 4121 --events -o json"} {
		s := newSession(t)
		s.kernel.exits, s.kernel.events = true, 100
		qt.Check(t, qt.Equals(run(strings.Fields(args), s.tool), exitOK))
		lines := strings.Split(strings.TrimSpace(s.out.String()), "\n")
		qt.Check(t, qt.StringContains(lines[99], "sock_release"))
		qt.Check(t, qt.StringContains(lines[100], "dragonfly"))
		qt.Check(t, qt.Not(qt.StringContains(s.out.String(), "ffff88")))
		if strings.Contains(args, "json") {
			qt.Check(t, qt.HasLen(lines, 101))
		}
	}
}

func TestAttachShowsAddressesIfAsked(t *testing.T) {
	s := newSession(t)
	s.kernel.exits, s.kernel.events = true, 1
	qt.Check(t, qt.Equals(run(strings.Fields("attach -p 4121 --events --addresses"), s.tool), exitOK))
	qt.Check(t, qt.StringContains(s.out.String(), "ring@ffff888100000000"))
}

func TestStrictTellsLoss(t *testing.T) {
	for name, want := range map[string]int{"inexact": exitLost, "blocked": exitOK} {
		s := newSession(t)
		s.kernel.exits, s.kernel.report = true, rendertest.Reports()[name]
		qt.Check(t, qt.Equals(run(strings.Fields("attach -p 4121 --strict"), s.tool), want))
		qt.Check(t, qt.StringContains(s.out.String(), "BLOCKED"))
	}
}

// TestStrictNamesTheRemedy: room helps only against what found no room.
func TestStrictNamesTheRemedy(t *testing.T) {
	for _, c := range []struct {
		backend probe.Backend
		lost    queue.Lost
		want    string
	}{
		{probe.Kprobe, queue.Lost{Events: 4}, "--backend fentry"},
		{probe.Kprobe, queue.Lost{Events: 4, Kinds: map[string]uint64{"node_zero": 3}}, "--buffer"},
		{probe.Fentry, queue.Lost{Events: 4, Kinds: map[string]uint64{"node_zero": 4}}, "--buffer"},
	} {
		flags := &watchFlags{strict: true}
		err := flags.judge(&queue.Report{Backend: string(c.backend), Lost: c.lost})
		qt.Check(t, qt.ErrorIs(err, errLost))
		qt.Check(t, qt.StringContains(err.Error(), c.want))
	}
}

func TestStatusIsRewrittenOnTerminals(t *testing.T) {
	s := newSession(t)
	s.progress, s.width = true, func() int { return 30 }
	qt.Check(t, qt.Equals(run(strings.Fields("attach -p 4121 --for 80ms --interval 50ms"), s.tool), exitOK))
	qt.Check(t, qt.StringContains(s.talk.String(), "\r\x1b[Kring 1, fd 5  184,332 nodes  \r\x1b[K"))
}

func TestMovement(t *testing.T) {
	w := &watch{}
	got := w.movement(queue.Status{Nodes: 30, Since: 3e9, Removed: 44}, look{8e9, 10, 4}, true, 10e9)
	qt.Check(t, qt.Equals(got.Rate, 10))
	qt.Check(t, qt.Equals(got.Removals, 20))
	qt.Check(t, qt.Equals(got.HeadAge.Seconds(), 7))
	qt.Check(t, qt.IsFalse(got.Longer))
	got = w.movement(queue.Status{Nodes: 30, Since: 9e9, Older: true}, look{}, false, 10e9)
	qt.Check(t, qt.Equals(got.Rate, 0))
	qt.Check(t, qt.Equals(got.HeadAge.Seconds(), 1))
	qt.Check(t, qt.IsTrue(got.Longer))
}

func TestStatusTellsLoss(t *testing.T) {
	s := newSession(t)
	s.kernel.report = rendertest.Reports()["inexact"]
	s.progress, s.width = true, func() int { return 60 }
	qt.Check(t, qt.Equals(run(strings.Fields("attach -p 4121 --for 80ms --interval 50ms"), s.tool), exitOK))
	qt.Check(t, qt.StringContains(s.talk.String(), "\r\x1b[K1,217 events lost, 2 rings not followed, 12 sockets not fol\r"))
	qt.Check(t, qt.StringContains(s.out.String(), "node_zero 17), repaired 3 times by a walk; no room to follow 2 rings live"))
}

func TestBufferSize(t *testing.T) {
	for word, want := range map[string]int{"4096": 4096, "4K": 4096, "64M": 64 << 20, "1G": 1 << 30} {
		s := newSession(t)
		s.kernel.exits = true
		qt.Check(t, qt.Equals(run(strings.Fields("attach -p 4121 --buffer "+word), s.tool), exitOK))
		qt.Check(t, qt.Equals(s.kernel.observer.options.BufferBytes, want))
	}
	for _, word := range []string{"0", "1", "2048", "12K", "2G", "4KM", "4k", "K", "-4096", "4096.0", "99999999999999"} {
		s := newSession(t)
		qt.Check(t, qt.Equals(run(strings.Fields("attach -p 4121 --buffer="+word), s.tool), exitUsage), qt.Commentf("%s", word))
		oneSentence(t, s.talk.String())
	}
}

// TestEventsBeforeTheExplanation: the last look at the kernel may bring some more.
func TestEventsBeforeTheExplanation(t *testing.T) {
	s := newSession(t)
	s.kernel.exits, s.kernel.late = true, 3
	qt.Check(t, qt.Equals(run(strings.Fields("attach -p 4121 --events"), s.tool), exitOK))
	lines := strings.Split(strings.TrimSpace(s.out.String()), "\n")
	qt.Check(t, qt.StringContains(lines[3], "dragonfly"))
}
