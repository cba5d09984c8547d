package bench

// Answer is what one question costs, by the length of the queue.
type Answer struct {
	// Tool is who answers.
	Tool string `json:"tool"`
	// Nodes is the length of the queue.
	Nodes int `json:"nodes"`
	// MS is the time from its start to its end with the answer.
	MS float64 `json:"ms"`
	// WalkMS is the part of it, or as much of another run, in which the kernel's lists
	// are read. 0: it is not told.
	WalkMS float64 `json:"walk_ms,omitempty"`
	// Peak is the most memory that it had, in bytes.
	Peak uint64 `json:"peak"`
	// Missing says why there are no figures; the rest is zero then.
	Missing string `json:"missing,omitempty"`
}

// Growth is what each further node costs.
type Growth struct {
	NS    float64 // of time
	Walk  float64 // of the time of the walk, in nanoseconds
	Bytes float64 // of memory
}

// GrowthOf compares an answer with that of the shortest queue of the same tool.
func GrowthOf(a Answer, all []Answer) Growth {
	base := a
	for _, b := range all {
		if b.Tool == a.Tool && b.Nodes < base.Nodes {
			base = b
		}
	}
	nodes := float64(a.Nodes - base.Nodes)
	if nodes == 0 {
		return Growth{}
	}
	return Growth{
		NS:    (a.MS - base.MS) * 1e6 / nodes,
		Walk:  (a.WalkMS - base.WalkMS) * 1e6 / nodes,
		Bytes: (float64(a.Peak) - float64(base.Peak)) / nodes,
	}
}
