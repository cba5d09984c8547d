//go:build linux

package main

import (
	"fmt"
	"os"

	"uringtrace/internal/vmtest/guest"
)

func main() {
	if guest.IsGuest() {
		guest.Main()
	}
	ctx, stop := withSignals()
	err := run(ctx, os.Args[1:])
	stop()
	if text := message(err); text != "" {
		fmt.Fprintln(os.Stderr, "vmrun: "+text)
	}
	os.Exit(exitCode(err))
}
