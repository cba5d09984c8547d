package incident

import (
	"time"

	"uringtrace/internal/events"
	"uringtrace/internal/queue"
)

// Subject is what does not change while a process is observed.
type Subject struct {
	Target  queue.Target
	Release string // of the kernel
	Reclaim events.Reclaim
	Costs   queue.Costs
	Backend string   // how events arrive
	NotSeen []string // what hooks that don't work would have told, in sentences
	Notes   []string
	// Settle is how long the same head must have been in front before the nodes
	// behind it count as blocked.
	Settle time.Duration
}

// SettleTime is the Settle of a kernel: requests that take milliseconds hold nodes,
// too. Kernels that defer release do so by a second, so there it is twice that.
func SettleTime(reclaim events.Reclaim) time.Duration {
	if reclaim == events.OrderedDeferred {
		return 2 * time.Second
	}
	return time.Second
}
