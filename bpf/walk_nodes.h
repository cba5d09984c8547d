/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The walk of a ring's nodes: its queue in order (A, B), what waits for the
 * deferred worker (A), its tables (C), in chunks.
 *
 * Nothing is locked, so everything that is read is checked: a node must point
 * back to its ring and to its neighbour. What fails is counted as torn and the
 * walk of that list ends there. A queue that is held at its head changes only at
 * its tail, so a chunk finds its place again.
 *
 * Loop state lives in globals: the 6.1 verifier walks a bpf_loop callback once
 * with the caller's constants and would drop branches on a stack struct.
 */
#ifndef URINGTRACE_WALK_NODES_H
#define URINGTRACE_WALK_NODES_H

#include "walk_state.h"
#include "resource.h"
#include "socks.h"

static __always_inline void node_socket(struct walk_node *r, struct file *file)
{
	struct socket *sock = GET(file, private_data);
	struct sock_common *c;
	struct inode *inode;
	struct sock *sk;
	__u8 state;

	if (!sock)
		return;
	sk = GET(sock, sk);
	c = &sk->__sk_common;
	r->family = GET(c, skc_family);
	r->proto = GET(sk, sk_protocol);
	state = GET(c, skc_state);
	r->file |= (state > 15 ? 15 : state) << NODE_KIND_BITS;
	if (!follow_socks)
		return;
	inode = GET(file, f_inode);
	track_sock((__u64)sock, GET(inode, i_ino), at.ctx);
}

/* Of a file no more than what a report of its node tells. */
static __always_inline void node_file(struct walk_node *r, struct file *file)
{
	struct inode *inode;
	struct head h;
	__u32 refs;

	r->bits |= RES_FILE << NODE_TYPE_SHIFT;
	r->rsrc = (__u64)file;
	if (!file)
		return;
	read_head(&h, file);
	refs = file_refs(&h, file);
	r->refs = refs > 65535 ? 65535 : refs;
	if (is_sock(FROM_HEAD(&h, file, f_op), file)) {
		r->file = KIND_SOCKET;
		node_socket(r, file);
	} else {
		inode = GET(file, f_inode);
		r->file = kind_of_file(file, inode, GET(inode, i_mode));
	}
}

static __always_inline void node_buffer(struct walk_node *r, void *buf)
{
	buffer.bytes = 0;
	buffer.refs = 0;
	describe_buffer(&buffer, buf);
	r->bits |= RES_BUFFER << NODE_TYPE_SHIFT;
	r->rsrc = (__u64)buf;
}

/* ---- nodes, A ---- */

/*
 * Holders of a queued node: its percpu_ref is in atomic mode and switched
 * (count pointer is flags only, 3) and then the count is exact. Before the RCU
 * switch it is not to be had: -1. lib/percpu-refcount.c.
 */
static __always_inline __s64 refs_of_a(struct io_rsrc_node___a *node, bool done)
{
	unsigned long ptr = BPF_CORE_READ(node, refs.percpu_count_ptr);
	struct percpu_ref_data *data = BPF_CORE_READ(node, refs.data);
	__s64 n = -1;

	if (done)
		return 0;
	if (ptr == 3)
		bpf_core_read(&n, sizeof(n), &data->count);
	return n;
}

__noinline int write_node_a(__u64 addr, __u64 put_addr)
{
	struct io_rsrc_node___a *node = (void *)addr;
	struct io_rsrc_put___a *put = (void *)put_addr;
	struct io_ring_ctx *ctx = (void *)at.ctx;
	struct walk_node *r = next_record();
	__s64 refs = -1;
	__u64 tag = 0;

	if (!r || !bpf_core_field_exists(struct io_rsrc_node___a, rsrc_list))
		return 0;
	r->node = addr;
	r->bits = at.place | (at.first ? NODE_FIRST : 0);
	if (BPF_CORE_READ(node, done))
		r->bits |= NODE_DONE;
	if (at.place == AT_QUEUE)
		refs = refs_of_a(node, r->bits & NODE_DONE);
	else if (at.place == AT_RELEASING)
		refs = 0;
	if (put) {
		r->put = put_addr;
		tag = BPF_CORE_READ(put, tag);
		if (BPF_CORE_READ(node, rsrc_data) == BPF_CORE_READ(ctx, file_data))
			node_file(r, BPF_CORE_READ(put, rsrc));
		else
			node_buffer(r, BPF_CORE_READ(put, rsrc));
	}
	add_more(r, refs, tag, 0);
	return 0;
}

