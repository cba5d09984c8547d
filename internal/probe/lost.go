package probe

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"

	"uringtrace/bpf"
	"uringtrace/internal/events"
)

// Loss counts what did not arrive since NewLive, by kind and by ring.
func (l *Live) Loss() (events.Loss, error) {
	loss := events.Loss{ByKind: make(map[events.Kind]uint64), ByRing: make(map[uint64]uint64), Broken: l.reader.broken}
	for _, k := range events.Kinds() {
		_, lost, err := l.count(k)
		if err != nil {
			return loss, err
		}
		if lost > 0 {
			loss.ByKind[k] = lost
		}
	}
	var ring uint64
	var state bpf.ProbeRingState
	for it := l.coll.Maps["rings"].Iterate(); it.Next(&ring, &state); {
		if state.Lost > 0 {
			loss.ByRing[ring] = state.Lost
		}
	}
	for name, out := range map[string]*uint64{"untracked_socks": &loss.Socks, "untracked_calls": &loss.Calls} {
		if v := l.coll.Variables[name]; v != nil {
			if err := v.Get(out); err != nil {
				return loss, fmt.Errorf("read %s: %w", name, err)
			}
		}
	}
	for _, prog := range l.coll.Programs {
		stats, err := prog.Stats()
		if err != nil && !errors.Is(err, ebpf.ErrNotSupported) {
			return loss, fmt.Errorf("read program stats: %w", err)
		}
		if stats != nil {
			loss.Missed += stats.RecursionMisses
		}
	}
	return loss, nil
}

// count is how many records of a kind were sent and lost, over all CPUs.
func (l *Live) count(k events.Kind) (sent, lost uint64, err error) {
	var cpus []bpf.ProbeKindStats
	if err := l.coll.Maps["stats"].Lookup(uint32(k), &cpus); err != nil {
		return 0, 0, fmt.Errorf("read event counts: %w", err)
	}
	for _, c := range cpus {
		sent += c.Sent
		lost += c.Lost
	}
	return sent, lost, nil
}
