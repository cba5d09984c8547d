/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The walk of a ring's requests in flight, wherever io_uring keeps them: armed
 * polls, lists of the ring, and what is linked to one of these. What runs in
 * io-wq or waits for a task is found from the tasks, in walk.h.
 *
 * A request must belong to the ring and a doubly linked one must point back. A
 * list that changes while it is read is counted as loose: a holder may have been
 * missed, which the node's count of references tells.
 */
#ifndef URINGTRACE_WALK_REQUESTS_H
#define URINGTRACE_WALK_REQUESTS_H

#include "walk_state.h"
#include "resource.h"
#include "stacks.h"

#define MAX_REQUESTS (1 << 20)

static __always_inline void request_task(struct walk_request *r, struct io_kiocb *req)
{
	struct task_struct *task;

	if (GEN_C)
		task = BPF_CORE_READ((struct io_kiocb___tctx *)req, tctx, task);
	else
		task = BPF_CORE_READ((struct io_kiocb___task *)req, task);
	r->tid = BPF_CORE_READ(task, pid);
	BPF_CORE_READ_STR_INTO(&r->comm, task, comm);
}

static __always_inline void request_nodes(struct walk_request *r, struct io_kiocb *req)
{
	if (!GEN_C) {
		r->file_node = (__u64)BPF_CORE_READ((struct io_kiocb___one *)req, rsrc_node);
	} else {
		if (r->flags & REQ_F_FIXED_FILE)
			r->file_node = (__u64)BPF_CORE_READ((struct io_kiocb___two *)req,
							    file_node);
		r->buf_node = (__u64)BPF_CORE_READ((struct io_kiocb___two *)req, buf_node);
	}
}

/* A splice has two files. Its req->file is the output; a fixed input is named in
 * what the opcode keeps, and on C the node is there, too. */
static __always_inline void request_input(struct walk_request *r, struct io_kiocb *req)
{
	struct io_splice *splice = (void *)req;
	struct io_rsrc_node___c *input = 0;
	__u64 file;

	if (r->opcode != IORING_OP_SPLICE && r->opcode != IORING_OP_TEE)
		return;
	r->buf_node = 0;
	if (!(BPF_CORE_READ(splice, flags) & SPLICE_F_FD_IN_FIXED))
		return;
	if (GEN_C && bpf_core_field_exists(struct io_splice___node, rsrc_node))
		input = BPF_CORE_READ((struct io_splice___node *)req, rsrc_node);
	r->buf_node = (__u64)input;
	if (r->slot >= 0)
		return; /* both are fixed: the output is what is shown */
	r->slot = BPF_CORE_READ(splice, splice_fd_in);
	file = file_in_slot((void *)r->ring, r->slot);
	if (GEN_C && input)
		file = BPF_CORE_READ(input, file_ptr) & ~3UL;
	if (!file)
		return;
	__builtin_memset(&r->res, 0, sizeof(r->res));
	describe_file(&r->res, (void *)file);
}

__noinline int write_request(__u64 addr, __u32 found)
{
	struct io_kiocb *req = (void *)addr;
	struct walk_request *r = next_request_record();
	__u64 file;

	if (!r)
		return 0;
	__builtin_memset(r, 0, sizeof(*r));
	r->ring = (__u64)BPF_CORE_READ(req, ctx);
	r->req = addr;
	r->user_data = BPF_CORE_READ(req, cqe.user_data);
	r->opcode = BPF_CORE_READ(req, opcode);
	r->stack = stack_of_request(addr);
	r->found = found;
	bpf_probe_read_kernel(&r->flags, bpf_core_field_size(req->flags), &req->flags);
	r->slot = r->flags & REQ_F_FIXED_FILE ? BPF_CORE_READ(req, cqe.fd) : -1;
	r->buffer = -1;
	if (r->opcode == IORING_OP_READ_FIXED || r->opcode == IORING_OP_WRITE_FIXED)
		r->buffer = BPF_CORE_READ(req, buf_index);
	file = (__u64)BPF_CORE_READ(req, file);
	if (file && found != FOUND_LINKED && found != FOUND_DEFERRED) /* else not taken yet */
		describe_file(&r->res, (void *)file);
	if (r->opcode == IORING_OP_POLL_ADD)
		r->multishot = !(BPF_CORE_READ((struct io_poll *)req, events) & EPOLLONESHOT);
	request_nodes(r, req);
	request_input(r, req);
	if (r->slot >= 0)
		/* The table entry may have changed hands since it took its file. */
		r->replaced = file_in_slot((void *)r->ring, r->slot) != r->res.rsrc;
	request_task(r, req);
	return 0;
}

