package workload

import (
	"fmt"
	"slices"
	"strings"
)

// Program is the name of the workload's binary.
const Program = "uringload"

// Scenario names one bundled workload. What it does is in package play, which has
// one row for every row here; a test holds the two tables together.
type Scenario struct {
	// Name is what the user types.
	Name  string
	Group Group
	// Summary is one line without a full stop.
	Summary string
}

// Group says what a scenario is about, and with it which stages it passes.
type Group string

// The groups, in the order in which they are listed.
const (
	// GroupPins: what can hold a node, and what can be held back by it.
	GroupPins Group = "pins"
	// GroupRings: several rings, and rings that are hard to find.
	GroupRings Group = "rings"
	// GroupRemedies: listener-poll and then an action that may or may not help.
	GroupRemedies Group = "remedies"
	// GroupRandom: made up from a seed.
	GroupRandom Group = "random"
	// GroupRounds: the same operation at full speed, round after round, each timed.
	GroupRounds Group = "rounds"
)

// stageGroups are the stages that scenarios of one group alone pass.
var stageGroups = map[StageName]Group{
	StageCheckpoint: GroupRandom,
	StageRound:      GroupRounds,
	StageActed:      GroupRemedies,
}

// Stages returns the stages of the scenario in order, which are those that can be
// paused at. Checkpoints and rounds may be passed more than once. The slice is the
// caller's.
func (s Scenario) Stages() []StageName {
	return slices.DeleteFunc(StageNames(), func(name StageName) bool {
		only, ok := stageGroups[name]
		return ok && only != s.Group
	})
}

// Scenarios returns the bundled scenarios in the order in which they are listed.
// The slice is the caller's.
func Scenarios() []Scenario {
	return []Scenario{
		{"listener-poll", GroupPins, "poll on a listening socket in a fixed slot; every descriptor removed afterwards stays (liburing #1192)"},
		{"no-poll", GroupPins, "the same removals with nothing in flight; everything is released"},
		{"regular-fd", GroupPins, "the same poll through the listener's ordinary descriptor; it holds no node, everything is released"},
		{"accept", GroupPins, "accept on the fixed listener that nobody connects to"},
		{"accept-multishot", GroupPins, "multishot accept on the fixed listener"},
		{"recv", GroupPins, "recv on a connected fixed socket whose peer says nothing"},
		{"pipe-read", GroupPins, "read on a fixed pipe that stays empty; the ring polls for it"},
		{"pipe-read-async", GroupPins, "the same read sent to a worker thread (IOSQE_ASYNC), which polls for it too"},
		{"splice", GroupPins, "splice from a fixed pipe that stays empty; a worker thread sleeps in it"},
		{"buffer-pin", GroupPins, "read into a registered buffer from an ordinary pipe; the buffer holds the node, files and buffers are removed"},
		{"several-pins", GroupPins, "poll first, recv after a third of the removals, accept after two thirds"},
		{"direct", GroupPins, "sockets made in the slot and closed there (direct descriptors) behind a listener poll"},
		{"tags", GroupPins, "removals with tags behind a listener poll; the tags tell what is released"},
		{"buffers", GroupPins, "registered buffers with tags updated and removed behind a listener poll"},
		{"two-rings", GroupRings, "the same removals on two rings of one process, a listener poll on one of them"},
		{"shared-ring", GroupRings, "listener-poll on a ring whose descriptor a child process has inherited"},
		{"registered-ring", GroupRings, "listener-poll on a ring that is registered with its thread and has no descriptor"},
		{"many-rings", GroupRings, "a thousand small rings (--rings), a listener poll on one of them"},
		{"cancel", GroupRemedies, "cancel the poll with a request (ASYNC_CANCEL)"},
		{"sync-cancel", GroupRemedies, "cancel the poll with a register call of the owner (SYNC_CANCEL)"},
		{"shutdown", GroupRemedies, "shutdown(2) of the listener"},
		{"outside-cancel", GroupRemedies, "cancel the poll from another process that takes a copy of the ring's descriptor (pidfd_getfd)"},
		{"outside-shutdown", GroupRemedies, "shutdown(2) of the listener from another process"},
		{"connect", GroupRemedies, "a connection to the listener, which ends the poll"},
		{"connect-multishot", GroupRemedies, "a connection to the listener of a multishot poll, which goes on"},
		{"close-only", GroupRemedies, "close(2) of the listener's descriptor; the poll keeps the file"},
		{"clear-slot", GroupRemedies, "removal of the listener from its slot; the poll keeps the file"},
		{"unregister", GroupRemedies, "unregister the file table, which before Linux 6.13 blocks until interrupted"},
		{"more-updates", GroupRemedies, "one more socket put into the table and removed"},
		{"close-ring", GroupRemedies, "close the ring with the poll in flight"},
		{"exit", GroupRemedies, "end of the process with the poll in flight"},
		{"random", GroupRandom, "random operations (--seed, --ops) on three rings, with all that is known at --checkpoints moments"},
		{"churn", GroupRounds, "sockets registered and removed by register calls; --rounds of --ops of them, each timed"},
		{"churn-pinned", GroupRounds, "the same behind a listener poll; they stay"},
		{"nop", GroupRounds, "a request that does nothing, one in each call"},
		{"fixed-read", GroupRounds, "a read of 512 bytes from /dev/zero in a fixed slot, one in each call"},
	}
}

// UnknownScenarioError is returned by Find for a name that is not in the table.
type UnknownScenarioError struct {
	Name string
}

func (e *UnknownScenarioError) Error() string {
	var names []string
	for _, s := range Scenarios() {
		names = append(names, s.Name)
	}
	return fmt.Sprintf("unknown scenario %q: choose one of %s", e.Name, strings.Join(names, ", "))
}

// Find returns the scenario called name, or an *UnknownScenarioError.
func Find(name string) (Scenario, error) {
	for _, s := range Scenarios() {
		if s.Name == name {
			return s, nil
		}
	}
	return Scenario{}, &UnknownScenarioError{name}
}
