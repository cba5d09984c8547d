/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The cold walk: every ring of a process, its nodes in queue order and the
 * requests that may hold them, read without a hook and without a lock.
 *
 * Two iterators share one state. walk_rings (task_file) finds the rings by
 * their files, writes nodes and polled requests into two arrays that user
 * space has mapped, and answers with one struct walk_ring a ring. walk_tasks
 * (task) adds what io-wq runs and has pending.
 *
 * Nothing is locked, so everything that is read is checked: a node must point
 * back to its ring and to its neighbour, a request to its ring and to its hash
 * chain. What fails is counted as torn and the walk of that list ends there.
 *
 * Loop state lives in globals: the 6.1 verifier walks a bpf_loop callback once
 * with the caller's constants and would drop branches on a stack struct.
 */
#ifndef URINGTRACE_WALK_H
#define URINGTRACE_WALK_H

#include "kernel.h"
#include "event.h"
#include "resource.h"

#define MAX_NODES (1 << 23)

/* REQ_F_BUF_NODE of this kernel, 0 if it has none. The enum is anonymous, which
 * CO-RE can't name, so user space looks the value up in BTF. */
const volatile __u64 buf_node_flag;

/* The process to walk (0: all of them). */
__u32 want_tgid;
/* Changes with every walk; a ring is walked once a session. */
__u64 session;
/* Records written and room for them. The first may exceed the second: then
 * user space makes room and walks again. */
__u64 nodes_written;
__u64 nodes_room;
__u64 requests_written;
__u64 requests_room;

/* Where the walk stands. */
struct {
	__u64 ctx;
	__u64 head;
	__u64 prev;
	__u64 cur;
	__u64 node;
	__u64 item;
	__u64 item_end;
	__u64 hbs;
	__u32 bucket;
	__u32 torn;
	__u32 place;
	__u32 found;
	__u32 first;
} at;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, __u64);
} seen SEC(".maps");

struct node_array {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE | BPF_F_INNER_MAP);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct walk_node));
};

struct request_array {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE | BPF_F_INNER_MAP);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct walk_request));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct node_array);
} out_nodes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct request_array);
} out_requests SEC(".maps");

static __noinline struct walk_node *next_node_record(void)
{
	__u32 zero = 0, i = nodes_written;
	void *array;

	nodes_written++;
	if (i >= nodes_room)
		return 0;
	array = bpf_map_lookup_elem(&out_nodes, &zero);
	return array ? bpf_map_lookup_elem(array, &i) : 0;
}

