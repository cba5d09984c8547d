package fullscreen_test

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/go-quicktest/qt"

	"uringtrace/internal/goldentest"
	"uringtrace/internal/queue"
	"uringtrace/internal/render"
	"uringtrace/internal/render/fullscreen"
	"uringtrace/internal/render/rendertest"
	"uringtrace/internal/render/text"
)

// view is what both screens are.
type view interface {
	Press(key string) bool
	Lines(width, height int) []string
}

func press(v view, keys ...string) {
	for _, key := range keys {
		v.Press(key)
	}
}

func newTop(color bool) *fullscreen.Top {
	top := fullscreen.NewTop(render.Selection{Order: render.ByBytes}, 2*time.Second, color)
	for _, t := range rendertest.Tops() {
		top.Take(t, rendertest.All(), 1988*time.Millisecond)
	}
	return top
}

func TestTop(t *testing.T) {
	goldentest.Check(t, "top-80x24", strings.Join(newTop(false).Lines(80, 24), "\n")+"\n")
	goldentest.Check(t, "top-140x30", strings.Join(newTop(false).Lines(140, 30), "\n")+"\n")
	goldentest.Check(t, "top-color", strings.Join(newTop(true).Lines(80, 24), "\n")+"\n")
	empty := fullscreen.NewTop(render.Selection{}, time.Second, false)
	qt.Check(t, qt.Equals(empty.Lines(80, 24)[0], "looking at the rings of this host"))
	press(empty, "enter", "down", "s", "/", "x", "enter") // there is nothing yet
	var r render.Refreshes
	empty.Take(r.Next(rendertest.Tops()[0].Kernel, nil, 1, 1), nil, time.Second)
	qt.Check(t, qt.Equals(empty.Lines(80, 24)[1], "no process on this host has an io_uring"))
}

// chosen is the row that the cursor is on, as "pid fd".
func chosen(lines []string) string {
	for _, line := range lines {
		if strings.HasPrefix(line, ">") {
			words := strings.Fields(line[1:])
			return words[0] + " " + words[2]
		}
	}
	return ""
}

func TestTopKeys(t *testing.T) {
	for _, tt := range []struct{ keys, chosen, first string }{
		{"", "4121 5", "4121 5"},
		{"down", "4122 9", ""},
		{"j j k", "4122 9", ""},
		{"up", "4121 5", ""},
		{"end", "4126 5", ""},
		{"end home", "4121 5", ""},
		{"pgdown", "4126 5", ""},
		{"s", "4121 5", ""},                   // by sockets
		{"s s s s s", "4121 5", ""},           // by pid
		{"r", "4121 5", ""},                   // it stays on its ring, which is the last now
		{"r home", "4125 9", ""},              // unknown bytes first
		{"/ w o r k e r enter", "4122 9", ""}, // the chosen one is gone
		{"/ x y z enter", "", ""},
		{"/ x y z esc", "4121 5", ""},
		{"/ x y z ctrl+u 4 1 2 6 enter", "4126 5", ""},
		{"/ x backspace 4 1 2 2 f5 enter", "4122 9", ""},
		{"/ q", "", ""},
	} {
		top := newTop(false)
		top.Lines(80, 24)
		for key := range strings.FieldsSeq(tt.keys) {
			qt.Check(t, qt.IsFalse(top.Press(key)))
		}
		qt.Check(t, qt.Equals(chosen(top.Lines(80, 24)), tt.chosen), qt.Commentf("%s", tt.keys))
	}
	qt.Check(t, qt.IsTrue(newTop(false).Press("q")))
}

func TestTopSaysHowItIsSorted(t *testing.T) {
	top := newTop(false)
	for _, tt := range []struct{ key, says string }{
		{"s", "sorted by sockets; a look takes 12ms and is taken every 2s"},
		{"S", "sorted by bytes;"},
		{"S", "sorted by comm;"},
		{"r", "sorted by comm, reversed;"},
		{"/", "sorted by comm, reversed;"},
		{"€", `sorted by comm, reversed, filter "€" shows 0 of 7;`},
	} {
		top.Press(tt.key)
		qt.Check(t, qt.IsTrue(strings.HasPrefix(top.Lines(80, 24)[2], tt.says)), qt.Commentf("%s: %q", tt.key, top.Lines(80, 24)[2]))
	}
	goldentest.Check(t, "filter-80x24", strings.Join(top.Lines(80, 24), "\n")+"\n")
}

// TestTopScrolls: the cursor is always on the screen.
func TestTopScrolls(t *testing.T) {
	top := newTop(false)
	for range 8 {
		lines := top.Lines(80, 10) // room for four rows
		qt.Check(t, qt.HasLen(lines, 10))
		qt.Check(t, qt.Not(qt.Equals(chosen(lines), "")))
		top.Press("down")
	}
	qt.Check(t, qt.Equals(chosen(top.Lines(80, 10)), "4126 5"))
	press(top, "pgup")
	qt.Check(t, qt.Equals(chosen(top.Lines(80, 10)), "4124 5"))
}

