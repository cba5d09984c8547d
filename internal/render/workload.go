package render

// Workload is what a bundled scenario says about itself: the ground truth beside
// the explanation. The keys of its JSON are a contract.
type Workload struct {
	Scenario          string `json:"scenario"`
	Sockets           int    `json:"sockets"`             // made and removed again
	SocketsUsedBefore int    `json:"sockets_used_before"` // in the network namespace, before the first removal
	SocketsUsed       int    `json:"sockets_used"`        // the same after the last removal, when all had settled
	Port              int    `json:"port"`
	UserData          string `json:"user_data"` // of the long-lived request; empty: there is none
}

// Left is how many sockets more are in use than before.
func (w *Workload) Left() int { return max(0, w.SocketsUsed-w.SocketsUsedBefore) }
