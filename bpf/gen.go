// Package bpf holds the kernel side of uringtrace: the C, and the Go and object
// files that bpf2go generates from it. hooks.bpf.c has the live hooks, walk.bpf.c the
// cold walk, each compiled for every generation of the kernel's reclaim (generation.h);
// wire.bpf.c has the types of what both of them send, which event.h is about. Only
// internal/probe imports this package.
package bpf

//go:generate go tool bpf2go -cc clang-16 -strip llvm-strip-16 -go-package bpf -target amd64,arm64 -cflags "-O2 -g -Wall -Werror" -type event -type resource -type event_removal -type walk_ring -type walk_node -type walk_more -type node_bits -type walk_request -type res_type -type file_kind -type place -type found -type reclaim -type then -type ring_state -type ring_reading -type slot_key -type slot_reading -type ev Wire wire.bpf.c
//go:generate go tool bpf2go -cc clang-16 -strip llvm-strip-16 -go-package bpf -target amd64,arm64 -cflags "-O2 -g -Wall -Werror -mcpu=v3 -DGENERATION=1" -output-stem hooks_deferred -no-global-types HooksDeferred hooks.bpf.c
//go:generate go tool bpf2go -cc clang-16 -strip llvm-strip-16 -go-package bpf -target amd64,arm64 -cflags "-O2 -g -Wall -Werror -mcpu=v3 -DGENERATION=2" -output-stem hooks_ordered -no-global-types HooksOrdered hooks.bpf.c
//go:generate go tool bpf2go -cc clang-16 -strip llvm-strip-16 -go-package bpf -target amd64,arm64 -cflags "-O2 -g -Wall -Werror -mcpu=v3 -DGENERATION=3" -output-stem hooks_independent -no-global-types HooksIndependent hooks.bpf.c
//go:generate go tool bpf2go -cc clang-16 -strip llvm-strip-16 -go-package bpf -target amd64,arm64 -cflags "-O2 -g -Wall -Werror -mcpu=v3 -DGENERATION=1" -output-stem walk_deferred -no-global-types WalkDeferred walk.bpf.c
//go:generate go tool bpf2go -cc clang-16 -strip llvm-strip-16 -go-package bpf -target amd64,arm64 -cflags "-O2 -g -Wall -Werror -mcpu=v3 -DGENERATION=2" -output-stem walk_ordered -no-global-types WalkOrdered walk.bpf.c
//go:generate go tool bpf2go -cc clang-16 -strip llvm-strip-16 -go-package bpf -target amd64,arm64 -cflags "-O2 -g -Wall -Werror -mcpu=v3 -DGENERATION=3" -output-stem walk_independent -no-global-types WalkIndependent walk.bpf.c