static __noinline struct walk_request *next_request_record(void)
{
	__u32 zero = 0, i = requests_written;
	void *array;

	requests_written++;
	if (i >= requests_room)
		return 0;
	array = bpf_map_lookup_elem(&out_requests, &zero);
	return array ? bpf_map_lookup_elem(array, &i) : 0;
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

static __noinline int write_node_a(__u64 addr, __u64 put_addr)
{
	struct io_rsrc_node___a *node = (void *)addr;
	struct io_rsrc_put___a *put = (void *)put_addr;
	struct io_ring_ctx *ctx = (void *)at.ctx;
	struct walk_node *r = next_node_record();

	if (!r || !bpf_core_field_exists(struct io_rsrc_node___a, rsrc_list))
		return 0;
	__builtin_memset(r, 0, sizeof(*r));
	r->ring = at.ctx;
	r->node = addr;
	r->place = at.place;
	r->first = at.first;
	r->done = BPF_CORE_READ(node, done);
	r->refs = at.place == AT_QUEUE ? refs_of_a(node, r->done) :
		  at.place == AT_RELEASING ? 0 : -1;
	if (!put)
		return 0;
	r->put = put_addr;
	r->tag = BPF_CORE_READ(put, tag);
	if (BPF_CORE_READ(node, rsrc_data) == BPF_CORE_READ(ctx, file_data))
		describe_file(&r->res, BPF_CORE_READ(put, rsrc));
	else
		describe_buffer(&r->res, BPF_CORE_READ(put, rsrc));
	return 0;
}

static long step_item(__u32 i, void *unused)
{
	struct list_head *item = (void *)at.item;

	if (at.item == at.item_end)
		return 1;
	write_node_a(at.node, at.item);
	at.first = 0;
	at.item = (__u64)BPF_CORE_READ(item, next);
	return 0;
}

static __noinline int write_node_with_items(__u64 addr)
{
	struct io_rsrc_node___a *node = (void *)addr;

	if (!bpf_core_field_exists(struct io_rsrc_node___a, rsrc_list))
		return 0;
	at.node = addr;
	at.first = 1;
	at.item = (__u64)BPF_CORE_READ(node, rsrc_list.next);
	at.item_end = (__u64)&node->rsrc_list;
	if (at.item == at.item_end)
		write_node_a(addr, 0);
	else
		bpf_loop(MAX_NODES, step_item, 0, 0);
	return 0;
}

static long step_queue_a(__u32 i, void *unused)
{
	struct list_head *link = (void *)at.cur;
	struct io_rsrc_node___a *node;

	if (!bpf_core_field_exists(struct io_rsrc_node___a, rsrc_list) || at.cur == at.head)
		return 1;
	node = (void *)(at.cur - bpf_core_field_offset(struct io_rsrc_node___a, node));
	if ((__u64)BPF_CORE_READ(link, prev) != at.prev ||
	    (__u64)BPF_CORE_READ(node, rsrc_data, ctx) != at.ctx) {
		at.torn++;
		return 1;
	}
	write_node_with_items((__u64)node);
	at.prev = at.cur;
	at.cur = (__u64)BPF_CORE_READ(link, next);
	return 0;
}

static long step_releasing(__u32 i, void *unused)
{
	struct llist_node *link = (void *)at.cur;
	struct io_rsrc_node___a *node;

	if (!bpf_core_field_exists(struct io_rsrc_node___a, rsrc_list) || !link)
		return 1;
	node = (void *)(at.cur - bpf_core_field_offset(struct io_rsrc_node___a, llist));
	if ((__u64)BPF_CORE_READ(node, rsrc_data, ctx) != at.ctx) {
		at.torn++;
		return 1;
	}
	write_node_with_items((__u64)node);
	at.cur = (__u64)BPF_CORE_READ(link, next);
	return 0;
}

/* ---- nodes, B ---- */

static __noinline int write_node_b(__u64 addr)
{
	struct io_rsrc_node___b *node = (void *)addr;
	struct walk_node *r = next_node_record();

	if (!r || !bpf_core_field_exists(struct io_rsrc_node___b, item))
		return 0;
	__builtin_memset(r, 0, sizeof(*r));
	r->ring = at.ctx;
	r->node = addr;
	r->place = at.place;
	r->first = 1;
	r->refs = BPF_CORE_READ(node, refs);
	if (at.place == AT_ACTIVE) {
		r->refs--; /* the ring's own */
		return 0;
	}
	if (BPF_CORE_READ(node, empty))
		return 0;
	r->tag = BPF_CORE_READ(node, item.tag);
	if (BPF_CORE_READ(node, type) == IORING_RSRC_FILE)
		describe_file(&r->res, BPF_CORE_READ(node, item.rsrc));
	else
		describe_buffer(&r->res, BPF_CORE_READ(node, item.rsrc));
	return 0;
}

static long step_queue_b(__u32 i, void *unused)
{
	struct list_head *link = (void *)at.cur;
	struct io_rsrc_node___b *node;

	if (!bpf_core_field_exists(struct io_rsrc_node___b, item) || at.cur == at.head)
		return 1;
	node = (void *)(at.cur - bpf_core_field_offset(struct io_rsrc_node___b, node));
	if ((__u64)BPF_CORE_READ(link, prev) != at.prev ||
	    (__u64)BPF_CORE_READ(node, ctx) != at.ctx) {
		at.torn++;
		return 1;
	}
	write_node_b((__u64)node);
	at.prev = at.cur;
	at.cur = (__u64)BPF_CORE_READ(link, next);
	return 0;
}

/* ---- nodes, C ---- */

static long step_table(__u32 slot, void *unused)
{
	struct io_rsrc_node___c **nodes = (void *)at.cur, *node = 0;
	struct walk_node *r;

	if (!is_gen_c())
		return 1;
	bpf_probe_read_kernel(&node, sizeof(node), nodes + slot);
	if (!node)
		return 0;
	r = next_node_record();
	if (!r)
		return 0;
	__builtin_memset(r, 0, sizeof(*r));
	r->ring = at.ctx;
	r->node = (__u64)node;
	r->place = at.place;
	r->slot = slot;
	r->first = 1;
	r->refs = BPF_CORE_READ(node, refs) - 1; /* the table's own */
	r->tag = BPF_CORE_READ(node, tag);
	if (at.place == AT_TABLE)
		describe_file(&r->res, (void *)(BPF_CORE_READ(node, file_ptr) & ~3UL));
	else
		describe_buffer(&r->res, BPF_CORE_READ(node, buf));
	return 0;
}

/* ---- requests ---- */

/* The table entry may have changed hands since the request took its file. */
static __always_inline __u64 file_in_slot(struct io_ring_ctx *ctx, __s32 slot)
{
	__u64 ptr = 0;

	if (slot < 0)
		return 0;
	if (is_gen_c()) {
		struct io_rsrc_node___c **nodes, *node = 0;
		struct io_ring_ctx___c *c = (void *)ctx;

		if (slot >= BPF_CORE_READ(c, file_table.data.nr))
			return 0;
		nodes = BPF_CORE_READ(c, file_table.data.nodes);
		bpf_probe_read_kernel(&node, sizeof(node), nodes + slot);
		return node ? BPF_CORE_READ(node, file_ptr) & ~3UL : 0;
	}
	if (!bpf_core_field_exists(struct io_ring_ctx, nr_user_files) ||
	    slot >= BPF_CORE_READ(ctx, nr_user_files))
		return 0;
	bpf_probe_read_kernel(&ptr, sizeof(ptr), BPF_CORE_READ(ctx, file_table.files) + slot);
	return ptr & ~3ULL;
}

static __always_inline void request_task(struct walk_request *r, struct io_kiocb *req)
{
	struct task_struct *task;

	if (bpf_core_field_exists(struct io_kiocb___tctx, tctx))
		task = BPF_CORE_READ((struct io_kiocb___tctx *)req, tctx, task);
	else if (bpf_core_field_exists(struct io_kiocb___task, task))
		task = BPF_CORE_READ((struct io_kiocb___task *)req, task);
	else
		return;
	r->tid = BPF_CORE_READ(task, pid);
	BPF_CORE_READ_STR_INTO(&r->comm, task, comm);
}

static __always_inline void request_nodes(struct walk_request *r, struct io_kiocb *req)
{
	if (bpf_core_field_exists(struct io_kiocb___one, rsrc_node)) {
		r->file_node = (__u64)BPF_CORE_READ((struct io_kiocb___one *)req, rsrc_node);
	} else if (bpf_core_field_exists(struct io_kiocb___two, file_node)) {
		if (r->flags & REQ_F_FIXED_FILE)
			r->file_node = (__u64)BPF_CORE_READ((struct io_kiocb___two *)req,
							    file_node);
		if (r->flags & buf_node_flag)
			r->buf_node = (__u64)BPF_CORE_READ((struct io_kiocb___two *)req,
							   buf_node);
	}
}

static __noinline int write_request(__u64 addr, enum found found)
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
	r->found = found;
	bpf_probe_read_kernel(&r->flags, bpf_core_field_size(req->flags), &req->flags);
	r->slot = r->flags & REQ_F_FIXED_FILE ? BPF_CORE_READ(req, cqe.fd) : -1;
	file = (__u64)BPF_CORE_READ(req, file);
	if (file)
		describe_file(&r->res, (void *)file);
	if (r->slot >= 0)
		r->replaced = file_in_slot((void *)r->ring, r->slot) != file;
	request_nodes(r, req);
	request_task(r, req);
	return 0;
}

