package probe

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/link"

	"uringtrace/bpf"
	"uringtrace/internal/events"
)

// LiveOptions chooses how to listen.
type LiveOptions struct {
	Backend     Backend // empty: Auto
	BufferBytes int     // ring buffer, a power of two of at least a page; 0: 4 MiB
}

// Live listens to the hooks. One goroutine may call Drain and Wait; the rest
// is safe beside it.
type Live struct {
	backend Backend
	reclaim events.Reclaim
	coll    *ebpf.Collection
	links   []link.Link
	hooks   []attachedHook
	reader  *reader
}

type attachedHook struct {
	hook
	status HookStatus
}

// NewLive loads and attaches the hooks of this kernel's generation and tests
// them on a ring of its own. Which of them work is in Hooks; an error means
// that none could be had at all. The caller closes it.
func NewLive(ctx context.Context, o LiveOptions) (*Live, error) {
	if err := CheckPrivilege(); err != nil {
		return nil, err
	}
	types, err := kernelTypes()
	if err != nil {
		return nil, err
	}
	l := &Live{reclaim: reclaimOf(types)}
	if l.backend, err = chooseBackend(o.Backend, types); err != nil {
		return nil, err
	}
	if err := l.load(o, types); err != nil {
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

func (l *Live) load(o LiveOptions, types *btf.Spec) error {
	var names []string
	for _, h := range hooksFor(l.reclaim) {
		row := attachedHook{hook: h, status: HookStatus{
			Name: h.name, Function: h.function, Kind: string(l.backend), State: HookOff, For: h.use, Without: h.without,
		}}
		programs := h.programs(l.backend)
		switch {
		case h.tracing != "":
			row.status.Kind = "tracepoint"
			names = append(names, programs...)
		case len(programs) == 0:
			row.status.Kind = "-"
		case l.backend == Fentry && !hasFunction(types, h.function):
			row.status.State = HookMissing
		default:
			names = append(names, programs...)
		}
		l.hooks = append(l.hooks, row)
	}
	coll, err := loadPrograms(names, func(spec *ebpf.CollectionSpec) error {
		if o.BufferBytes == 0 {
			return nil
		}
		spec.Maps["events"].MaxEntries = uint32(o.BufferBytes)
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
	return link.AttachTracing(link.TracingOptions{Program: prog})
}

func hasFunction(types *btf.Spec, name string) bool {
	var fn *btf.Func
	return types.TypeByName(name, &fn) == nil
}

// WatchProcess has the rings that process tgid makes from now on observed.
func (l *Live) WatchProcess(tgid int) error {
	if err := l.coll.Maps["targets"].Put(uint32(tgid), uint8(1)); err != nil {
		return fmt.Errorf("watch process %d: %w", tgid, err)
	}
	return nil
}

// WatchRing has an existing ring observed; watching it twice is fine.
func (l *Live) WatchRing(ring uint64) error {
	err := l.coll.Maps["rings"].Update(ring, bpf.ProbeRingState{}, ebpf.UpdateNoExist)
	if err != nil && !errors.Is(err, ebpf.ErrKeyExist) {
		return fmt.Errorf("watch ring: %w", err)
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