// TestTopExplains: as explain does, wrapped, and it follows its process until that
// is gone.
func TestTopExplains(t *testing.T) {
	top := newTop(false)
	press(top, "enter")
	lines := top.Lines(80, 24)
	goldentest.Check(t, "explain-80x24", strings.Join(lines, "\n")+"\n")

	var want strings.Builder
	qt.Assert(t, qt.IsNil(text.Report(&want, &rendertest.All()[0], text.Style{Width: 200})))
	wide := top.Lines(200, 100)
	qt.Check(t, qt.Equals(strings.TrimSpace(strings.Join(wide[:99], "\n")), strings.TrimSpace(want.String())))

	top.Lines(80, 24)
	press(top, "down", "down", "pgdown")
	end := top.Lines(80, 24)
	qt.Check(t, qt.Not(qt.Equals(end[0], lines[0])))
	qt.Check(t, qt.StringContains(end[23], "lines 6-28 of 28"))

	press(top, "home")
	top.Take(rendertest.Tops()[1], rendertest.All()[1:], time.Second)
	qt.Check(t, qt.StringContains(top.Lines(80, 24)[0], "has no ring any more"))
	press(top, "esc")
	qt.Check(t, qt.Equals(chosen(top.Lines(80, 24)), "4121 5"))
}

func TestTopHelp(t *testing.T) {
	top := newTop(false)
	press(top, "?")
	goldentest.Check(t, "help-80x24", strings.Join(top.Lines(80, 24), "\n")+"\n")
	press(top, "end")
	qt.Check(t, qt.StringContains(top.Lines(80, 24)[20], "the ring was not there then"))
	press(top, "esc")
	qt.Check(t, qt.Equals(chosen(top.Lines(80, 24)), "4121 5"))
}

// TestScreensFit: no line is wider and no screen higher than it may be, and no
// process drives the terminal.
func TestScreensFit(t *testing.T) {
	views := map[string]view{"top": newTop(true), "explain": newTop(true), "help": newTop(true), "filter": newTop(true), "live": newLive(true)}
	press(views["explain"], "end", "up", "up", "enter")
	press(views["help"], "?")
	press(views["filter"], "/", "\x1b")
	for name, v := range views {
		for _, size := range [][2]int{{80, 24}, {80, 10}, {79, 24}, {132, 50}, {20, 3}, {1, 1}} {
			lines := v.Lines(size[0], size[1])
			qt.Check(t, qt.IsTrue(len(lines) <= size[1]), qt.Commentf("%s %v: %d lines", name, size, len(lines)))
			for _, line := range lines {
				qt.Check(t, qt.IsTrue(ansi.StringWidth(line) <= size[0]), qt.Commentf("%s %v: %q", name, size, line))
				qt.Check(t, qt.Not(qt.StringContains(line, "\x1b[2J")))
			}
		}
	}
	small := views["top"].Lines(79, 24)
	qt.Check(t, qt.Equals(strings.Join(small, " "), "uringtrace top needs a terminal of 80 columns and 10 lines, this one has 79 and 24: make it larger, or use -o json; Ctrl-C quits"))
}

func newLive(color bool) *fullscreen.Live {
	live := fullscreen.NewLive("fentry", time.Second, color)
	for i := range 40 {
		live.Take([]text.Status{
			{
				Status: queue.Status{Ring: 1, FD: 5, Nodes: 100 * i, Head: 2, Removed: uint64(100 * i), Exact: true},
				Rate:   100, HeadAge: time.Duration(i) * time.Second, Longer: true, Removals: 100,
			},
			{Status: queue.Status{Ring: 2, FD: 9, Exact: true, Nodes: 1}},
		}, queue.Lost{}, *liveReport())
	}
	return live
}

func liveReport() *queue.Report {
	r := rendertest.Reports()["blocked"]
	r.Rings[0].Seen.RemovalsOnly = true
	r.NotSeen = []string{"released sockets are not counted"}
	return r
}

func TestLive(t *testing.T) {
	goldentest.Check(t, "live-80x24", strings.Join(newLive(false).Lines(80, 24), "\n")+"\n")
	goldentest.Check(t, "live-140x30", strings.Join(newLive(false).Lines(140, 30), "\n")+"\n")
	goldentest.Check(t, "live-color", strings.Join(newLive(true).Lines(80, 24), "\n")+"\n")
	fresh := fullscreen.NewLive("none", time.Second, false)
	qt.Check(t, qt.Equals(fresh.Lines(80, 24)[0], "the first look is in 1s"))
	fresh.Take(nil, queue.Lost{Events: 7, Repairs: 1}, *rendertest.Reports()["no-rings"])
	lines := fresh.Lines(80, 24)
	qt.Check(t, qt.Equals(lines[1], "backend none, a look every 1s; 7 events lost, repaired once"))
	qt.Check(t, qt.Equals(lines[3], "no rings yet"))
}

func TestLiveKeys(t *testing.T) {
	live := newLive(false)
	top := live.Lines(80, 8)
	qt.Check(t, qt.StringContains(top[7], "lines 1-4 of 10"))
	press(live, "down")
	qt.Check(t, qt.Equals(live.Lines(80, 8)[3], top[4]))
	qt.Check(t, qt.IsFalse(live.Press("enter")))
	qt.Check(t, qt.IsTrue(live.Press("q")))
}
