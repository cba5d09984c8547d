//go:build linux

package probe

import (
	"errors"
	"fmt"
	"slices"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"golang.org/x/sys/unix"

	"uringtrace/bpf"
)

// loadPrograms loads the named programs and the maps that they use, nothing
// else: the object holds programs for kernels of all generations, and most of
// them have no place on this one. Maps that are shared are used and not made.
func loadPrograms(types *kernelTypes, names []string, shared map[string]*ebpf.Map, prepare func(*ebpf.CollectionSpec) error) (*ebpf.Collection, error) {
	spec, err := bpf.LoadProbe()
	if err != nil {
		return nil, fmt.Errorf("read bpf object: %w", err)
	}
	if err := prepare(spec); err != nil {
		return nil, err
	}
	canCast := types.has(rdonlyCast)
	if err := spec.Variables["can_cast"].Set(canCast); err != nil {
		return nil, fmt.Errorf("set can_cast: %w", err)
	}
	used := make(map[string]bool)
	for name, prog := range spec.Programs {
		if !slices.Contains(names, name) {
			delete(spec.Programs, name)
			continue
		}
		if !canCast {
			dropCasts(prog.Instructions)
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

// rdonlyCast is the kernel function that gives a pointer a type; see bpf/kernel.h.
const rdonlyCast = "bpf_rdonly_cast"

// dropCasts takes out the calls that will not be reached, for each of which the BTF of
// all modules would be searched.
func dropCasts(all asm.Instructions) {
	for i := range all {
		if ins := &all[i]; ins.IsKfuncCall() && ins.Reference() == rdonlyCast {
			*ins = asm.Mov.Imm(asm.R0, 0)
		}
	}
}

// loadError tells a missing privilege from a kernel that refuses.
func loadError(err error) error {
	if errors.Is(err, unix.EPERM) && CheckPrivilege() != nil {
		return CheckPrivilege()
	}
	return fmt.Errorf("load bpf programs: %w", err)
}
