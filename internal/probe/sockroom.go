//go:build linux

package probe

import (
	"math/bits"

	"golang.org/x/sys/unix"
)

// Bounds of how many sockets are followed until their end.
const (
	minSockRoom = 1 << 14
	maxSockRoom = 1 << 21
	sockMemory  = 4 << 10 // what a socket with its file takes of the host's memory, about
)

// sockRoom is how many sockets a host with that much memory has room to follow.
// Each costs 16 bytes in advance (a bucket, kernel/bpf/hashtab.c), which is for
// nothing where there can't be so many sockets.
func sockRoom(memory uint64) uint32 {
	n := min(max(memory/sockMemory, minSockRoom), maxSockRoom)
	return 1 << (bits.Len64(n) - 1)
}

// hostMemory is 0 if it can't be told.
func hostMemory() uint64 {
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return 0
	}
	return uint64(info.Totalram) * uint64(info.Unit)
}
