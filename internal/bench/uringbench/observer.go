//go:build linux

package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// observer is a program that observes a process, or nobody.
type observer struct {
	name string
	// args is its command line for the process pid; nil is nobody.
	args func(pid int) []string
	// before makes what it needs, after takes that away again.
	before, after func() error
	// ready reports whether it observes, by what it has said on stderr.
	ready func(talk string) bool
	// lost finds in what it has said the numbers of events that did not arrive.
	lost *regexp.Regexp
	// foreign programs may fail without an end to all.
	foreign bool
	// exits are the codes that it may end with when it is interrupted.
	exits []int
}

// nobody shows how well the measurement repeats.
func nobody() observer { return observer{name: "nobody"} }

// exitLost is how uringtrace --strict ends after a loss.
const exitLost = 7

// ours is uringtrace. Its stdout goes to /dev/null, as the cheapest that a stream can
// be written to, and with --strict it tells on stderr what was lost.
func ours(name string, more ...string) observer {
	return observer{
		name: name,
		args: func(pid int) []string {
			return append([]string{"uringtrace", "attach", "-p", strconv.Itoa(pid), "--strict", "-o", "json"}, more...)
		},
		ready: func(talk string) bool { return strings.Contains(talk, attached) },
		lost:  regexp.MustCompile(`(\d+) did not arrive`),
		exits: []int{0, exitLost},
	}
}

// empty is the floor: hooks at the same functions that do nothing.
func empty(kind string, functions []string) observer {
	return observer{
		name:  "empty " + kind,
		args:  func(int) []string { return append([]string{"/proc/self/exe", floorCommand, kind}, functions...) },
		ready: func(talk string) bool { return strings.Contains(talk, attached) },
		exits: []int{0},
	}
}

// ownObservers are those that are always there.
func ownObservers(k *kernel) []observer {
	return []observer{
		nobody(),
		empty("fentry", k.functions),
		empty("kprobe", k.functions),
		ours("watch fentry", "--backend", "fentry"),
		ours("watch kprobe", "--backend", "kprobe"),
		ours("stream fentry", "--backend", "fentry", "--events"),
		ours("stream kprobe", "--backend", "kprobe", "--events"),
	}
}

// installed reports whether the observer's program is there.
func (o observer) installed() bool {
	if o.args == nil {
		return true
	}
	_, err := exec.LookPath(o.args(0)[0])
	return err == nil
}

// watching is an observer at work.
type watching struct {
	observer
	cmd     *exec.Cmd
	out     string // the file of what it says on stdout
	talk    talk
	readyMS float64
}

// patience is for everything that takes a moment, on an emulated machine.
const patience = 2 * time.Minute

// start starts the observer and returns once it observes.
func (o observer) start(ctx context.Context, pid int) (*watching, error) {
	if o.args == nil {
		return &watching{observer: o}, nil
	}
	if o.before != nil {
		if err := o.before(); err != nil {
			return nil, fmt.Errorf("prepare %s: %w", o.name, err)
		}
	}
	args := o.args(pid)
	w := &watching{observer: o, cmd: exec.CommandContext(ctx, args[0], args[1:]...)}
	w.cmd.Stderr = &w.talk
	if o.foreign { // they say there what they have lost
		out, err := os.CreateTemp("", "said")
		if err != nil {
			return nil, err
		}
		defer out.Close()
		w.out, w.cmd.Stdout = out.Name(), out
	}
	begin := time.Now()
	if err := w.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", o.name, err)
	}
	for !o.ready(w.talk.String()) {
		if time.Since(begin) > patience {
			return nil, errors.Join(fmt.Errorf("%s does not get ready: %s", o.name, w.talk.String()), w.abandon())
		}
		time.Sleep(time.Millisecond)
	}
	w.readyMS = ms(time.Since(begin))
	return w, nil
}

// abandon ends an observer that does not do what it should.
func (w *watching) abandon() error {
	if w.cmd == nil {
		return nil
	}
	_ = w.cmd.Process.Kill() // it may have ended
	_ = w.cmd.Wait()
	if w.after == nil {
		return nil
	}
	return w.after()
}

// used is the processor time of the observer's process, in nanoseconds.
func (w *watching) used() (uint64, error) {
	if w.cmd == nil {
		return 0, nil
	}
	return processTime(w.cmd.Process.Pid)
}

// stop ends the observer and returns how many events did not arrive and what else
// there is to say.
func (w *watching) stop() (lost uint64, said string, err error) {
	if w.cmd == nil {
		return 0, "", nil
	}
	end, err := w.interrupt()
	if err != nil {
		return 0, "", err
	}
	text := w.talk.String()
	if w.out != "" {
		out, err := os.ReadFile(w.out)
		if err := errors.Join(err, os.Remove(w.out)); err != nil {
			return 0, "", err
		}
		more, err := os.ReadFile(written)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return 0, "", err
		}
		out = append(out, more...)
		said = fmt.Sprintf("%d lines", bytes.Count(out, []byte("\n")))
		text += string(out)
	}
	if w.after != nil {
		if err := w.after(); err != nil {
			return 0, "", fmt.Errorf("tidy up after %s: %w", w.name, err)
		}
	}
	return w.loss(text), said, w.verdict(end)
}

// interrupt ends the observer and returns how it ended. One that does not end is killed,
// and there is no more to be had of it.
func (w *watching) interrupt() (end, err error) {
	if err := w.cmd.Process.Signal(syscall.SIGINT); err != nil {
		return nil, fmt.Errorf("stop %s: %w", w.name, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- w.cmd.Wait() }()
	select {
	case end := <-ended:
		return end, nil
	case <-time.After(patience):
		kill := w.cmd.Process.Kill()
		<-ended
		said := cmp.Or(strings.TrimSpace(w.talk.String()), "it said nothing")
		return nil, errors.Join(fmt.Errorf("%s did not end within %s of SIGINT: %s", w.name, patience, said), kill)
	}
}

// loss adds up what an observer says that it has lost.
func (o observer) loss(text string) uint64 {
	if o.lost == nil {
		return 0
	}
	var sum uint64
	for _, m := range o.lost.FindAllStringSubmatch(text, -1) {
		n, _ := strconv.ParseUint(m[1], 10, 64) // digits, as matched
		sum += n
	}
	return sum
}

// verdict is the error in how the observer ended. One that was interrupted may say
// so.
func (w *watching) verdict(end error) error {
	var exit *exec.ExitError
	if end == nil || !errors.As(end, &exit) {
		return end
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() && status.Signal() == syscall.SIGINT {
		return nil
	}
	for _, code := range w.exits {
		if exit.ExitCode() == code {
			return nil
		}
	}
	return fmt.Errorf("%s: %w: %s", w.name, end, w.talk.String())
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// talk is what a program says, readable while it speaks.
type talk struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (t *talk) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.buf.Write(p)
}

func (t *talk) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.buf.String()
}
