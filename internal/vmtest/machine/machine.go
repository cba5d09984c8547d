//go:build linux

package machine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"uringtrace/internal/vmtest/cpio"
	"uringtrace/internal/vmtest/job"
)

// ErrTimeout means that the machine was killed because its time was over.
var ErrTimeout = errors.New("timeout")

// CrashError means that the machine ended without a result.
type CrashError struct {
	Reason  error
	Console []string // its last lines
}

func (e *CrashError) Error() string {
	return fmt.Sprintf("the machine ended without a result: %v", e.Reason)
}

func (e *CrashError) Unwrap() error { return e.Reason }

// Config says what to boot.
type Config struct {
	Kernel  string // bzImage or ELF with a PVH entry
	Root    *cpio.Tree
	Memory  string // as QEMU's -m takes it
	CPUs    int
	ICount  bool     // count instructions: one CPU, virtual time
	Append  []string // additional kernel parameters
	Timeout time.Duration
	// Console is the guest's console for a shell; nil keeps it for errors.
	Console *Console
}

// consoleTail is how many lines of console a CrashError shows.
const consoleTail = 25

// Run boots the machine, hands live output to sink, stores pulled files where
// place says and returns the guest's report. It returns a *CrashError if there
// is none, ErrTimeout after Config.Timeout, and ctx's error if ctx ends first;
// QEMU has ended in any case.
func Run(ctx context.Context, c Config, sink job.Sink, place func(string) (string, bool)) (*job.Result, error) {
	dir, err := os.MkdirTemp("", "vmrun-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	files := newFiles(dir)
	if err := writeRoot(files.root, c.Root); err != nil {
		return nil, fmt.Errorf("write initramfs: %w", err)
	}
	if c.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, c.Timeout, fmt.Errorf("%w after %v", ErrTimeout, c.Timeout))
		defer cancel()
	}
	reason, err := boot(ctx, c, files, sink)
	if err != nil {
		return nil, err
	}
	archive, err := os.Open(files.result)
	if err != nil {
		return nil, &CrashError{Reason: errors.Join(reason, err), Console: tail(files.console)}
	}
	defer archive.Close()
	result, err := job.ReadArchive(archive, place)
	if errors.Is(err, job.ErrNoResult) {
		if ctx.Err() != nil {
			reason = context.Cause(ctx)
		} else if reason == nil {
			reason = job.ErrNoResult
		}
		return nil, &CrashError{Reason: reason, Console: tail(files.console)}
	}
	return result, err
}

// files are those that QEMU reads and writes.
type files struct {
	root, console, result string
}

func newFiles(dir string) files {
	return files{
		root:    filepath.Join(dir, "root.cpio"),
		console: filepath.Join(dir, "console"),
		result:  filepath.Join(dir, "result.tar.gz"),
	}
}

func writeRoot(name string, root *cpio.Tree) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := root.Write(f); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// boot runs QEMU. reason explains a missing result: what the frame reader or
// QEMU complained about.
func boot(ctx context.Context, c Config, files files, sink job.Sink) (reason, err error) {
	qemu, err := exec.LookPath(Program)
	if err != nil {
		return nil, fmt.Errorf("%s not found: install it with apt-get install qemu-system-x86", Program)
	}
	live, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer live.Close()
	var talk bytes.Buffer
	cmd := exec.CommandContext(ctx, qemu, arguments(c, files)...)
	cmd.Stdout, cmd.Stderr = &talk, &talk
	cmd.ExtraFiles = []*os.File{write}
	if c.Console != nil {
		cmd.ExtraFiles = append(cmd.ExtraFiles, c.Console.guest)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		// An own group: the terminal's Ctrl-C is for vmrun to handle.
		Setpgid:   true,
		Pdeathsig: unix.SIGKILL,
	}
	started := make(chan error, 1)
	ended := make(chan error, 1)
	go func() {
		// The kernel sends Pdeathsig when the *thread* that started the
		// child ends, so it must live as long as QEMU does.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			ended <- cmd.Wait()
		}
	}()
	err = <-started
	write.Close()
	if c.Console != nil {
		c.Console.guest.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("start QEMU: %w", err)
	}
	framesErr := job.ReadFrames(live, sink)
	if framesErr != nil {
		// Without a reader the guest would wait forever.
		_ = cmd.Process.Kill()
	}
	waitErr := <-ended
	return explain(framesErr, waitErr, talk.String()), nil
}

func explain(frames, wait error, talk string) error {
	var reasons []string
	if frames != nil {
		reasons = append(reasons, frames.Error())
	}
	if wait != nil {
		reasons = append(reasons, "QEMU: "+wait.Error())
	}
	if talk = strings.TrimSpace(talk); talk != "" {
		reasons = append(reasons, talk)
	}
	if len(reasons) == 0 {
		return nil
	}
	return errors.New(strings.Join(reasons, "; "))
}

// tail returns the last lines of the console log.
func tail(name string) []string {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil
	}
	text := strings.TrimSpace(strings.ReplaceAll(string(data), "\r", ""))
	if text == "" {
		return nil
	}
	lines := strings.Split(text, "\n")
	return lines[max(0, len(lines)-consoleTail):]
}
