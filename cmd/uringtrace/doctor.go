package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"uringtrace/internal/probe"
	"uringtrace/internal/render"
	"uringtrace/internal/render/jsonl"
	"uringtrace/internal/render/text"
)

func newDoctor(t *tool) *cobra.Command {
	var want backend
	var out output
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Say what works on this kernel, and what does not",
		Long: `Say what works on this kernel, and what does not.

Tries everything that the other commands need: privilege, BPF features, every
hook with a self-test on a ring of its own, and the walk. Exits with 0 if
explain and attach can tell something, even if not everything.`,
		Example: `  sudo uringtrace doctor
  sudo uringtrace doctor --backend kprobe -o json | jq '.hooks[] | select(.works | not)'`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			found, err := t.kernel.Diagnose(c.Context(), want.get())
			d := diagnosis(&found)
			print := func() error { return text.Diagnosis(t.stdout, d, t.style) }
			if out.json() {
				print = func() error { return jsonl.Diagnosis(t.stdout, d) }
			}
			if printErr := print(); printErr != nil {
				return printErr
			}
			if err != nil {
				return err
			}
			if found.Walk != "" {
				return fmt.Errorf("%w: rings can't be read here, so neither explain nor attach work: %s", probe.ErrKernel, found.Walk)
			}
			return nil
		},
	}
	want.addTo(c)
	out.addTo(c)
	return c
}

// diagnosis is d in the words of the renderers, which don't know package probe.
func diagnosis(d *probe.Diagnosis) *render.Diagnosis {
	out := &render.Diagnosis{
		Version: 1, Kernel: render.Kernel{Release: d.Release, Reclaim: d.Reclaim.String()},
		Backend: string(d.Backend), BTF: d.BTF, Walk: d.Walk,
		Capabilities: []render.Capability{}, Features: []render.Feature{}, Hooks: []render.Hook{},
		Can: append([]string{}, d.Can...), Cannot: append([]string{}, d.Cannot...),
	}
	for _, c := range d.Capabilities {
		out.Capabilities = append(out.Capabilities, render.Capability(c))
	}
	for _, f := range d.Features {
		out.Features = append(out.Features, render.Feature{Name: f.Name, Have: f.Have, For: f.For, Err: f.Err})
	}
	for i := range d.Hooks {
		h := &d.Hooks[i]
		out.Hooks = append(out.Hooks, render.Hook{
			Name: h.Name, Function: h.Function, Kind: h.Kind, State: string(h.State), Works: h.Works(),
			For: h.For, Without: h.Without, Err: h.Err,
		})
	}
	return out
}
