/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The walk of a ring's nodes, generation A, where each field would be read by a call of
 * its own: a node is read in one go, and so is what it holds.
 */
#ifndef URINGTRACE_WALK_DEFERRED_H
#define URINGTRACE_WALK_DEFERRED_H

#include "walk_nodes.h"

/* The node at hand, as it was when it was read. */
static struct {
	struct whole whole;
	__u64 data;
	__s64 refs;
	bool done;
} node_a;

/* What is read of it next; the stack has no room for that. */
static struct whole put_a;

/*
 * Holders of a queued node: its percpu_ref is in atomic mode and switched
 * (count pointer is flags only, 3) and then the count is exact. Before the RCU
 * switch it is not to be had: -1. lib/percpu-refcount.c.
 */
static __always_inline __s64 refs_of(struct io_rsrc_node___a *node)
{
	struct percpu_ref_data *data = FROM_WHOLE(&node_a.whole, node, refs.data);
	__s64 n = -1;

	if (at.place == AT_RELEASING || (at.place == AT_QUEUE && node_a.done))
		return 0;
	if (at.place == AT_QUEUE && FROM_WHOLE(&node_a.whole, node, refs.percpu_count_ptr) == 3)
		bpf_core_read(&n, sizeof(n), &data->count);
	return n;
}

/* False if it is none of the ring's. */
static __always_inline bool read_node(struct io_rsrc_node___a *node)
{
	struct io_rsrc_data *data;

	READ_WHOLE(&node_a.whole, node);
	data = FROM_WHOLE(&node_a.whole, node, rsrc_data);
	node_a.data = (__u64)data;
	node_a.done = FROM_WHOLE(&node_a.whole, node, done);
	node_a.refs = refs_of(node);
	return data && (node_a.data == at.file_data || (__u64)BPF_CORE_READ(data, ctx) == at.ctx);
}

static __always_inline struct walk_node *write_node(__u64 node)
{
	struct walk_node *r = next_record();

	if (!r)
		return 0;
	r->node = node;
	r->bits = at.place | (at.first ? NODE_FIRST : 0) | (node_a.done ? NODE_DONE : 0);
	return r;
}

static long step_item(__u32 i, void *unused)
{
	struct io_rsrc_put___a *put = (void *)at.item;
	struct walk_node *r;

	if (at.item == at.item_end || full())
		return 1;
	READ_WHOLE(&put_a, put);
	if ((__u64)FROM_WHOLE(&put_a, put, list.prev) != at.item_prev || !at.items) {
		at.torn++;
		at.item = at.item_end;
		return 1;
	}
	at.items--;
	r = write_node(at.node);
	if (!r)
		return 1;
	r->put = at.item;
	if (node_a.data == at.file_data)
		node_file(r, FROM_WHOLE(&put_a, put, rsrc));
	else
		node_buffer(r, FROM_WHOLE(&put_a, put, rsrc));
	add_more(r, node_a.refs, FROM_WHOLE(&put_a, put, tag), 0);
	at.first = 0;
	at.item_prev = at.item;
	at.item = (__u64)FROM_WHOLE(&put_a, put, list.next);
	return 0;
}

/* Writes a node's items, or one record if it has none; the node has been read. False:
 * the window is full and there are more, for which it is to be called again. */
__noinline int write_node_with_items(__u64 addr)
{
	struct io_rsrc_node___a *node = (void *)addr;
	struct walk_node *r;

	if (!at.item) {
		if (full())
			return 0;
		at.node = addr;
		at.first = 1;
		at.items = MAX_ITEMS;
		at.item = (__u64)FROM_WHOLE(&node_a.whole, node, rsrc_list.next);
		at.item_end = (__u64)&node->rsrc_list;
		at.item_prev = at.item_end;
		if (at.item == at.item_end) {
			r = write_node(addr);
			if (r)
				add_more(r, node_a.refs, 0, 0);
		}
	}
	if (at.item != at.item_end)
		bpf_loop(MAX_ITEMS + 1, step_item, 0, 0);
	if (at.item != at.item_end)
		return 0;
	at.item = 0;
	return 1;
}

static long step_queue(__u32 i, void *unused)
{
	struct io_rsrc_node___a *node;

	if (at.cur == at.head || !at.left)
		return 1;
	at.left--;
	node = (void *)(at.cur - bpf_core_field_offset(struct io_rsrc_node___a, node));
	if (!read_node(node) || (__u64)FROM_WHOLE(&node_a.whole, node, node.prev) != at.prev) {
		at.torn++;
		return 1;
	}
	if (!write_node_with_items((__u64)node))
		return 1;
	at.prev = at.cur;
	at.cur = (__u64)FROM_WHOLE(&node_a.whole, node, node.next);
	return 0;
}

static long step_releasing(__u32 i, void *unused)
{
	struct io_rsrc_node___a *node;

	if (!at.cur || !at.left)
		return 1;
	at.left--;
	node = (void *)(at.cur - bpf_core_field_offset(struct io_rsrc_node___a, llist));
	if (!read_node(node)) {
		at.torn++;
		return 1;
	}
	if (!write_node_with_items((__u64)node))
		return 1;
	at.cur = (__u64)FROM_WHOLE(&node_a.whole, node, llist.next);
	return 0;
}

static __always_inline void begin_nodes(struct io_ring_ctx *ctx) { enter_queue(ctx); }

/* Advances within the chunk; true when all of the ring's nodes are written. */
__noinline int walk_nodes(__u64 addr)
{
	struct io_ring_ctx *ctx = (void *)addr;
	struct io_ring_ctx___a *a = (void *)ctx;

	at.file_data = (__u64)BPF_CORE_READ(ctx, file_data);
	if (at.phase == PHASE_QUEUE) {
		bpf_loop(CHUNK + 1, step_queue, 0, 0);
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
	if (!at.cur)
		return 1; /* it has no table */
	/* It has items while an update is under way. */
	read_node((void *)at.cur);
	return write_node_with_items(at.cur);
}

#endif
