//go:build linux

package probe

import (
	"testing"

	"github.com/go-quicktest/qt"
)

func TestSockRoom(t *testing.T) {
	const gib = 1 << 30
	for memory, want := range map[uint64]uint32{
		0: 1 << 14, gib / 2: 1 << 17, gib: 1 << 18, 3 * gib: 1 << 19, 8 * gib: 1 << 21, 512 * gib: 1 << 21,
	} {
		qt.Check(t, qt.Equals(sockRoom(memory), want), qt.Commentf("%d bytes", memory))
	}
	// In advance, 16 bytes each: at most one part in 256 of the memory.
	qt.Check(t, qt.IsTrue(uint64(sockRoom(2*gib))*16 <= 2*gib/256))
	qt.Check(t, qt.IsTrue(hostMemory() > 0))
}
