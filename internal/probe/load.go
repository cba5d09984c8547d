//go:build linux

package probe

import (
	"errors"
	"fmt"
	"slices"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"uringtrace/bpf"
)

// loadPrograms loads the named programs and the maps that they use, nothing
// else: the object holds programs for kernels of all generations, and most of
// them have no place on this one. Maps that are shared are used and not made.
func loadPrograms(types *kernelTypes, names []string, shared map[string]*ebpf.Map, prepare func(*ebpf.CollectionSpec) error) (*ebpf.Collection, error) {
	load := bpf.LoadProbe
	if types.has("bpf_rdonly_cast") {
		load = bpf.LoadProbeCast
	}
	spec, err := load()
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
	coll, err := ebpf.NewCollectionWithOptions(spec, ebpf.CollectionOptions{MapReplacements: shared, Cache: types.cache})
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
