//go:build linux

package probe

import (
	"uringtrace/bpf"
	"uringtrace/internal/events"
)

// Removals is what a Live that only watches has counted since each ring was first
// watched; nil of one that sends events.
func (l *Live) Removals() ([]events.Removals, error) {
	if !l.counts {
		return nil, nil
	}
	rings, err := l.readRings()
	if err != nil {
		return nil, err
	}
	out := make([]events.Removals, len(rings))
	bySerial := make(map[uint64]int, len(rings))
	for i := range rings {
		bySerial[rings[i].Serial] = i
		out[i] = events.Removals{Ring: rings[i].Ring, Total: rings[i].Removed}
	}
	slots := l.coll.Maps["slot_removals"]
	if slots == nil {
		return out, nil // no slots on this kernel
	}
	uncounted, err := l.counter("uncounted_removals")
	if err != nil {
		return nil, err
	}
	if uncounted > 0 {
		return out, nil // they would not add up
	}
	counts, err := readMap[bpf.WireSlotReading](l, "read_slots", slots)
	if err != nil {
		return nil, err
	}
	var ended []bpf.WireSlotKey
	for _, c := range counts {
		i, ok := bySerial[c.Key.Serial]
		if !ok {
			ended = append(ended, c.Key)
			continue
		}
		if out[i].BySlot == nil {
			out[i].BySlot = make(map[uint32]uint64)
		}
		out[i].BySlot[c.Key.Slot] = c.Removed
	}
	for i := range ended {
		_ = slots.Delete(ended[i]) // its ring is gone
	}
	return out, nil
}
