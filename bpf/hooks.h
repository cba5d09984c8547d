/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Live hooks: the birth, removal and release of io_rsrc_node, ring by ring.
 *
 * Each on_*() body stands once and has two doors, a kprobe (k_*) and an
 * fentry/fexit (f_*). Which of them are loaded is decided by the hook table in
 * internal/probe; a program that the kernel has no function for is not loaded.
 * All hooks lie on registration and release paths, none on the I/O path.
 */
#ifndef URINGTRACE_HOOKS_H
#define URINGTRACE_HOOKS_H

#include "kernel.h"
#include "event.h"
#include "emit.h"
#include "resource.h"

/* Processes whose new rings are to be observed, by tgid. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u8);
} targets SEC(".maps");

/* Sockets that were seen in a removed node, until they are truly released. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1 << 21);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, __u64);
} socks SEC(".maps");

/* Arguments of a call that is under way: a kretprobe has none of its own. */
enum call {
	CALL_EXIT_WORK,
	CALL_NODE_ALLOC,
	CALL_FILES_UPDATE,
};

struct call_key {
	__u64 task;
	__u32 call;
	__u32 pad;
};

struct call_args {
	__u64 ctx;
	__u64 offset;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct call_key);
	__type(value, struct call_args);
} calls SEC(".maps");

/* Sockets and calls that found no room in the maps above. */
__u64 untracked_socks;
__u64 untracked_calls;

static __always_inline void call_enter(__u32 call, void *ctx, __u64 offset)
{
	struct call_key key = { .task = bpf_get_current_pid_tgid(), .call = call };
	struct call_args args = { .ctx = (__u64)ctx, .offset = offset };

	if (bpf_map_update_elem(&calls, &key, &args, BPF_ANY))
		__sync_fetch_and_add(&untracked_calls, 1);
}

static __always_inline bool call_leave(__u32 call, struct call_args *out)
{
	struct call_key key = { .task = bpf_get_current_pid_tgid(), .call = call };
	struct call_args *args = bpf_map_lookup_elem(&calls, &key);

	if (!args)
		return false;
	*out = *args;
	bpf_map_delete_elem(&calls, &key);
	return true;
}

/* ---- rings ---- */

SEC("tp_btf/io_uring_create")
int BPF_PROG(ring_create, int fd, struct io_ring_ctx *uring, __u32 sq, __u32 cq, __u32 flags)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	__u64 key = (__u64)uring, active = 0;
	struct ring_state zero = {};

	if (!bpf_map_lookup_elem(&targets, &tgid))
		return 0;
	bpf_map_update_elem(&rings, &key, &zero, BPF_ANY);
	if (bpf_core_field_exists(struct io_ring_ctx, rsrc_node))
		active = (__u64)BPF_CORE_READ(uring, rsrc_node);
	emit(ring_of(uring), EV_RING_CREATE, uring, (void *)active, fd, flags);
	return 0;
}

SEC("tp_btf/io_uring_register")
int BPF_PROG(ring_register, struct io_ring_ctx *uring, unsigned int opcode,
	     unsigned int nr_files, unsigned int nr_bufs, long ret)
{
	struct ring_state *ring = ring_of(uring);

	if (ring)
		emit(ring, EV_REGISTER, uring, 0, opcode, ret);
	return 0;
}

static __always_inline int on_ring_exit(struct io_ring_ctx *ctx)
{
	struct ring_state *ring = ring_of(ctx);

	if (ring)
		emit(ring, EV_RING_EXIT, ctx, 0, 0, 0);
	return 0;
}

SEC("kprobe/io_ring_ctx_wait_and_kill")
int BPF_KPROBE(k_ring_exit, struct io_ring_ctx *uring) { return on_ring_exit(uring); }
SEC("fentry/io_ring_ctx_wait_and_kill")
int BPF_PROG(f_ring_exit, struct io_ring_ctx *uring) { return on_ring_exit(uring); }

static __always_inline struct io_ring_ctx *ring_of_exit_work(struct work_struct *work)
{
	return (void *)work - bpf_core_field_offset(struct io_ring_ctx, exit_work);
}

