//go:build linux

package probe

import (
	"fmt"

	"uringtrace/bpf"
	"uringtrace/internal/events"
)

// Removals is what a Live that only watches has counted since each ring was first
// watched; nil of one that sends events.
func (l *Live) Removals() ([]events.Removals, error) {
	if !l.counts {
		return nil, nil
	}
	var out []events.Removals
	bySerial := make(map[uint64]int)
	var ring uint64
	var state bpf.WireRingState
	rings := l.coll.Maps["rings"].Iterate()
	for rings.Next(&ring, &state) {
		bySerial[state.Serial] = len(out)
		out = append(out, events.Removals{Ring: ring, Total: state.Removed})
	}
	if err := rings.Err(); err != nil {
		return out, fmt.Errorf("read rings: %w", err)
	}
	slots := l.coll.Maps["slot_removals"]
	if slots == nil {
		return out, nil // no slots on this kernel
	}
	var uncounted uint64
	if err := l.coll.Variables["uncounted_removals"].Get(&uncounted); err != nil {
		return nil, fmt.Errorf("read uncounted_removals: %w", err)
	}
	if uncounted > 0 {
		return out, nil // they would not add up
	}
	var key bpf.WireSlotKey
	var n uint64
	var ended []bpf.WireSlotKey
	counts := slots.Iterate()
	for counts.Next(&key, &n) {
		i, ok := bySerial[key.Serial]
		if !ok {
			ended = append(ended, key)
			continue
		}
		if out[i].BySlot == nil {
			out[i].BySlot = make(map[uint32]uint64)
		}
		out[i].BySlot[key.Slot] = n
	}
	if err := counts.Err(); err != nil {
		return out, fmt.Errorf("read slot_removals: %w", err)
	}
	for i := range ended {
		_ = slots.Delete(ended[i]) // its ring is gone
	}
	return out, nil
}
