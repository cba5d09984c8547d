//go:build giouring && linux

package play

import (
	"fmt"
	"os"
	"time"
)

// sockstat is per thread because a network namespace is.
const sockstat = "/proc/thread-self/net/sockstat"

// socketsUsed returns the number of sockets in this network namespace, of all
// processes and families. Until the kernel has freed a closed socket it counts.
func socketsUsed() (int, error) {
	text, err := os.ReadFile(sockstat)
	if err != nil {
		return 0, fmt.Errorf("count sockets: %w", err)
	}
	var n int
	if _, err := fmt.Sscanf(string(text), "sockets: used %d", &n); err != nil {
		return 0, fmt.Errorf("count sockets in %s: %w", sockstat, err)
	}
	return n, nil
}

// Generation A (before Linux 6.4) frees about one second after the last reference
// is gone, so settle gives it some time more.
const (
	settleTimeout  = 3 * time.Second
	settleInterval = 10 * time.Millisecond
)

// settle waits until no more than want sockets are in use, or for settleTimeout:
// they may be held, or other processes in the namespace may have opened some
// meanwhile. It returns how many are in use then.
func settle(want int) (int, error) {
	for deadline := time.Now().Add(settleTimeout); ; time.Sleep(settleInterval) {
		used, err := socketsUsed()
		if err != nil || used <= want || time.Now().After(deadline) {
			return used, err
		}
	}
}