static long step_chain(__u32 i, void *unused)
{
	struct hlist_node *link = (void *)at.cur;
	struct io_kiocb *req;

	if (!link)
		return 1;
	req = (void *)(at.cur - bpf_core_field_offset(struct io_kiocb, hash_node));
	if ((__u64)BPF_CORE_READ(req, ctx) != at.ctx ||
	    (__u64)BPF_CORE_READ(link, pprev) != at.prev) {
		at.torn++;
		return 1;
	}
	write_request((__u64)req, at.found);
	at.prev = at.cur;
	at.cur = (__u64)BPF_CORE_READ(link, next);
	return 0;
}

static long step_bucket(__u32 i, void *unused)
{
	struct io_hash_bucket *bucket =
		(void *)(at.hbs + (__u64)i * bpf_core_type_size(struct io_hash_bucket));

	at.prev = (__u64)&bucket->list.first;
	at.cur = (__u64)BPF_CORE_READ(bucket, list.first);
	if (at.cur)
		bpf_loop(1 << 20, step_chain, 0, 0);
	return 0;
}

static __always_inline void walk_hash(struct io_hash_table *table, __u32 found)
{
	__u32 bits = BPF_CORE_READ(table, hash_bits);

	at.hbs = (__u64)BPF_CORE_READ(table, hbs);
	at.found = found;
	if (at.hbs && bits <= 20)
		bpf_loop(1 << bits, step_bucket, 0, 0);
}

