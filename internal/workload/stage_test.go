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
const run = `{"stage":"start","scenario":"cancel","pid":10,"sockets_used":0}
{"stage":"ready","scenario":"cancel","pid":10,"tid":11,"ring_fd":5,"ring_flags":["SINGLE_ISSUER"],"slots":64,"sharers":[{"pid":12,"fd":3}],"other_rings":[{"ring_fd":-1,"registered":0,"ring_flags":[],"slots":4,"buffer_slots":2}],"listener":{"addr":"127.0.0.1:4000","slot":0,"fd":8,"inode":77},"pins":[{"ring":0,"op":"POLL_ADD","user_data":"0xfeed","slot":0,"buffer":-1,"inode":77,"multishot":false,"state":"poll","depth":0,"tid":11}],"sockets_used":1}
{"stage":"done","scenario":"cancel","pid":10,"sockets":1000,"direct":false,"buffers":0,"churn_slot":1,"removals":[600,400],"sockets_behind":600,"elapsed_ns":5,"sockets_used_before":1,"tags":{"first":"0x7","count":1000,"released":400},"sockets_used":601}
{"stage":"acted","scenario":"cancel","pid":10,"action":"cancel","result":-2,"blocked":false,"action_ns":6,"extra_sockets":0,"sockets_used_after":601,"sockets_used_idle":601,"sockets_used_settled":1,"completions":[{"user_data":"0xfeed","result":-125,"more":false}],"sockets_used":1}
{"stage":"end","scenario":"cancel","pid":10,"sockets_used":0}
`

func stages() []Stage {
	base := Stage{Scenario: "cancel", PID: 10}
	start, ready, done, acted, end := base, base, base, base, base
	start.Name = StageStart
	ready.Name, ready.SocketsUsed = StageReady, 1
	registered := 0
	ready.Ready = &Ready{
		TID:      11,
		Ring:     Ring{RingFD: 5, RingFlags: []string{"SINGLE_ISSUER"}, Slots: 64, Sharers: []Sharer{{PID: 12, FD: 3}}},
		Others:   []Ring{{RingFD: NoFD, Registered: &registered, RingFlags: []string{}, Slots: 4, Buffers: 2}},
		Listener: &Listener{Addr: "127.0.0.1:4000", Slot: 0, FD: 8, Inode: 77},
	}
	ready.Pins = []Pin{{Op: "POLL_ADD", UserData: 0xfeed, Buffer: NoSlot, Inode: 77, State: StatePoll, TID: 11}}
	done.Name, done.SocketsUsed = StageDone, 601
	done.Done = &Done{
		Sockets: 1000, ChurnSlot: 1, Removals: []int{600, 400}, Behind: 600, ElapsedNS: 5, SocketsUsedBefore: 1,
	}
	done.Tags = &Tags{First: 7, Count: 1000, Released: 400}
	acted.Name, acted.SocketsUsed = StageActed, 1
	acted.Acted = &Acted{
		Action: "cancel", Result: -2, ActionNS: 6, After: 601, Idle: 601, Settled: 1,
		Completions: []PinCompletion{{UserData: 0xfeed, Result: -125}},
	}
	end.Name = StageEnd
	return []Stage{start, ready, done, acted, end}
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

func TestStageWithoutPins(t *testing.T) {
	var out bytes.Buffer
	s := Stage{Name: StageReady, Ready: &Ready{Ring: Ring{RingFlags: []string{}}}}
	_, err := s.WriteTo(&out)
	qt.Assert(t, qt.IsNil(err))
	qt.Assert(t, qt.StringContains(out.String(), `"ring_flags":[],`))
	qt.Assert(t, qt.IsFalse(strings.Contains(out.String(), `"pins"`)))

	got, err := NewStageReader(&out).Next()
	qt.Assert(t, qt.IsNil(err))
	qt.Assert(t, qt.HasLen(got.Pins, 0))
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
		{"acted without action", `{"stage":"acted"}` + "\n", "decode stage .*: no action described"},
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
