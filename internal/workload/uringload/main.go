//go:build giouring && linux

// Uringload runs one bundled scenario on a real ring and prints its ground truth as
// JSON lines. It is the only program that links giouring: build it with
// -tags giouring -ldflags=-checklinkname=0.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"

	"uringtrace/internal/workload"
	"uringtrace/internal/workload/play"
)

// Exit codes, shared with uringtrace where both have them.
const (
	exitOK          = 0
	exitInternal    = 1
	exitUsage       = 2
	exitUnsupported = 5
	exitSignal      = 128 // plus the signal's number
)

func main() {
	dieOnSignal()
	err := run()
	if err != nil {
		fmt.Fprintln(os.Stderr, "uringload:", err)
	}
	os.Exit(exitCode(err))
}

// run obeys the command line. As the companion of another uringload it has nothing to
// offer to people.
func run() error {
	if len(os.Args) > 1 && os.Args[1] == play.CompanionArg {
		return play.Accompany(os.Args[2:], os.Stdin, os.Stdout)
	}
	return newCommand().Execute()
}

// dieOnSignal lets a signal end the process at once, which leaves the ring to the kernel, which is
// what a service manager does to a leaking process. The Go runtime would also end
// it, but as killed by a signal, which not every parent turns into 128 plus n.
func dieOnSignal() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, unix.SIGINT, unix.SIGTERM)
	go func() {
		if s, ok := (<-signals).(unix.Signal); ok {
			os.Exit(exitSignal + int(s))
		}
	}()
}

func exitCode(err error) int {
	var unknown *workload.UnknownScenarioError
	var usage *usageError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &unknown), errors.As(err, &usage):
		return exitUsage
	case errors.Is(err, errors.ErrUnsupported):
		return exitUnsupported
	default:
		return exitInternal
	}
}
