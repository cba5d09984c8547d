//go:build linux

package probe

import (
	"errors"
	"fmt"
	"os"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

// trialFunction is there on every kernel that we know; the trial program on it
// fires only when some ring is closed.
const trialFunction = "io_ring_ctx_wait_and_kill"

// kprobePMU is there if kprobes can be made with perf_event_open(2): since 4.17,
// in kernels with CONFIG_KPROBE_EVENTS.
const kprobePMU = "/sys/bus/event_source/devices/kprobe"

// chooseBackend decides by trying: that BTF or kallsyms list a function does
// not mean that it can be hooked.
func chooseBackend(want Backend, types *kernelTypes) (Backend, error) {
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
func tryBackend(b Backend, types *kernelTypes) error {
	name := "k_ring_exit"
	if _, err := os.Stat(kprobePMU); b == Kprobe && errors.Is(err, os.ErrNotExist) {
		return errors.New("the kernel was built without them (no " + kprobePMU + ")")
	}
	if b == Fentry {
		name = "f_ring_exit"
		if !types.has(trialFunction) {
			return fmt.Errorf("no BTF of %s", trialFunction)
		}
	}
	coll, err := loadPrograms(types, theHooks, []string{name}, nil, func(*ebpf.CollectionSpec) error { return nil })
	if err != nil {
		return refusal(err)
	}
	defer coll.Close()
	var lnk link.Link
	if b == Fentry {
		lnk, err = link.AttachTracing(link.TracingOptions{Program: coll.Programs[name]})
	} else {
		lnk, err = link.Kprobe(trialFunction, coll.Programs[name], nil)
	}
	if err != nil {
		return refusal(err)
	}
	return lnk.Close()
}

// refusal is why the kernel does not hook functions, without the loader's
// guesses at it: privilege has been checked before.
func refusal(err error) error {
	switch {
	case errors.Is(err, unix.EPERM):
		return errors.New("the kernel refuses such programs (EPERM): it is locked down, or built without them")
	case errors.Is(err, os.ErrNotExist), errors.Is(err, ebpf.ErrNotSupported), errors.Is(err, unix.EOPNOTSUPP):
		return errors.New("the kernel was built without them")
	}
	return err
}
