//go:build giouring && linux

package play

import (
	"fmt"

	"golang.org/x/sys/unix"

	"uringtrace/internal/workload/ring"
)

// updateAndClear puts a new TCP socket into the churn slot, clears the slot and
// closes the descriptor. After that only the kernel's bookkeeping holds the socket.
func updateAndClear(s *scene) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("make a socket: %w", err)
	}
	err = s.ring.UpdateFiles(churnSlot, []int32{int32(fd)})
	if err == nil {
		err = s.ring.UpdateFiles(churnSlot, []int32{ring.Empty})
	}
	if closeErr := unix.Close(fd); err == nil && closeErr != nil {
		err = fmt.Errorf("close the socket: %w", closeErr)
	}
	return err
}
