//go:build linux

package probe

import (
	"errors"
	"fmt"
	"maps"
	"sync"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"

	"uringtrace/bpf"
	"uringtrace/internal/events"
)

// Loss counts what did not arrive since NewLive, by kind and by ring.
func (l *Live) Loss() (events.Loss, error) {
	loss, err := l.countLoss()
	if err != nil {
		return loss, err
	}
	for kind := range loss.ByKind {
		if loss.ByKind[kind] -= l.base.ByKind[kind]; loss.ByKind[kind] == 0 {
			delete(loss.ByKind, kind)
		}
	}
	loss.Elsewhere -= l.base.Elsewhere
	loss.Socks -= l.base.Socks
	loss.Rings -= l.base.Rings
	loss.Calls -= l.base.Calls
	loss.Missed -= l.base.Missed
	loss.Broken -= l.base.Broken
	return loss, nil
}

// countLoss counts since the hooks were loaded, the self-test's losses included.
func (l *Live) countLoss() (events.Loss, error) {
	loss := events.Loss{Begin: Now(), Broken: l.reader.broken}
	var err error
	if loss.ByKind, loss.ByRing, err = l.lostByMaps(); err != nil {
		return loss, err
	}
	for name, out := range map[string]*uint64{
		"lost_elsewhere": &loss.Elsewhere, "untracked_socks": &loss.Socks,
		"untracked_rings": &loss.Rings, "untracked_calls": &loss.Calls,
	} {
		if v := l.coll.Variables[name]; v != nil {
			if err := v.Get(out); err != nil {
				return loss, fmt.Errorf("read %s: %w", name, err)
			}
		}
	}
	if loss.Missed, err = l.missed(); err != nil {
		return loss, err
	}
	loss.End = Now()
	return loss, nil
}

// lossMaps is what was lost by the kernel's maps, at a version of them.
type lossMaps struct {
	sync.Mutex
	read    bool // once
	version uint64
	byKind  map[events.Kind]uint64
	byRing  map[uint64]uint64
}

// lostByMaps looks into the maps only if they have changed: a task that is preempted in
// bpf(2) keeps the kernel from running kprobes on its processor until it goes on.
func (l *Live) lostByMaps() (map[events.Kind]uint64, map[uint64]uint64, error) {
	m := &l.maps
	m.Lock()
	defer m.Unlock()
	var version uint64
	if err := l.coll.Variables["loss_version"].Get(&version); err != nil {
		return nil, nil, fmt.Errorf("read loss_version: %w", err)
	}
	if !m.read || m.version != version {
		byKind, err := l.lostByKind()
		if err != nil {
			return nil, nil, err
		}
		byRing, err := l.lostByRing()
		if err != nil {
			return nil, nil, err
		}
		m.read, m.version, m.byKind, m.byRing = true, version, byKind, byRing
	}
	return maps.Clone(m.byKind), maps.Clone(m.byRing), nil
}

// forget has the maps looked into the next time: they were changed from here.
func (m *lossMaps) forget() {
	m.Lock()
	defer m.Unlock()
	m.read = false
}

func (l *Live) lostByKind() (map[events.Kind]uint64, error) {
	out := make(map[events.Kind]uint64)
	for _, k := range events.Kinds() {
		_, lost, err := l.count(k)
		if err != nil {
			return nil, err
		}
		if lost > 0 {
			out[k] = lost
		}
	}
	return out, nil
}

// missed is how often the kernel skipped a hook, as far as it counts that: of
// programs always, of kprobes that interrupt another one since 6.7. Of two programs
// at one hook, both were skipped no more often than the one that was less often.
func (l *Live) missed() (uint64, error) {
	var n uint64
	skipped := make(map[string]uint64)
	for name, prog := range l.coll.Programs {
		stats, err := prog.Stats()
		if err != nil && !errors.Is(err, ebpf.ErrNotSupported) {
			return 0, fmt.Errorf("read program stats: %w", err)
		}
		if stats != nil {
			skipped[name] = stats.RecursionMisses
			n += stats.RecursionMisses
		}
	}
	for _, h := range l.hooks {
		if h.again != "" {
			n -= max(skipped[h.tracing], skipped[h.again])
		}
	}
	for _, lnk := range l.links {
		if _, ok := lnk.(link.PerfEvent); !ok {
			continue
		}
		info, err := lnk.Info()
		if err != nil {
			continue // it is not told by this kernel
		}
		if kprobe := info.PerfEvent().Kprobe(); kprobe != nil {
			n += kprobe.Missed
		}
	}
	return n, nil
}

// lostByRing has each ring that is followed, with what was lost of it.
func (l *Live) lostByRing() (map[uint64]uint64, error) {
	const batch = 1024
	out := make(map[uint64]uint64)
	rings, states := make([]uint64, batch), make([]bpf.WireRingState, batch)
	var cursor ebpf.MapBatchCursor
	for {
		n, err := l.coll.Maps["rings"].BatchLookup(&cursor, rings, states, nil)
		if err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) {
			return nil, fmt.Errorf("read losses by ring: %w", err)
		}
		for i := range n {
			out[rings[i]] = states[i].Lost
		}
		if err != nil {
			return out, nil
		}
	}
}

// count is how many records of a kind were sent and lost, over all CPUs.
func (l *Live) count(k events.Kind) (sent, lost uint64, err error) {
	var cpus []bpf.WireKindStats
	if err := l.coll.Maps["stats"].Lookup(uint32(k), &cpus); err != nil {
		return 0, 0, fmt.Errorf("read event counts: %w", err)
	}
	for _, c := range cpus {
		sent += c.Sent
		lost += c.Lost
	}
	return sent, lost, nil
}
