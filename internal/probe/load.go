//go:build linux

package probe

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"uringtrace/bpf"
	"uringtrace/internal/events"
)

// half is one half of the kernel side; each is compiled for every generation.
type half map[events.Reclaim]func() (*ebpf.CollectionSpec, error)

var (
	theHooks = half{
		events.OrderedDeferred: bpf.LoadHooksDeferred,
		events.Ordered:         bpf.LoadHooksOrdered,
		events.Independent:     bpf.LoadHooksIndependent,
	}
	theWalk = half{
		events.OrderedDeferred: bpf.LoadWalkDeferred,
		events.Ordered:         bpf.LoadWalkOrdered,
		events.Independent:     bpf.LoadWalkIndependent,
	}
)

// loadPrograms loads the named programs and the maps that they use, nothing
// else. Maps that are shared are used and not made.
func loadPrograms(types *kernelTypes, part half, names []string, shared map[string]*ebpf.Map, prepare func(*ebpf.CollectionSpec) error) (*ebpf.Collection, error) {
	read := part[types.reclaim]
	if read == nil {
		read = part[events.Independent] // what is tried there does not know nodes
	}
	spec, err := read()
	if err != nil {
		return nil, fmt.Errorf("read bpf object: %w", err)
	}
	if err := prepare(spec); err != nil {
		return nil, err
	}
	used := make(map[string]bool)
	for name, prog := range spec.Programs {
		if !slices.Contains(names, name) {
			delete(spec.Programs, name)
			continue
		}
		for _, ins := range prog.Instructions {
			if ref := ins.Reference(); ref != "" {
				used[ref] = true
			}
		}
	}
	for name := range spec.Maps {
		if !used[name] && name[0] != '.' {
			delete(spec.Maps, name)
		}
	}
	replaced := maps.Clone(shared)
	maps.DeleteFunc(replaced, func(name string, _ *ebpf.Map) bool { return spec.Maps[name] == nil })
	coll, err := ebpf.NewCollectionWithOptions(spec, ebpf.CollectionOptions{MapReplacements: replaced, Cache: types.cache})
	if err != nil {
		return nil, loadError(err)
	}
	return coll, nil
}

// loadError tells a missing privilege from a kernel that refuses.
func loadError(err error) error {
	if errors.Is(err, unix.EPERM) && CheckPrivilege() != nil {
		return CheckPrivilege()
	}
	return fmt.Errorf("load bpf programs: %w", err)
}
