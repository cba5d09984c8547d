/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The cold walk: every ring of a process, its nodes in queue order and the
 * requests that may hold them, read without a hook and without a lock.
 *
 * Three iterators share one state. walk_rings (task_file) finds the rings by
 * their files; walk_fileless (task) those that a task uses without having a
 * file for them: the ring was registered and its descriptor closed, or it is
 * only mapped. Both write nodes and requests into two arrays that user space has
 * mapped, of which that for nodes is a window that it empties as they go on, and
 * answer with one struct walk_ring a ring. walk_tasks (task) adds
 * what io-wq runs and has pending, and what waits for a task to run it.
 */
#ifndef URINGTRACE_WALK_H
#define URINGTRACE_WALK_H

#include "walk_state.h"
#include "walk_nodes.h"
#include "walk_requests.h"
#include "walk_tasks.h"

/* ---- one ring ---- */

/* The answer that is being made up. */
static struct walk_ring ring_record;

__noinline int describe_ring(__u64 addr)
{
	struct io_ring_ctx *ctx = (void *)addr;
	struct walk_ring *r = &ring_record;

	r->ring = addr;
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

static __always_inline void begin(__u64 addr, enum reclaim reclaim)
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
	if (reclaim == RECLAIM_INDEPENDENT)
		enter(PHASE_TABLE, AT_TABLE, 0, 0);
	else if (reclaim)
		enter_queue((void *)addr);
}

static __always_inline int advance(__u64 addr, enum reclaim reclaim)
{
	at.left = CHUNK;
	if (reclaim == RECLAIM_ORDERED_DEFERRED)
		return walk_nodes_a(addr);
	if (reclaim == RECLAIM_ORDERED)
		return walk_nodes_b(addr);
	if (reclaim == RECLAIM_INDEPENDENT)
		return walk_nodes_c(addr);
	return 1;
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
		begin(addr, r->reclaim);
	}
	if (!advance(addr, r->reclaim))
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

SEC("iter/task_file")
int walk_rings(struct bpf_iter__task_file *it)
{
	struct task_struct *task = it->task;
	struct file *file = it->file;

	if (!task || !file || (want_tgid && task->tgid != want_tgid) || !is_ring(file))
		return 0;
	/* 6.1 visits every thread when it is told a process. */
	if (task->group_leader != task && task->group_leader->files == task->files)
		return 0;
	start_record(it->fd, task->tgid, 0);
	if (!walk_one((__u64)BPF_CORE_READ(file, private_data)))
		return 1; /* to be called again for the same file */
	bpf_seq_write(it->meta->seq, &ring_record, sizeof(ring_record));
	return 0;
}

/* ---- rings without a descriptor ---- */

/*
 * A task knows the rings that it uses by an xarray, indexed by their address: a
 * tree with few leaves and many levels, searched depth first. Here is the way
 * from its root, and the next slot at each node of it.
 */
#define XA_LEVELS 16 /* of which 64 bits in steps of 6 need 11 */
#define XA_SLOTS 64

static struct {
	__u64 node[XA_LEVELS];
	__u32 slot[XA_LEVELS];
	__u32 levels;
} xa;

/* What one visit may write: with what a read left behind it must fit into the
 * iterator's buffer of 32 KiB, or all of it is lost. */
#define MAX_FILELESS 64

/* The task that walk_fileless is at. Not static: the compiler would make a bool
 * of what is only ever 0 or 1, and the verifier no longer know its range. */
struct {
	__u64 task;
	__u64 tctx;
	__u32 tgid;
	__u32 written;
} user;

/* There is more than this run of walk_fileless could tell; user space runs it
 * again. A visit that asks to be repeated would lose what it has written. */
__u32 fileless_left;

/* Only pointers that the verifier has to know the type of live on the stack. */
struct fileless {
	struct seq_file *seq;
};

__noinline int registered_as(__u64 addr, __u64 ctx)
{
	struct io_uring_task *tctx = (void *)addr;
	struct file *file;
	__u32 i;

	for (i = 0; i < 16; i++) {
		bpf_probe_read_kernel(&file, sizeof(file), &tctx->registered_rings[i]);
		if (file && (__u64)BPF_CORE_READ(file, private_data) == ctx)
			return i + 1;
	}
	return 0;
}

static __always_inline long take_leaf(struct io_tctx_node *leaf, struct fileless *f)
{
	__u64 ctx = (__u64)BPF_CORE_READ(leaf, ctx);

	/* The tree changes while it is read. */
	if (!ctx || (__u64)BPF_CORE_READ(leaf, task) != user.task)
		return 0;
	if (was_seen(ctx) && !under_way(ctx))
		return 0;
	if (user.written == MAX_FILELESS) {
		fileless_left = 1;
		return 1;
	}
	start_record(-1, user.tgid, registered_as(user.tctx, ctx));
	if (!walk_one(ctx)) {
		fileless_left = 1;
		return 1;
	}
	bpf_seq_write(f->seq, &ring_record, sizeof(ring_record));
	user.written++;
	return 0;
}

static __always_inline void enter_xa(__u64 node)
{
	__u32 level = xa.levels;

	if (level >= XA_LEVELS)
		return;
	xa.node[level & (XA_LEVELS - 1)] = node;
	xa.slot[level & (XA_LEVELS - 1)] = 0;
	xa.levels = level + 1;
}

static long step_xa(__u32 i, struct fileless *f)
{
	__u32 top = (xa.levels - 1) & (XA_LEVELS - 1), slot = xa.slot[top];
	struct xa_node *node = (void *)xa.node[top];
	__u64 entry = 0;

	if (!xa.levels)
		return 1;
	if (slot >= XA_SLOTS) {
		xa.levels--;
		return 0;
	}
	xa.slot[top] = slot + 1;
	bpf_probe_read_kernel(&entry, sizeof(entry), &node->slots[slot & (XA_SLOTS - 1)]);
	if ((entry & 3) == 2 && entry > 4096) /* include/linux/xarray.h, xa_is_node() */
		enter_xa(entry - 2);
	else if (entry && !(entry & 3))
		return take_leaf((void *)entry, f);
	return 0;
}

SEC("iter/task")
int walk_fileless(struct bpf_iter__task *it)
{
	struct task_struct *task = it->task;
	struct fileless f = {};
	struct io_uring_task *tctx;
	__u64 head;

	if (!task || (want_tgid && task->tgid != want_tgid) || !task->io_uring || fileless_left)
		return 0;
	f.seq = it->meta->seq;
	user.task = (__u64)task;
	tctx = BPF_CORE_READ(task, io_uring);
	user.tctx = (__u64)tctx;
	user.tgid = task->tgid;
	user.written = 0;
	head = (__u64)BPF_CORE_READ(tctx, xa.xa_head);
	if ((head & 3) != 2)
		return 0; /* empty: the index of a ring is never 0 */
	xa.levels = 0;
	enter_xa(head - 2);
	bpf_loop(MAX_NODES, step_xa, &f, 0);
	return 0;
}

#endif
