//go:build linux

package probe

import (
	"os"
	"strconv"
	"strings"
)

// numaNodes is how many NUMA nodes this machine can have: up to 6.3 io-wq keeps
// a queue for each. /sys/devices/system/node/possible is "0" or "0-3".
func numaNodes() uint32 {
	text, err := os.ReadFile("/sys/devices/system/node/possible")
	if err != nil {
		return 1 // built without NUMA
	}
	return parseNodeList(string(text))
}

func parseNodeList(text string) uint32 {
	last := text[strings.LastIndexAny(text, "-,")+1:]
	n, err := strconv.ParseUint(strings.TrimSpace(last), 10, 16)
	if err != nil {
		return 1
	}
	return uint32(n) + 1
}
