//go:build linux

package main

import (
	"fmt"

	"uringtrace/internal/events"
	"uringtrace/internal/render"
)

// place is a kernel to run the workload on.
type place struct {
	kernel   string // to boot; empty: the one that we run on
	affected bool   // it is expected to leak
}

// native says that nothing is to be booted.
func (p place) native() bool { return p.kernel == "" }

func (p place) String() string {
	if p.native() {
		return "this kernel"
	}
	return "kernel " + p.kernel
}

// places is where the demo goes: if this kernel shows the leak, no other affected
// one has to.
func places(here bool, o *options) []place {
	var all []place
	if here {
		all = append(all, place{affected: true})
	} else {
		for _, name := range o.affected {
			all = append(all, place{kernel: name, affected: true})
		}
	}
	for _, name := range o.cured {
		all = append(all, place{kernel: name})
	}
	return all
}

// booted names the kernels of those places that need one.
func booted(all []place) []string {
	var names []string
	for _, p := range all {
		if !p.native() {
			names = append(names, p.kernel)
		}
	}
	return names
}

// fits decides from what doctor says whether this kernel can show the leak, and
// why it can't.
func fits(d *render.Diagnosis, root bool) (ok bool, why string) {
	release := d.Kernel.Release
	switch d.Kernel.Reclaim {
	case events.OrderedDeferred.String(), events.Ordered.String():
	case events.Independent.String():
		return false, release + " does not have the leak"
	default:
		return false, "how " + release + " releases nodes is not known"
	}
	switch {
	case !root:
		return false, "tracing " + release + " needs root"
	case d.Walk != "":
		return false, "rings can't be read on " + release
	case d.Backend == "none" || len(d.Hooks) == 0:
		return false, release + " has no kernel functions that can be hooked"
	}
	for i := range d.Hooks {
		if h := &d.Hooks[i]; !h.Works {
			return false, fmt.Sprintf("on %s the hook on %s is %s", release, h.Function, h.State)
		}
	}
	for i := range d.Features {
		if f := &d.Features[i]; f.Name == "io_uring" && !f.Have {
			return false, "io_uring is not usable on " + release
		}
	}
	return true, ""
}
