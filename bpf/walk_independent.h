/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The walk of a ring's nodes, generation C: they are in its tables. */
#ifndef URINGTRACE_WALK_INDEPENDENT_H
#define URINGTRACE_WALK_INDEPENDENT_H

#include "walk_nodes.h"

static long step_table(__u32 i, void *unused)
{
	struct io_rsrc_node___c **nodes = (void *)at.cur, *node = 0;
	struct walk_node *r;
	__u32 slot = at.slot;

	if (!at.left || full())
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

static __always_inline void begin_nodes(struct io_ring_ctx *ctx)
{
	enter(PHASE_TABLE, AT_TABLE, 0, 0);
}

/* Advances within the chunk; true when all of the ring's nodes are written. */
__noinline int walk_nodes(__u64 addr)
{
	struct io_ring_ctx *ctx = (void *)addr;
	struct io_ring_ctx___c *c = (void *)ctx;
	__u32 nr;

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
