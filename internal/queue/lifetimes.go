package queue

import (
	"cmp"
	"maps"
	"slices"
)

// maxChurn is how many slots that churn are listed.
const maxChurn = 50

// lifetimes tells which slots requests hold the queue by, and which the queued
// files came from. Only an event tells the latter: of files that were queued
// before, the kernel keeps no slot. Nil if either is not known.
func (x *explainer) lifetimes() *Lifetimes {
	long := make(map[int]bool)
	for _, q := range x.holders {
		if q.Slot >= 0 {
			long[int(q.Slot)] = true
		}
	}
	churn := x.churn()
	if len(long) == 0 || len(churn) == 0 {
		return nil
	}
	slices.SortFunc(churn, func(a, b Churn) int {
		return cmp.Or(cmp.Compare(b.Removals, a.Removals), cmp.Compare(a.Slot, b.Slot))
	})
	out := &Lifetimes{Long: slices.Sorted(maps.Keys(long)), Churn: churn}
	if len(churn) > maxChurn {
		out.Churn, out.More = churn[:maxChurn], len(churn)-maxChurn
	}
	return out
}

func (x *explainer) churn() []Churn {
	removals := make(map[uint32]int)
	for slot, n := range x.slotted {
		removals[slot] = int(n)
	}
	if x.counted {
		return churnOf(removals)
	}
	for n := range x.each(&x.queue) {
		for it := range x.items(n) {
			if it.slot != noSlot && x.classes.infos[it.class].file {
				removals[it.slot]++
			}
		}
	}
	return churnOf(removals)
}

func churnOf(removals map[uint32]int) []Churn {
	out := make([]Churn, 0, len(removals))
	for slot, n := range removals {
		out = append(out, Churn{int(slot), n})
	}
	return out
}
