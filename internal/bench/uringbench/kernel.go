//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"uringtrace/internal/render"
)

// kernel is the one that we run on.
type kernel struct {
	release string
	// settle is how long the kernel needs until what was removed is released.
	settle time.Duration
	// queue says that it has one; others release each node by itself.
	queue bool
	// functions are those that uringtrace hooks, tracepoints those with a colon.
	functions []string
}

// One kind of kernel defers release by a second, behind an RCU grace period. On the
// others observers need a moment.
const (
	settleDeferred = 2500 * time.Millisecond
	settleAtOnce   = 500 * time.Millisecond
)

// askKernel has uringtrace look at the kernel.
func askKernel(ctx context.Context) (*kernel, error) {
	out, err := exec.CommandContext(ctx, "uringtrace", "doctor", "-o", "json").Output()
	if err != nil {
		return nil, fmt.Errorf("run uringtrace doctor: %w", err)
	}
	var d render.Diagnosis
	if err := json.Unmarshal(out, &d); err != nil {
		return nil, fmt.Errorf("read what uringtrace doctor says: %w", err)
	}
	k := &kernel{release: d.Kernel.Release, settle: settleAtOnce, queue: d.Kernel.Reclaim != "independent"}
	if d.Kernel.Reclaim == "ordered-deferred" {
		k.settle = settleDeferred
	}
	for _, h := range d.Hooks {
		if h.Works {
			k.functions = append(k.functions, h.Function)
		}
	}
	return k, nil
}

// plain are the functions that are no tracepoints.
func (k *kernel) plain() []string {
	var list []string
	for _, f := range k.functions {
		if !strings.Contains(f, ":") {
			list = append(list, f)
		}
	}
	return list
}
