/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The walk of one ring: its nodes, the requests that may hold them, and itself. */
#ifndef URINGTRACE_WALK_RING_H
#define URINGTRACE_WALK_RING_H

#include "walk_state.h"
#if GEN_A
#include "walk_deferred.h"
#elif GEN_B
#include "walk_ordered.h"
#else
#include "walk_independent.h"
#endif
#include "walk_requests.h"

/* The answer that is being made up. */
static struct walk_ring ring_record;

__noinline int describe_ring(__u64 addr)
{
	struct io_ring_ctx *ctx = (void *)addr;
	struct walk_ring *r = &ring_record;

	r->ring = addr;
	r->flags = BPF_CORE_READ(ctx, flags);
	r->reclaim = GENERATION;
	if (GEN_C) {
		r->slots = BPF_CORE_READ((struct io_ring_ctx___c *)ctx, file_table.data.nr);
		r->buffers = BPF_CORE_READ((struct io_ring_ctx___c *)ctx, buf_table.nr);
		return 0;
	}
	r->slots = BPF_CORE_READ(ctx, nr_user_files);
	r->buffers = BPF_CORE_READ(ctx, nr_user_bufs);
	r->active = (__u64)BPF_CORE_READ(ctx, rsrc_node);
	if (GEN_A)
		r->cached_refs = BPF_CORE_READ((struct io_ring_ctx___a *)ctx, rsrc_cached_refs);
	return 0;
}

/* Other processes that have used the ring: their workers may hold its nodes. */
static long step_other(__u32 i, void *unused)
{
	struct list_head *link = (void *)at.cur;
	struct walk_ring *r = &ring_record;
	struct io_tctx_node *node;
	__u32 j, tgid;

	if (!link || at.cur == at.head)
		return 1;
	node = (void *)link - bpf_core_field_offset(struct io_tctx_node, ctx_node);
	tgid = BPF_CORE_READ(node, task, tgid);
	at.cur = (__u64)BPF_CORE_READ(link, next);
	if (!tgid || tgid == r->tgid)
		return 0;
	for (j = 0; j < MAX_OTHERS; j++) {
		if (r->others[j] == tgid)
			return 0;
		if (!r->others[j]) {
			r->others[j] = tgid;
			break;
		}
	}
	r->nr_others++;
	return 0;
}

__noinline int describe_others(__u64 addr)
{
	struct io_ring_ctx *ctx = (void *)addr;

	at.head = (__u64)&ctx->tctx_list;
	at.cur = (__u64)BPF_CORE_READ(ctx, tctx_list.next);
	bpf_loop(1 << 16, step_other, 0, 0);
	return 0;
}

static __always_inline void begin(__u64 addr)
{
	struct walk_node *r = next_record();

	if (r) {
		r->node = addr;
		r->bits = (enum node_bits)AT_RING;
	}
	at.session = session;
	at.ctx = addr;
	at.torn = bpf_map_update_elem(&seen, &addr, &session, BPF_ANY) ? 1 : 0;
	at.loose = 0;
	begin_nodes((void *)addr);
}

/* Its walk has begun and needs more chunks. */
static __always_inline bool under_way(__u64 addr)
{
	return at.session == session && at.ctx == addr && at.phase != PHASE_DONE;
}

/*
 * Walks the ring and completes ring_record. Returns 0 when the chunk is over
 * before the ring is, 1 when there is a record to send.
 */
__noinline int walk_one(__u64 addr)
{
	struct walk_ring *r = &ring_record;

	describe_ring(addr);
	if (!under_way(addr)) {
		if (was_seen(addr)) {
			r->again = 1;
			return 1;
		}
		if (full())
			return 0;
		begin(addr);
		if (rings_only)
			at.phase = PHASE_DONE;
	}
	if (rings_only)
		return 1;
	at.left = CHUNK;
	if (!walk_nodes(addr))
		return 0;
	at.phase = PHASE_DONE;
	walk_hlists(addr);
	walk_lists(addr);
	walk_singles(addr);
	follow_links();
	r->torn = at.torn;
	r->loose = at.loose;
	describe_others(addr);
	return 1;
}

static __always_inline void start_record(__s32 fd, __u32 tgid, __u32 registered)
{
	__builtin_memset(&ring_record, 0, sizeof(ring_record));
	ring_record.fd = fd;
	ring_record.tgid = tgid;
	ring_record.registered = registered;
}

#endif
