/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Live hooks of generation B: nodes are released in order, at once. */
#ifndef URINGTRACE_HOOKS_ORDERED_H
#define URINGTRACE_HOOKS_ORDERED_H

#include "hooks_removal.h"

/* ---- removal ---- */

/*
 * The node that is active at entry takes the resource and goes to the tail; the
 * node that io_rsrc_node_alloc hands out meanwhile becomes active. The ring's own
 * reference to the first is then put, and if no request has another, its life
 * with requests ends before the call does. So what this call does is known when
 * there is a new node, and told then.
 */
static __always_inline int on_remove_b(struct io_rsrc_data *data, __u32 idx, void *rsrc, bool typed)
{
	struct io_ring_ctx *ctx = FIELD(typed, data, ctx);
	struct ring_state *ring = ring_of(ctx);
	struct io_rsrc_node___b *node;
	struct event_removal *r;
	struct list_head *tail;
	__u64 last = 0;
	bool file;

	if (!ring)
		return 0;
	tail = FIELD(typed, ctx, rsrc_ref_list.prev);
	if (tail != &ctx->rsrc_ref_list)
		last = (__u64)tail - bpf_core_field_offset(struct io_rsrc_node___b, node);
	node = (void *)FIELD(typed, ctx, rsrc_node);
	file = FIELD(typed, (struct io_rsrc_data___b *)data, rsrc_type) == IORING_RSRC_FILE;
	r = &ring->pending;
	describe_removal(r, ring, ctx, node, data, idx, rsrc, file, last, typed);
	if (FIELD(typed, node, refs) == 1)
		r->then = THEN_ZERO;
	if (r->then && !last && r->res.sock && r->res.refs == 1)
		r->then |= THEN_GONE;
	return 0;
}

/*
 * Sends the removal that was waiting for its new node, with all that follows. A
 * socket that leaves its node at once and is somebody else's, too, is that one's
 * to close: it was never held here.
 */
static __always_inline void finish_removal(struct ring_state *ring, void *next)
{
	struct event_removal *r = &ring->pending;
	bool sent;

	r->ev.arg = (__u64)next;
	r->then |= THEN_NEXT;
	sent = send_removal(ring);
	count(EV_NODE_NEW, ring, sent);
	ring->told = r->then & THEN_ZERO ? r->ev.node | !sent : 0;
	if (r->then & THEN_GONE)
		count(EV_SOCK_RELEASE, ring, sent);
	else if (r->tail || !(r->then & THEN_ZERO) || follow_all)
		track_sock(r->res.sock, r->res.ino, r->ev.ring);
}

SEC("kprobe/io_queue_rsrc_removal")
int BPF_KPROBE(k_remove_b, struct io_rsrc_data *data, __u32 idx, void *rsrc)
{
	return on_remove_b(data, idx, rsrc, false);
}
SEC("fentry/io_queue_rsrc_removal")
int BPF_PROG(f_remove_b, struct io_rsrc_data *data, __u32 idx, void *rsrc)
{
	return on_remove_b(data, idx, rsrc, true);
}

/* ---- holders gone ---- */

static __always_inline int on_zero_b(struct io_rsrc_node___b *node, bool typed)
{
	struct io_ring_ctx *ctx;
	struct ring_state *ring;

	ctx = FIELD(typed, node, ctx);
	ring = ring_of(ctx);
	if (!ring)
		return 0;
	if ((ring->told & ~1ULL) == (__u64)node) {
		count(EV_NODE_ZERO, ring, !(ring->told & 1));
		ring->told = 0;
	} else {
		emit(ring, EV_NODE_ZERO, ctx, node, 0, 0);
	}
	return 0;
}

SEC("kprobe/io_rsrc_node_ref_zero")
int BPF_KPROBE(k_zero_b, void *node) { return on_zero_b(node, false); }
SEC("fentry/io_rsrc_node_ref_zero")
int BPF_PROG(f_zero_b, void *node) { return on_zero_b(node, true); }

/* ---- allocation = the next active node, of a removal or of a quiesce ---- */

static __always_inline int on_new_b(struct io_rsrc_node___b *node, bool typed)
{
	struct io_ring_ctx *ctx;
	struct ring_state *ring;

	if (!node)
		return 0;
	ctx = FIELD(typed, node, ctx);
	ring = ring_of(ctx);
	if (!ring)
		return 0;
	if (ring->pending.ev.kind)
		finish_removal(ring, node);
	else
		emit(ring, EV_NODE_NEW, ctx, node, 0, 0);
	return 0;
}

SEC("kretprobe/io_rsrc_node_alloc")
int BPF_KRETPROBE(k_new_b, void *node) { return on_new_b(node, false); }
SEC("fexit/io_rsrc_node_alloc")
int BPF_PROG(f_new_b, void *uring, void *node) { return on_new_b(node, true); }

#endif
