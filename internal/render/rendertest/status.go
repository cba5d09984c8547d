package rendertest

import (
	"uringtrace/internal/queue"
	"uringtrace/internal/render"
)

// Statuses are the beginning of a recording, and a moment of it with every key.
func Statuses() []*render.Status {
	used := 1009
	return []*render.Status{
		{Version: 1, Time: 7e9, Wall: "2026-01-02T03:04:05.5Z", Rings: []render.StatusRing{}},
		{
			Version: 1, At: 12.5, Time: 19.5e9, Wall: "2026-01-02T03:04:18Z", Used: &used, Lost: queue.Lost{Events: 17},
			Rings: []render.StatusRing{
				{Ring: 1, FD: 5, Nodes: 1000, Releasing: 3, Rate: 16.5, Head: 1, Seconds: 12, Removed: 1000, Released: 9, Exact: true},
				{Ring: 2, FD: -1, Ended: true},
			},
		},
	}
}
