//go:build linux

package probe

import (
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// bpfCall is bpf(2) for the commands that cilium/ebpf has no options for. keep
// is memory that attr points to.
func bpfCall(cmd int, attr unsafe.Pointer, size uintptr, keep unsafe.Pointer) (int, error) {
	fd, _, errno := unix.Syscall(unix.SYS_BPF, uintptr(cmd), uintptr(attr), size)
	runtime.KeepAlive(keep)
	if errno != 0 {
		return -1, errno
	}
	return int(fd), nil
}