/* The context has been freed: its address may come back as another ring. */
static __always_inline int on_ring_gone(__u64 ctx)
{
	struct ring_state *ring = ring_of((void *)ctx);

	if (!ring)
		return 0;
	emit(ring, EV_RING_GONE, (void *)ctx, 0, 0, 0);
	bpf_map_delete_elem(&rings, &ctx);
	return 0;
}

SEC("kprobe/io_ring_exit_work")
int BPF_KPROBE(k_ring_gone_enter, struct work_struct *work)
{
	struct io_ring_ctx *uring = ring_of_exit_work(work);

	if (ring_of(uring))
		call_enter(CALL_EXIT_WORK, uring, 0);
	return 0;
}

SEC("kretprobe/io_ring_exit_work")
int BPF_KRETPROBE(k_ring_gone)
{
	struct call_args args;

	return call_leave(CALL_EXIT_WORK, &args) ? on_ring_gone(args.ctx) : 0;
}

SEC("fexit/io_ring_exit_work")
int BPF_PROG(f_ring_gone, struct work_struct *work)
{
	return on_ring_gone((__u64)ring_of_exit_work(work));
}

/* ---- removal, A and B ---- */

static __always_inline __u64 tag_of(struct io_rsrc_data *data, __u32 idx)
{
	__u64 **tags = BPF_CORE_READ(data, tags), *page = 0, tag = 0;

	/* io_uring/rsrc.h, IO_RSRC_TAG_TABLE_SHIFT: one page of tags a row */
	bpf_probe_read_kernel(&page, sizeof(page), tags + (idx >> 9));
	bpf_probe_read_kernel(&tag, sizeof(tag), page + (idx & 511));
	return tag;
}

static __always_inline int emit_removal(struct ring_state *ring, void *ctx, void *node,
					struct io_rsrc_data *data, __u32 idx, void *rsrc,
					bool file, __u64 tail)
{
	struct event_removal *r = bpf_ringbuf_reserve(&events, sizeof(*r), 0);
	__u64 sock, key = (__u64)ctx;

	if (!r) {
		count(EV_NODE_REMOVE, ring, false);
		return 0;
	}
	fill(&r->ev, EV_NODE_REMOVE, ctx, node, 0, 0);
	r->slot = idx;
	r->pad = 0;
	r->tail = tail;
	r->tag = tag_of(data, idx);
	__builtin_memset(&r->res, 0, sizeof(r->res));
	if (file)
		describe_file(&r->res, rsrc);
	else
		describe_buffer(&r->res, rsrc);
	sock = r->res.sock;
	submit(r);
	count(EV_NODE_REMOVE, ring, true);
	if (sock && bpf_map_update_elem(&socks, &sock, &key, BPF_ANY))
		__sync_fetch_and_add(&untracked_socks, 1);
	return 0;
}

static __always_inline int on_remove_a(struct io_rsrc_data *data, __u32 idx,
				       void *node, void *rsrc)
{
	struct io_ring_ctx *ctx = BPF_CORE_READ(data, ctx);
	struct ring_state *ring = ring_of(ctx);

	if (!ring)
		return 0;
	return emit_removal(ring, ctx, node, data, idx, rsrc,
			    data == BPF_CORE_READ(ctx, file_data), 0);
}

SEC("kprobe/io_queue_rsrc_removal")
int BPF_KPROBE(k_remove_a, struct io_rsrc_data *data, __u32 idx, void *node, void *rsrc)
{
	return on_remove_a(data, idx, node, rsrc);
}
SEC("fentry/io_queue_rsrc_removal")
int BPF_PROG(f_remove_a, struct io_rsrc_data *data, __u32 idx, void *node, void *rsrc)
{
	return on_remove_a(data, idx, node, rsrc);
}

/* The node that is active at entry takes the resource and goes to the tail;
 * the node that io_rsrc_node_alloc hands out meanwhile becomes active. */
