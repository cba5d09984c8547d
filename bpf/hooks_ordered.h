/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Live hooks of kernels that release nodes in order, A and B. */
#ifndef URINGTRACE_HOOKS_ORDERED_H
#define URINGTRACE_HOOKS_ORDERED_H

#include "hooks_common.h"

/* ---- removal, A and B ---- */

static __always_inline __u64 tag_of(struct io_rsrc_data *data, __u32 idx, bool typed)
{
	__u64 **tags = FIELD(typed, data, tags), *page = 0, tag = 0;

	/* io_uring/rsrc.h, IO_RSRC_TAG_TABLE_SHIFT: one page of tags a row */
	bpf_probe_read_kernel(&page, sizeof(page), tags + (idx >> 9));
	bpf_probe_read_kernel(&tag, sizeof(tag), page + (idx & 511));
	return tag;
}

static __always_inline void describe_removal(struct event_removal *r, struct ring_state *ring,
					     void *ctx, void *node, struct io_rsrc_data *data, __u32 idx, void *rsrc,
					     bool file, __u64 tail, bool typed)
{
	fill(&r->ev, EV_NODE_REMOVE, ctx, node, 0, 0);
	r->slot = idx;
	r->then = 0;
	r->pad = 0;
	r->stack = file ? leave_slot(ring, idx) : 0;
	r->tail = tail;
	r->tag = tag_of(data, idx, typed);
	__builtin_memset(&r->res, 0, sizeof(r->res));
	if (file)
		describe_file(&r->res, rsrc);
	else
		describe_buffer(&r->res, rsrc);
}

/* Sends the removal that was waiting; false if there was no room. */
static __always_inline bool send_removal(struct ring_state *ring)
{
	struct event_removal *r = &ring->pending;
	bool sent = send(ring, EV_NODE_REMOVE, r, sizeof(*r));

	r->ev.kind = EV_NONE;
	r->ev.tid = 0; /* the register call, which asks for it, has given up the lock */
	return sent;
}

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

	if (!ring || !bpf_core_field_exists(struct io_rsrc_data___b, rsrc_type))
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

/* ---- A: the node is queued at the switch ---- */

static __always_inline int on_switch(struct io_ring_ctx *ctx, void *data_to_kill, bool typed)
{
	struct ring_state *ring = ring_of(ctx);
	struct io_ring_ctx___a *a = (void *)ctx;
	struct io_rsrc_node___a *node = 0;
	__u64 first = 0, next;

	if (!ring || !bpf_core_field_exists(struct io_ring_ctx___a, rsrc_backup_node))
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

	if (!bpf_core_field_exists(struct io_rsrc_node___a, rsrc_list))
		return 0;
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

static __always_inline int on_zero_b(struct io_rsrc_node___b *node, bool typed)
{
	struct io_ring_ctx *ctx;
	struct ring_state *ring;

	if (!bpf_core_field_exists(struct io_rsrc_node___b, item))
		return 0;
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

/* ---- A: the deferred worker ---- */

static __always_inline int on_put_batch(struct work_struct *work)
{
	struct io_ring_ctx *ctx;
	struct ring_state *ring;

	if (!bpf_core_field_exists(struct io_ring_ctx___a, rsrc_put_work))
		return 0;
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

	if (ring && bpf_core_field_exists(struct io_rsrc_put___a, list))
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

/* ---- B: allocation = the next active node, of a removal or of a quiesce ---- */

static __always_inline int on_new_b(struct io_rsrc_node___b *node, bool typed)
{
	struct io_ring_ctx *ctx;
	struct ring_state *ring;

	if (!node || !bpf_core_field_exists(struct io_rsrc_node___b, ctx))
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
