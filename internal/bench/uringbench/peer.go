//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"
)

// Where the kernel shows probes.
const (
	tracing    = "/sys/kernel/tracing"
	kprobeList = "/sys/kernel/debug/kprobes/list"
)

// register is the tracepoint that peers look at beside the functions.
const register = "io_uring:io_uring_register"

// peers are programs of others at the functions that uringtrace hooks: with every
// event printed or kept, as its stream does, or counted.
func peers(k *kernel) []observer {
	functions := k.plain()
	kprobes, tracepoint := "kprobe:"+strings.Join(functions, ",kprobe:"), "tracepoint:"+register
	perf := func(args ...string) []string {
		return append(append([]string{"perf"}, args...), "-a", "-e", group+":*", "-e", register)
	}
	printed := regexp.MustCompile(`(?i)\blost (\d+) events`)
	all := []observer{
		{
			name: "bpftrace, print", lost: printed,
			args: func(int) []string {
				return []string{"bpftrace", "-e", kprobes + ` { printf("%llu %s %d %lx\n", nsecs, probe, pid, arg0) } ` +
					tracepoint + ` { printf("%llu %s %d %d\n", nsecs, probe, pid, args->opcode) }`}
			},
		},
		{
			name: "bpftrace, count", lost: printed,
			args: func(int) []string {
				return []string{"bpftrace", "-e", kprobes + "," + tracepoint + " { @[probe] = count() }"}
			},
		},
		{
			name: "perf trace", lost: printed,
			args: func(int) []string { return append(perf("trace"), "-o", written) },
		},
		{
			name: "perf record", lost: regexp.MustCompile(`lost (\d+) chunks`),
			args: func(int) []string { return append(perf("record"), "-o", data) },
		},
		{
			name: "perf stat",
			args: func(int) []string { return perf("stat") },
		},
		{
			name: "trace-cmd record", lost: regexp.MustCompile(`(?m)^overrun: (\d+)`),
			args: func(int) []string {
				return []string{"trace-cmd", "record", "-e", group, "-e", register, "-o", data}
			},
		},
		{
			name: "trace_pipe", lost: regexp.MustCompile(`LOST (\d+) EVENTS`),
			args: func(int) []string {
				return []string{"sh", "-c", "for e in " + group + " io_uring/io_uring_register; do echo 1 >" + tracing + "/events/$e/enable; done; exec cat " + tracing + "/trace_pipe"}
			},
		},
	}
	for i := range all {
		all[i].foreign = true
		all[i].before = func() error { return defineProbes(functions) }
		all[i].after = removeProbes
		all[i].ready = func(string) bool { return armed(len(functions)) }
		all[i].exits = []int{0, 130}
		if strings.HasPrefix(all[i].name, "bpftrace") {
			all[i].before = nil // it makes its own
		}
	}
	return all
}

// Files of peers: what is read by nothing but themselves, and lines.
const (
	data    = "/tmp/peer.data"
	written = "/tmp/peer.txt"
)

// group is that of our probes in tracefs.
const group = "uringbench"

func defineProbes(functions []string) error {
	var b strings.Builder
	for _, f := range functions {
		fmt.Fprintf(&b, "p:%s/%s %s\n", group, f, f)
	}
	return os.WriteFile(tracing+"/kprobe_events", []byte(b.String()), 0)
}

func removeProbes() error {
	for _, e := range []string{group, strings.Replace(register, ":", "/", 1)} {
		err := os.WriteFile(tracing+"/events/"+e+"/enable", []byte("0"), 0)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	for _, name := range []string{data, written, written + ".old"} {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return os.WriteFile(tracing+"/kprobe_events", nil, 0)
}

// armed reports whether the kernel has that many probes switched on.
func armed(n int) bool {
	list, err := os.ReadFile(kprobeList)
	if err != nil {
		return false // it says so by never getting ready
	}
	on := 0
	for line := range bytes.Lines(list) {
		if !bytes.Contains(line, []byte("[DISABLED]")) {
			on++
		}
	}
	return on >= n
}