/* Writes a request; false if it is not one of the ring's. */
__noinline int take_request(__u64 addr, enum found found)
{
	struct io_kiocb *req = (void *)addr;

	if (!req || (__u64)BPF_CORE_READ(req, ctx) != at.ctx)
		return 0;
	write_request(addr, found);
	return 1;
}

/* ---- what is linked to a request waits for it, and may hold a buffer ---- */

/* The records that were written are the list of what is left to follow; those of
 * linked requests are added to it. */
static long step_link(__u32 i, void *unused)
{
	struct walk_request *r;
	struct io_kiocb *req, *link;
	__u64 ring;

	if (links_followed >= requests_written || links_followed >= requests_room)
		return 1;
	r = request_at(links_followed);
	links_followed++;
	if (!r || !(r->flags & (REQ_F_LINK | REQ_F_HARDLINK)))
		return 0;
	req = (void *)r->req;
	ring = r->ring;
	link = BPF_CORE_READ(req, link);
	if (link && (__u64)BPF_CORE_READ(link, ctx) == ring)
		write_request((__u64)link, FOUND_LINKED);
	return 0;
}

static __always_inline void follow_links(void)
{
	bpf_loop(MAX_REQUESTS, step_link, 0, 0);
}

/* ---- hlists: polls by hash, commands, waits ---- */

/* One step along a chain. */
static __always_inline long chain(void)
{
	struct hlist_node *link = (void *)at.cur;

	if ((__u64)BPF_CORE_READ(link, pprev) != at.prev ||
	    !take_request(at.cur - bpf_core_field_offset(struct io_kiocb, hash_node), at.found)) {
		at.loose++;
		at.cur = 0;
		return 1;
	}
	at.prev = at.cur;
	at.cur = (__u64)BPF_CORE_READ(link, next);
	return 0;
}

static long step_chain(__u32 i, void *unused)
{
	return at.cur ? chain() : 1;
}

/* One step along a chain or on to the next one: nested loops would be too deep a
 * stack of calls for the verifier. */
static long step_hash(__u32 i, void *unused)
{
	struct io_hash_bucket *bucket;

	if (at.cur) {
		chain();
		return 0;
	}
	if (at.bucket >= at.buckets)
		return 1;
	bucket = (void *)(at.hbs + (__u64)at.bucket * bpf_core_type_size(struct io_hash_bucket));
	at.bucket++;
	at.prev = (__u64)&bucket->list.first;
	at.cur = (__u64)BPF_CORE_READ(bucket, list.first);
	return 0;
}

static __noinline void walk_hash(struct io_hash_table *table, __u32 found)
{
	__u32 bits = BPF_CORE_READ(table, hash_bits);

	at.hbs = (__u64)BPF_CORE_READ(table, hbs);
	at.found = found;
	at.cur = 0;
	at.bucket = 0;
	at.buckets = 1U << (bits & 31);
	if (at.hbs && bits <= 20)
		bpf_loop(2 * MAX_REQUESTS, step_hash, 0, 0);
}

static __noinline void walk_hlist(struct hlist_head *head, __u32 found)
{
	at.found = found;
	at.prev = (__u64)&head->first;
	at.cur = (__u64)BPF_CORE_READ(head, first);
	if (at.cur)
		bpf_loop(MAX_REQUESTS, step_chain, 0, 0);
}

__noinline int walk_hlists(__u64 addr)
{
	struct io_ring_ctx *ctx = (void *)addr;

	walk_hash(&ctx->cancel_table, FOUND_POLL);
	if (!GEN_C && bpf_core_field_exists(struct io_ring_ctx___locked, cancel_table_locked))
		walk_hash(&((struct io_ring_ctx___locked *)ctx)->cancel_table_locked,
			  FOUND_POLL_LOCKED);
	if (GEN_A)
		return 0;
	if (bpf_core_field_exists(struct io_ring_ctx___cmd, cancelable_uring_cmd))
		walk_hlist(&((struct io_ring_ctx___cmd *)ctx)->cancelable_uring_cmd, FOUND_CMD);
	if (bpf_core_field_exists(struct io_ring_ctx___waitid, waitid_list))
		walk_hlist(&((struct io_ring_ctx___waitid *)ctx)->waitid_list, FOUND_WAITID);
	if (bpf_core_field_exists(struct io_ring_ctx___futex, futex_list))
		walk_hlist(&((struct io_ring_ctx___futex *)ctx)->futex_list, FOUND_FUTEX);
	return 0;
}

/* ---- circular lists: timeouts, deferred requests, iopoll on C ---- */

