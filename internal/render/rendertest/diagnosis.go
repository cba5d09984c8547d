package rendertest

import "uringtrace/internal/render"

// Diagnosis is that of a kernel where one hook does not fire.
func Diagnosis() *render.Diagnosis {
	return &render.Diagnosis{
		Version: 1, Kernel: render.Kernel{Release: "6.1.0-56-cloud-amd64", Reclaim: "ordered-deferred"}, Backend: "kprobe", BTF: true,
		Capabilities: []render.Capability{{Name: "CAP_BPF", Have: true}, {Name: "CAP_PERFMON", Have: false}},
		Features: []render.Feature{
			{Name: "fentry", For: "cheapest live hooks", Err: "attach: not supported"},
			{Name: "kprobe", Have: true, For: "live hooks"},
			{Name: "iterator task_file", Have: true, For: "finding rings, walking queues"},
		},
		Hooks: []render.Hook{
			{
				Name: "ring created", Function: "io_uring:io_uring_create", Kind: "tracepoint", State: "ok", Works: true,
				For: "new rings of the target", Without: "rings made after attaching are found by walks only",
			},
			{
				Name: "node queued", Function: "io_rsrc_node_switch", Kind: "kprobe", State: "silent",
				For: "nodes entering the queue", Without: "the queue is known from walks only",
			},
			{
				Name: "socket released", Function: "__sock_release", Kind: "kprobe", State: "failed",
				For: "sockets that were truly released", Without: "released sockets are not counted", Err: "no such function",
			},
		},
		Can:    []string{"explain: read the queue", "attach: what the working hooks show, by kprobe"},
		Cannot: []string{"the queue is known from walks only (io_rsrc_node_switch: silent)"},
	}
}
