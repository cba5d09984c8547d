//go:build kernel

package e2e

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/queue"
	"uringtrace/internal/workload"
)

// TestPins explains every scenario that keeps requests in flight, on every kind
// of ring, and holds the answer against what the scenario says of itself.
func TestPins(t *testing.T) {
	for _, s := range workload.Scenarios() {
		if s.Group != workload.GroupPins && s.Group != workload.GroupRings {
			continue
		}
		flags := []workload.RingFlag{workload.FlagDefault}
		if s.Name == "listener-poll" || s.Name == "several-pins" {
			flags = append(flags, workload.FlagSingleIssuer, workload.FlagDeferTaskrun, workload.FlagCoopTaskrun, workload.FlagSQPoll)
		}
		for _, f := range flags {
			t.Run(s.Name+"/"+string(f), func(t *testing.T) { testPins(t, s.Name, f) })
		}
	}
}

func testPins(t *testing.T, scenario string, flag workload.RingFlag) {
	o := workload.DefaultOptions()
	o.Sockets, o.Pause, o.Flags = 120, workload.Pauses{workload.StageDone}, workload.RingFlags{flag}
	program, err := workload.Start(t.Context(), "", scenario, o)
	qt.Assert(t, qt.IsNil(err))
	t.Cleanup(func() { _ = program.Wait(20 * time.Second) })
	done := until(t, program, workload.StageDone)
	settle(t)
	out := run(t, "explain", "-p", strconv.Itoa(program.PID()), "--for", "300ms", "-o", "json")
	r := out.report(t)
	qt.Check(t, qt.IsTrue(r.Exact), qt.Commentf("%s", out.stdout))
	held, found := 0, make(map[string]int)
	for i := range r.Rings {
		held += r.Rings[i].Held.Sockets
		checkBlockers(t, &r.Rings[i], found)
	}
	if !affected(&r.Report) {
		qt.Check(t, qt.Equals(out.code, 0))
		qt.Check(t, qt.Equals(held, 0))
		return
	}
	qt.Check(t, qt.Equals(held, done.Behind))
	holders := 0
	for _, pin := range done.Pins {
		if !pin.HoldsNode() {
			continue
		}
		holders++
		key := holder(pin.Op, pin.UserData.String(), pin.Depth, pin.State, pin.Multishot)
		qt.Check(t, qt.Equals(found[key], 1), qt.Commentf("%s in %v", key, found))
	}
	want := 0
	if holders > 0 {
		want = 3
	}
	qt.Check(t, qt.Equals(out.code, want))
	qt.Check(t, qt.HasLen(found, holders))
}

// checkBlockers counts the requests that hold nodes and adds up what their ends
// would release: all that is held, pin by pin.
func checkBlockers(t *testing.T, ring *queue.RingReport, found map[string]int) {
	t.Helper()
	frees := 0
	for _, b := range ring.Blockers {
		qt.Check(t, qt.Equals(b.References, b.Found))
		frees += b.Frees.Sockets
		for _, q := range b.Requests {
			found[holder(q.Op, q.UserData, b.Position, q.State, q.Multishot)]++
		}
	}
	if len(ring.Blockers) > 0 {
		qt.Check(t, qt.Equals(frees, ring.Held.Sockets))
	}
}

func holder(op, userData string, position int, state string, multishot bool) string {
	shots := "one-shot"
	if multishot {
		shots = "multishot"
	}
	return fmt.Sprintf("%s %s %s at %d, %s", shots, op, userData, position, state)
}
