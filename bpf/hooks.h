/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Live hooks: the birth, removal and release of io_rsrc_node, ring by ring.
 *
 * Each on_*() body stands once and has two doors, a kprobe (k_*) and an
 * fentry/fexit (f_*). Which of them are loaded is decided by the hook table in
 * internal/probe; a program that the kernel has no function for is not loaded.
 * All hooks lie on registration and release paths, none on the I/O path, but the one
 * that takes stacks of submissions on request.
 */
#ifndef URINGTRACE_HOOKS_H
#define URINGTRACE_HOOKS_H

#include "hooks_common.h"
#include "hooks_count.h"
#include "hooks_read.h"
#include "hooks_stacks.h"
#if GEN_A
#include "hooks_deferred.h"
#elif GEN_B
#include "hooks_ordered.h"
#else
#include "hooks_independent.h"
#endif

/* ---- rings ---- */

/* Rings that found no room to be observed. */
__u64 untracked_rings;

/* The context has been freed: its address may come back as another ring. */
static __always_inline int on_ring_gone(__u64 ctx)
{
	struct ring_state *ring = ring_of((void *)ctx);

	if (!ring)
		return 0;
	if (!emit(ring, EV_RING_GONE, (void *)ctx, 0, 0, 0))
		__sync_fetch_and_add(&lost_elsewhere, ring->lost);
	__sync_fetch_and_add(&rings_changing, 1);
	bpf_map_delete_elem(&rings, &ctx);
	__sync_fetch_and_add(&rings_changed, 1);
	return 0;
}

SEC("tp_btf/io_uring_create")
int BPF_PROG(ring_create, int fd, struct io_ring_ctx *uring, __u32 sq, __u32 cq, __u32 flags)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	__u64 key = (__u64)uring, active = 0;
	struct ring_state fresh = { .serial = bpf_ktime_get_ns() };
	long full;

	/* A ring at this address whose end was not seen has had it. */
	on_ring_gone(key);
	if (!bpf_map_lookup_elem(&targets, &tgid))
		return 0;
	__sync_fetch_and_add(&rings_changing, 1);
	full = bpf_map_update_elem(&rings, &key, &fresh, BPF_ANY);
	__sync_fetch_and_add(&rings_changed, 1);
	if (full) {
		__sync_fetch_and_add(&untracked_rings, 1);
		return 0;
	}
	if (!GEN_C)
		active = (__u64)BPF_CORE_READ(uring, rsrc_node);
	emit(ring_of(uring), EV_RING_CREATE, uring, (void *)active, fd, flags);
	return 0;
}

SEC("tp_btf/io_uring_register")
int BPF_PROG(ring_register, struct io_ring_ctx *uring, unsigned int opcode,
	     unsigned int nr_files, unsigned int nr_bufs, long ret)
{
	struct ring_state *ring = ring_of(uring);

	if (!ring)
		return 0;
	if (ring->pending.ev.tid == (__u32)bpf_get_current_pid_tgid())
		ring->pending.ev.kind = EV_NONE; /* it got no new node, for want of memory */
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

/* The end of a process ends all its rings at once, each in a worker of its own. A
 * kretprobe of io_ring_exit_work can be under way only as many times at once as were
 * set aside for it, ten or even fewer, and skips the rest without a word. Any work that
 * ends where a ring has its exit_work is that.
 *
 * Since a tracepoint may be preempted (7.0) a program at it is skipped, too, for each
 * worker that runs where another one has been preempted in it. So there are two: a
 * worker finds both occupied only if one was preempted in each. Then read_rings tells
 * that the ring is gone.
 *
 * Memory is free before its work has ended: this may be the end of a ring that was here
 * before, which the one that is here now has told. */
static __always_inline int on_work_end(struct work_struct *work)
{
	__u64 ctx = (__u64)work - bpf_core_field_offset(struct io_ring_ctx, exit_work);

	if (!ring_of((void *)ctx) || ring_is_there(ctx))
		return 0;
	on_ring_gone(ctx);
	/* One that was made here meanwhile may have been taken for it. A walk will tell. */
	if (ring_is_there(ctx))
		count_lost(EV_RING_GONE, 0);
	return 0;
}

SEC("raw_tp/workqueue_execute_end")
int BPF_PROG(ring_gone, struct work_struct *work) { return on_work_end(work); }
SEC("raw_tp/workqueue_execute_end")
int BPF_PROG(ring_gone_again, struct work_struct *work) { return on_work_end(work); }

/* ---- the end of a socket that was in a node, whoever ends it ---- */

static __always_inline int on_sock_release(struct socket *sock, struct inode *inode)
{
	__u64 key = (__u64)sock, ring, ino;
	struct tracked_sock *known = bpf_map_lookup_elem(&socks, &key);

	if (!known)
		return 0;
	ring = known->ring;
	ino = known->ino;
	bpf_map_delete_elem(&socks, &key);
	/* A walk may have remembered it just after its end: then this is another. */
	if (inode && BPF_CORE_READ(inode, i_ino) != ino)
		return 0;
	emit(ring_of((void *)ring), EV_SOCK_RELEASE, (void *)ring, 0, key, ino);
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
