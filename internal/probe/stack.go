//go:build linux

package probe

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/cilium/ebpf"
)

// How many different stacks each of the two tables has room for.
const (
	firstStacks  = 1 << 13
	secondStacks = 1 << 11
)

// MostStacks is how many different stacks there can be.
const MostStacks = firstStacks + secondStacks

// prepareStacks has stacks taken or not; then there is no room for any.
func prepareStacks(spec *ebpf.CollectionSpec, want bool) error {
	for _, name := range []string{"stacks", "second_stacks"} {
		spec.Maps[name].ValueSize = 8 * min(spec.Maps[name].ValueSize/8, deepestStack())
	}
	if !want {
		for _, name := range []string{"stacks", "second_stacks", "submitters", "registrants", "installers"} {
			if m := spec.Maps[name]; m != nil {
				m.MaxEntries = 1
			}
		}
	}
	if err := spec.Variables["want_stacks"].Set(want); err != nil {
		return fmt.Errorf("set want_stacks: %w", err)
	}
	return nil
}

// deepestStack is how many frames the kernel takes; it refuses tables of deeper ones.
func deepestStack() uint32 {
	const usual = 127
	text, err := os.ReadFile("/proc/sys/kernel/perf_event_max_stack")
	if err != nil {
		return usual
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 32)
	if err != nil {
		return usual
	}
	return uint32(max(n, 1))
}

// Stacks reports whether stacks are taken.
func (l *Live) Stacks() bool { return l.stacks }

// Stack is the addresses of the stack with that id, innermost first.
func (l *Live) Stack(id uint32) ([]uint64, error) {
	table, place := l.coll.Maps["stacks"], id-1
	if place >= firstStacks {
		table, place = l.coll.Maps["second_stacks"], place-firstStacks
	}
	frames := make([]uint64, table.ValueSize()/8)
	if err := table.Lookup(place, &frames); err != nil {
		return nil, fmt.Errorf("read stack %d: %w", id, err)
	}
	for i, address := range frames {
		if address == 0 {
			return frames[:i], nil
		}
	}
	return frames, nil
}

// UntakenStacks is how many stacks could not be taken: their place in the tables was
// another's, or the task had none.
func (l *Live) UntakenStacks() (uint64, error) { return l.counter("untaken_stacks") }
