package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"uringtrace/internal/probe"
	"uringtrace/internal/render/text"
)

// pidFlag is a process id given by the user; 0 means that none was.
type pidFlag int

func (p *pidFlag) String() string { return strconv.Itoa(int(*p)) }
func (p *pidFlag) Type() string   { return "PID" }

func (p *pidFlag) Set(word string) error {
	n, err := strconv.ParseInt(word, 10, 32)
	if err != nil || n <= 0 {
		return fmt.Errorf("a process id is a positive number")
	}
	*p = pidFlag(n)
	return nil
}

// addTo adds -p, which the shell completes with the processes that have rings.
func (p *pidFlag) addTo(c *cobra.Command, t *tool) {
	c.Flags().VarP(p, "pid", "p", "process to look at")
	complete := func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		var words []string
		for _, u := range t.users() {
			words = append(words, strconv.Itoa(u.PID)+"\t"+text.Clean(u.Comm))
		}
		return words, cobra.ShellCompDirectiveNoFileComp
	}
	// It fails only for a flag that does not exist.
	_ = c.RegisterFlagCompletionFunc("pid", complete)
}

func (p *pidFlag) check(c *cobra.Command) error {
	if *p == 0 {
		return usagef("which process? %s -p PID", c.CommandPath())
	}
	return nil
}

// choice is a flag with a few words to choose from.
type choice struct {
	value string
	words []string
}

func (c *choice) String() string { return c.value }
func (c *choice) Type() string   { return strings.Join(c.words, "|") }

func (c *choice) Set(word string) error {
	if !slices.Contains(c.words, word) {
		return fmt.Errorf("choose one of %s", strings.Join(c.words, ", "))
	}
	c.value = word
	return nil
}

func (c *choice) addTo(cmd *cobra.Command, name, short, usage string) {
	cmd.Flags().VarP(c, name, short, usage)
	// It fails only for a flag that does not exist.
	_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(c.words, cobra.ShellCompDirectiveNoFileComp))
}

// output is how data is printed.
type output struct{ choice }

func (o *output) json() bool { return o.value == "json" }

func (o *output) addTo(c *cobra.Command) {
	o.value, o.words = "text", []string{"text", "json"}
	o.choice.addTo(c, "output", "o", "form of what is printed on stdout")
}

// backend is how kernel functions are hooked.
type backend struct{ choice }

func (b *backend) get() probe.Backend { return probe.Backend(b.value) }

func (b *backend) addTo(c *cobra.Command) {
	b.value = string(probe.Auto)
	for _, each := range probe.Backends() {
		b.words = append(b.words, string(each))
	}
	b.choice.addTo(c, "backend", "", "how to hook kernel functions; none: tracepoints and walks alone")
}

// sizeFlag is a number of bytes.
type sizeFlag int

const sizeUnits = "KMG"

func (s *sizeFlag) Type() string { return "SIZE" }

func (s *sizeFlag) String() string {
	n, unit := int(*s), ""
	for _, u := range sizeUnits {
		if n == 0 || n%1024 != 0 {
			break
		}
		n, unit = n/1024, string(u)
	}
	return strconv.Itoa(n) + unit
}

func (s *sizeFlag) Set(word string) error {
	digits := strings.TrimRight(word, sizeUnits)
	n, err := strconv.ParseUint(digits, 10, 32)
	if err != nil || len(word)-len(digits) > 1 {
		return fmt.Errorf("a size is a number of bytes, or one with K, M or G behind it")
	}
	shift := 0
	if unit := word[len(digits):]; unit != "" {
		shift = 10 * (strings.Index(sizeUnits, unit) + 1)
	}
	if *s = sizeFlag(n << shift); *s == 0 {
		return fmt.Errorf("a size is not zero")
	}
	return nil
}

// watchFlags are those of the commands that watch.
type watchFlags struct {
	events, addresses, strict bool
	interval                  time.Duration
	backend                   backend
	buffer                    sizeFlag
	record                    recordFlags
	output                    output
}

func (w *watchFlags) addTo(c *cobra.Command) {
	f := c.Flags()
	f.BoolVar(&w.events, "events", false, "print every event on stdout")
	f.BoolVar(&w.addresses, "addresses", false, "show kernel addresses in events")
	w.addWatching(c)
	w.record.addTo(c)
	w.output.addTo(c)
}

// addWatching adds those that say how to watch, and not what to print.
func (w *watchFlags) addWatching(c *cobra.Command) {
	f := c.Flags()
	f.DurationVar(&w.interval, "interval", time.Second, "time between two looks at the queue")
	f.BoolVar(&w.strict, "strict", false, "exit with 7 if events were lost")
	w.backend.addTo(c)
	w.buffer = probe.DefaultBuffer
	f.Var(&w.buffer, "buffer", "ring buffer for events, a power of two; when it is full, events are lost, counted and repaired")
}

// minInterval keeps the status readable and the program cheap.
const minInterval = 50 * time.Millisecond

func (w *watchFlags) check() error {
	switch {
	case w.interval < minInterval:
		return usagef("--interval must be at least %s, got %s", minInterval, w.interval)
	case w.addresses && !w.events:
		return usagef("--addresses shows them in events: add --events")
	}
	if err := probe.CheckBuffer(int(w.buffer)); err != nil {
		return usagef("--buffer: %w", err)
	}
	return w.record.check()
}
