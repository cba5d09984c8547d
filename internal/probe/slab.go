//go:build linux

package probe

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// SlabSizes are the object sizes in bytes of this kernel's slab caches, by
// cache. Reading them needs root. A cache that was merged into another has no
// entry.
func SlabSizes() (map[string]uint64, error) {
	f, err := os.Open("/proc/slabinfo")
	if err != nil {
		return nil, fmt.Errorf("read slab sizes: %w", err)
	}
	defer f.Close()
	return parseSlabInfo(f)
}

// parseSlabInfo reads "name active total size ..." lines (slabinfo 2.1).
func parseSlabInfo(r io.Reader) (map[string]uint64, error) {
	sizes := make(map[string]uint64)
	for s := bufio.NewScanner(r); ; {
		if !s.Scan() {
			if err := s.Err(); err != nil {
				return nil, fmt.Errorf("read slab sizes: %w", err)
			}
			return sizes, nil
		}
		fields := strings.Fields(s.Text())
		if len(fields) < 4 {
			continue
		}
		if size, err := strconv.ParseUint(fields[3], 10, 64); err == nil {
			sizes[fields[0]] = size
		}
	}
}
