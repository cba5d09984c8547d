package render

import "uringtrace/internal/queue"

// Status is where the rings of a recording stand at one of its moments, as printed
// by -o json.
type Status struct {
	Version int          `json:"v"`
	At      float64      `json:"at"`             // seconds since its beginning
	Time    uint64       `json:"time"`           // ns, CLOCK_MONOTONIC
	Wall    string       `json:"wall"`           // RFC 3339
	Used    *int         `json:"used,omitempty"` // sockets in use in the process's network namespace
	Rings   []StatusRing `json:"rings"`
	Lost    queue.Lost   `json:"lost"`
}

// StatusRing is one ring.
type StatusRing struct {
	Ring      int     `json:"ring"`
	FD        int     `json:"fd"` // -1: none, or unknown
	Nodes     int     `json:"nodes"`
	Releasing int     `json:"releasing"`
	Rate      float64 `json:"nodes_per_second"` // since the status before
	Head      int     `json:"head,omitempty"`   // number of the first node
	Seconds   float64 `json:"head_seconds,omitempty"`
	Removed   uint64  `json:"removed"`
	Released  uint64  `json:"released"`
	Exact     bool    `json:"exact"`
	Ended     bool    `json:"ended,omitempty"`
}
