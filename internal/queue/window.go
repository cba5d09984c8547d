package queue

import "uringtrace/internal/events"

// verdict is what a walk and the events around it allow to say of one ring.
type verdict struct {
	known   bool // the state followed this ring by events and is exact
	lossy   bool // of the window's events some were lost
	unheard string
	torn    bool
	created bool // born in the window: its events tell all
	gone    bool
	exit    bool
	put     bool // A: the worker released something

	head     uint64 // B: first node of the walk's queue
	headHeld bool
	zero     bool                // B: holders ended in the window
	headEnds bool                // B: ... those of the head, or the head is new
	reborn   bool                // B: an address was used again
	zeroed   map[uint64]struct{} // B
	removing bool                // B: a removal waits for its node
	orphan   bool                // B: a new node whose removal the window lacks

	fresh map[uint64]struct{} // A: nodes that became active in the window
	open  map[uint64]struct{} // A: nodes with removals, not known from their start
}

// keep reports whether the events alone lead to the exact state, so that the
// walk need not replace it.
func (v *verdict) keep() bool { return v.created || v.gone || v.known && v.unheard == "" }

// settled reports whether walk and window together are exact.
//
// A walk is not one moment. But a queue only grows at its tail and loses only
// at its head, so as long as nothing was released, what the walk has is a
// prefix of what was there when the window ended and the window has the rest.
//
//   - A: a ZERO moves a node to the worker's list, which the walk reads after
//     the queue; only the worker's puts release.
//   - B: a ZERO releases if it reaches the head. Behind a head that is held
//     throughout, it only flags.
//   - C: nothing is ordered; the last event of a node decides.
func (v *verdict) settled(reclaim events.Reclaim) bool {
	if v.keep() {
		return true
	}
	if v.torn || v.exit || v.lossy || v.unheard != "" {
		return false
	}
	switch reclaim {
	case events.OrderedDeferred:
		return !v.put && len(v.open) == 0
	case events.Ordered:
		held := v.head != 0 && v.headHeld && !v.headEnds && !v.reborn
		return !v.orphan && (!v.zero || held)
	}
	return true
}

func (s *State) judge(w *events.Walk, window []events.Event) map[uint64]*verdict {
	verdicts := s.verdicts(w)
	w.EachNode(func(n *events.WalkNode) {
		if v := verdicts[n.Ring]; v != nil {
			v.meet(n)
		}
	})
	for i := range window {
		if v := verdicts[window[i].Ring]; v != nil {
			v.see(&window[i], s.reclaim)
		}
	}
	open := false
	for _, v := range verdicts {
		open = open || len(v.open) > 0
	}
	if !open {
		return verdicts
	}
	w.EachNode(func(n *events.WalkNode) {
		if v := verdicts[n.Ring]; v != nil && (n.Place == events.AtQueue || n.Place == events.AtReleasing) {
			delete(v.open, n.Node) // the walk has all its items
		}
	})
	return verdicts
}

// verdicts on the rings of a walk, before its nodes and the window.
func (s *State) verdicts(w *events.Walk) map[uint64]*verdict {
	verdicts := make(map[uint64]*verdict, len(w.Rings))
	for i := range w.Rings {
		addr := w.Rings[i].Ring
		r := s.live(addr)
		v := &verdict{torn: w.Rings[i].Torn != 0, unheard: s.unheard[addr].why, lossy: s.lostAt > w.Begin}
		if r != nil {
			v.known, v.lossy = r.inexact == "" && s.hooked, r.lostAt > w.Begin
		}
		verdicts[addr] = v
	}
	return verdicts
}

func (v *verdict) meet(n *events.WalkNode) {
	switch {
	case n.Place == events.AtActive && n.Put != 0:
		mark(&v.open, n.Node) // an update is under way: it will get more
	case n.Place == events.AtQueue && v.head == 0:
		v.head, v.headHeld = n.Node, n.Refs > 0
	}
}

func (v *verdict) see(e *events.Event, reclaim events.Reclaim) {
	switch e.Kind {
	case events.RingCreate:
		v.created, v.gone = true, false
		return
	case events.RingGone:
		v.gone = true
		return
	case events.RingExit:
		v.exit = true
		return
	case events.Register, events.SockRelease:
		return
	}
	switch reclaim {
	case events.OrderedDeferred:
		v.seeDeferred(e)
	case events.Ordered:
		v.seeOrdered(e)
	}
}

func (v *verdict) seeDeferred(e *events.Event) {
	switch e.Kind {
	case events.PutBatch, events.NodePut:
		v.put = true
	case events.NodeSwitch:
		mark(&v.fresh, e.Next)
	case events.NodeRemove:
		// It may have had others before the window began.
		if _, ok := v.fresh[e.Node]; !ok {
			mark(&v.open, e.Node)
		}
	}
}

func (v *verdict) seeOrdered(e *events.Event) {
	switch e.Kind {
	case events.NodeRemove:
		v.removing = true
	case events.NodeNew:
		// A quiesce marker has no removal either; whether the walk has the
		// marker can't be told when the removal's hook may just be missing.
		v.orphan = v.orphan || !v.removing
		v.removing = false
		_, again := v.zeroed[e.Node]
		v.reborn = v.reborn || again
		v.headEnds = v.headEnds || e.Node == v.head
	case events.NodeZero:
		v.zero = true
		v.headEnds = v.headEnds || e.Node == v.head
		mark(&v.zeroed, e.Node)
	}
}

func mark(set *map[uint64]struct{}, addr uint64) {
	if *set == nil {
		*set = make(map[uint64]struct{})
	}
	(*set)[addr] = struct{}{}
}