static __noinline int walk_requests(struct io_ring_ctx *ctx)
{
	walk_hash(&ctx->cancel_table, FOUND_POLL);
	if (bpf_core_field_exists(struct io_ring_ctx___locked, cancel_table_locked))
		walk_hash(&((struct io_ring_ctx___locked *)ctx)->cancel_table_locked,
			  FOUND_POLL_LOCKED);
	return 0;
}

/* ---- one ring ---- */

static __noinline int walk_queue_a(struct io_ring_ctx *ctx)
{
	struct io_ring_ctx___a *a = (void *)ctx;

	if (!bpf_core_field_exists(struct io_ring_ctx___a, rsrc_put_llist))
		return 0;
	at.place = AT_QUEUE;
	at.head = (__u64)&ctx->rsrc_ref_list;
	at.prev = at.head;
	at.cur = (__u64)BPF_CORE_READ(ctx, rsrc_ref_list.next);
	bpf_loop(MAX_NODES, step_queue_a, 0, 0);
	if (at.cur != at.head)
		at.torn++;
	at.place = AT_RELEASING;
	at.cur = (__u64)BPF_CORE_READ(a, rsrc_put_llist.first);
	bpf_loop(MAX_NODES, step_releasing, 0, 0);
	at.place = AT_ACTIVE;
	at.first = 1;
	write_node_a((__u64)BPF_CORE_READ(ctx, rsrc_node), 0);
	return 0;
}

static __noinline int walk_queue_b(struct io_ring_ctx *ctx)
{
	if (!bpf_core_field_exists(struct io_ring_ctx, rsrc_ref_list))
		return 0;
	at.place = AT_QUEUE;
	at.head = (__u64)&ctx->rsrc_ref_list;
	at.prev = at.head;
	at.cur = (__u64)BPF_CORE_READ(ctx, rsrc_ref_list.next);
	bpf_loop(MAX_NODES, step_queue_b, 0, 0);
	if (at.cur != at.head)
		at.torn++;
	at.place = AT_ACTIVE;
	write_node_b((__u64)BPF_CORE_READ(ctx, rsrc_node));
	return 0;
}

static __noinline int walk_tables_c(struct io_ring_ctx *ctx)
{
	struct io_ring_ctx___c *c = (void *)ctx;

	if (!is_gen_c())
		return 0;
	at.place = AT_TABLE;
	at.cur = (__u64)BPF_CORE_READ(c, file_table.data.nodes);
	bpf_loop(BPF_CORE_READ(c, file_table.data.nr), step_table, 0, 0);
	at.place = AT_BUFFERS;
	at.cur = (__u64)BPF_CORE_READ(c, buf_table.nodes);
	bpf_loop(BPF_CORE_READ(c, buf_table.nr), step_table, 0, 0);
	return 0;
}

static __noinline int describe_ring(struct walk_ring *r, struct io_ring_ctx *ctx)
{
	if (!r)
		return 0;
	r->flags = BPF_CORE_READ(ctx, flags);
	if (is_gen_c()) {
		r->reclaim = RECLAIM_INDEPENDENT;
		r->slots = BPF_CORE_READ((struct io_ring_ctx___c *)ctx, file_table.data.nr);
		r->buffers = BPF_CORE_READ((struct io_ring_ctx___c *)ctx, buf_table.nr);
		return 0;
	}
	if (!bpf_core_field_exists(struct io_ring_ctx, rsrc_ref_list))
		return 0;
	r->slots = BPF_CORE_READ(ctx, nr_user_files);
	r->buffers = BPF_CORE_READ(ctx, nr_user_bufs);
	r->active = (__u64)BPF_CORE_READ(ctx, rsrc_node);
	r->reclaim = RECLAIM_ORDERED;
	if (bpf_core_field_exists(struct io_ring_ctx___a, rsrc_put_llist)) {
		r->reclaim = RECLAIM_ORDERED_DEFERRED;
		r->cached_refs = BPF_CORE_READ((struct io_ring_ctx___a *)ctx, rsrc_cached_refs);
	}
	return 0;
}

