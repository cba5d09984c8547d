/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a removal's record tells, on the kernels that queue what is removed, A and B. */
#ifndef URINGTRACE_HOOKS_REMOVAL_H
#define URINGTRACE_HOOKS_REMOVAL_H

#include "hooks_common.h"

static __always_inline __u64 tag_of(struct io_rsrc_data *data, __u32 idx, bool typed)
{
	__u64 **tags = FIELD(typed, data, tags), *page;

	/* io_uring/rsrc.h, IO_RSRC_TAG_TABLE_SHIFT: one page of tags a row */
	page = (__u64 *)word_at(tags + (idx >> 9));
	return word_at(page + (idx & 511));
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

#endif
