package workload

import (
	"math"
	"testing"

	"github.com/go-quicktest/qt"
)

func TestDefaultOptionsAreValid(t *testing.T) {
	qt.Assert(t, qt.IsNil(DefaultOptions().Validate()))
}

func TestValidate(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Options)
		err    string
	}{
		{"sockets", func(o *Options) { o.Sockets = -1 }, "sockets must not be negative, got -1"},
		{"pace", func(o *Options) { o.Pace = -1 }, "pace must not be negative, got -1"},
		{"pace not a number", func(o *Options) { o.Pace = math.NaN() }, "pace must not be negative, got NaN"},
		{"port", func(o *Options) { o.Port = 65536 }, "port must be from 0 to 65535, got 65536"},
		{"slots", func(o *Options) { o.Slots = 3 }, "slots must be at least 4, got 3"},
		{"rings", func(o *Options) { o.Rings = 1 }, "rings must be at least 2, got 1"},
		{"ops", func(o *Options) { o.Ops = -1 }, "ops must not be negative, got -1"},
		{"rounds", func(o *Options) { o.Rounds = -1 }, "rounds must not be negative, got -1"},
		{"checkpoints", func(o *Options) { o.Checkpoints = 0 }, "checkpoints must be at least 1, got 0"},
		{"flags", func(o *Options) { o.Flags = RingFlags{FlagSQPoll, FlagCoopTaskrun} }, "ring flag sqpoll excludes .*"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := DefaultOptions()
			tt.change(&o)
			qt.Assert(t, qt.ErrorMatches(o.Validate(), tt.err))
		})
	}
}

func TestArgs(t *testing.T) {
	o := DefaultOptions()
	qt.Assert(t, qt.DeepEquals(o.Args("no-poll"), []string{
		"no-poll", "--sockets=1000", "--pace=0", "--port=0", "--user-data=0xfeed", "--slots=64", "--rings=1000", "--seed=1", "--ops=1000", "--rounds=10", "--checkpoints=10",
	}))

	o.Pace = 0.5
	o.Pause = Pauses{StageStart, StageDone}
	o.Flags = RingFlags{FlagDeferTaskrun}
	qt.Assert(t, qt.DeepEquals(o.Args("no-poll"), []string{
		"no-poll", "--sockets=1000", "--pace=0.5", "--port=0", "--user-data=0xfeed", "--slots=64", "--rings=1000", "--seed=1", "--ops=1000", "--rounds=10", "--checkpoints=10",
		"--pause=start,done", "--flags=defer-taskrun",
	}))
}

func TestUserData(t *testing.T) {
	for text, want := range map[string]UserData{
		"0xfeed": 0xfeed, "10": 10, "0": 0, "0xffffffffffffffff": math.MaxUint64,
	} {
		var u UserData
		qt.Assert(t, qt.IsNil(u.Set(text)))
		qt.Assert(t, qt.Equals(u, want))
		var back UserData
		qt.Assert(t, qt.IsNil(back.UnmarshalText([]byte(u.String()))))
		qt.Assert(t, qt.Equals(back, want))
	}
	var u UserData
	qt.Assert(t, qt.ErrorMatches(u.Set("cafe"), `user data "cafe" is not a 64 bit number`))
}

func TestLists(t *testing.T) {
	var p Pauses
	qt.Assert(t, qt.IsNil(p.Set("start,end")))
	qt.Assert(t, qt.DeepEquals(p, Pauses{StageStart, StageEnd}))
	qt.Assert(t, qt.IsTrue(p.Has(StageEnd)))
	qt.Assert(t, qt.IsFalse(p.Has(StageDone)))
	qt.Assert(t, qt.ErrorMatches(p.Set("middle"), `unknown stage "middle": choose from start,ready,checkpoint,round,done,acted,end`))

	var f RingFlags
	qt.Assert(t, qt.IsNil(f.Set("sqpoll,single-issuer")))
	qt.Assert(t, qt.Equals(f.String(), "sqpoll,single-issuer"))
	qt.Assert(t, qt.IsNil(f.Set("")))
	qt.Assert(t, qt.HasLen(f, 0))
	qt.Assert(t, qt.ErrorMatches(f.Set("iopoll"), `unknown ring flag "iopoll": choose from default,.*`))
	qt.Assert(t, qt.ErrorMatches(f.Set("sqpoll,defer-taskrun"), "ring flag sqpoll excludes .*"))
}
