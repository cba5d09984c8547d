package pprof

import (
	"maps"
	"slices"
	"strings"

	"github.com/google/pprof/profile"

	"uringtrace/internal/events"
	"uringtrace/internal/queue"
)

// stack is where a stack was, innermost first. One that is not known is two frames
// in brackets, of what is known.
func (b *builder) stack(id uint32, name, place string) []*profile.Location {
	frames := b.stacks[id].Frames
	if len(frames) == 0 {
		frames = []events.Frame{{Function: "[" + name + "]"}, {Function: "[" + place + "]"}}
	}
	out := make([]*profile.Location, 0, len(frames))
	for i, f := range frames {
		if i > 0 && f.Address > 0 {
			f.Address-- // of the call, as profiles have it, and not of where it returns to
		}
		out = append(out, b.location(f))
	}
	return out
}

func (b *builder) location(f events.Frame) *profile.Location {
	if l := b.locations[f]; l != nil {
		return l
	}
	l := &profile.Location{ID: uint64(len(b.locations) + 1), Address: f.Address, Mapping: b.module(&f)}
	if f.Function != "" {
		l.Line = []profile.Line{{Function: b.function(&f), Line: int64(f.Line)}}
	}
	b.locations[f] = l
	b.profile.Location = append(b.profile.Location, l)
	return l
}

func (b *builder) function(f *events.Frame) *profile.Function {
	key := functionKey{f.Function, f.File}
	if fn := b.functions[key]; fn != nil {
		return fn
	}
	fn := &profile.Function{ID: uint64(len(b.functions) + 1), Name: f.Function, SystemName: f.Function, Filename: f.File}
	b.functions[key] = fn
	b.profile.Function = append(b.profile.Function, fn)
	return fn
}

// module says of what has names that pprof need not look for them.
func (b *builder) module(f *events.Frame) *profile.Mapping {
	if f.Module == (events.Module{}) {
		return nil
	}
	m := b.modules[f.Module]
	if m == nil {
		m = &profile.Mapping{
			ID: uint64(len(b.modules) + 1), Start: f.Module.Start, Limit: f.Module.End, Offset: f.Module.Offset,
			File: f.Module.Path, BuildID: f.Module.BuildID,
		}
		b.modules[f.Module] = m
		b.profile.Mapping = append(b.profile.Mapping, m)
	}
	m.HasFunctions = m.HasFunctions || f.Function != ""
	m.HasFilenames = m.HasFilenames || f.File != ""
	m.HasLineNumbers = m.HasLineNumbers || f.Line != 0
	return m
}

// kinds is what is held in words, most first.
func kinds(h *queue.Held) string {
	names := slices.SortedFunc(maps.Keys(h.Kinds), func(a, b string) int {
		if h.Kinds[a] != h.Kinds[b] {
			return h.Kinds[b] - h.Kinds[a]
		}
		return strings.Compare(a, b)
	})
	if h.Buffers > 0 {
		names = append(names, "buffers")
	}
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}
