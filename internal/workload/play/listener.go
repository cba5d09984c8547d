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
	fd   int
	addr string
	slot int
}

func listen(s *scene) error {
	at := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(s.options.Port))

	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("make the listener: %w", err)
	}
	s.listener = &listener{fd: fd, slot: workload.NoSlot}

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
	s.listener.addr = netip.AddrPortFrom(at.Addr(), uint16(inet.Port)).String()
	return nil
}

func installListener(s *scene) error {
	if err := s.ring.UpdateFiles(listenerSlot, []int32{int32(s.listener.fd)}); err != nil {
		return fmt.Errorf("install the listener: %w", err)
	}
	s.listener.slot = listenerSlot
	return nil
}

func (l *listener) close() error {
	if err := unix.Close(l.fd); err != nil {
		return fmt.Errorf("close the listener: %w", err)
	}
	return nil
}
