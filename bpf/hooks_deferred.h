/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Live hooks of generation A: nodes are released in order, by a worker. */
#ifndef URINGTRACE_HOOKS_DEFERRED_H
#define URINGTRACE_HOOKS_DEFERRED_H

#include "hooks_removal.h"

/* ---- removal ---- */

/* An update's removals share a node, and the last of them waits for its switch,
 * which the same call makes. */
static __always_inline int on_remove_a(struct io_rsrc_data *data, __u32 idx,
				       void *node, void *rsrc, bool typed)
{
	struct io_ring_ctx *ctx = FIELD(typed, data, ctx);
	struct ring_state *ring = ring_of(ctx);
	struct event_removal *r;

	if (!ring)
		return 0;
	if (ring->pending.ev.kind)
		send_removal(ring);
	r = &ring->pending;
	describe_removal(r, ring, ctx, node, data, idx, rsrc,
			 data == FIELD(typed, ctx, file_data), 0, typed);
	track_sock(r->res.sock, r->res.ino, r->ev.ring);
	return 0;
}

SEC("kprobe/io_queue_rsrc_removal")
int BPF_KPROBE(k_remove_a, struct io_rsrc_data *data, __u32 idx, void *node, void *rsrc)
{
	return on_remove_a(data, idx, node, rsrc, false);
}
SEC("fentry/io_queue_rsrc_removal")
int BPF_PROG(f_remove_a, struct io_rsrc_data *data, __u32 idx, void *node, void *rsrc)
{
	return on_remove_a(data, idx, node, rsrc, true);
}

/* ---- the node is queued at the switch ---- */

static __always_inline int on_switch(struct io_ring_ctx *ctx, void *data_to_kill, bool typed)
{
	struct ring_state *ring = ring_of(ctx);
	struct io_ring_ctx___a *a = (void *)ctx;
	struct io_rsrc_node___a *node = 0;
	__u64 first = 0, next;

	if (!ring)
		return 0;
	next = (__u64)FIELD(typed, a, rsrc_backup_node);
	if (data_to_kill) {
		struct list_head *item;

		node = FIELD(typed, ctx, rsrc_node);
		item = FIELD(typed, node, rsrc_list.next);
		if (item != &node->rsrc_list)
			first = (__u64)item;
	}
	if (node && ring->pending.ev.kind && ring->pending.ev.node == (__u64)node) {
		ring->pending.ev.arg = next;
		ring->pending.ev.arg2 = first;
		ring->pending.then = THEN_SWITCH;
		count(EV_NODE_SWITCH, ring, send_removal(ring));
	} else {
		emit(ring, EV_NODE_SWITCH, ctx, node, next, first);
	}
	return 0;
}

SEC("kprobe/io_rsrc_node_switch")
int BPF_KPROBE(k_switch, struct io_ring_ctx *uring, void *data) { return on_switch(uring, data, false); }
SEC("fentry/io_rsrc_node_switch")
int BPF_PROG(f_switch, struct io_ring_ctx *uring, void *data) { return on_switch(uring, data, true); }

/* ---- holders gone ---- */

static __always_inline int on_zero_a(void *ref)
{
	struct io_rsrc_node___a *node;
	struct io_ring_ctx *ctx;
	struct ring_state *ring;

	node = ref - bpf_core_field_offset(struct io_rsrc_node___a, refs);
	ctx = BPF_CORE_READ(node, rsrc_data, ctx);
	ring = ring_of(ctx);
	if (ring)
		emit(ring, EV_NODE_ZERO, ctx, node, 0, 0);
	return 0;
}

SEC("kprobe/io_rsrc_node_ref_zero")
int BPF_KPROBE(k_zero_a, void *ref) { return on_zero_a(ref); }
SEC("fentry/io_rsrc_node_ref_zero")
int BPF_PROG(f_zero_a, void *ref) { return on_zero_a(ref); }

/* ---- the deferred worker ---- */

static __always_inline int on_put_batch(struct work_struct *work)
{
	struct io_ring_ctx *ctx;
	struct ring_state *ring;

	ctx = (void *)work - bpf_core_field_offset(struct io_ring_ctx___a, rsrc_put_work.work);
	ring = ring_of(ctx);
	if (ring)
		emit(ring, EV_PUT_BATCH, ctx, 0, 0, 0);
	return 0;
}

SEC("kprobe/io_rsrc_put_work")
int BPF_KPROBE(k_put_batch, struct work_struct *work) { return on_put_batch(work); }
SEC("fentry/io_rsrc_put_work")
int BPF_PROG(f_put_batch, struct work_struct *work) { return on_put_batch(work); }

static __always_inline int on_put(void *ctx, struct io_rsrc_put___a *put)
{
	struct ring_state *ring = ring_of(ctx);

	if (ring)
		emit(ring, EV_NODE_PUT, ctx, 0, (__u64)put, (__u64)BPF_CORE_READ(put, rsrc));
	return 0;
}

SEC("kprobe/io_rsrc_file_put")
int BPF_KPROBE(k_file_put, void *uring, struct io_rsrc_put___a *put) { return on_put(uring, put); }
SEC("fentry/io_rsrc_file_put")
int BPF_PROG(f_file_put, void *uring, struct io_rsrc_put___a *put) { return on_put(uring, put); }
SEC("kprobe/io_rsrc_buf_put")
int BPF_KPROBE(k_buf_put, void *uring, struct io_rsrc_put___a *put) { return on_put(uring, put); }
SEC("fentry/io_rsrc_buf_put")
int BPF_PROG(f_buf_put, void *uring, struct io_rsrc_put___a *put) { return on_put(uring, put); }

#endif
