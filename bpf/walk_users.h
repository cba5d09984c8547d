/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The rings that a task uses: it knows them by an xarray, indexed by their address, a
 * tree with few leaves and many levels, searched depth first.
 */
#ifndef URINGTRACE_WALK_USERS_H
#define URINGTRACE_WALK_USERS_H

#include "walk_state.h"

#define XA_LEVELS 16 /* of which 64 bits in steps of 6 need 11 */
#define XA_SLOTS 64

/* The way from the root, and the next slot at each node of it. */
static struct {
	__u64 task;
	__u64 node[XA_LEVELS];
	__u32 slot[XA_LEVELS];
	__u32 levels;
} xa;

static __always_inline void enter_xa(__u64 node)
{
	__u32 level = xa.levels;

	if (level >= XA_LEVELS)
		return;
	xa.node[level & (XA_LEVELS - 1)] = node;
	xa.slot[level & (XA_LEVELS - 1)] = 0;
	xa.levels = level + 1;
}

static __always_inline void enter_users(struct task_struct *task, struct io_uring_task *tctx)
{
	__u64 head = (__u64)BPF_CORE_READ(tctx, xa.xa_head);

	xa.task = (__u64)task;
	xa.levels = 0;
	if ((head & 3) == 2) /* else empty: the index of a ring is never 0 */
		enter_xa(head - 2);
}

/* One step of the search; the ring, if that is at one. */
static __always_inline __u64 next_user(void)
{
	__u32 top = (xa.levels - 1) & (XA_LEVELS - 1), slot = xa.slot[top];
	struct xa_node *node = (void *)xa.node[top];
	struct io_tctx_node *leaf;
	__u64 entry = 0;

	if (slot >= XA_SLOTS) {
		xa.levels--;
		return 0;
	}
	xa.slot[top] = slot + 1;
	bpf_probe_read_kernel(&entry, sizeof(entry), &node->slots[slot & (XA_SLOTS - 1)]);
	if ((entry & 3) == 2 && entry > 4096) { /* include/linux/xarray.h, xa_is_node() */
		enter_xa(entry - 2);
		return 0;
	}
	leaf = (void *)entry;
	/* The tree changes while it is read. */
	if (!entry || entry & 3 || (__u64)BPF_CORE_READ(leaf, task) != xa.task)
		return 0;
	return (__u64)BPF_CORE_READ(leaf, ctx);
}

#endif
