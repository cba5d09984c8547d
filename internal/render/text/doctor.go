package text

import (
	"fmt"
	"io"
	"strings"

	"uringtrace/internal/render"
)

// Diagnosis writes what a kernel allows.
func Diagnosis(w io.Writer, d *render.Diagnosis, s Style) error {
	b := &block{style: s}
	b.heading(fmt.Sprintf("kernel %s: %s", b.style.paint(bold, d.Kernel.Release), howReclaimed(d.Kernel.Reclaim)))
	if len(d.Hooks) > 0 { // else none was tried
		b.line("backend", d.Backend)
	}
	b.line("BTF", b.yesNo(d.BTF))
	if d.Walk != "" {
		b.line("walk", b.style.paint(red, "fails")+": "+d.Walk)
	}
	b.capabilities(d.Capabilities)
	b.features(d.Features)
	b.hooks(d.Hooks)
	b.sentences("works", green, d.Can)
	b.sentences("does not", red, d.Cannot)
	return b.writeTo(w)
}

func (b *block) yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return b.style.paint(red, "no")
}

func (b *block) capabilities(all []render.Capability) {
	var parts []string
	for _, c := range all {
		if c.Have {
			parts = append(parts, c.Name)
		} else {
			parts = append(parts, b.style.paint(red, "no "+c.Name))
		}
	}
	if len(parts) > 0 {
		b.line("privilege", strings.Join(parts, ", "))
	}
}

func (b *block) features(all []render.Feature) {
	if len(all) == 0 {
		return
	}
	b.heading("")
	rows := [][]string{{"FEATURE", "", "FOR"}}
	for i := range all {
		f := &all[i]
		row := []string{f.Name, b.yesNo(f.Have), f.For}
		if !f.Have && f.Err != "" {
			row[2] += ": " + f.Err
		}
		rows = append(rows, row)
	}
	b.table(rows)
}

func (b *block) hooks(all []render.Hook) {
	if len(all) == 0 {
		return
	}
	b.heading("")
	rows := [][]string{{"HOOK", "FUNCTION", "KIND", "STATE", ""}}
	for i := range all {
		h := &all[i]
		state, loss := h.State, ""
		if !h.Works {
			state = b.style.paint(red, state)
			loss = h.Without
			if h.Err != "" {
				loss += " (" + h.Err + ")"
			}
		}
		rows = append(rows, []string{h.Name, h.Function, h.Kind, state, loss})
	}
	b.table(rows)
}

func (b *block) sentences(label, color string, all []string) {
	if len(all) > 0 {
		b.heading("")
	}
	for _, sentence := range all {
		b.mark(label, color, sentence)
		label = ""
	}
}
