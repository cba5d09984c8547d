//go:build linux

package probe

import (
	"errors"
	"fmt"

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
	if loss.ByKind, err = l.lostByKind(); err != nil {
		return loss, err
	}
	if loss.Missed, err = l.missed(); err != nil {
		return loss, err
	}
	if loss.ByRing, err = l.lostByRing(sum(loss.ByKind), loss.Missed); err != nil {
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
	loss.End = Now()
	return loss, nil
}

func (l *Live) lostByKind() (map[events.Kind]uint64, error) {
	var lost [bpf.WireEvEV_COUNT]uint64
	if err := l.coll.Variables["lost_by_kind"].Get(&lost); err != nil {
		return nil, fmt.Errorf("read lost_by_kind: %w", err)
	}
	out := make(map[events.Kind]uint64)
	for _, k := range events.Kinds() {
		if lost[k] > 0 {
			out[k] = lost[k]
		}
	}
	return out, nil
}

func sum(byKind map[events.Kind]uint64) (n uint64) {
	for _, lost := range byKind {
		n += lost
	}
	return n
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

// sent is how many records of a kind were sent, over all CPUs.
func (l *Live) sent(k events.Kind) (sent uint64, err error) {
	var cpus []uint64
	if err := l.coll.Maps["sent"].Lookup(uint32(k), &cpus); err != nil {
		return 0, fmt.Errorf("read event counts: %w", err)
	}
	for _, n := range cpus {
		sent += n
	}
	return sent, nil
}
