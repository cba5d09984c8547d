//go:build linux

package machine

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Console is a guest's console with somebody at it.
type Console struct {
	host, guest *os.File
}

// NewConsole returns a console for one Config. Close it after Run.
func NewConsole() (*Console, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("console socket: %w", err)
	}
	return &Console{host: os.NewFile(uintptr(fds[0]), "console"), guest: os.NewFile(uintptr(fds[1]), "guest console")}, nil
}

// Read returns what the guest printed.
func (c *Console) Read(p []byte) (int, error) { return c.host.Read(p) }

// Write types.
func (c *Console) Write(p []byte) (int, error) { return c.host.Write(p) }

// Close hangs up.
func (c *Console) Close() error { return c.host.Close() }
