//go:build linux

package probe

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/features"
	"golang.org/x/sys/unix"

	"uringtrace/internal/events"
)

// Diagnose tries everything that the commands need and reports how far each
// got. It errs only where nothing can be said, as without privilege; then the
// Diagnosis still has what could be learned.
func Diagnose(ctx context.Context, backend Backend) (Diagnosis, error) {
	d := Diagnosis{Release: Release(), Backend: None}
	var err error
	if d.Capabilities, err = Capabilities(); err != nil {
		return d, err
	}
	types, err := loadTypes()
	if err != nil {
		return d, err
	}
	d.BTF = true
	d.Reclaim = types.reclaim
	if err := CheckPrivilege(); err != nil {
		return d, err
	}
	d.Features = testFeatures(types)
	if err := tryWalk(); err != nil {
		d.Walk = err.Error()
	}
	live, err := NewLive(ctx, LiveOptions{Backend: backend})
	if err != nil {
		if backend != Auto && backend != "" {
			return d, err
		}
		d.Cannot = append(d.Cannot, "live events: "+err.Error())
	} else {
		d.Backend, d.Hooks = live.Backend(), live.Hooks()
		err = live.Close()
	}
	d.conclude()
	return d, err
}

// Release is the running kernel's release, empty if uname(2) fails.
func Release() string {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return ""
	}
	return unix.ByteSliceToString(u.Release[:])
}

func tryWalk() error {
	w, err := NewWalker(nil)
	if err != nil {
		return err
	}
	_, err = w.Walk(os.Getpid())
	return errors.Join(err, w.Close())
}

func testFeatures(types *kernelTypes) []Feature {
	var out []Feature
	test := func(name, use string, err error) {
		f := Feature{Name: name, Have: err == nil, For: use}
		if err != nil {
			f.Err = firstLine(err)
		}
		out = append(out, f)
	}
	test("fentry", "cheapest live hooks", tryBackend(Fentry, types))
	test("kprobe", "live hooks", tryBackend(Kprobe, types))
	test("tracepoints with BTF", "new rings, register calls", tryTracing(types, theHooks, "ring_register"))
	test("ring buffer", "live events", features.HaveMapType(ebpf.RingBuf))
	test("iterator task_file", "finding rings, walking queues", tryTracing(types, theWalk, "walk_rings"))
	test("iterator task", "requests in io-wq", tryTracing(types, theWalk, "walk_tasks"))
	test("io_uring", "the self-test, the workload", playNodeLife())
	return out
}

func tryTracing(types *kernelTypes, part half, program string) error {
	coll, err := loadPrograms(types, part, []string{program}, nil, func(*ebpf.CollectionSpec) error { return nil })
	if err != nil {
		return err
	}
	return closeCollection(coll)
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

func (d *Diagnosis) conclude() {
	if d.Walk == "" {
		d.Can = append(d.Can, "explain: read the queue, the requests that hold it and what they hold back, at any moment, without hooks")
	} else {
		d.Cannot = append(d.Cannot, "explain: "+d.Walk)
	}
	broken := Degraded(d.Hooks)
	switch {
	case len(d.Hooks) == 0:
	case d.Backend == None:
		d.Can = append(d.Can, "attach: follow the queue by repeated walks, new rings and register calls by tracepoints")
		d.Cannot = append(d.Cannot, broken...)
	case len(broken) == 0:
		d.Can = append(d.Can, fmt.Sprintf("attach: every removal and release as it happens, by %s", d.Backend))
	default:
		d.Can = append(d.Can, fmt.Sprintf("attach: what the working hooks show, by %s", d.Backend))
		d.Cannot = append(d.Cannot, broken...)
	}
	if d.Reclaim == events.UnknownReclaim {
		d.Cannot = append(d.Cannot, "nothing about nodes: this kernel has none of the known layouts of struct io_rsrc_node")
	}
	if d.Reclaim == events.Independent {
		d.Can = append(d.Can, "this kernel releases each node by itself: the queue that this tool explains can't block here")
	}
}

// Degraded says in sentences what is not seen for want of a hook, each loss
// once; empty if every hook works.
func Degraded(hooks []HookStatus) []string {
	var out []string
	seen := make(map[string]bool)
	off := 0
	for i := range hooks {
		h := &hooks[i]
		if h.Works() {
			continue
		}
		if h.State == HookOff {
			off++
		}
		if !seen[h.Without] {
			seen[h.Without] = true
			reason := string(h.State)
			if h.State == HookOff {
				reason = "no kernel functions can be hooked"
			}
			out = append(out, fmt.Sprintf("%s (%s: %s)", h.Without, h.Function, reason))
		}
	}
	if off > 0 {
		// One reason for all: say it once, not once a hook.
		return []string{"live removals and releases: this kernel has neither fentry nor kprobes, or they were switched off by --backend none; the queue is known from walks, once an interval"}
	}
	return out
}
