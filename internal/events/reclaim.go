package events

// Reclaim is how a kernel gives resource nodes back. It is decided from the
// kernel's BTF and never from its version, so that stable backports count.
type Reclaim uint8

// The generations; the numbers are those of enum reclaim in bpf/event.h.
const (
	UnknownReclaim  Reclaim = iota
	OrderedDeferred         // A, up to 6.3: in order, by a worker one second later
	Ordered                 // B, 6.4 to 6.12: in order, at once
	Independent             // C, 6.13 on: each node for itself
)

var reclaimNames = [...]string{"unknown", "ordered-deferred", "ordered", "independent"}

// String is the generation's name in text and JSON.
func (r Reclaim) String() string {
	if int(r) >= len(reclaimNames) {
		return reclaimNames[UnknownReclaim]
	}
	return reclaimNames[r]
}