static __always_inline int on_remove_b(struct io_rsrc_data *data, __u32 idx, void *rsrc)
{
	struct io_ring_ctx *ctx = BPF_CORE_READ(data, ctx);
	struct ring_state *ring = ring_of(ctx);
	struct list_head *tail;
	__u64 last = 0;

	if (!ring || !bpf_core_field_exists(struct io_rsrc_data___b, rsrc_type))
		return 0;
	tail = BPF_CORE_READ(ctx, rsrc_ref_list.prev);
	if (tail != &ctx->rsrc_ref_list)
		last = (__u64)tail - bpf_core_field_offset(struct io_rsrc_node___b, node);
	return emit_removal(ring, ctx, BPF_CORE_READ(ctx, rsrc_node), data, idx, rsrc,
			    BPF_CORE_READ((struct io_rsrc_data___b *)data, rsrc_type) ==
				    IORING_RSRC_FILE, last);
}

SEC("kprobe/io_queue_rsrc_removal")
int BPF_KPROBE(k_remove_b, struct io_rsrc_data *data, __u32 idx, void *rsrc)
{
	return on_remove_b(data, idx, rsrc);
}
SEC("fentry/io_queue_rsrc_removal")
int BPF_PROG(f_remove_b, struct io_rsrc_data *data, __u32 idx, void *rsrc)
{
	return on_remove_b(data, idx, rsrc);
}

/* ---- A: one update's removals share a node, which is queued at the switch ---- */

static __always_inline int on_switch(struct io_ring_ctx *ctx, void *data_to_kill)
{
	struct ring_state *ring = ring_of(ctx);
	struct io_rsrc_node___a *node = 0;
	__u64 first = 0, next;

	if (!ring || !bpf_core_field_exists(struct io_ring_ctx___a, rsrc_backup_node))
		return 0;
	next = (__u64)BPF_CORE_READ((struct io_ring_ctx___a *)ctx, rsrc_backup_node);
	if (data_to_kill) {
		struct list_head *item;

		node = BPF_CORE_READ(ctx, rsrc_node);
		item = BPF_CORE_READ(node, rsrc_list.next);
		if (item != &node->rsrc_list)
			first = (__u64)item;
	}
	emit(ring, EV_NODE_SWITCH, ctx, node, next, first);
	return 0;
}

SEC("kprobe/io_rsrc_node_switch")
int BPF_KPROBE(k_switch, struct io_ring_ctx *uring, void *data) { return on_switch(uring, data); }
SEC("fentry/io_rsrc_node_switch")
int BPF_PROG(f_switch, struct io_ring_ctx *uring, void *data) { return on_switch(uring, data); }

/* ---- holders gone ---- */

static __always_inline int on_zero_a(void *ref)
{
	struct io_rsrc_node___a *node;
	struct io_ring_ctx *ctx;
	struct ring_state *ring;

	if (!bpf_core_field_exists(struct io_rsrc_node___a, rsrc_list))
		return 0;
	node = ref - bpf_core_field_offset(struct io_rsrc_node___a, refs);
	ctx = BPF_CORE_READ(node, rsrc_data, ctx);
	ring = ring_of(ctx);
	if (ring)
		emit(ring, EV_NODE_ZERO, ctx, node, 0, 0);
	return 0;
}

SEC("kprobe/io_rsrc_node_ref_zero")
int BPF_KPROBE(k_zero_a, void *ref) { return on_zero_a(ref); }
SEC("fentry/io_rsrc_node_ref_zero")
int BPF_PROG(f_zero_a, void *ref) { return on_zero_a(ref); }

static __always_inline int on_zero_b(struct io_rsrc_node___b *node)
{
	struct io_ring_ctx *ctx;
	struct ring_state *ring;

	if (!bpf_core_field_exists(struct io_rsrc_node___b, item))
		return 0;
	ctx = BPF_CORE_READ(node, ctx);
	ring = ring_of(ctx);
	if (ring)
		emit(ring, EV_NODE_ZERO, ctx, node, 0, 0);
	return 0;
}

SEC("kprobe/io_rsrc_node_ref_zero")
int BPF_KPROBE(k_zero_b, void *node) { return on_zero_b(node); }
SEC("fentry/io_rsrc_node_ref_zero")
int BPF_PROG(f_zero_b, void *node) { return on_zero_b(node); }