static long step_item(__u32 i, void *unused)
{
	struct list_head *item = (void *)at.item;

	if (at.item == at.item_end || full())
		return 1;
	if ((__u64)BPF_CORE_READ(item, prev) != at.item_prev || !at.items) {
		at.torn++;
		at.item = at.item_end;
		return 1;
	}
	at.items--;
	write_node_a(at.node, at.item);
	at.first = 0;
	at.item_prev = at.item;
	at.item = (__u64)BPF_CORE_READ(item, next);
	return 0;
}

/* Writes a node's items, or one record if it has none. False: the window is full
 * and there are more, for which it is to be called again. */
__noinline int write_node_with_items(__u64 addr)
{
	struct io_rsrc_node___a *node = (void *)addr;

	if (!bpf_core_field_exists(struct io_rsrc_node___a, rsrc_list))
		return 1;
	if (!at.item) {
		if (full())
			return 0;
		at.node = addr;
		at.first = 1;
		at.items = MAX_ITEMS;
		at.item = (__u64)BPF_CORE_READ(node, rsrc_list.next);
		at.item_end = (__u64)&node->rsrc_list;
		at.item_prev = at.item_end;
		if (at.item == at.item_end)
			write_node_a(addr, 0);
	}
	if (at.item != at.item_end)
		bpf_loop(MAX_ITEMS + 1, step_item, 0, 0);
	if (at.item != at.item_end)
		return 0;
	at.item = 0;
	return 1;
}

static long step_queue_a(__u32 i, void *unused)
{
	struct list_head *link = (void *)at.cur;
	struct io_rsrc_node___a *node;

	if (!bpf_core_field_exists(struct io_rsrc_node___a, rsrc_list) || at.cur == at.head)
		return 1;
	if (!at.left)
		return 1;
	at.left--;
	node = (void *)(at.cur - bpf_core_field_offset(struct io_rsrc_node___a, node));
	if ((__u64)BPF_CORE_READ(link, prev) != at.prev ||
	    (__u64)BPF_CORE_READ(node, rsrc_data, ctx) != at.ctx) {
		at.torn++;
		return 1;
	}
	if (!write_node_with_items((__u64)node))
		return 1;
	at.prev = at.cur;
	at.cur = (__u64)BPF_CORE_READ(link, next);
	return 0;
}

static long step_releasing(__u32 i, void *unused)
{
	struct llist_node *link = (void *)at.cur;
	struct io_rsrc_node___a *node;

	if (!bpf_core_field_exists(struct io_rsrc_node___a, rsrc_list) || !link || !at.left)
		return 1;
	at.left--;
	node = (void *)(at.cur - bpf_core_field_offset(struct io_rsrc_node___a, llist));
	if ((__u64)BPF_CORE_READ(node, rsrc_data, ctx) != at.ctx) {
		at.torn++;
		return 1;
	}
	if (!write_node_with_items((__u64)node))
		return 1;
	at.cur = (__u64)BPF_CORE_READ(link, next);
	return 0;
}

/* ---- nodes, B ---- */

__noinline int write_node_b(__u64 addr)
{
	struct io_rsrc_node___b *node = (void *)addr;
	struct walk_node *r = next_record();
	__s64 refs;

	if (!r || !bpf_core_field_exists(struct io_rsrc_node___b, item))
		return 0;
	r->node = addr;
	r->bits = at.place | NODE_FIRST;
	refs = GET(node, refs);
	if (at.place == AT_ACTIVE) {
		add_more(r, refs - 1, 0, 0); /* one is the ring's own */
		return 0;
	}
	if (GET(node, empty)) {
		add_more(r, refs, 0, 0);
		return 0;
	}
	if (GET(node, type) == IORING_RSRC_FILE)
		node_file(r, GET(node, item.rsrc));
	else
		node_buffer(r, GET(node, item.rsrc));
	add_more(r, refs, GET(node, item.tag), 0);
	return 0;
}

static long step_queue_b(__u32 i, void *unused)
{
	struct list_head *link = (void *)at.cur;
	struct io_rsrc_node___b *node;

	if (!bpf_core_field_exists(struct io_rsrc_node___b, item) || at.cur == at.head)
		return 1;
	if (!at.left || full())
		return 1;
	at.left--;
	node = (void *)(at.cur - bpf_core_field_offset(struct io_rsrc_node___b, node));
	if ((__u64)GET(link, prev) != at.prev ||
	    (__u64)GET(node, ctx) != at.ctx) {
		at.torn++;
		return 1;
	}
	write_node_b((__u64)node);
	at.prev = at.cur;
	at.cur = (__u64)GET(link, next);
	return 0;
}

