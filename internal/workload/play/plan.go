//go:build giouring && linux

package play

import "uringtrace/internal/workload"

// plan is one scenario. Each piece works on the scene that the pieces before left.
type plan struct {
	// setUp makes the rings and what requests will work on.
	setUp []func(*scene) error
	// pin leaves the first long-lived request in flight; nil leaves none.
	pin func(*scene) error
	// later are further ones.
	later []latePin
	// remove puts one more resource into a table and removes it again.
	remove func(*scene) error
	// improvise makes operations of its own instead, and shows checkpoints.
	improvise func(s *scene, show func(*workload.Checkpoint) error) error
	// round is one of the equal operations that rounds are made of, instead.
	round func(*scene) error
	// act is a remedy to try on what has come of it, or nil.
	act act
	// ends says that the remedy is known to end the pin if it succeeds.
	ends bool
	// exits ends the process without undoing anything.
	exits bool
}

// latePin is left in flight once a part of the removals, from 0 to 1, is made.
type latePin struct {
	after float64
	leave func(*scene) error
}

type step = func(*scene) error

// plans has one row for every row of workload.Scenarios.
func plans() map[string]plan {
	basics := []step{openRing, registerTables, listen, installListener}
	with := func(more ...step) []step { return append(basics[:len(basics):len(basics)], more...) }
	cure := func(a act) plan {
		return plan{setUp: basics, pin: pollListenerSlot, remove: updateAndClear, act: a, ends: true}
	}
	futile := func(a act) plan {
		return plan{setUp: basics, pin: pollListenerSlot, remove: updateAndClear, act: a}
	}

	return map[string]plan{
		"listener-poll":    {setUp: basics, pin: pollListenerSlot, remove: updateAndClear},
		"no-poll":          {setUp: basics, remove: updateAndClear},
		"regular-fd":       {setUp: basics, pin: pollListenerFD, remove: updateAndClear},
		"accept":           {setUp: basics, pin: acceptOnSlot, remove: updateAndClear},
		"accept-multishot": {setUp: basics, pin: acceptMultishot, remove: updateAndClear},
		"recv":             {setUp: with(installConnection), pin: recvOnSlot, remove: updateAndClear},
		"pipe-read":        {setUp: with(makePipe, installPipe), pin: readPipe, remove: updateAndClear},
		"pipe-read-async":  {setUp: with(makePipe, installPipe), pin: readPipeAsync, remove: updateAndClear},
		"splice":           {setUp: with(makePipe, installPipe), pin: spliceFromPipe, remove: updateAndClear},
		"buffer-pin":       {setUp: with(makePipe, registerBuffers), pin: readIntoBuffer, remove: removeFileOrBuffer},
		"several-pins": {
			setUp: with(installConnection), pin: pollListenerSlot, remove: updateAndClear,
			later: []latePin{{1. / 3, recvOnSlot}, {2. / 3, acceptOnSlot}},
		},
		"direct":  {setUp: basics, pin: pollListenerSlot, remove: closeDirect},
		"tags":    {setUp: basics, pin: pollListenerSlot, remove: updateWithTag},
		"buffers": {setUp: with(registerBuffers), pin: pollListenerSlot, remove: removeBuffer},

		"two-rings": {
			setUp: []step{openRing, openRing, registerTables, listen, installListener},
			pin:   pollListenerSlot, remove: removeOnAll,
		},
		"shared-ring":     {setUp: with(shareRing), pin: pollListenerSlot, remove: updateAndClear},
		"registered-ring": {setUp: with(keepRegistered), pin: pollListenerSlot, remove: closeDirect},
		"many-rings": {
			setUp: []step{openMany, registerTables, listen, installListener},
			pin:   pollListenerSlot, remove: removeOnOneOrOther,
		},

		"cancel":            cure(cancelPin),
		"sync-cancel":       cure(cancelPinSync),
		"shutdown":          cure(shutdownListener),
		"outside-cancel":    cure(cancelFromOutside),
		"outside-shutdown":  cure(shutdownFromOutside),
		"connect":           cure(connectOnce),
		"connect-multishot": {setUp: basics, pin: pollListenerMultishot, remove: updateAndClear, act: connectOnce},
		"close-only":        futile(closeListener),
		"clear-slot":        futile(clearListenerSlot),
		"unregister":        futile(unregisterTable),
		"more-updates":      futile(moreUpdates),
		"close-ring":        cure(closeRing),
		"random":            {setUp: []step{openImprovised, prepareImprovised}, improvise: improvise},
		"exit":              {setUp: basics, pin: pollListenerSlot, remove: updateAndClear, exits: true},

		"churn":        {setUp: basics, round: updateAndClear},
		"churn-pinned": {setUp: basics, pin: pollListenerSlot, round: updateAndClear},
		"nop":          {setUp: basics, round: doNothing},
		"fixed-read":   {setUp: with(installZero), round: readZero},
	}
}