/* ---- A: the deferred worker ---- */

static __always_inline int on_put_batch(struct work_struct *work)
{
	struct io_ring_ctx *ctx;
	struct ring_state *ring;

	if (!bpf_core_field_exists(struct io_ring_ctx___a, rsrc_put_work))
		return 0;
	ctx = (void *)work - bpf_core_field_offset(struct io_ring_ctx___a, rsrc_put_work.work);
	ring = ring_of(ctx);
	if (ring)
		emit(ring, EV_PUT_BATCH, ctx, 0, 0, 0);
	return 0;
}

SEC("kprobe/io_rsrc_put_work")
int BPF_KPROBE(k_put_batch, struct work_struct *work) { return on_put_batch(work); }
SEC("fentry/io_rsrc_put_work")
int BPF_PROG(f_put_batch, struct work_struct *work) { return on_put_batch(work); }

static __always_inline int on_put(void *ctx, struct io_rsrc_put___a *put)
{
	struct ring_state *ring = ring_of(ctx);

	if (ring && bpf_core_field_exists(struct io_rsrc_put___a, list))
		emit(ring, EV_NODE_PUT, ctx, 0, (__u64)put, (__u64)BPF_CORE_READ(put, rsrc));
	return 0;
}

SEC("kprobe/io_rsrc_file_put")
int BPF_KPROBE(k_file_put, void *uring, struct io_rsrc_put___a *put) { return on_put(uring, put); }
SEC("fentry/io_rsrc_file_put")
int BPF_PROG(f_file_put, void *uring, struct io_rsrc_put___a *put) { return on_put(uring, put); }
SEC("kprobe/io_rsrc_buf_put")
int BPF_KPROBE(k_buf_put, void *uring, struct io_rsrc_put___a *put) { return on_put(uring, put); }
SEC("fentry/io_rsrc_buf_put")
int BPF_PROG(f_buf_put, void *uring, struct io_rsrc_put___a *put) { return on_put(uring, put); }

/* ---- B: allocation = the next active node ---- */

static __always_inline int on_new_b(struct io_rsrc_node___b *node)
{
	struct io_ring_ctx *ctx;
	struct ring_state *ring;

	if (!node || !bpf_core_field_exists(struct io_rsrc_node___b, ctx))
		return 0;
	ctx = BPF_CORE_READ(node, ctx);
	ring = ring_of(ctx);
	if (ring)
		emit(ring, EV_NODE_NEW, ctx, node, 0, 0);
	return 0;
}

SEC("kretprobe/io_rsrc_node_alloc")
int BPF_KRETPROBE(k_new_b, void *node) { return on_new_b(node); }
SEC("fexit/io_rsrc_node_alloc")
int BPF_PROG(f_new_b, void *uring, void *node) { return on_new_b(node); }

/* ---- C: a node is one registered slot, from installation to its last user ---- */

static __always_inline int on_new_c(void *ctx, void *node)
{
	struct ring_state *ring = ring_of(ctx);

	if (ring && node)
		emit(ring, EV_NODE_NEW, ctx, node, 0, 0);
	return 0;
}

SEC("kprobe/io_rsrc_node_alloc")
int BPF_KPROBE(k_new_c_enter, void *uring)
{
	if (ring_of(uring))
		call_enter(CALL_NODE_ALLOC, uring, 0);
	return 0;
}
SEC("kretprobe/io_rsrc_node_alloc")
int BPF_KRETPROBE(k_new_c, void *node)
{
	struct call_args args;

	return call_leave(CALL_NODE_ALLOC, &args) ? on_new_c((void *)args.ctx, node) : 0;
}
SEC("fexit/io_rsrc_node_alloc")
int BPF_PROG(f_new_c, void *uring, int type, void *node) { return on_new_c(uring, node); }

static __always_inline int on_free(void *ctx, struct io_rsrc_node___c *node)
{
	struct ring_state *ring = ring_of(ctx);
	__u64 rsrc;

	if (!ring || !is_gen_c())
		return 0;
	rsrc = BPF_CORE_READ(node, file_ptr);
	emit(ring, EV_NODE_FREE, ctx, node, rsrc & ~3ULL, BPF_CORE_READ(node, tag));
	return 0;
}

