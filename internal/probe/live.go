//go:build linux

package probe

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"

	"uringtrace/internal/events"
)

// LiveOptions chooses how to listen.
type LiveOptions struct {
	Backend     Backend // empty: Auto
	BufferBytes int     // ring buffer, see CheckBuffer; 0: DefaultBuffer
	Watch       bool    // count removals and send no events but rings' births and ends
	Stacks      bool    // take the user stacks that filled slots and that submitted requests; not with Watch
	Limits      Limits
}

// Live listens to the hooks. One goroutine may call Drain and Wait; the rest
// is safe beside it.
type Live struct {
	backend Backend
	counts  bool // removals, in place of events
	stacks  bool // are taken
	reclaim events.Reclaim
	coll    *ebpf.Collection
	links   []link.Link
	hooks   []attachedHook
	reader  *reader
	base    events.Loss // what was lost before anybody was observed
	rings   followed
	types   *kernelTypes // until a Walker has taken them over
}

type attachedHook struct {
	hook
	status HookStatus
}

// NewLive loads and attaches the hooks of this kernel's generation and tests
// them on a ring of its own. Which of them work is in Hooks; an error means
// that none could be had at all. The caller closes it.
func NewLive(ctx context.Context, o LiveOptions) (*Live, error) {
	if o.BufferBytes == 0 {
		o.BufferBytes = DefaultBuffer
	}
	if err := errors.Join(CheckBuffer(o.BufferBytes), CheckPrivilege()); err != nil {
		return nil, err
	}
	types, err := loadTypes()
	if err != nil {
		return nil, err
	}
	l := &Live{reclaim: types.reclaim, types: types}
	if l.backend, err = chooseBackend(o.Backend, types); err != nil {
		return nil, err
	}
	l.counts = o.Watch && l.backend != None
	l.stacks = o.Stacks && !o.Watch && l.backend != None
	if err := l.load(o); err != nil {
		return nil, err
	}
	l.attach()
	if l.reader, err = newReader(l.coll.Maps["events"]); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	if err := l.selfTest(ctx); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// Backend is the one in use.
func (l *Live) Backend() Backend { return l.backend }

// Hooks is the table with what became of each.
func (l *Live) Hooks() []HookStatus {
	out := make([]HookStatus, len(l.hooks))
	for i := range l.hooks {
		out[i] = l.hooks[i].status
	}
	return out
}

func (l *Live) load(o LiveOptions) error {
	var names []string
	table := hooks()
	if o.Watch {
		table = watchHooks()
	}
	if l.stacks {
		table = append(table, stackHooks()...)
	}
	for _, h := range hooksFor(table, l.reclaim) {
		row := attachedHook{hook: h, status: HookStatus{
			Name: h.name, Function: h.function, Kind: string(l.backend), State: HookOff, For: h.use, Without: h.without,
		}}
		programs := h.programs(l.backend)
		switch {
		case slices.Contains(programs, h.tracing):
			row.status.Kind = "tracepoint"
			names = append(names, programs...)
		case len(programs) == 0:
			row.status.Kind = "-"
		case l.backend == Fentry && !l.types.has(h.function):
			row.status.State = HookMissing
		default:
			names = append(names, programs...)
		}
		l.hooks = append(l.hooks, row)
	}
	names = append(names, "read_rings")
	if l.counts {
		names = append(names, "read_slots")
	}
	coll, err := loadPrograms(l.types, theHooks, names, nil, func(spec *ebpf.CollectionSpec) error {
		spec.Maps["socks"].MaxEntries = sockRoom(hostMemory())
		spec.Maps["events"].MaxEntries = uint32(o.BufferBytes)
		for name, limit := range map[string]int{"rings": o.Limits.Rings, "socks": o.Limits.Socks, "calls": o.Limits.Calls, "stacks": o.Limits.Stacks} {
			if limit > 0 {
				spec.Maps[name].MaxEntries = uint32(limit)
			}
		}
		if err := prepareStacks(spec, l.stacks); err != nil {
			return err
		}
		return spec.Variables["wake_bytes"].Set(uint64(o.BufferBytes / 8))
	})
	if err != nil {
		return fmt.Errorf("load hooks: %w", err)
	}
	l.coll = coll
	return nil
}

// attach attaches what was loaded; a hook that can't be attached is a row in
// the table and not an error.
func (l *Live) attach() {
	for i := range l.hooks {
		h := &l.hooks[i]
		if h.status.State == HookMissing {
			continue
		}
		for _, name := range h.programs(l.backend) {
			lnk, err := attachProgram(&h.hook, name, l.coll.Programs[name])
			if err != nil {
				h.status.State, h.status.Err = HookFailed, err.Error()
				if errors.Is(err, os.ErrNotExist) {
					h.status.State = HookMissing
				}
				break
			}
			l.links = append(l.links, lnk)
			h.status.State = HookAttached
		}
	}
}

func attachProgram(h *hook, name string, prog *ebpf.Program) (link.Link, error) {
	switch name {
	case h.entry:
		return link.Kprobe(h.function, prog, nil)
	case h.ret:
		return link.Kretprobe(h.function, prog, nil)
	}
	if h.tracepoint != "" {
		return link.AttachRawTracepoint(link.RawTracepointOptions{Name: h.tracepoint, Program: prog})
	}
	return link.AttachTracing(link.TracingOptions{Program: prog})
}

// takeTypes hands over what was decoded of the kernel's types: they are large, and of
// use only to who loads programs. l may be nil.
func (l *Live) takeTypes() (*kernelTypes, error) {
	if l == nil || l.types == nil {
		return loadTypes()
	}
	types := l.types
	l.types = nil
	return types, nil
}

// WatchProcess has the rings that process tgid makes from now on observed.
func (l *Live) WatchProcess(tgid int) error {
	if err := l.coll.Maps["targets"].Put(uint32(tgid), uint8(1)); err != nil {
		return fmt.Errorf("watch process %d: %w", tgid, err)
	}
	return nil
}

// Close detaches everything; what is still in the buffer is lost.
func (l *Live) Close() error {
	var errs []error
	for _, lnk := range l.links {
		errs = append(errs, lnk.Close())
	}
	if l.reader != nil {
		errs = append(errs, l.reader.Close())
	}
	return errors.Join(append(errs, closeCollection(l.coll))...)
}
