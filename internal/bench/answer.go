package bench

// Answer is what one question costs, by the length of the queue.
type Answer struct {
	// Tool is who answers.
	Tool string `json:"tool"`
	// Nodes is the length of the queue.
	Nodes int `json:"nodes"`
	// MS is the time from its start to its end with the answer.
	MS float64 `json:"ms"`
	// Peak is the most memory that it had, in bytes.
	Peak uint64 `json:"peak"`
	// Missing says that the tool is not installed; the rest is zero then.
	Missing bool `json:"missing,omitempty"`
}

// Growth is what each further node costs.
type Growth struct {
	NS    float64 // of time
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
	return Growth{NS: (a.MS - base.MS) * 1e6 / nodes, Bytes: (float64(a.Peak) - float64(base.Peak)) / nodes}
}
