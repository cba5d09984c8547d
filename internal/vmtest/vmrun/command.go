//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"

	"golang.org/x/term"

	"uringtrace/internal/vmtest/kernel"
)

// run is vmrun without the process around it.
func run(ctx context.Context, args []string) error {
	o, command, err := parse(args)
	if err != nil {
		return err
	}
	switch command {
	case "exec":
		return runExec(ctx, o)
	case "test":
		return runTests(ctx, o)
	case "run":
		return runProgram(ctx, o)
	case "shell":
		return runShell(ctx, o)
	case "fetch":
		return runFetch(ctx, o)
	case "list":
		return runList()
	}
	return usagef("unknown command %q", command)
}

func runFetch(ctx context.Context, o options) error {
	names := o.args
	if len(names) == 0 {
		names = kernel.Names()
	}
	f, err := fetcher(o)
	if err != nil {
		return err
	}
	if err := f.Fetch(ctx, names...); err != nil || !o.debug {
		return err
	}
	return f.FetchDebug(ctx, names...)
}

func fetcher(o options) (kernel.Fetcher, error) {
	cache, err := kernel.OpenCache()
	if err != nil {
		return kernel.Fetcher{}, err
	}
	return kernel.Fetcher{
		Cache:    cache,
		Apt:      o.apt,
		Progress: kernel.NewProgress(os.Stderr, term.IsTerminal(int(os.Stderr.Fd()))),
	}, nil
}

func runList() error {
	cache, err := kernel.OpenCache()
	if err != nil {
		return err
	}
	kernels, err := cache.List()
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tRELEASE\tPACKAGE\tVERSION")
	for _, k := range kernels {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", k.Name, k.Release, k.Package, k.Version)
	}
	return w.Flush()
}
