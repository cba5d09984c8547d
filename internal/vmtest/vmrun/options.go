//go:build linux

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// options is the command line.
type options struct {
	kernel  string
	memory  string
	cpus    int
	icount  bool
	timeout time.Duration
	append  string
	apt     string
	debug   bool

	bins    list
	adds    list
	pulls   list
	env     list
	busybox bool

	cover   string
	run     string
	verbose bool

	timeoutSet bool // by hand
	args       []string
}

// list is a flag that may be repeated.
type list []string

func (l *list) String() string { return strings.Join(*l, ",") }

func (l *list) Set(value string) error {
	*l = append(*l, value)
	return nil
}

const defaultTimeout = 10 * time.Minute

func (o *options) flags() *flag.FlagSet {
	f := flag.NewFlagSet("vmrun", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&o.kernel, "kernel", "6.1", "`name` of a kernel, or the path of a bzImage")
	f.StringVar(&o.memory, "mem", "2G", "memory of the machine, as a `size` for QEMU")
	f.IntVar(&o.cpus, "smp", 2, "`number` of processors")
	f.BoolVar(&o.icount, "icount", false, "count instructions: one processor, time by instructions, repeatable")
	f.DurationVar(&o.timeout, "timeout", defaultTimeout, "kill the machine after this `time`, 0 is never")
	f.StringVar(&o.append, "append", "", "additional kernel `parameters`")
	f.StringVar(&o.apt, "apt", "/etc/apt", "`directory` of the apt configuration that names the mirror")
	f.BoolVar(&o.debug, "debug", false, "fetch: the debug information, too; others: put it, if fetched, where debuggers look for it")
	f.Var(&o.bins, "bin", "put all files of `dir` into /bin (repeatable)")
	f.Var(&o.adds, "add", "put a file or directory `src[:dst]` into the machine (repeatable)")
	f.Var(&o.pulls, "pull", "bring a file or directory `src[:dst]` back at the end (repeatable)")
	f.Var(&o.env, "env", "set `name=value`, or pass name on (repeatable)")
	f.BoolVar(&o.busybox, "busybox", false, "put busybox and its commands into /bin")
	f.StringVar(&o.cover, "cover", "", "test: write coverage profiles to `dir`; the binaries need go test -c -cover")
	f.StringVar(&o.run, "run", "", "test: only tests that match `regexp`")
	f.BoolVar(&o.verbose, "v", false, "test: show all output")
	return f
}

// parse reads flags, a command, and flags again: both orders are natural.
func parse(args []string) (o options, command string, err error) {
	f := o.flags()
	if err := f.Parse(args); err != nil {
		return o, "", flagError(f, err)
	}
	if f.NArg() == 0 {
		return o, "", usagef("no command")
	}
	command = f.Arg(0)
	if err := f.Parse(f.Args()[1:]); err != nil {
		return o, "", flagError(f, err)
	}
	o.args = f.Args()
	f.Visit(func(f *flag.Flag) {
		o.timeoutSet = o.timeoutSet || f.Name == "timeout"
	})
	return o, command, nil
}

func flagError(f *flag.FlagSet, err error) error {
	if errors.Is(err, flag.ErrHelp) {
		f.SetOutput(os.Stdout)
		fmt.Print(usage)
		f.PrintDefaults()
		fmt.Print(examples)
		return err
	}
	return usageError{err}
}

// pair splits "src[:dst]"; without dst both are the same.
func pair(value string) (src, dst string) {
	src, dst, ok := strings.Cut(value, ":")
	if !ok || dst == "" {
		dst = src
	}
	return src, dst
}
