/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Live hooks of generation C: each node is released by itself. */
#ifndef URINGTRACE_HOOKS_INDEPENDENT_H
#define URINGTRACE_HOOKS_INDEPENDENT_H

#include "hooks_common.h"
#include "hooks_stacks.h"

/* ---- C: a node is one registered slot, from installation to its last user ---- */

static __always_inline int on_new_c(void *ctx, void *node)
{
	struct ring_state *ring = ring_of(ctx);

	if (ring && node)
		emit(ring, EV_NODE_NEW, ctx, node, 0, 0);
	return 0;
}

SEC("kprobe/io_rsrc_node_alloc")
int BPF_KPROBE(k_new_c_enter, void *uring)
{
	if (ring_of(uring))
		call_enter(CALL_NODE_ALLOC, uring, 0, 0);
	return 0;
}
SEC("kretprobe/io_rsrc_node_alloc")
int BPF_KRETPROBE(k_new_c, void *node)
{
	struct call_args args;

	return call_leave(CALL_NODE_ALLOC, &args) ? on_new_c((void *)args.ctx, node) : 0;
}
SEC("fexit/io_rsrc_node_alloc")
int BPF_PROG(f_new_c, void *uring, int type, void *node) { return on_new_c(uring, node); }

static __always_inline int on_free(void *ctx, struct io_rsrc_node___c *node)
{
	struct ring_state *ring = ring_of(ctx);
	__u64 rsrc;

	if (!ring)
		return 0;
	rsrc = BPF_CORE_READ(node, file_ptr);
	emit(ring, EV_NODE_FREE, ctx, node, rsrc & ~3ULL, BPF_CORE_READ(node, tag));
	return 0;
}

SEC("kprobe/io_free_rsrc_node")
int BPF_KPROBE(k_free, void *uring, void *node) { return on_free(uring, node); }
SEC("fentry/io_free_rsrc_node")
int BPF_PROG(f_free, void *uring, void *node) { return on_free(uring, node); }

/* What an update has put into the table, once it is there. */
struct slots {
	struct io_ring_ctx *ctx;
	__u32 offset;
	__u32 pad;
};

static long emit_slot(__u32 i, struct slots *s)
{
	struct io_rsrc_node___c **nodes, *node = 0;
	struct event_removal r;
	struct io_ring_ctx___c *ctx = (void *)s->ctx;
	struct ring_state *ring = ring_of(ctx);
	__u32 slot = s->offset + i;

	if (!ring)
		return 1;
	nodes = BPF_CORE_READ(ctx, file_table.data.nodes);
	bpf_probe_read_kernel(&node, sizeof(node), nodes + slot);
	if (!node)
		return 0;
	fill(&r.ev, EV_NODE_SLOT, ctx, node, 0, 0);
	r.slot = slot;
	r.then = 0;
	r.pad = 0;
	r.stack = slot_stack(ring, slot);
	r.tail = 0;
	r.tag = BPF_CORE_READ(node, tag);
	__builtin_memset(&r.res, 0, sizeof(r.res));
	describe_file(&r.res, (void *)(BPF_CORE_READ(node, file_ptr) & ~3UL));
	send(ring, EV_NODE_SLOT, &r, sizeof(r));
	track_sock(r.res.sock, r.res.ino, r.ev.ring);
	return 0;
}

static __always_inline int on_files_update(void *hook, struct io_ring_ctx *uring, __u32 offset,
					   __u64 fds, int done)
{
	struct slots s = { .ctx = uring, .offset = offset };

	if (done <= 0 || !ring_of(uring))
		return 0;
	if (want_stacks)
		on_update(hook, uring, offset, fds, done);
	bpf_loop(done, emit_slot, &s, 0);
	return 0;
}

SEC("kprobe/__io_sqe_files_update")
int BPF_KPROBE(k_files_update_enter, struct io_ring_ctx *uring, void *up)
{
	if (ring_of(uring))
		call_enter(CALL_FILES_UPDATE, uring, offset_of_update(up), fds_of_update(up));
	return 0;
}
SEC("kretprobe/__io_sqe_files_update")
int BPF_KRETPROBE(k_files_update, int done)
{
	struct call_args args;

	if (!call_leave(CALL_FILES_UPDATE, &args))
		return 0;
	return on_files_update(ctx, (void *)args.ctx, args.offset, args.data, done);
}
SEC("fexit/__io_sqe_files_update")
int BPF_PROG(f_files_update, struct io_ring_ctx *uring, void *up, unsigned int nr, int done)
{
	return on_files_update(ctx, uring, offset_of_update(up), fds_of_update(up), done);
}

#endif
