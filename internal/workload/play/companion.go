//go:build giouring && linux

package play

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"

	"golang.org/x/sys/unix"

	"uringtrace/internal/workload"
)

// CompanionArg is the first argument of a process that helps to play. The program
// that plays scenarios starts itself with it and must call Accompany then.
const CompanionArg = "accompany"

// Accompany does what the arguments after CompanionArg say. Without any it keeps the
// descriptors that it has inherited until in ends.
func Accompany(args []string, in io.Reader, out io.Writer) error {
	var err error
	switch {
	case len(args) == 0:
		_, err = io.Copy(io.Discard, in)
	default:
		var result int
		if result, err = actOutside(args); err == nil {
			_, err = fmt.Fprintln(out, result)
		}
	}
	if err != nil {
		return fmt.Errorf("accompany: %w", err)
	}
	return nil
}

// companion is a child process that has the ring open and leaves it alone. It ends
// with us, because its standard input does.
type companion struct {
	cmd   *exec.Cmd
	stdin io.Closer
}

// companionFD is where the child finds the ring: behind its standard files.
const companionFD = 3

func shareRing(s *scene) error {
	// The descriptor of the os.File is another one, so that closing it harms nobody.
	fd, err := unix.FcntlInt(uintptr(s.main().ring.FD()), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("share the ring: %w", err)
	}
	shared := os.NewFile(uintptr(fd), "ring")
	defer shared.Close()

	cmd := exec.Command("/proc/self/exe", CompanionArg)
	cmd.ExtraFiles = []*os.File{shared}
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("share the ring: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("share the ring: %w", err)
	}
	s.child = &companion{cmd, stdin}
	s.undo = append(s.undo, s.child.end)
	return nil
}

func (c *companion) sharer() workload.Sharer {
	return workload.Sharer{PID: c.cmd.Process.Pid, FD: companionFD}
}

func (c *companion) end() error {
	if err := errors.Join(c.stdin.Close(), c.cmd.Wait()); err != nil {
		return fmt.Errorf("end process %d: %w", c.cmd.Process.Pid, err)
	}
	return nil
}
