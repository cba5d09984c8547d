//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"uringtrace/internal/bench/floor"
)

// floorCommand makes this program the floor: its first argument is the kind of
// hooks, the others are what to hook.
const floorCommand = "floor"

// attached is what observers of ours say once they observe.
const attached = "attached"

func floorProgram(args []string) error {
	if len(args) < 2 {
		return errors.New("usage: uringbench floor fentry|kprobe FUNCTIONS")
	}
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, syscall.SIGINT)
	f, err := floor.Attach(args[0] == "fentry", args[1:])
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, attached)
	<-interrupted
	return f.Close()
}
