//go:build giouring && linux

package play

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-quicktest/qt"
	"golang.org/x/sys/unix"

	"uringtrace/internal/workload"
)

// quick are options for a run of moments.
func quick() workload.Options {
	o := workload.DefaultOptions()
	o.Sockets, o.Rings = 30, 12
	return o
}

// play runs a scenario without input and returns its stages, which must be all of
// its own in order, each telling the same scenario and process.
func play(t *testing.T, name string, o workload.Options) []workload.Stage {
	t.Helper()
	return at(t, name, o, nil)
}

// at is play that stops at every stage and shows it to look.
func at(t *testing.T, name string, o workload.Options, look func(workload.Stage)) []workload.Stage {
	t.Helper()
	scenario, err := workload.Find(name)
	qt.Assert(t, qt.IsNil(err))
	var stages []workload.Stage
	var out bytes.Buffer
	read := workload.NewStageReader(&out)
	next := pauseFunc(func() {
		stage, err := read.Next()
		qt.Assert(t, qt.IsNil(err))
		stages = append(stages, stage)
		if look != nil {
			look(stage)
		}
	})
	o.Pause = workload.StageNames()
	exited := false
	s := &show{name: name, pause: o.Pause, in: bufio.NewReader(next), out: &out, exit: func(int) { exited = true }}
	qt.Assert(t, qt.IsNil(s.play(plans()[name], o)))
	qt.Assert(t, qt.Equals(exited, name == "exit"))

	var names []workload.StageName
	for _, s := range stages {
		names = append(names, s.Name)
		qt.Assert(t, qt.Equals(s.Scenario, name))
		qt.Assert(t, qt.Equals(s.PID, os.Getpid()))
	}
	// A checkpoint may come more than once.
	qt.Assert(t, qt.DeepEquals(slices.Compact(names), scenario.Stages()))
	return stages
}

func openFDs(t *testing.T) int {
	t.Helper()
	// The Go runtime opens its poller with the first timer and keeps it.
	time.Sleep(time.Nanosecond)
	entries, err := os.ReadDir("/proc/self/fd")
	qt.Assert(t, qt.IsNil(err))
	return len(entries)
}

func TestEveryScenarioHasAPlan(t *testing.T) {
	rows := plans()
	for _, s := range workload.Scenarios() {
		_, ok := rows[s.Name]
		qt.Check(t, qt.IsTrue(ok), qt.Commentf("%s is listed and has no plan", s.Name))
		delete(rows, s.Name)
	}
	for name := range rows {
		t.Errorf("%s has a plan and is not listed", name)
	}
}

// pauseFunc is a standard input that acts each time the scenario waits for a line.
type pauseFunc func()

func (f pauseFunc) Read(p []byte) (int, error) {
	f()
	return copy(p, "go on\n"), nil
}

func TestAConnectionDoesNotHinderTheEnd(t *testing.T) {
	var out bytes.Buffer
	o := quick()
	o.Pause = workload.Pauses{workload.StageReady}
	connect := pauseFunc(func() {
		ready, err := workload.NewStageReader(bytes.NewReader(out.Bytes())).Until(workload.StageReady)
		qt.Assert(t, qt.IsNil(err))
		name, err := unix.Getsockname(ready.Listener.FD)
		qt.Assert(t, qt.IsNil(err))
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		qt.Assert(t, qt.IsNil(err))
		defer unix.Close(fd)
		qt.Assert(t, qt.IsNil(unix.Connect(fd, name)))
	})
	qt.Assert(t, qt.IsNil(Play("listener-poll", o, connect, &out)))
}

func TestEndOfInputMeansGoOn(t *testing.T) {
	o := quick()
	o.Pause = workload.StageNames()
	qt.Assert(t, qt.IsNil(Play("no-poll", o, strings.NewReader(""), io.Discard)))
}

func TestPaceIsKept(t *testing.T) {
	o := quick()
	o.Sockets, o.Pace = 11, 100
	done := play(t, "no-poll", o)[2]
	qt.Assert(t, qt.IsTrue(done.ElapsedNS >= (100*time.Millisecond).Nanoseconds()))
}

func TestNoRemovals(t *testing.T) {
	o := quick()
	o.Sockets, o.Slots = 0, workload.MinSlots
	qt.Assert(t, qt.Equals(play(t, "listener-poll", o)[2].Done.Sockets, 0))
	qt.Assert(t, qt.HasLen(play(t, "several-pins", o)[2].Pins, 1))
}

func TestErrorsLeaveNothingBehind(t *testing.T) {
	before := openFDs(t)

	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	qt.Assert(t, qt.IsNil(err))
	qt.Assert(t, qt.IsNil(unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})))
	qt.Assert(t, qt.IsNil(unix.Listen(fd, 1)))
	name, err := unix.Getsockname(fd)
	qt.Assert(t, qt.IsNil(err))

	o := quick()
	o.Port = name.(*unix.SockaddrInet4).Port
	err = Play("listener-poll", o, strings.NewReader(""), io.Discard)
	qt.Assert(t, qt.ErrorIs(err, unix.EADDRINUSE))
	qt.Assert(t, qt.ErrorMatches(err, `scenario listener-poll: .* 127\.0\.0\.1:.*`))
	qt.Assert(t, qt.IsNil(unix.Close(fd)))
	qt.Assert(t, qt.Equals(openFDs(t), before))

	// With the port free again the same options work.
	ready := play(t, "listener-poll", o)[1]
	qt.Assert(t, qt.Equals(ready.Listener.Addr, fmt.Sprintf("127.0.0.1:%d", o.Port)))
}

func TestPlayRefuses(t *testing.T) {
	err := Play("nonsense", quick(), strings.NewReader(""), io.Discard)
	var unknown *workload.UnknownScenarioError
	qt.Assert(t, qt.ErrorAs(err, &unknown))

	o := quick()
	o.Slots = 0
	qt.Assert(t, qt.IsNotNil(Play("no-poll", o, strings.NewReader(""), io.Discard)))

	broken := errors.New("pipe broke")
	err = Play("no-poll", quick(), strings.NewReader(""), failingWriter{broken})
	qt.Assert(t, qt.ErrorIs(err, broken))
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }
