package klog

import (
	"testing"

	"github.com/go-quicktest/qt"
)

func TestClassify(t *testing.T) {
	for line, want := range map[string]Severity{
		"WARNING: CPU: 1 PID: 77 at io_uring/rsrc.c:120 io_rsrc_node_ref_zero+0x1/0x2": Bad,
		"BUG: kernel NULL pointer dereference, address: 0000000000000008":              Bad,
		"Oops: 0002 [#1] PREEMPT SMP NOPTI":                                            Bad,
		"Kernel panic - not syncing: Fatal exception":                                  Bad,
		"INFO: task uringload:88 blocked for more than 120 seconds.":                   Bad,
		"refcount_t: underflow; use-after-free.":                                       Bad,
		"watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [probe.test:90]":            Stall,
		"rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:":                        Stall,
		"Spectre V2 : WARNING: Unprivileged eBPF is enabled with eIBRS on":             Harmless,
		"PCI: Using host bridge windows from ACPI; if necessary, report a bug":         Harmless,
		"": Harmless,
	} {
		qt.Check(t, qt.Equals(Classify(line), want), qt.Commentf("%s", line))
	}
}

func TestText(t *testing.T) {
	for line, want := range map[string]string{
		"[    1.423931] BUG: x":  "BUG: x",
		"[ 1234.000001] a [1] b": "a [1] b",
		"vmrun: guest: x":        "vmrun: guest: x",
		"[":                      "[",
	} {
		qt.Check(t, qt.Equals(Text(line), want))
	}
}