SEC("kprobe/io_free_rsrc_node")
int BPF_KPROBE(k_free, void *uring, void *node) { return on_free(uring, node); }
SEC("fentry/io_free_rsrc_node")
int BPF_PROG(f_free, void *uring, void *node) { return on_free(uring, node); }

/* What an update has put into the table, once it is there. */
struct slots {
	struct io_ring_ctx *ctx;
	__u32 offset;
	__u32 pad;
};

static long emit_slot(__u32 i, struct slots *s)
{
	struct io_rsrc_node___c **nodes, *node = 0;
	struct event_removal *r;
	struct io_ring_ctx___c *ctx = (void *)s->ctx;
	struct ring_state *ring = ring_of(ctx);
	__u32 slot = s->offset + i;

	if (!ring || !is_gen_c())
		return 1;
	nodes = BPF_CORE_READ(ctx, file_table.data.nodes);
	bpf_probe_read_kernel(&node, sizeof(node), nodes + slot);
	if (!node)
		return 0;
	r = bpf_ringbuf_reserve(&events, sizeof(*r), 0);
	if (!r) {
		count(EV_NODE_SLOT, ring, false);
		return 0;
	}
	fill(&r->ev, EV_NODE_SLOT, ctx, node, 0, 0);
	r->slot = slot;
	r->pad = 0;
	r->tail = 0;
	r->tag = BPF_CORE_READ(node, tag);
	__builtin_memset(&r->res, 0, sizeof(r->res));
	describe_file(&r->res, (void *)(BPF_CORE_READ(node, file_ptr) & ~3UL));
	submit(r);
	count(EV_NODE_SLOT, ring, true);
	return 0;
}

static __always_inline int on_files_update(struct io_ring_ctx *ctx, __u32 offset, int done)
{
	struct slots s = { .ctx = ctx, .offset = offset };

	if (done > 0 && ring_of(ctx))
		bpf_loop(done, emit_slot, &s, 0);
	return 0;
}

/* struct io_uring_rsrc_update2 (uapi): the first word is the offset. */
static __always_inline __u32 offset_of_update(void *up)
{
	__u32 offset = 0;

	bpf_probe_read_kernel(&offset, sizeof(offset), up);
	return offset;
}

SEC("kprobe/__io_sqe_files_update")
int BPF_KPROBE(k_files_update_enter, struct io_ring_ctx *uring, void *up)
{
	if (ring_of(uring))
		call_enter(CALL_FILES_UPDATE, uring, offset_of_update(up));
	return 0;
}
SEC("kretprobe/__io_sqe_files_update")
int BPF_KRETPROBE(k_files_update, int done)
{
	struct call_args args;

	if (!call_leave(CALL_FILES_UPDATE, &args))
		return 0;
	return on_files_update((void *)args.ctx, args.offset, done);
}
SEC("fexit/__io_sqe_files_update")
int BPF_PROG(f_files_update, struct io_ring_ctx *uring, void *up, unsigned int nr, int done)
{
	return on_files_update(uring, offset_of_update(up), done);
}

/* ---- the end of a socket that was in a node, whoever ends it ---- */

static __always_inline int on_sock_release(struct socket *sock, struct inode *inode)
{
	__u64 key = (__u64)sock, *ctx = bpf_map_lookup_elem(&socks, &key);
	__u64 ring;

	if (!ctx)
		return 0;
	ring = *ctx;
	bpf_map_delete_elem(&socks, &key);
	emit(ring_of((void *)ring), EV_SOCK_RELEASE, (void *)ring, 0, key,
	     inode ? BPF_CORE_READ(inode, i_ino) : 0);
	return 0;
}

SEC("kprobe/__sock_release")
int BPF_KPROBE(k_sock_release, struct socket *sock, struct inode *inode)
{
	return on_sock_release(sock, inode);
}
SEC("fentry/__sock_release")
int BPF_PROG(f_sock_release, struct socket *sock, struct inode *inode)
{
	return on_sock_release(sock, inode);
}

#endif
