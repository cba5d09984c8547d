//go:build linux

package probe

import (
	"errors"
	"fmt"
	"os"

	"github.com/cilium/ebpf/btf"

	"uringtrace/internal/events"
)

// kernelTypes is the running kernel's BTF, which everything here stands on. What of
// it has been decoded is kept in a cache for the programs that are loaded.
type kernelTypes struct {
	*btf.Spec
	cache   *btf.Cache
	reclaim events.Reclaim // the generation that they tell
}

func loadTypes() (*kernelTypes, error) {
	cache := btf.NewCache()
	spec, err := cache.Kernel()
	if err != nil {
		if _, statErr := os.Stat(kernelBTF); errors.Is(statErr, os.ErrNotExist) {
			return nil, fmt.Errorf("%w: it has no BTF (/sys/kernel/btf/vmlinux); run a kernel built with CONFIG_DEBUG_INFO_BTF=y", ErrKernel)
		}
		return nil, fmt.Errorf("read kernel BTF: %w", err)
	}
	return &kernelTypes{spec, cache, reclaimOf(spec)}, nil
}

// has reports whether there is a function of that name.
func (t *kernelTypes) has(name string) bool {
	var fn *btf.Func
	return t.TypeByName(name, &fn) == nil
}

// reclaimOf decides the generation by the members that make it, never by the
// version: io_rsrc_node.rsrc_list (A), io_ring_ctx.rsrc_ref_list without it
// (B), io_rsrc_node.file_ptr (C). Source: io_uring/rsrc.h of 6.1, 6.12, 6.13.
func reclaimOf(spec *btf.Spec) events.Reclaim {
	node, ring := memberNames(spec, "io_rsrc_node"), memberNames(spec, "io_ring_ctx")
	switch {
	case node["rsrc_list"] && ring["rsrc_put_llist"]:
		return events.OrderedDeferred
	case node["file_ptr"]:
		return events.Independent
	case ring["rsrc_ref_list"]:
		return events.Ordered
	}
	return events.UnknownReclaim
}

// memberNames lists a struct's members, those of anonymous members included.
func memberNames(spec *btf.Spec, name string) map[string]bool {
	names := make(map[string]bool)
	var st *btf.Struct
	if err := spec.TypeByName(name, &st); err != nil {
		return names
	}
	var add func(members []btf.Member)
	add = func(members []btf.Member) {
		for _, m := range members {
			if m.Name != "" {
				names[m.Name] = true
				continue
			}
			switch t := btf.UnderlyingType(m.Type).(type) {
			case *btf.Struct:
				add(t.Members)
			case *btf.Union:
				add(t.Members)
			}
		}
	}
	add(st.Members)
	return names
}
