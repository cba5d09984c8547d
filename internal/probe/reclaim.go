package probe

import (
	"errors"
	"fmt"
	"os"

	"github.com/cilium/ebpf/btf"

	"uringtrace/internal/events"
)

// kernelTypes loads the running kernel's BTF, which everything here stands on.
func kernelTypes() (*btf.Spec, error) {
	spec, err := btf.LoadKernelSpec()
	if err != nil {
		if _, statErr := os.Stat("/sys/kernel/btf/vmlinux"); errors.Is(statErr, os.ErrNotExist) {
			return nil, fmt.Errorf("%w: it has no BTF (/sys/kernel/btf/vmlinux); run a kernel built with CONFIG_DEBUG_INFO_BTF=y", ErrKernel)
		}
		return nil, fmt.Errorf("read kernel BTF: %w", err)
	}
	return spec, nil
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

// bufNodeFlag finds REQ_F_BUF_NODE, whose bit moves between releases. Its enum
// is anonymous, so it is searched by its value's name. 0: this kernel has none.
func bufNodeFlag(spec *btf.Spec) uint64 {
	for typ, err := range spec.All() {
		if err != nil {
			return 0
		}
		enum, ok := typ.(*btf.Enum)
		if !ok || enum.Name != "" {
			continue
		}
		for _, v := range enum.Values {
			if v.Name == "REQ_F_BUF_NODE_BIT" {
				return 1 << v.Value
			}
		}
	}
	return 0
}
