package pprof

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/google/pprof/profile"

	"uringtrace/internal/events"
	"uringtrace/internal/queue"
	"uringtrace/internal/render/text"
)

// The values of a sample. Those that are held are a slot's, by the stack that had
// filled it; those that are pinned a holder's, by the stack that submitted it: what
// its end would release. A sample has either the one or the other.
const (
	heldSockets = iota
	heldBytes
	pinnedSockets
	pinnedBytes
	valueCount
)

var valueTypes = [valueCount]profile.ValueType{
	heldSockets: {Type: "held_sockets", Unit: "count"}, heldBytes: {Type: "held_bytes", Unit: "bytes"},
	pinnedSockets: {Type: "pinned_sockets", Unit: "count"}, pinnedBytes: {Type: "pinned_bytes", Unit: "bytes"},
}

// uninteresting are the functions through which system calls are made, in Go, C and
// Rust: pprof leaves them out, with all that they call.
const uninteresting = `(internal/)?runtime/(internal/)?syscall.*|syscall\.(Raw)?Syscall6?.*|golang\.org/x/sys/unix\..*|` +
	`.*/giouring\..*|_*(sys_)?io_uring_.*|io_uring::.*|syscall`

// Snapshot is what is known at one moment.
type Snapshot struct {
	Report *queue.Report
	Stacks map[uint32]events.Stack
	Time   time.Time     // of the moment; zero: unknown
	Length time.Duration // for which the process had been observed; 0: unknown
}

// Write writes the profile, compressed.
func Write(w io.Writer, s *Snapshot) error {
	b := newBuilder(s)
	for i := range s.Report.Rings {
		b.ring(&s.Report.Rings[i])
	}
	if err := b.profile.CheckValid(); err != nil {
		return fmt.Errorf("make a profile: %w", err)
	}
	if err := b.profile.Write(w); err != nil {
		return fmt.Errorf("write the profile: %w", err)
	}
	return nil
}

// builder collects samples, and each place once.
type builder struct {
	profile   *profile.Profile
	stacks    map[uint32]events.Stack
	modules   map[events.Module]*profile.Mapping
	functions map[functionKey]*profile.Function
	locations map[events.Frame]*profile.Location
}

type functionKey struct{ name, file string }

func newBuilder(s *Snapshot) *builder {
	p := &profile.Profile{
		DefaultSampleType: valueTypes[heldSockets].Type, DurationNanos: int64(s.Length),
		DropFrames: uninteresting, Comments: comments(s.Report),
	}
	for i := range valueTypes {
		p.SampleType = append(p.SampleType, &valueTypes[i])
	}
	if !s.Time.IsZero() {
		p.TimeNanos = s.Time.UnixNano()
	}
	return &builder{
		profile: p, stacks: s.Stacks, modules: make(map[events.Module]*profile.Mapping),
		functions: make(map[functionKey]*profile.Function), locations: make(map[events.Frame]*profile.Location),
	}
}

// comments say whose the profile is, and what is not exact.
func comments(r *queue.Report) []string {
	out := []string{fmt.Sprintf("%s (pid %d) on %s, reclaim %s", text.Clean(r.Target.Comm), r.Target.PID, r.Kernel.Release, r.Kernel.Reclaim)}
	if !r.Exact {
		out = append(out, "not exact")
	}
	for i := range r.Rings {
		if why := r.Rings[i].Inexact; why != "" {
			out = append(out, fmt.Sprintf("ring %d is not exact: %s", r.Rings[i].Ring, why))
		}
	}
	return append(out, r.Notes...)
}

func (b *builder) ring(r *queue.RingReport) {
	place := "ring " + strconv.Itoa(r.Ring)
	if r.FD >= 0 {
		place += ", fd " + strconv.Itoa(r.FD)
	}
	if slices.Contains(r.Flags, "SQPOLL") {
		place += ", SQPOLL: a thread of the kernel submits"
	}
	labels := map[string][]string{"ring": {place}}
	for _, h := range byStack(r) {
		if h.Files+h.Buffers == 0 && h.Bytes == 0 {
			continue
		}
		var v [valueCount]int64
		v[heldSockets], v[heldBytes] = int64(h.Sockets), int64(h.Bytes)
		b.sample(v, labels, b.stack(h.Stack, "stack not known: "+kinds(&h.Held), place))
	}
	for i := range r.Blockers {
		b.blocker(&r.Blockers[i], labels, place)
	}
}

// byStack is all that a ring holds.
func byStack(r *queue.RingReport) []queue.StackHeld {
	if r.ByStack != nil {
		return r.ByStack
	}
	return []queue.StackHeld{{Held: r.Held}}
}

// blocker adds what the end of a pin would release. Of one that several stacks hold
// no single one is the cause.
func (b *builder) blocker(p *queue.Blocker, labels map[string][]string, place string) {
	var v [valueCount]int64
	v[pinnedSockets], v[pinnedBytes] = int64(p.Frees.Sockets), int64(p.Frees.Bytes)
	name, stack := "holder not found", uint32(0)
	for i := range p.Requests {
		q := &p.Requests[i]
		if i == 0 {
			name, stack = text.Request(q), q.Stack
		}
		if q.Stack != stack {
			stack = 0
		}
	}
	if rest := p.References - 1; rest > 0 {
		name += fmt.Sprintf(" and %d more", rest)
		if p.Found < p.References {
			stack = 0
		}
	}
	all := map[string][]string{"ring": labels["ring"], "holder": {name}}
	b.sample(v, all, b.stack(stack, name, place))
}

func (b *builder) sample(values [valueCount]int64, labels map[string][]string, at []*profile.Location) {
	b.profile.Sample = append(b.profile.Sample, &profile.Sample{Location: at, Value: values[:], Label: labels})
}