static __always_inline __u64 request_on_list(void *link)
{
	if (at.found == FOUND_DEFERRED) {
		struct io_defer_entry *e =
			link - bpf_core_field_offset(struct io_defer_entry, list);

		return (__u64)BPF_CORE_READ(e, req);
	}
	if (at.found == FOUND_TIMEOUT)
		return (__u64)link - bpf_core_field_offset(struct io_timeout, list);
	if (GEN_C && bpf_core_field_exists(struct io_kiocb___iopoll2, iopoll_node))
		return (__u64)link - bpf_core_field_offset(struct io_kiocb___iopoll2, iopoll_node);
	return 0;
}

static long step_list(__u32 i, void *unused)
{
	struct list_head *link = (void *)at.cur;
	__u64 req;

	if (!link || at.cur == at.head)
		return 1;
	req = request_on_list(link);
	if ((__u64)BPF_CORE_READ(link, prev) != at.prev || !take_request(req, at.found)) {
		at.loose++;
		return 1;
	}
	/* A linked timeout knows the request that it limits, which may be where
	 * nothing else leads to: in the block layer, for example. */
	if (at.found == FOUND_TIMEOUT)
		take_request((__u64)BPF_CORE_READ((struct io_timeout *)req, head), FOUND_TIMED);
	at.prev = at.cur;
	at.cur = (__u64)BPF_CORE_READ(link, next);
	return 0;
}

static __noinline void walk_list(struct list_head *head, __u32 found)
{
	at.found = found;
	at.head = (__u64)head;
	at.prev = at.head;
	at.cur = (__u64)BPF_CORE_READ(head, next);
	if (at.cur != at.head)
		bpf_loop(MAX_REQUESTS, step_list, 0, 0);
}

__noinline int walk_lists(__u64 addr)
{
	struct io_ring_ctx *ctx = (void *)addr;

	walk_list(&ctx->timeout_list, FOUND_TIMEOUT);
	walk_list(&ctx->ltimeout_list, FOUND_TIMEOUT);
	walk_list(&ctx->defer_list, FOUND_DEFERRED);
	if (GEN_C && bpf_core_field_exists(struct io_kiocb___iopoll2, iopoll_node))
		walk_list(&((struct io_ring_ctx___iopoll2 *)ctx)->iopoll_list, FOUND_IOPOLL);
	return 0;
}

/* ---- chains without a way back: task work, iopoll up to B ---- */

static long step_single(__u32 i, void *unused)
{
	struct llist_node *link = (void *)at.cur;

	if (!link)
		return 1;
	/* The stub of an mpscq is a link without a request. */
	if (at.cur != at.head && !take_request(at.cur - at.offset, at.found)) {
		at.loose++;
		return 1;
	}
	at.cur = (__u64)BPF_CORE_READ(link, next);
	return 0;
}

static __noinline void walk_single(__u64 first, __u64 stub, __u64 offset, __u32 found)
{
	at.cur = first;
	at.head = stub;
	at.offset = offset;
	at.found = found;
	if (first)
		bpf_loop(MAX_REQUESTS, step_single, 0, 0);
}

__noinline int walk_singles(__u64 addr)
{
	struct io_ring_ctx *ctx = (void *)addr;
	__u64 work = bpf_core_field_offset(struct io_kiocb, io_task_work.node);

	if (bpf_core_field_exists(struct io_ring_ctx___work, work_llist)) {
		struct io_ring_ctx___work *c = (void *)ctx;

		walk_single((__u64)BPF_CORE_READ(c, work_llist.first), 0, work, FOUND_TASK_WORK);
	} else if (GEN_C && bpf_core_field_exists(struct io_ring_ctx___mpsc, work_head)) {
		struct io_ring_ctx___mpsc *c = (void *)ctx;

		walk_single((__u64)BPF_CORE_READ(c, work_head), (__u64)&c->work_list.stub, work,
			    FOUND_TASK_WORK);
	}
	if (bpf_core_field_exists(struct io_ring_ctx___fallback, fallback_llist)) {
		struct io_ring_ctx___fallback *c = (void *)ctx;

		walk_single((__u64)BPF_CORE_READ(c, fallback_llist.first), 0, work,
			    FOUND_TASK_WORK);
	}
	if (!GEN_C || !bpf_core_field_exists(struct io_kiocb___iopoll2, iopoll_node)) {
		struct io_ring_ctx___iopoll *c = (void *)ctx;

		walk_single((__u64)BPF_CORE_READ(c, iopoll_list.first), 0,
			    bpf_core_field_offset(struct io_kiocb, comp_list), FOUND_IOPOLL);
	}
	return 0;
}

#endif
