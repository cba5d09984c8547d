//go:build linux

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"uringtrace/internal/vmtest/machine"
)

// Exit codes of vmrun itself; a program's own code passes through.
const (
	exitFailed   = 1   // a test failed
	exitUsage    = 2   //
	exitTimeout  = 124 // as timeout(1) has it
	exitInternal = 125 // no kernel, no QEMU, or the machine crashed
	exitSignal   = 128 // plus the number of the signal
)

// programError carries the exit code of a program that ran.
type programError int

func (e programError) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// usageError is a command line that makes no sense.
type usageError struct{ error }

func usagef(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

// signalError is the signal that ended vmrun.
type signalError struct{ syscall.Signal }

func (e signalError) Error() string { return e.Signal.String() }

// errFailed means that tests failed; they have said why.
var errFailed = errors.New("failed")

// exitCode maps an error of run to vmrun's exit code.
func exitCode(err error) int {
	var program programError
	var usage usageError
	var sig signalError
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.As(err, &program):
		return int(program)
	case errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &sig):
		return exitSignal + int(sig.Signal)
	case errors.Is(err, errFailed):
		return exitFailed
	case errors.Is(err, machine.ErrTimeout):
		return exitTimeout
	}
	return exitInternal
}

// message is what to say about err, empty if all has been said.
func message(err error) string {
	var program programError
	var usage usageError
	var sig signalError
	var crash *machine.CrashError
	switch {
	case err == nil, errors.As(err, &program), errors.Is(err, errFailed), errors.Is(err, flag.ErrHelp):
		return ""
	case errors.As(err, &usage):
		return err.Error() + "; vmrun -h shows how"
	case errors.As(err, &sig):
		return err.Error()
	case errors.As(err, &crash):
		return strings.TrimSpace(err.Error() + "\n" + crash.Detail())
	}
	return err.Error()
}

// withSignals returns a context that ends with a signalError when somebody
// wants vmrun to end. SIGPIPE is among them: a closed stdout must not leave
// temporary files.
func withSignals() (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGPIPE)
	go func() {
		if s, ok := (<-signals).(syscall.Signal); ok {
			cancel(signalError{s})
		}
	}()
	return ctx, func() { signal.Stop(signals); cancel(nil) }
}
