package probe

import (
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/link"
)

// trialFunction is there on every kernel that we know; the trial program on it
// fires only when some ring is closed.
const trialFunction = "io_ring_ctx_wait_and_kill"

// chooseBackend decides by trying: that BTF or kallsyms list a function does
// not mean that it can be hooked.
func chooseBackend(want Backend, types *btf.Spec) (Backend, error) {
	switch want {
	case None:
		return None, nil
	case Fentry, Kprobe:
		if err := tryBackend(want, types); err != nil {
			return "", fmt.Errorf("%w: no %s here (%v); use --backend auto", ErrKernel, want, err)
		}
		return want, nil
	case Auto, "":
		for _, b := range []Backend{Fentry, Kprobe} {
			if tryBackend(b, types) == nil {
				return b, nil
			}
		}
		return None, nil
	}
	return "", fmt.Errorf("unknown backend %q", want)
}

// tryBackend attaches one program and detaches it again.
func tryBackend(b Backend, types *btf.Spec) error {
	name := "k_ring_exit"
	if b == Fentry {
		name = "f_ring_exit"
		if !hasFunction(types, trialFunction) {
			return fmt.Errorf("no BTF of %s", trialFunction)
		}
	}
	coll, err := loadPrograms([]string{name}, func(*ebpf.CollectionSpec) error { return nil })
	if err != nil {
		return err
	}
	defer coll.Close()
	var lnk link.Link
	if b == Fentry {
		lnk, err = link.AttachTracing(link.TracingOptions{Program: coll.Programs[name]})
	} else {
		lnk, err = link.Kprobe(trialFunction, coll.Programs[name], nil)
	}
	if err != nil {
		return fmt.Errorf("attach: %w", err)
	}
	return lnk.Close()
}
