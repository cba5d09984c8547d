//go:build linux

package machine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
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

// Run boots the machine, hands live output to sink, stores pulled files where
// place says and returns the guest's report. It returns a *CrashError if there
// is none; it wraps ErrTimeout after Config.Timeout, and ctx's cause if ctx
// ended first. QEMU has ended in any case.
func Run(ctx context.Context, c Config, sink job.Sink, place func(string) (string, bool)) (*job.Result, error) {
	files, err := newFiles(c.Root)
	if err != nil {
		return nil, err
	}
	defer files.close()
	if c.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, c.Timeout, fmt.Errorf("%w after %v", ErrTimeout, c.Timeout))
		defer cancel()
	}
	booted := false
	reason, err := boot(ctx, c, files, readySink{sink, func() { booted = true; files.remove() }})
	if err != nil {
		return nil, err
	}
	result, err := job.ReadArchive(files.result, place)
	if !errors.Is(err, job.ErrNoResult) {
		return result, err
	}
	if ctx.Err() != nil {
		reason = context.Cause(ctx)
	} else if reason == nil {
		reason = job.ErrNoResult
	}
	return nil, newCrashError(reason, booted, files.console)
}

// readySink calls ready once the guest is up.
type readySink struct {
	job.Sink
	ready func()
}

func (s readySink) Event(e job.Event) error {
	if e.Kind == job.Ready {
		s.ready()
	}
	return s.Sink.Event(e)
}

// boot runs QEMU. reason explains a missing result: what the frame reader or
// QEMU complained about.
func boot(ctx context.Context, c Config, files *files, sink job.Sink) (reason, err error) {
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
