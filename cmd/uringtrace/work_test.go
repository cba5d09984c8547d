package main

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-quicktest/qt"
)

// tell reports progress every tenth of a period for ten of them.
func tell(w *work, period time.Duration) {
	for i := range 100 {
		w.reading(i * 20_000)
		time.Sleep(period / 10)
	}
	w.done()
}

func TestLongWorkIsToldOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSession(t)
		s.progress = true
		tell(s.work(), 200*time.Millisecond) // for two seconds, every 20 ms
		lines := strings.Split(s.talk.String(), "\r\x1b[K")
		qt.Check(t, qt.HasLen(lines, 12)) // each begins with it, and so does nothing at the end
		qt.Check(t, qt.Equals(lines[0], ""))
		qt.Check(t, qt.Equals(lines[1], "reading the kernel's lists: 1,000,000 nodes so far"))
		qt.Check(t, qt.Equals(lines[10], "reading the kernel's lists: 1,900,000 nodes so far"))
		qt.Check(t, qt.Equals(lines[11], ""))
		qt.Check(t, qt.Not(qt.StringContains(s.talk.String(), "\n")))
	})
}

func TestProgressFitsTheTerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSession(t)
		s.progress, s.width = true, func() int { return 21 }
		tell(s.work(), time.Second)
		for line := range strings.SplitSeq(s.talk.String(), "\r\x1b[K") {
			qt.Check(t, qt.IsTrue(line == "" || line == "reading the kernel's"), qt.Commentf("%q", line))
		}
	})
}

func TestShortWorkIsQuiet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		short, elsewhere := newSession(t), newSession(t)
		short.progress = true
		tell(short.work(), 99*time.Millisecond)
		tell(elsewhere.work(), time.Second)
		qt.Check(t, qt.Equals(short.talk.String(), ""))
		qt.Check(t, qt.Equals(elsewhere.talk.String(), ""))
	})
}

// TestWalksTellTheirProgress: each command that walks does, and the line is gone
// before anything else is written.
func TestWalksTellTheirProgress(t *testing.T) {
	for _, args := range []string{"explain -p 4121", "explain --all", "attach -p 4121", "workload no-poll"} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			s := newSession(t)
			s.progress, s.kernel.exits = true, true
			s.kernel.walks = workQuiet + workEvery
			run(strings.Fields(args), s.tool)
			said := "\r\x1b[Kreading the kernel's lists: 16,384 nodes so far\r\x1b[K"
			qt.Check(t, qt.IsTrue(strings.HasPrefix(s.talk.String(), said)), qt.Commentf("%q", s.talk.String()))
		})
	}
}
