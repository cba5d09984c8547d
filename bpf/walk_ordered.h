/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The walk of a ring's nodes, generation B. */
#ifndef URINGTRACE_WALK_ORDERED_H
#define URINGTRACE_WALK_ORDERED_H

#include "walk_nodes.h"

__noinline int write_node_b(__u64 addr)
{
	struct io_rsrc_node___b *node = (void *)addr;
	struct walk_node *r = next_record();
	__s64 refs;

	if (!r)
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

	if (at.cur == at.head)
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

static __always_inline void begin_nodes(struct io_ring_ctx *ctx) { enter_queue(ctx); }

/* Advances within the chunk; true when all of the ring's nodes are written. */
__noinline int walk_nodes(__u64 addr)
{
	struct io_ring_ctx *ctx = (void *)addr;

	bpf_loop(CHUNK + 1, step_queue_b, 0, 0);
	if ((at.cur != at.head && !at.torn) || full())
		return 0;
	at.place = AT_ACTIVE;
	write_node_b((__u64)BPF_CORE_READ(ctx, rsrc_node));
	return 1;
}

#endif
