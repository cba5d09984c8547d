//go:build giouring && linux

package play

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
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
	o.Sockets = 100
	return o
}

// play runs a scenario without input and returns its stages, which must be all of
// them in order, each telling the same scenario and process.
func play(t *testing.T, name string, o workload.Options) []workload.Stage {
	t.Helper()
	var out bytes.Buffer
	qt.Assert(t, qt.IsNil(Play(name, o, strings.NewReader(""), &out)))

	var stages []workload.Stage
	r := workload.NewStageReader(&out)
	for _, want := range workload.StageNames() {
		s, err := r.Next()
		qt.Assert(t, qt.IsNil(err))
		qt.Assert(t, qt.Equals(s.Name, want))
		qt.Assert(t, qt.Equals(s.Scenario, name))
		qt.Assert(t, qt.Equals(s.PID, os.Getpid()))
		stages = append(stages, s)
	}
	_, err := r.Next()
	qt.Assert(t, qt.Equals(err, io.EOF))
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

func TestEveryScenarioRunsToItsEnd(t *testing.T) {
	for _, s := range workload.Scenarios() {
		t.Run(s.Name, func(t *testing.T) {
			o := quick()
			before := openFDs(t)
			stages := play(t, s.Name, o)
			qt.Check(t, qt.Equals(openFDs(t), before))

			start, ready, done, end := stages[0], stages[1], stages[2], stages[3]
			qt.Check(t, qt.Equals(ready.Slots, o.Slots))
			qt.Check(t, qt.DeepEquals(ready.RingFlags, []string{}))
			qt.Check(t, qt.Equals(done.Sockets, o.Sockets))
			qt.Check(t, qt.IsTrue(done.ElapsedNS > 0))
			// Other processes come and go meanwhile; a hundred sockets would stand out.
			qt.Check(t, qt.IsTrue(end.SocketsUsed < start.SocketsUsed+o.Sockets/2),
				qt.Commentf("%d sockets at the start, %d at the end", start.SocketsUsed, end.SocketsUsed))
		})
	}
}

func TestEveryRingFlagRuns(t *testing.T) {
	for _, tt := range []struct {
		flags workload.RingFlags
		names []string
	}{
		{workload.RingFlags{workload.FlagDefault}, []string{}},
		{workload.RingFlags{workload.FlagSingleIssuer}, []string{"SINGLE_ISSUER"}},
		{workload.RingFlags{workload.FlagDeferTaskrun}, []string{"SINGLE_ISSUER", "DEFER_TASKRUN"}},
		{workload.RingFlags{workload.FlagCoopTaskrun}, []string{"COOP_TASKRUN"}},
		{workload.RingFlags{workload.FlagSQPoll, workload.FlagSingleIssuer}, []string{"SQPOLL", "SINGLE_ISSUER"}},
	} {
		t.Run(tt.flags.String(), func(t *testing.T) {
			o := quick()
			o.Flags = tt.flags
			for _, s := range workload.Scenarios() {
				qt.Check(t, qt.DeepEquals(play(t, s.Name, o)[1].RingFlags, tt.names))
			}
		})
	}
}

func TestPins(t *testing.T) {
	o := quick()
	o.UserData = 0xcafe
	for name, want := range map[string]*workload.Pin{
		"listener-poll": {Op: "POLL_ADD", UserData: 0xcafe, Slot: 0},
		"no-poll":       nil,
		"regular-fd":    {Op: "POLL_ADD", UserData: 0xcafe, Slot: workload.NoSlot},
	} {
		t.Run(name, func(t *testing.T) {
			qt.Assert(t, qt.DeepEquals(play(t, name, o)[1].Pin, want))
		})
	}
}

// pauseFunc is a standard input that acts each time the scenario waits for a line.
type pauseFunc func()

func (f pauseFunc) Read(p []byte) (int, error) {
	f()
	return copy(p, "go on\n"), nil
}

func TestReadyIsWhatTheKernelSees(t *testing.T) {
	for _, s := range workload.Scenarios() {
		t.Run(s.Name, func(t *testing.T) {
			var out bytes.Buffer
			o := quick()
			o.Pause = workload.Pauses{workload.StageReady}
			pauses := 0
			look := pauseFunc(func() {
				pauses++
				ready, err := workload.NewStageReader(bytes.NewReader(out.Bytes())).Until(workload.StageReady)
				qt.Assert(t, qt.IsNil(err))
				qt.Check(t, qt.Equals(ready.TID, unix.Gettid()))

				info := readInfo(t, ready.RingFD)
				polls := 0
				if ready.Pin != nil {
					polls = 1
				}
				qt.Check(t, qt.Equals(strings.Count(info, "op=6,"), polls), qt.Commentf("%s", info))

				name, err := unix.Getsockname(ready.Listener.FD)
				qt.Assert(t, qt.IsNil(err))
				port := name.(*unix.SockaddrInet4).Port
				qt.Check(t, qt.Equals(ready.Listener.Addr, fmt.Sprintf("127.0.0.1:%d", port)))
			})
			qt.Assert(t, qt.IsNil(Play(s.Name, o, look, &out)))
			qt.Assert(t, qt.Equals(pauses, 1))
		})
	}
}

// readInfo returns the ring's fdinfo. The kernel leaves most of it out if the ring
// happens to be locked, so it tries again.
func readInfo(t *testing.T, fd int) string {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		text, err := os.ReadFile(fmt.Sprintf("/proc/self/fdinfo/%d", fd))
		qt.Assert(t, qt.IsNil(err))
		if strings.Contains(string(text), "PollList:") {
			return string(text)
		}
	}
	t.Fatal("the ring's fdinfo shows no polls")
	return ""
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
	play(t, "no-poll", o)
}

func TestPaceIsKept(t *testing.T) {
	o := quick()
	o.Sockets, o.Pace = 11, 100
	done := play(t, "no-poll", o)[2]
	qt.Assert(t, qt.IsTrue(done.ElapsedNS >= (100*time.Millisecond).Nanoseconds()))
}

func TestNoRemovals(t *testing.T) {
	o := quick()
	o.Sockets, o.Slots = 0, 2
	qt.Assert(t, qt.Equals(play(t, "listener-poll", o)[2].Sockets, 0))
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
