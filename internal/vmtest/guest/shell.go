//go:build linux

package guest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"

	"uringtrace/internal/vmtest/job"
)

// shell runs an interactive shell on the console until it exits.
func (w *worker) shell(s job.Shell) job.Outcome {
	exit, err := w.console(s)
	if err != nil {
		fmt.Fprintf(os.Stderr, "vmrun: shell: %v\r\n", err)
		exit = exitNotExecutable
	}
	outcome := job.Outcome{Exit: exit, Left: killAll()}
	found := w.log.complaints()
	outcome.Kernel, outcome.Stalls = found.bad, found.stalls
	return outcome
}

func (w *worker) console(s job.Shell) (int, error) {
	tty, err := os.OpenFile(job.ConsolePort, os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return 0, err
	}
	defer tty.Close()
	size := &unix.Winsize{Row: s.Rows, Col: s.Cols}
	if err := unix.IoctlSetWinsize(int(tty.Fd()), unix.TIOCSWINSZ, size); err != nil {
		return 0, fmt.Errorf("window size: %w", err)
	}
	// The host types only after this: earlier bytes would be lost.
	if err := w.frames.Event(job.Event{Kind: job.Start}); err != nil {
		return 0, fmt.Errorf("live port: %w", err)
	}
	cmd := exec.Command(s.Path)
	cmd.Args = []string{"-" + filepath.Base(s.Path)}
	cmd.Dir = "/tmp"
	cmd.Env = append(environ(w.job.Env), `PS1=\h:\w\$ `)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	err = cmd.Run()
	drain(tty)
	var status *exec.ExitError
	if errors.As(err, &status) {
		return max(status.ExitCode(), 0), nil
	}
	return 0, err
}
