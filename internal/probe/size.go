//go:build linux

package probe

import (
	"github.com/cilium/ebpf/btf"

	"uringtrace/internal/events"
)

// nodeBytes is what kmalloc hands out for a node and what comes with it: up to
// 6.3 a percpu_ref_data and an io_rsrc_put. Source: io_uring/rsrc.c.
func nodeBytes(types *btf.Spec, reclaim events.Reclaim) uint64 {
	parts := []string{"io_rsrc_node"}
	if reclaim == events.OrderedDeferred {
		parts = append(parts, "percpu_ref_data", "io_rsrc_put")
	}
	var sum uint64
	for _, name := range parts {
		var st *btf.Struct
		if err := types.TypeByName(name, &st); err != nil {
			return 0
		}
		sum += kmallocBytes(uint64(st.Size))
	}
	return sum
}

// kmallocBytes rounds up to the size of the slab cache that serves size: powers
// of two, and 96 and 192 between them (include/linux/slab.h, kmalloc_index).
func kmallocBytes(size uint64) uint64 {
	for class := uint64(8); ; class *= 2 {
		switch {
		case size <= class:
			return class
		case class == 64 && size <= 96, class == 128 && size <= 192:
			return class + class/2
		}
	}
}