/* ---- nodes, C ---- */

static long step_table(__u32 i, void *unused)
{
	struct io_rsrc_node___c **nodes = (void *)at.cur, *node = 0;
	struct walk_node *r;
	__u32 slot = at.slot;

	if (!is_gen_c() || !at.left || full())
		return 1;
	at.left--;
	at.slot++;
	bpf_probe_read_kernel(&node, sizeof(node), nodes + slot);
	if (!node)
		return 0;
	r = next_record();
	if (!r)
		return 0;
	r->node = (__u64)node;
	r->bits = at.place | NODE_FIRST;
	if (at.place == AT_TABLE)
		node_file(r, (void *)(GET(node, file_ptr) & ~3UL));
	else
		node_buffer(r, GET(node, buf));
	/* One reference is the table's own. */
	add_more(r, GET(node, refs) - 1, GET(node, tag), slot);
	return 0;
}

/* ---- one ring, chunk by chunk ---- */

static __always_inline void enter(__u32 phase, __u32 place, __u64 head, __u64 first)
{
	at.phase = phase;
	at.place = place;
	at.head = head;
	at.prev = head;
	at.cur = first;
	at.slot = 0;
	at.item = 0;
}

static __always_inline void enter_queue(struct io_ring_ctx *ctx)
{
	if (!bpf_core_field_exists(struct io_ring_ctx, rsrc_ref_list))
		return;
	enter(PHASE_QUEUE, AT_QUEUE, (__u64)&ctx->rsrc_ref_list,
	      (__u64)BPF_CORE_READ(ctx, rsrc_ref_list.next));
}

/* Each advances within the chunk; true when all of the ring's nodes are written. */
__noinline int walk_nodes_a(__u64 addr)
{
	struct io_ring_ctx *ctx = (void *)addr;
	struct io_ring_ctx___a *a = (void *)ctx;

	if (!bpf_core_field_exists(struct io_ring_ctx___a, rsrc_put_llist))
		return 1;
	if (at.phase == PHASE_QUEUE) {
		bpf_loop(CHUNK + 1, step_queue_a, 0, 0);
		if (at.cur != at.head && !at.torn)
			return 0;
		enter(PHASE_RELEASING, AT_RELEASING, 0,
		      (__u64)BPF_CORE_READ(a, rsrc_put_llist.first));
	}
	if (at.phase == PHASE_RELEASING) {
		bpf_loop(CHUNK + 1, step_releasing, 0, 0);
		if (at.cur && !at.torn)
			return 0;
		enter(PHASE_ACTIVE, AT_ACTIVE, 0, (__u64)BPF_CORE_READ(ctx, rsrc_node));
	}
	/* It has items while an update is under way. */
	return write_node_with_items(at.cur);
}

__noinline int walk_nodes_b(__u64 addr)
{
	struct io_ring_ctx *ctx = (void *)addr;

	if (!bpf_core_field_exists(struct io_ring_ctx, rsrc_ref_list))
		return 1;
	bpf_loop(CHUNK + 1, step_queue_b, 0, 0);
	if ((at.cur != at.head && !at.torn) || full())
		return 0;
	at.place = AT_ACTIVE;
	write_node_b((__u64)BPF_CORE_READ(ctx, rsrc_node));
	return 1;
}

__noinline int walk_nodes_c(__u64 addr)
{
	struct io_ring_ctx *ctx = (void *)addr;
	struct io_ring_ctx___c *c = (void *)ctx;
	__u32 nr;

	if (!is_gen_c())
		return 1;
	if (at.phase == PHASE_TABLE) {
		nr = BPF_CORE_READ(c, file_table.data.nr);
		at.cur = (__u64)BPF_CORE_READ(c, file_table.data.nodes);
		if (at.slot < nr)
			bpf_loop(nr - at.slot, step_table, 0, 0);
		if (at.slot < nr)
			return 0;
		enter(PHASE_BUFFERS, AT_BUFFERS, 0, 0);
	}
	nr = BPF_CORE_READ(c, buf_table.nr);
	at.cur = (__u64)BPF_CORE_READ(c, buf_table.nodes);
	if (at.slot < nr)
		bpf_loop(nr - at.slot, step_table, 0, 0);
	return at.slot >= nr;
}

#endif
