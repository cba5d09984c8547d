//go:build linux

package main

import (
	"testing"

	"github.com/go-quicktest/qt"

	"uringtrace/internal/render"
)

// fitting is a kernel on which the leak can be shown.
func fitting() render.Diagnosis {
	return render.Diagnosis{
		Kernel: render.Kernel{Release: "6.1.0", Reclaim: "ordered-deferred"}, Backend: "fentry",
		Features: []render.Feature{{Name: "kprobe"}, {Name: "io_uring", Have: true}},
		Hooks:    []render.Hook{{Function: "io_rsrc_node_switch", State: "ok", Works: true}},
	}
}

func TestFits(t *testing.T) {
	for _, tt := range []struct {
		why    string
		change func(*render.Diagnosis)
	}{
		{"", func(*render.Diagnosis) {}},
		{"", func(d *render.Diagnosis) { d.Kernel.Reclaim = "ordered" }},
		{"6.1.0 does not have the leak", func(d *render.Diagnosis) { d.Kernel.Reclaim = "independent" }},
		{"how 6.1.0 releases nodes is not known", func(d *render.Diagnosis) { d.Kernel.Reclaim = "unknown" }},
		{"rings can't be read on 6.1.0", func(d *render.Diagnosis) { d.Walk = "no iterators" }},
		{"6.1.0 has no kernel functions that can be hooked", func(d *render.Diagnosis) { d.Backend = "none" }},
		{"6.1.0 has no kernel functions that can be hooked", func(d *render.Diagnosis) { d.Hooks = nil }},
		{"on 6.1.0 the hook on io_rsrc_node_switch is silent", func(d *render.Diagnosis) {
			d.Hooks[0].State, d.Hooks[0].Works = "silent", false
		}},
		{"io_uring is not usable on 6.1.0", func(d *render.Diagnosis) { d.Features[1].Have = false }},
	} {
		d := fitting()
		tt.change(&d)
		ok, why := fits(&d, true)
		qt.Check(t, qt.Equals(why, tt.why))
		qt.Check(t, qt.Equals(ok, tt.why == ""))
	}
	d := fitting()
	_, why := fits(&d, false)
	qt.Check(t, qt.Equals(why, "tracing 6.1.0 needs root"))
}

func TestPlaces(t *testing.T) {
	o := &options{affected: []string{"6.1", "6.12"}, cured: []string{"7.3"}}
	qt.Check(t, qt.DeepEquals(booted(places(false, o)), []string{"6.1", "6.12", "7.3"}))
	here := places(true, o)
	qt.Check(t, qt.DeepEquals(booted(here), []string{"7.3"}))
	qt.Check(t, qt.IsTrue(here[0].native() && here[0].affected))
	qt.Check(t, qt.IsFalse(here[1].affected))
}
