//go:build linux

package probe

import "golang.org/x/sys/unix"

// Now is CLOCK_MONOTONIC in ns, the clock of events and walks.
func Now() uint64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		return 0 // can't fail for this clock
	}
	return uint64(ts.Nano())
}
