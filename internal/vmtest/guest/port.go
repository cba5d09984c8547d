//go:build linux

package guest

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// openPort opens a serial port for bytes that must arrive as they are.
func openPort(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_WRONLY|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	mode, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	if err != nil {
		return nil, fmt.Errorf("mode of %s: %w", name, err)
	}
	mode.Iflag = 0
	mode.Oflag = 0
	mode.Lflag = 0
	mode.Cflag = unix.CS8 | unix.CREAD | unix.CLOCAL | unix.B115200
	if err := unix.IoctlSetTermios(int(f.Fd()), unix.TCSETS, mode); err != nil {
		return nil, fmt.Errorf("raw mode of %s: %w", name, err)
	}
	return f, nil
}

// drain waits until everything written to f has left the machine.
func drain(f *os.File) {
	// TCSBRK with a non-zero argument is tcdrain(3). Nobody could be told of
	// an error: the ports are the only way out.
	_ = unix.IoctlSetInt(int(f.Fd()), unix.TCSBRK, 1)
}
