//go:build linux

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"golang.org/x/term"

	"uringtrace/internal/render/text"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	o, err := parse(os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err == nil {
		err = newDemo(o).play(ctx)
	}
	if ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "demo: %v\n", err)
		os.Exit(1)
	}
}

// options is the command line.
type options struct {
	bin             string // directory of uringtrace, uringload and vmrun
	sockets         int
	affected, cured []string // kernels to boot
}

// minSockets is one that pins the queue and one that is blocked by it.
const minSockets = 2

func parse(args []string, usage io.Writer) (options, error) {
	o := options{}
	f := flag.NewFlagSet("demo", flag.ContinueOnError)
	f.SetOutput(usage)
	f.StringVar(&o.bin, "bin", "bin", "`directory` of uringtrace, uringload and vmrun")
	f.IntVar(&o.sockets, "sockets", 1000, "`number` of sockets that the workload makes and removes")
	affected := f.String("affected", "6.1 6.12", "`kernels` that have the leak, booted unless this one has it")
	cured := f.String("cured", "7.3", "`kernels` that don't have it")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("unknown argument %q", f.Arg(0))
	}
	if o.sockets < minSockets {
		return o, fmt.Errorf("-sockets must be at least %d, got %d", minSockets, o.sockets)
	}
	o.affected, o.cured = strings.Fields(*affected), strings.Fields(*cured)
	return o, nil
}

func newDemo(o options) *demo {
	talk := &talk{w: os.Stderr, terminal: term.IsTerminal(int(os.Stderr.Fd()))}
	d := &demo{options: o, tools: programs{o.bin, talk}, stdout: os.Stdout, root: os.Geteuid() == 0}
	if out := int(os.Stdout.Fd()); term.IsTerminal(out) {
		width, _, _ := term.GetSize(out) // 0 is unknown, and then nothing wraps
		d.style = text.Style{Color: os.Getenv("NO_COLOR") == "", Width: width}
	}
	return d
}
