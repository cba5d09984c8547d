package probe

import (
	"fmt"
	"os"
)

// Limits is how many of each the kernel side has room to remember; 0 leaves what
// bpf/*.h says. Whatever finds no room is counted in Loss.
type Limits struct {
	Rings int // that are followed
	Socks int // whose release is followed
	Calls int // under way between a kprobe and its kretprobe
	// Stacks is how many are told apart in their first table; there is a second one.
	Stacks int
}

// Sizes of the ring buffer.
const (
	DefaultBuffer = 4 << 20
	maxBuffer     = 1 << 30
)

// CheckBuffer says in one sentence why a ring buffer can't have that many bytes.
func CheckBuffer(bytes int) error {
	if page := os.Getpagesize(); bytes < page || bytes > maxBuffer || bytes&(bytes-1) != 0 {
		return fmt.Errorf("the ring buffer's size must be a power of two from %d to %d bytes, got %d", page, maxBuffer, bytes)
	}
	return nil
}
