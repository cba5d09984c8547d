//go:build linux

package floor

import (
	"errors"
	"fmt"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
)

// Floor is a set of hooks that do nothing. They must be kept referenced: the
// collector detaches what is not.
type Floor struct {
	links    []link.Link
	programs []*ebpf.Program
}

// Attach hooks every function with fentry or a kprobe. A function with a colon in
// it is a tracepoint.
func Attach(fentry bool, functions []string) (*Floor, error) {
	f := &Floor{}
	for _, name := range functions {
		if err := f.attach(fentry, name); err != nil {
			return nil, errors.Join(fmt.Errorf("hook %s: %w", name, err), f.Close())
		}
	}
	return f, nil
}

func (f *Floor) attach(fentry bool, name string) error {
	spec := &ebpf.ProgramSpec{
		Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()},
		License:      "GPL",
		Type:         ebpf.Tracing,
	}
	_, tracepoint, isTracepoint := strings.Cut(name, ":")
	switch {
	case isTracepoint:
		spec.AttachType, spec.AttachTo = ebpf.AttachTraceRawTp, tracepoint
	case fentry:
		spec.AttachType, spec.AttachTo = ebpf.AttachTraceFEntry, name
	default:
		spec.Type = ebpf.Kprobe
	}
	program, err := ebpf.NewProgram(spec)
	if err != nil {
		return err
	}
	f.programs = append(f.programs, program)
	var l link.Link
	if spec.Type == ebpf.Kprobe {
		l, err = link.Kprobe(name, program, nil)
	} else {
		l, err = link.AttachTracing(link.TracingOptions{Program: program})
	}
	if err != nil {
		return err
	}
	f.links = append(f.links, l)
	return nil
}

// Close unhooks all.
func (f *Floor) Close() error {
	var errs []error
	for _, l := range f.links {
		errs = append(errs, l.Close())
	}
	for _, p := range f.programs {
		errs = append(errs, p.Close())
	}
	return errors.Join(errs...)
}
