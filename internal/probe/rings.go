//go:build linux

package probe

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"sync"
	"unsafe"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"uringtrace/bpf"
)

// maxReadings is how often the rings are read over because some came or went meanwhile.
const maxReadings = 8

// followed is what was last read of the rings that are followed.
type followed struct {
	sync.Mutex
	read    bool // and not changed from here since
	changes uint64
	lost    uint64
	missed  uint64
	byRing  map[uint64]uint64
}

// ErrNoRoom: as many rings are followed as there is room for.
var ErrNoRoom = errors.New("no room to follow another ring")

// WatchRing has an existing ring observed. It reports whether the ring was
// observed already, and if it can't be, errors wrap ErrNoRoom.
func (l *Live) WatchRing(ring uint64) (already bool, err error) {
	l.rings.Lock()
	defer l.rings.Unlock()
	l.rings.read = false
	err = l.coll.Maps["rings"].Update(ring, bpf.WireRingState{Serial: Now()}, ebpf.UpdateNoExist)
	switch {
	case errors.Is(err, ebpf.ErrKeyExist):
		return true, nil
	case errors.Is(err, unix.E2BIG):
		return false, ErrNoRoom
	case err != nil:
		return false, fmt.Errorf("watch ring: %w", err)
	}
	return false, nil
}

// UnwatchRing takes back WatchRing.
func (l *Live) UnwatchRing(ring uint64) error {
	l.rings.Lock()
	defer l.rings.Unlock()
	l.rings.read = false
	if err := l.coll.Maps["rings"].Delete(ring); err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) {
		return fmt.Errorf("unwatch ring: %w", err)
	}
	return nil
}

// lostByRing has each ring that is followed, with what was lost of it. They are read
// only if some came or went, if more is lost in all than was, or if the kernel has
// skipped hooks: a ring's end may be among that, and is seen by its context then.
func (l *Live) lostByRing(lost, missed uint64) (map[uint64]uint64, error) {
	f := &l.rings
	f.Lock()
	defer f.Unlock()
	changes, err := l.counter("rings_changed")
	if err != nil {
		return nil, err
	}
	if !f.read || f.changes != changes || f.lost != lost || f.missed != missed {
		rings, err := l.readRingsLocked()
		if err != nil {
			return nil, err
		}
		f.byRing = make(map[uint64]uint64, len(rings))
		for i := range rings {
			if rings[i].Gone == 0 {
				f.byRing[rings[i].Ring] = rings[i].Lost
			}
		}
		f.read, f.changes, f.lost, f.missed = true, changes, lost, missed
	}
	return maps.Clone(f.byRing), nil
}

// readRings reads all rings that are followed.
func (l *Live) readRings() ([]bpf.WireRingReading, error) {
	l.rings.Lock()
	defer l.rings.Unlock()
	return l.readRingsLocked()
}

// readRingsLocked is for who has locked them against changes from here. A reading
// that others come into may miss any ring.
func (l *Live) readRingsLocked() ([]bpf.WireRingReading, error) {
	for range maxReadings {
		before, err := l.counter("rings_changed")
		if err != nil {
			return nil, err
		}
		rings, err := readMap[bpf.WireRingReading](l, "read_rings", l.coll.Maps["rings"])
		if err != nil {
			return nil, err
		}
		after, err := l.counter("rings_changing")
		if err != nil {
			return nil, err
		}
		if after == before {
			return rings, nil
		}
	}
	return l.askForRings()
}

// askForRings has bpf(2) read them, which misses none even if others come and go all
// the time, but does not see which are gone; why it is not asked first is in
// bpf/hooks_read.h.
func (l *Live) askForRings() ([]bpf.WireRingReading, error) {
	const batch = 1024
	var out []bpf.WireRingReading
	rings, states := make([]uint64, batch), make([]bpf.WireRingState, batch)
	var cursor ebpf.MapBatchCursor
	for {
		n, err := l.coll.Maps["rings"].BatchLookup(&cursor, rings, states, nil)
		if err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) {
			return nil, fmt.Errorf("ask for rings: %w", err)
		}
		for i := range n {
			s := &states[i]
			out = append(out, bpf.WireRingReading{Ring: rings[i], Serial: s.Serial, Lost: s.Lost, Removed: s.Removed})
		}
		if err != nil {
			return out, nil
		}
	}
}

// readMap has a program of the hooks read a map, element by element.
func readMap[T any](l *Live, program string, m *ebpf.Map) ([]T, error) {
	lnk, err := link.AttachIter(link.IterOptions{Program: l.coll.Programs[program], Map: m})
	if err != nil {
		return nil, fmt.Errorf("attach %s: %w", program, err)
	}
	defer lnk.Close()
	raw, err := readLink(lnk.FD(), func() error { return nil })
	if err != nil {
		return nil, fmt.Errorf("%s: %w", program, err)
	}
	return decodeAll[T](raw)
}

// decodeAll decodes what an iterator wrote.
func decodeAll[T any](raw []byte) ([]T, error) {
	var one T
	out := make([]T, len(raw)/int(unsafe.Sizeof(one)))
	n, err := binary.Decode(raw, binary.NativeEndian, out)
	if err == nil && n < len(raw) {
		err = fmt.Errorf("%d bytes are no whole number of %d", len(raw), unsafe.Sizeof(one))
	}
	if err != nil {
		return nil, fmt.Errorf("decode %T: %w", out, err)
	}
	return out, nil
}

// counter reads a counter of the hooks.
func (l *Live) counter(name string) (n uint64, err error) {
	if err := l.coll.Variables[name].Get(&n); err != nil {
		return 0, fmt.Errorf("read %s: %w", name, err)
	}
	return n, nil
}