SEC("iter/task_file")
int walk_rings(struct bpf_iter__task_file *it)
{
	struct task_struct *task = it->task;
	struct file *file = it->file;
	struct walk_ring r = {};
	struct io_ring_ctx *ctx;
	__u64 key, *last;

	if (!task || !file || (want_tgid && task->tgid != want_tgid) || !is_ring(file))
		return 0;
	ctx = BPF_CORE_READ(file, private_data);
	key = (__u64)ctx;
	last = bpf_map_lookup_elem(&seen, &key);
	if (last && *last == session)
		return 0;
	bpf_map_update_elem(&seen, &key, &session, BPF_ANY);

	r.ring = key;
	r.fd = it->fd;
	r.tgid = task->tgid;
	r.nodes = nodes_written;
	r.requests = requests_written;
	describe_ring(&r, ctx);
	at.ctx = key;
	at.torn = 0;
	if (r.reclaim == RECLAIM_ORDERED_DEFERRED)
		walk_queue_a(ctx);
	else if (r.reclaim == RECLAIM_ORDERED)
		walk_queue_b(ctx);
	else if (r.reclaim == RECLAIM_INDEPENDENT)
		walk_tables_c(ctx);
	walk_requests(ctx);
	r.nodes = nodes_written - r.nodes;
	r.requests = requests_written - r.requests;
	r.torn = at.torn;
	bpf_seq_write(it->meta->seq, &r, sizeof(r));
	return 0;
}

/* ---- io-wq ---- */

static __always_inline void write_work(struct io_wq_work *work, __u32 found)
{
	__u64 req = (__u64)work - bpf_core_field_offset(struct io_kiocb, work), ctx, *last;

	if (!work)
		return;
	ctx = (__u64)BPF_CORE_READ((struct io_kiocb *)req, ctx);
	last = bpf_map_lookup_elem(&seen, &ctx);
	if (last && *last == session)
		write_request(req, found);
}

static long step_pending(__u32 i, void *unused)
{
	struct io_wq_work_node *link = (void *)at.cur;

	if (!link)
		return 1;
	write_work((void *)(at.cur - bpf_core_field_offset(struct io_wq_work, list)),
		   FOUND_WQ_PENDING);
	at.cur = (__u64)BPF_CORE_READ(link, next);
	return 0;
}

static __noinline int walk_pending(struct io_wq *wq, __u32 bound)
{
	if (bpf_core_type_exists(struct io_wqe___a)) {
		struct io_wqe___a *wqe = BPF_CORE_READ((struct io_wq___a *)wq, wqes[0]);

		at.cur = (__u64)(bound ? BPF_CORE_READ(wqe, acct[0].work_list.first) :
					 BPF_CORE_READ(wqe, acct[1].work_list.first));
	} else {
		struct io_wq___b *b = (void *)wq;

		at.cur = (__u64)(bound ? BPF_CORE_READ(b, acct[0].work_list.first) :
					 BPF_CORE_READ(b, acct[1].work_list.first));
	}
	if (at.cur)
		bpf_loop(1 << 20, step_pending, 0, 0);
	return 0;
}

SEC("iter/task")
int walk_tasks(struct bpf_iter__task *it)
{
	struct task_struct *task = it->task;
	struct io_uring_task *tctx;
	struct io_wq *wq;

	if (!task || (want_tgid && task->tgid != want_tgid))
		return 0;
	if (task->flags & PF_IO_WORKER) {
		struct io_worker *worker = task->worker_private;

		if (!worker)
			return 0;
		write_work(BPF_CORE_READ(worker, cur_work), FOUND_WQ_RUNNING);
		if (bpf_core_field_exists(struct io_worker___next, next_work))
			write_work(BPF_CORE_READ((struct io_worker___next *)worker, next_work),
				   FOUND_WQ_RUNNING);
		return 0;
	}
	tctx = task->io_uring;
	if (!tctx)
		return 0;
	wq = BPF_CORE_READ(tctx, io_wq);
	if (wq) {
		walk_pending(wq, 1);
		walk_pending(wq, 0);
	}
	return 0;
}

#endif
