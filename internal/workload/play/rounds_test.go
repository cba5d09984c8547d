//go:build giouring && linux

package play

import (
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/workload"
)

func TestRounds(t *testing.T) {
	for _, s := range workload.Scenarios() {
		if s.Group != workload.GroupRounds {
			continue
		}
		for flag := range setUps() {
			t.Run(s.Name+"/"+string(flag), func(t *testing.T) {
				o := quick()
				o.Ops, o.Rounds, o.Flags = 20, 3, workload.RingFlags{flag}
				n := 0
				stages := at(t, s.Name, o, func(stage workload.Stage) {
					if stage.Name != workload.StageRound {
						return
					}
					qt.Check(t, qt.Equals(stage.Number, n))
					qt.Check(t, qt.Equals(stage.Operations, o.Ops))
					qt.Check(t, qt.IsTrue(stage.Round.NS > 0))
					// Where the processor's counter is not trusted, it advances by ticks.
					qt.Check(t, qt.IsTrue(stage.OwnNS >= 0))
					n++
				})
				qt.Check(t, qt.Equals(n, o.Rounds))
				checkRoundsDone(t, s.Name, o.Rounds*o.Ops, stages[len(stages)-2])
				qt.Check(t, qt.Equals(stages[len(stages)-1].SocketsUsed, stages[0].SocketsUsed))
			})
		}
	}
}

func TestOwnTime(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	begin, err := ownTime()
	qt.Assert(t, qt.IsNil(err))
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		now, err := ownTime()
		qt.Assert(t, qt.IsNil(err))
		if now > begin {
			return
		}
	}
	t.Fatal("the thread's processor time stands still while it works")
}

func checkRoundsDone(t *testing.T, name string, made int, done workload.Stage) {
	t.Helper()
	sockets, behind := 0, 0
	switch name {
	case "churn":
		sockets = made
	case "churn-pinned":
		sockets, behind = made, made
	}
	qt.Check(t, qt.Equals(done.Sockets, sockets))
	qt.Check(t, qt.Equals(done.Behind, behind))
	qt.Check(t, qt.IsTrue(done.ElapsedNS > 0))
}

// What an operation allocates would be collected in some rounds and not in others.
func TestOperationsOfRoundsDoNotAllocate(t *testing.T) {
	for _, name := range []string{"churn", "nop", "fixed-read"} {
		t.Run(name, func(t *testing.T) {
			p, s := plans()[name], &scene{options: quick()}
			for _, step := range p.setUp {
				qt.Assert(t, qt.IsNil(step(s)))
			}
			var err error
			qt.Check(t, qt.Equals(testing.AllocsPerRun(10, func() { err = errors.Join(err, p.round(s)) }), 0))
			qt.Check(t, qt.IsNil(err))
			qt.Assert(t, qt.IsNil(s.release()))
		})
	}
}
