//go:build giouring && linux

package play

import (
	"testing"

	"github.com/go-quicktest/qt"
	"golang.org/x/sys/unix"

	"uringtrace/internal/workload"
)

// setUps are the ways to set up a ring that every scenario must work with.
func setUps() map[workload.RingFlag][]string {
	return map[workload.RingFlag][]string{
		workload.FlagDefault:      {},
		workload.FlagSingleIssuer: {"SINGLE_ISSUER"},
		workload.FlagDeferTaskrun: {"SINGLE_ISSUER", "DEFER_TASKRUN"},
		workload.FlagCoopTaskrun:  {"COOP_TASKRUN"},
		workload.FlagSQPoll:       {"SQPOLL"},
	}
}

// An ordered kernel keeps what was removed behind a pin, an independent one nothing;
// in the end nothing is left anywhere.
func TestWhatStaysBehindAPin(t *testing.T) {
	for flag := range setUps() {
		t.Run(string(flag), func(t *testing.T) {
			for _, s := range workload.Scenarios() {
				if s.Group != workload.GroupPins && s.Group != workload.GroupRings {
					continue // they have tests of their own
				}
				t.Run(s.Name, func(t *testing.T) {
					if !mine(t) {
						return
					}
					watch(t, s.Name, flag, func(done workload.Stage) { checkDone(t, s.Name, done) })
				})
			}
		})
	}
}

// watch plays a scenario on a ring set up with flag, checks what is the same for
// all of them and calls look when the removals are made.
func watch(t *testing.T, name string, flag workload.RingFlag, look func(done workload.Stage)) []workload.Stage {
	t.Helper()
	o := quick()
	o.UserData = 0xcafe
	o.Flags = workload.RingFlags{flag}
	before := openFDs(t)
	var ready workload.Stage
	stages := at(t, name, o, func(stage workload.Stage) {
		switch stage.Name {
		case workload.StageReady:
			ready = stage
			qt.Check(t, qt.Equals(ready.TID, unix.Gettid()))
			qt.Check(t, qt.Equals(ready.Slots, o.Slots))
			qt.Check(t, qt.DeepEquals(ready.RingFlags, setUps()[flag]))
			qt.Check(t, qt.HasLen(ready.Pins, min(len(pinsOf(name)), 1)))
			checkListener(t, ready.Listener)
		case workload.StageDone:
			qt.Check(t, qt.IsTrue(stage.ElapsedNS > 0))
			qt.Check(t, qt.HasLen(stage.Removals, 1+len(ready.Others)))
			checkPins(t, stage.Pins, pinsOf(name), ready.TID, flag == workload.FlagSQPoll)
			checkPolls(t, ready.Ring, stage.Pins)
			checkWorkers(t, stage.Pins)
			look(stage)
		}
	})
	qt.Check(t, qt.Equals(openFDs(t), before))
	end := stages[len(stages)-1]
	qt.Check(t, qt.Equals(end.SocketsUsed, stages[0].SocketsUsed))
	if tags := end.Tags; tags != nil {
		qt.Check(t, qt.Equals(tags.Released, tags.Count))
	}
	return stages
}

func checkDone(t *testing.T, name string, done workload.Stage) {
	t.Helper()
	made := quick().Sockets
	if name == "two-rings" {
		made *= 2
	}
	qt.Check(t, qt.Equals(done.Done.Sockets+done.Done.Buffers, made))
	qt.Check(t, qt.Equals(done.Direct, name == "direct" || name == "registered-ring"))
	behind := done.Sockets
	switch name {
	case "no-poll", "regular-fd":
		behind = 0
	case "two-rings", "many-rings":
		behind /= 2
	}
	qt.Check(t, qt.Equals(done.Behind, behind))
	removals := 0
	for _, n := range done.Removals {
		removals += n
	}
	qt.Check(t, qt.Equals(removals, done.Sockets+done.Buffers))

	grace(t)
	kept := 0
	if ordered() {
		kept = behind
	}
	usedBecomes(t, done.SocketsUsedBefore+kept)
	if tags := done.Tags; tags != nil {
		released := tags.Count
		if ordered() {
			released = 0
		}
		qt.Check(t, qt.Equals(tags.Released, released))
	}
}

// outcome is what a remedy does to the sockets that an ordered kernel keeps.
type outcome struct {
	frees bool
	// idle says that it does so on a DEFER_TASKRUN ring too before the owner enters it.
	// Cancelling with a request enters, once, and kernels differ in what that runs.
	idle bool
	// result of the action, and of the pin unless it stays in flight.
	result, pin int
}

// stays is the result of a pin that does not end.
const stays = 1 << 20

func outcomes() map[string]outcome {
	cancelled := -int(unix.ECANCELED)
	return map[string]outcome{
		"cancel":            {frees: true, pin: cancelled},
		"sync-cancel":       {frees: true, pin: cancelled},
		"shutdown":          {frees: true, pin: unix.POLLERR},
		"outside-cancel":    {frees: true, pin: cancelled},
		"outside-shutdown":  {frees: true, pin: unix.POLLERR},
		"connect":           {frees: true, pin: unix.POLLIN},
		"connect-multishot": {pin: stays},
		"close-only":        {pin: stays},
		"clear-slot":        {pin: stays},
		"unregister":        {pin: stays},
		"more-updates":      {pin: stays},
		"close-ring":        {frees: true, idle: true},
		"exit":              {pin: stays},
	}
}

func TestRemedies(t *testing.T) {
	for flag := range setUps() {
		t.Run(string(flag), func(t *testing.T) {
			for name, want := range outcomes() {
				t.Run(name, func(t *testing.T) {
					if !mine(t) {
						return
					}
					stages := watch(t, name, flag, func(workload.Stage) {})
					checkActed(t, stages[2], stages[3], want, flag)
				})
			}
		})
	}
}

func checkActed(t *testing.T, done, acted workload.Stage, want outcome, flag workload.RingFlag) {
	t.Helper()
	t.Logf("%+v pins %v", *acted.Acted, acted.Pins)
	qt.Check(t, qt.Equals(acted.Action, acted.Scenario))
	if acted.Action == "exit" {
		return // its outcome is for those who are left
	}
	deferred := flag == workload.FlagDeferTaskrun
	if acted.Action == "outside-cancel" && (deferred || flag == workload.FlagSingleIssuer) {
		want = outcome{result: -int(unix.EEXIST), pin: stays} // only the owner may
	}
	if acted.Action == "unregister" && ordered() {
		want.result = -int(unix.EINTR)
	}
	qt.Check(t, qt.Equals(acted.Result, want.result))
	qt.Check(t, qt.Equals(acted.Blocked, want.result == -int(unix.EINTR)))

	free := done.SocketsUsedBefore + acted.Extra
	kept := free
	if ordered() {
		kept += done.Behind
		if acted.Action == "more-updates" {
			kept++
		}
	}
	idle, settled := kept, kept
	if want.frees {
		settled = free
	}
	if want.frees && (want.idle || !deferred) {
		idle = free
	}
	if !deferred || acted.Action != "cancel" {
		qt.Check(t, qt.Equals(acted.Idle, idle))
	}
	qt.Check(t, qt.Equals(acted.Settled, settled))

	if want.pin == stays {
		qt.Check(t, qt.HasLen(acted.Pins, 1))
		return
	}
	qt.Check(t, qt.HasLen(acted.Pins, 0))
	if acted.Action != "close-ring" { // which takes the completions along
		qt.Assert(t, qt.HasLen(acted.Completions, 1))
		qt.Check(t, qt.Equals(acted.Completions[0].Result, want.pin))
	}
}
