package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// run obeys one command line and returns the exit code.
func run(args []string, t *tool) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The first Ctrl-C asks for the explanation, the second one ends the program.
	context.AfterFunc(ctx, stop)

	command := newRoot(t)
	command.SetArgs(args)
	err := command.ExecuteContext(ctx)
	if text := message(err); text != "" {
		fmt.Fprintln(t.stderr, "uringtrace: "+text)
	}
	return exitCode(err)
}
