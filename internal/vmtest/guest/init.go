//go:build linux

package guest

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"uringtrace/internal/vmtest/job"
)

// IsGuest tells whether this process is the init of a virtual machine that
// vmrun started.
func IsGuest() bool {
	return os.Getpid() == 1 && len(os.Args) > 0 && os.Args[0] == "/init"
}

// Main does the job and restarts the machine, which ends QEMU. It does not
// return.
func Main() {
	if err := work(); err != nil {
		// Standard error is the console, whose end the host shows when it
		// gets no result.
		fmt.Fprintf(os.Stderr, "vmrun: guest: %v\n", err)
	}
	unix.Sync()
	err := unix.Reboot(unix.LINUX_REBOOT_CMD_RESTART)
	fmt.Fprintf(os.Stderr, "vmrun: guest: restart: %v\n", err)
	select {}
}

func work() error {
	if err := setup(); err != nil {
		return err
	}
	data, err := os.ReadFile(job.Path)
	if err != nil {
		return err
	}
	var todo job.Job
	if err := json.Unmarshal(data, &todo); err != nil {
		return fmt.Errorf("decode job: %w", err)
	}
	live, err := openPort(job.LivePort)
	if err != nil {
		return err
	}
	results, err := openPort(job.ResultPort)
	if err != nil {
		return err
	}
	w := worker{job: todo, frames: job.NewFrameWriter(live)}
	result := w.run()
	if err := job.WriteArchive(results, result, todo.Pull); err != nil {
		return fmt.Errorf("send result: %w", err)
	}
	drain(live)
	drain(results)
	return nil
}

type worker struct {
	job    job.Job
	frames *job.FrameWriter
	log    *kernelLog
}

func (w *worker) run() *job.Result {
	result := &job.Result{Release: release()}
	log, err := openKernelLog()
	if err != nil {
		result.Error = err.Error()
		return result
	}
	w.log = log
	boot := log.complaints()
	result.Boot = append(boot.bad, boot.stalls...)
	if err := w.frames.Event(job.Event{Kind: job.Ready}); err != nil {
		result.Error = fmt.Sprintf("live port: %v", err)
		return result
	}
	for i, p := range w.job.Programs {
		outcome, err := w.program(i, p)
		if err != nil {
			result.Error = err.Error()
			return result
		}
		result.Programs = append(result.Programs, outcome)
	}
	if w.job.Shell != nil {
		outcome := w.shell(*w.job.Shell)
		result.Programs = append(result.Programs, outcome)
	}
	return result
}

// program runs p between its two events.
func (w *worker) program(index int, p job.Program) (job.Outcome, error) {
	if err := w.frames.Event(job.Event{Kind: job.Start, Program: index}); err != nil {
		return job.Outcome{}, fmt.Errorf("live port: %w", err)
	}
	start := time.Now()
	outcome := w.start(p)
	outcome.Seconds = time.Since(start).Seconds()
	outcome.Left = killAll()
	found := w.log.complaints()
	outcome.Kernel, outcome.Stalls = found.bad, found.stalls
	if err := w.frames.Event(job.Event{Kind: job.End, Program: index, Outcome: &outcome}); err != nil {
		return job.Outcome{}, fmt.Errorf("live port: %w", err)
	}
	return outcome, nil
}

func release() string {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return ""
	}
	return unix.ByteSliceToString(u.Release[:])
}
