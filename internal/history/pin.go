package history

import (
	"cmp"
	"slices"

	"uringtrace/internal/queue"
)

// End says how a pin ended.
type End string

// The ends.
const (
	StillHeld    End = ""              // it has not
	HoldersEnded End = "holders ended" // the kernel has said so
	RingClosed   End = "ring closed"
	NotSeen      End = "not seen" // between two walks, or the word of it was lost
)

// Pin is a queued node that requests held, from when both was so until it no longer
// was.
type Pin struct {
	Ring, Node int
	Begin      uint64
	Older      bool   // it was there before Begin, which is when it was first seen
	Ended      uint64 // 0: it is still held
	End        End
	Released   int // nodes that left the queue with its end: it and what waited for it

	// As of the last look at it.
	Read       uint64 // when that was; 0: there was none
	Position   int    // in the queue, 0 = head
	References int
	Found      int
	Requests   []queue.Request // MostHolders at most
	Frees      queue.Frees     // what its end alone would have released
}

// lasting reports whether it is more than a node on its way: a walk has found who
// holds it, or it was held for longer than the kernel takes by itself.
func (p *Pin) lasting(until, settle uint64) bool {
	return len(p.Requests) > 0 || until-p.Begin >= settle
}

// Pins are those that are kept, by ring and beginning: all that are still held and
// the longest of those that have ended. Nodes that were only on their way, or held
// for less than incident.Subject.Settle without a walk that met them, are none.
func (h *History) Pins() []Pin {
	all := slices.Clone(h.pins.ended)
	for _, r := range h.order {
		for node := range r.live {
			if p := r.pin(node); p.lasting(h.end, h.pins.settle) {
				all = append(all, p)
			}
		}
	}
	slices.SortFunc(all, func(a, b Pin) int {
		return cmp.Or(cmp.Compare(a.Ring, b.Ring), cmp.Compare(a.Begin, b.Begin), cmp.Compare(a.Node, b.Node))
	})
	return all
}

// PinsLeftOut are those that have ended and were too many to be kept, and how often
// a node was not followed because too many were held at the same time.
func (h *History) PinsLeftOut() (ended, notFollowed int) { return h.pins.shorter, h.pins.refused }

// birth is when a node became one that may be held.
type birth struct {
	time  uint64
	older bool
	round uint32 // of reconcile, that has found it last
}

// begin: a node is in the queue and may be held.
func (h *History) begin(r *Ring, node int, older bool) {
	if _, ok := r.live[node]; ok {
		return
	}
	if h.pins.live == MostLive {
		h.pins.refused++
		return
	}
	if r.live == nil {
		r.live, r.read = make(map[int]birth), make(map[int]*Pin)
	}
	r.live[node] = birth{time: h.end, older: older}
	h.pins.live++
}

// letGo: a node is held no more.
func (h *History) letGo(r *Ring, node, released int, how End) {
	if _, ok := r.live[node]; !ok {
		return
	}
	p := r.pin(node)
	p.Ended, p.End, p.Released = h.end, how, released
	delete(r.live, node)
	delete(r.read, node)
	h.pins.live--
	if p.lasting(p.Ended, h.pins.settle) {
		h.pins.keep(&p)
	}
}

// letGoAll: the ring has no queue any more.
func (h *History) letGoAll(r *Ring, how End) {
	for node := range r.live {
		h.letGo(r, node, 0, how)
	}
}

// reconcile holds the nodes that are followed against those that a walk has left.
func (h *History) reconcile() {
	h.pins.round++
	for number, node := range h.incident.State().MaybeHeld {
		r := h.rings[number]
		if r == nil {
			continue
		}
		h.begin(r, node, true)
		if b, ok := r.live[node]; ok {
			b.round = h.pins.round
			r.live[node] = b
		}
	}
	for _, r := range h.order {
		for node, b := range r.live {
			if b.round != h.pins.round {
				h.letGo(r, node, 0, NotSeen)
			}
		}
	}
}

// readPins keeps what a look tells of the nodes that are held.
func (h *History) readPins(r *Ring, rr *queue.RingReport) {
	for i := range rr.Blockers {
		b := &rr.Blockers[i]
		h.begin(r, b.Node, true)
		if _, ok := r.live[b.Node]; !ok {
			continue
		}
		p := r.read[b.Node]
		if p == nil {
			p = &Pin{}
			r.read[b.Node] = p
		}
		p.Read, p.Position, p.References, p.Found, p.Frees = h.end, b.Position, b.References, b.Found, b.Frees
		if len(b.Requests) > 0 {
			p.Requests = firstRequests(b.Requests)
		}
	}
}

// pin is what is known of a node that may be held.
func (r *Ring) pin(node int) Pin {
	var p Pin
	if read := r.read[node]; read != nil {
		p = *read
	}
	b := r.live[node]
	p.Ring, p.Node, p.Begin, p.Older = r.Number, node, b.time, b.older
	return p
}
