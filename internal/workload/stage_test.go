package workload

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/go-quicktest/qt"
)

// run is what uringload prints, and what others may rely on.
const run = `{"stage":"start","scenario":"listener-poll","pid":10,"sockets_used":0}
{"stage":"ready","scenario":"listener-poll","pid":10,"tid":11,"ring_fd":5,"ring_flags":["SINGLE_ISSUER"],"slots":64,"listener":{"addr":"127.0.0.1:4000","slot":0,"fd":8},"pin":{"op":"POLL_ADD","user_data":"0xfeed","slot":0},"sockets_used":1}
{"stage":"done","scenario":"listener-poll","pid":10,"sockets":1000,"churn_slot":1,"elapsed_ns":5,"sockets_used_before":1,"sockets_used":1001}
{"stage":"end","scenario":"listener-poll","pid":10,"sockets_used":0}
`

func stages() []Stage {
	base := Stage{Scenario: "listener-poll", PID: 10}
	start, ready, done, end := base, base, base, base
	start.Name = StageStart
	ready.Name, ready.SocketsUsed = StageReady, 1
	ready.Ready = &Ready{
		TID: 11, RingFD: 5, RingFlags: []string{"SINGLE_ISSUER"}, Slots: 64,
		Listener: &Listener{Addr: "127.0.0.1:4000", Slot: 0, FD: 8},
		Pin:      &Pin{Op: "POLL_ADD", UserData: 0xfeed, Slot: 0},
	}
	done.Name, done.SocketsUsed = StageDone, 1001
	done.Done = &Done{Sockets: 1000, ChurnSlot: 1, ElapsedNS: 5, SocketsUsedBefore: 1}
	end.Name = StageEnd
	return []Stage{start, ready, done, end}
}

func TestStagesAreWrittenAsDocumented(t *testing.T) {
	var out bytes.Buffer
	for _, s := range stages() {
		_, err := s.WriteTo(&out)
		qt.Assert(t, qt.IsNil(err))
	}
	qt.Assert(t, qt.Equals(out.String(), run))
}

func TestStageReaderReadsWhatIsWritten(t *testing.T) {
	r := NewStageReader(strings.NewReader(run))
	for _, want := range stages() {
		got, err := r.Next()
		qt.Assert(t, qt.IsNil(err))
		qt.Assert(t, qt.DeepEquals(got, want))
	}
	_, err := r.Next()
	qt.Assert(t, qt.Equals(err, io.EOF))
}

func TestStageWithoutPinIsNull(t *testing.T) {
	var out bytes.Buffer
	s := Stage{Name: StageReady, Ready: &Ready{RingFlags: []string{}}}
	_, err := s.WriteTo(&out)
	qt.Assert(t, qt.IsNil(err))
	qt.Assert(t, qt.StringContains(out.String(), `"ring_flags":[],`))
	qt.Assert(t, qt.StringContains(out.String(), `"pin":null`))

	got, err := NewStageReader(&out).Next()
	qt.Assert(t, qt.IsNil(err))
	qt.Assert(t, qt.IsNil(got.Pin))
}

func TestStageReaderReturnsAStageBeforeTheNextExists(t *testing.T) {
	out, in := io.Pipe()
	defer out.Close()
	go func() {
		_, _ = Stage{Name: StageStart, PID: 7}.WriteTo(in)
	}()
	s, err := NewStageReader(out).Next()
	qt.Assert(t, qt.IsNil(err))
	qt.Assert(t, qt.Equals(s.PID, 7))
}

func TestUntil(t *testing.T) {
	r := NewStageReader(strings.NewReader(run))
	s, err := r.Until(StageDone)
	qt.Assert(t, qt.IsNil(err))
	qt.Assert(t, qt.Equals(s.Sockets, 1000))

	_, err = r.Until(StageReady)
	qt.Assert(t, qt.ErrorIs(err, io.ErrUnexpectedEOF))
	qt.Assert(t, qt.ErrorMatches(err, "wait for stage ready: last saw end: .*"))
}

func TestStageReaderRefusesWhatIsNoStage(t *testing.T) {
	for _, tt := range []struct{ name, text, err string }{
		{"no JSON", "hello\n", "decode stage .*"},
		{"unknown name", `{"stage":"party"}` + "\n", `decode stage .*: unknown stage name "party"`},
		{"no name", "{}\n", `decode stage .*: unknown stage name ""`},
		{"ready without ring", `{"stage":"ready"}` + "\n", "decode stage .*: no ring described"},
		{"done without removals", `{"stage":"done"}` + "\n", "decode stage .*: no removals described"},
		{"cut off", `{"stage":"st`, "read stage: unexpected EOF: .*"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := NewStageReader(strings.NewReader(tt.text)).Next()
			qt.Assert(t, qt.ErrorMatches(err, tt.err))
			qt.Assert(t, qt.IsFalse(errors.Is(err, io.EOF)))
		})
	}
}
