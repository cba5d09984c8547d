//go:build linux

// Uringbench measures what uringtrace costs, and other observers beside it.
//
// In a machine, "uringbench run" measures and leaves the result as JSON; outside,
// "uringbench check" holds results against their budgets and "uringbench table"
// shows them. See the Makefile's bench targets for how they play together.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
)

func main() {
	if err := command(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "uringbench:", err)
		os.Exit(1)
	}
}

func command(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("usage: uringbench run|check|record|table")
	}
	switch name, rest := args[0], args[1:]; name {
	case "run":
		return runCommand(ctx, rest)
	case floorCommand:
		return floorProgram(rest)
	case "check":
		return checkCommand(rest)
	case "record":
		return recordCommand(rest)
	case "table":
		return tableCommand(rest)
	default:
		return fmt.Errorf("unknown command %q", name)
	}
}
