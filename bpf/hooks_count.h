/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Hooks for who only watches: removals are counted in the kernel, by ring and by
 * slot, and nothing is sent. Walks tell the queue. */
#ifndef URINGTRACE_HOOKS_COUNT_H
#define URINGTRACE_HOOKS_COUNT_H

#include "hooks_common.h"

#define MAX_COUNTED_SLOTS (1 << 16)

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_COUNTED_SLOTS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct slot_key);
	__type(value, __u64);
} slot_removals SEC(".maps");

/* Removals from slots that found no room above. */
__u64 uncounted_removals;

/* Removals of one ring happen under its lock, so plain increments are right. */
static __always_inline void count_slot(struct ring_state *ring, __u32 slot)
{
	struct slot_key key = { .serial = ring->serial, .slot = slot };
	__u64 *n = bpf_map_lookup_elem(&slot_removals, &key), one = 1;

	if (n)
		(*n)++;
	else if (bpf_map_update_elem(&slot_removals, &key, &one, BPF_ANY))
		__sync_fetch_and_add(&uncounted_removals, 1);
}

#if !GEN_C

static __always_inline int on_count_removal(struct io_rsrc_data *data, __u32 idx, bool typed)
{
	struct io_ring_ctx *ctx = FIELD(typed, data, ctx);
	struct ring_state *ring = ring_of(ctx);

	if (!ring)
		return 0;
	ring->removed++;
	count_sent(EV_NODE_REMOVE);
	if (data == FIELD(typed, ctx, file_data))
		count_slot(ring, idx);
	return 0;
}

SEC("kprobe/io_queue_rsrc_removal")
int BPF_KPROBE(k_count_removal, struct io_rsrc_data *data, __u32 idx)
{
	return on_count_removal(data, idx, false);
}
SEC("fentry/io_queue_rsrc_removal")
int BPF_PROG(f_count_removal, struct io_rsrc_data *data, __u32 idx)
{
	return on_count_removal(data, idx, true);
}

#else

static __always_inline int on_count_free(void *ctx)
{
	struct ring_state *ring = ring_of(ctx);

	if (!ring)
		return 0;
	__sync_fetch_and_add(&ring->removed, 1);
	count_sent(EV_NODE_FREE);
	return 0;
}

SEC("kprobe/io_free_rsrc_node")
int BPF_KPROBE(k_count_free, void *uring) { return on_count_free(uring); }
SEC("fentry/io_free_rsrc_node")
int BPF_PROG(f_count_free, void *uring) { return on_count_free(uring); }

#endif

#endif
