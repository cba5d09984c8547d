//go:build giouring && linux

package play

// plan is one scenario. Each piece works on the scene that the pieces before left.
type plan struct {
	// setUp makes the ring and what requests will work on.
	setUp []func(*scene) error
	// pin leaves the long-lived request in flight; nil leaves none.
	pin func(*scene) error
	// remove puts one more socket into the table and removes it again.
	remove func(*scene) error
}

// plans has one row for every row of workload.Scenarios.
func plans() map[string]plan {
	basics := []func(*scene) error{openRing, registerTable, listen, installListener}

	return map[string]plan{
		"listener-poll": {setUp: basics, pin: pollListenerSlot, remove: updateAndClear},
		"no-poll":       {setUp: basics, remove: updateAndClear},
		"regular-fd":    {setUp: basics, pin: pollListenerFD, remove: updateAndClear},
	}
}
