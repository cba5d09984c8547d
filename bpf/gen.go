// Package bpf holds the kernel side of uringtrace: the C, and the Go and object
// files that bpf2go generates from it. hooks.h has the live hooks, walk.h the
// cold walk, event.h is what both of them send. Only internal/probe imports
// this package.
//
// Probe is for every kernel, ProbeCast for those that have bpf_rdonly_cast (6.2).
package bpf

//go:generate go tool bpf2go -cc clang-16 -strip llvm-strip-16 -go-package bpf -target amd64,arm64 -cflags "-O2 -g -Wall -Werror -mcpu=v3 -DCAN_CAST=0" -type event -type resource -type event_removal -type walk_ring -type walk_node -type walk_more -type node_bits -type walk_request -type res_type -type file_kind -type place -type found -type reclaim -type then -type ring_state -type slot_key Probe uringtrace.bpf.c
//go:generate go tool bpf2go -cc clang-16 -strip llvm-strip-16 -go-package bpf -target amd64,arm64 -cflags "-O2 -g -Wall -Werror -mcpu=v3 -DCAN_CAST=1" -output-stem probe_cast -no-global-types ProbeCast uringtrace.bpf.c
