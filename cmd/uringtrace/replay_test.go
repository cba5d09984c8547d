package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/render/rendertest"
)

// leak is a recording of the leak on 6.1, of 2.7 seconds.
const leak = "../../internal/recording/testdata/v1/leak-6.1.urec"

func replayed(t *testing.T, args ...string) []string {
	t.Helper()
	s := newSession(t)
	code := run(append([]string{"replay", leak}, args...), s.tool)
	qt.Assert(t, qt.Equals(code, exitOK), qt.Commentf("%s", s.talk.String()))
	qt.Check(t, qt.Equals(s.talk.String(), ""))
	return strings.Split(strings.TrimSpace(s.out.String()), "\n")
}

func TestReplayShowsTheQueuesThenExplains(t *testing.T) {
	lines := replayed(t)
	qt.Check(t, qt.DeepEquals(lines[:4], []string{
		"+0s       no rings yet",
		"+1s       ring 1, fd 3  200 nodes  0/s  head node 1 for 866ms  1 sockets used",
		"+2s       ring 1, fd 3  200 nodes  0/s  head node 1 for 1s  1 sockets used",
		"+2.721s   ring 1, fd 3  200 nodes  0/s  head node 1 for 2s  201 sockets used",
	}))
	s := newSession(t)
	qt.Assert(t, qt.Equals(run([]string{"explain", leak}, s.tool), exitBlocked))
	qt.Check(t, qt.Equals(strings.Join(lines[4:], "\n"), strings.TrimSpace(s.out.String())))
}

func TestReplayIsJSON(t *testing.T) {
	var last float64
	found := make(map[string]int)
	for _, line := range replayed(t, "-o", "json", "--interval", "100ms") {
		name, err := rendertest.Validate([]byte(line))
		qt.Assert(t, qt.IsNil(err))
		found[name]++
		var status struct{ At float64 }
		qt.Assert(t, qt.IsNil(json.Unmarshal([]byte(line), &status)))
		qt.Check(t, qt.IsTrue(name == "explain" || found[name] == 1 || status.At > last))
		last = status.At
	}
	qt.Check(t, qt.DeepEquals(found, map[string]int{"status": 29, "explain": 1}))
}

func TestReplayEvents(t *testing.T) {
	for _, form := range []string{"text", "json"} {
		all := replayed(t, "--events", "-o", form)
		text := strings.Join(all, "\n")
		qt.Check(t, qt.Equals(strings.Count(text, "node_remove"), 200))
		qt.Check(t, qt.Equals(strings.Count(text, "ring_create"), 1))
		part := strings.Join(replayed(t, "--events", "-o", form, "--until", "120ms"), "\n")
		n := strings.Count(part, "node_remove")
		qt.Check(t, qt.IsTrue(n < 200), qt.Commentf("%d", n))
	}
}

func TestReplayOfAMoment(t *testing.T) {
	at := replayed(t, "--at", "1.5s")
	s := newSession(t)
	run([]string{"explain", leak, "--at", "1.5s"}, s.tool)
	qt.Check(t, qt.Equals(strings.Join(at, "\n"), strings.TrimSpace(s.out.String())))
	until := replayed(t, "--until", "1.5s")
	qt.Check(t, qt.HasLen(until, len(at)+2))
	qt.Check(t, qt.DeepEquals(until[2:], at))
}

func TestReplayAtSpeed(t *testing.T) {
	begin := time.Now()
	replayed(t, "--speed", "20", "--until", "2s")
	qt.Check(t, qt.IsTrue(time.Since(begin) >= 50*time.Millisecond))
}

func TestReplayRefuses(t *testing.T) {
	for args, says := range map[string]string{
		"":                                     "which recording? uringtrace replay FILE",
		"a b":                                  "which recording? uringtrace replay FILE",
		leak + " --until 3s":                   "3s is not in the recording: it has 2.7s from ",
		leak + " --until 2001-02-03T04:05:06Z": "is not in the recording",
		leak + " --at 1s --until 2s":           "choose one of them",
		leak + " --interval 1ms":               "--interval must be at least 50ms",
		leak + " --speed 0":                    "a speed is a positive number, or max",
		leak + " --speed fast":                 "a speed is a positive number, or max",
		leak + ".absent":                       "can't read the recording: ",
	} {
		s := newSession(t)
		qt.Check(t, qt.Equals(run(append([]string{"replay"}, strings.Fields(args)...), s.tool), exitUsage), qt.Commentf("%s", args))
		qt.Check(t, qt.StringContains(s.talk.String(), says))
		oneSentence(t, s.talk.String())
	}
}

func TestMomentsOfTheWallClock(t *testing.T) {
	p, err := openRecording(filepath.FromSlash(leak))
	qt.Assert(t, qt.IsNil(err))
	defer p.Close()
	began := p.began()
	wall := began.Wall.Local().Add(1200 * time.Millisecond)
	for _, word := range []string{
		wall.Format(time.RFC3339Nano), wall.UTC().Format(time.RFC3339Nano),
		wall.Format("2006-01-02 15:04:05.000000000"), wall.Format("15:04:05.000000000"), "1.2s", "1200ms",
	} {
		var m momentFlag
		qt.Assert(t, qt.IsNil(m.Set(word)))
		qt.Check(t, qt.Equals(m.on(began), int64(began.Monotonic)+1.2e9), qt.Commentf("%s", word))
	}
}
