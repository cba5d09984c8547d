//go:build giouring && linux

package play

import (
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"

	"uringtrace/internal/workload"
)

// listener is a TCP socket that nobody is expected to connect to. It is made with
// plain system calls because package net would put its own epoll on it.
type listener struct {
	fd    int
	addr  string
	inode uint64
	slot  int
}

func listen(s *scene) error {
	at := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(s.options.Port))

	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("make the listener: %w", err)
	}
	l := &listener{fd: fd, slot: workload.NoSlot}
	s.listener = l
	s.undo = append(s.undo, l.close)

	// A port given by hand shall be usable again at once.
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return fmt.Errorf("make the listener: %w", err)
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Port: s.options.Port, Addr: at.Addr().As4()}); err != nil {
		return fmt.Errorf("bind the listener to %s: %w", at, err)
	}
	if err := unix.Listen(fd, unix.SOMAXCONN); err != nil {
		return fmt.Errorf("listen on %s: %w", at, err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		return fmt.Errorf("ask for the listener's port: %w", err)
	}
	inet, ok := name.(*unix.SockaddrInet4)
	if !ok {
		return fmt.Errorf("ask for the listener's port: got a %T", name)
	}
	l.addr = netip.AddrPortFrom(at.Addr(), uint16(inet.Port)).String()
	l.inode, err = inode(fd)
	return err
}

func installListener(s *scene) error {
	if err := s.install(listenerSlot, s.listener.fd); err != nil {
		return fmt.Errorf("install the listener: %w", err)
	}
	s.listener.slot = listenerSlot
	return nil
}

// install puts a file into a free slot of the ring that gets pinned.
func (s *scene) install(slot uint32, fd int) error {
	return s.main().ring.UpdateFiles(slot, []int32{int32(fd)})
}

// close closes the ordinary descriptor. It may be called twice.
func (l *listener) close() error {
	if l.fd == workload.NoFD {
		return nil
	}
	fd := l.fd
	l.fd = workload.NoFD
	if err := unix.Close(fd); err != nil {
		return fmt.Errorf("close the listener: %w", err)
	}
	return nil
}

// dial connects a plain socket to the listener and returns its descriptor, which
// lives as long as the scene.
func (s *scene) dial() (int, error) {
	name, err := unix.Getsockname(s.listener.fd)
	if err != nil {
		return 0, fmt.Errorf("connect to the listener: %w", err)
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("connect to the listener: %w", err)
	}
	s.undo = append(s.undo, func() error { return unix.Close(fd) })
	if err := unix.Connect(fd, name); err != nil {
		return 0, fmt.Errorf("connect to the listener: %w", err)
	}
	return fd, nil
}

func inode(fd int) (uint64, error) {
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return 0, fmt.Errorf("ask for the inode of descriptor %d: %w", fd, err)
	}
	return stat.Ino, nil
}
