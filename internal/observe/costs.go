//go:build linux

package observe

import (
	"fmt"

	"uringtrace/internal/probe"
	"uringtrace/internal/queue"
)

// costs are this kernel's object sizes, and a note where they can't be had.
func costs(walker *probe.Walker) (queue.Costs, []string) {
	slabs, err := probe.SlabSizes()
	if err != nil {
		return queue.Costs{}, []string{fmt.Sprintf("bytes are unknown: %v", err)}
	}
	first := func(names ...string) uint64 {
		for _, name := range names {
			if size, ok := slabs[name]; ok {
				return size
			}
		}
		return 0
	}
	return queue.Costs{
		Node: walker.NodeBytes(),
		File: first("filp"), Dentry: first("dentry"), Inode: first("sock_inode_cache"),
		Sock: map[string]uint64{
			"tcp": first("TCP"), "udp": first("UDP"), "unix": first("UNIX"), "mptcp": first("MPTCP"),
		},
	}, nil
}
