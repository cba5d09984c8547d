/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the walks of a ring's nodes share: its queue in order (A, B), what waits for the
 * deferred worker (A), its tables (C), in chunks.
 *
 * Nothing is locked, so everything that is read is checked: a node must point
 * back to its ring and to its neighbour. What fails is counted as torn and the
 * walk of that list ends there. A queue that is held at its head changes only at
 * its tail, so a chunk finds its place again.
 *
 * Loop state lives in globals: the 6.1 verifier walks a bpf_loop callback once
 * with the caller's constants and would drop branches on a stack struct.
 */
#ifndef URINGTRACE_WALK_NODES_H
#define URINGTRACE_WALK_NODES_H

#include "walk_state.h"
#include "resource.h"
#include "socks.h"

static __always_inline void node_socket(struct walk_node *r, struct inode *inode)
{
	struct socket *sock = socket_of(inode);
	struct sock *sk = GET(sock, sk);
	struct sock_common *c = &sk->__sk_common;
	struct head h;
	__u8 state;

	read_head(&h, c);
	r->family = FROM_HEAD(&h, c, skc_family);
	state = FROM_HEAD(&h, c, skc_state);
	r->proto = GET(sk, sk_protocol);
	r->file |= (state > 15 ? 15 : state) << NODE_KIND_BITS;
	if (follow_socks)
		track_sock((__u64)sock, GET(inode, i_ino), at.ctx);
}

/* Of a file no more than what a report of its node tells. */
static __always_inline void node_file(struct walk_node *r, struct file *file)
{
	struct inode *inode;
	struct head h;
	__u32 refs;

	r->bits |= RES_FILE << NODE_TYPE_SHIFT;
	r->rsrc = (__u64)file;
	if (!file)
		return;
	read_head(&h, file);
	refs = file_refs(&h, file);
	r->refs = refs > 65535 ? 65535 : refs;
	inode = FROM_HEAD(&h, file, f_inode);
	if (is_sock(FROM_HEAD(&h, file, f_op), file)) {
		r->file = KIND_SOCKET;
		node_socket(r, inode);
	} else {
		r->file = kind_of_file(file, inode, GET(inode, i_mode));
	}
}

static __always_inline void node_buffer(struct walk_node *r, void *buf)
{
	buffer.bytes = 0;
	buffer.refs = 0;
	describe_buffer(&buffer, buf);
	r->bits |= RES_BUFFER << NODE_TYPE_SHIFT;
	r->rsrc = (__u64)buf;
}

/* ---- one ring, chunk by chunk: the walk begins with a list ---- */

static __always_inline void enter(__u32 phase, __u32 place, __u64 head, __u64 first)
{
	at.phase = phase;
	at.place = place;
	at.head = head;
	at.prev = head;
	at.cur = first;
	at.slot = 0;
	at.item = 0;
}

#if !GEN_C
static __always_inline void enter_queue(struct io_ring_ctx *ctx)
{
	enter(PHASE_QUEUE, AT_QUEUE, (__u64)&ctx->rsrc_ref_list,
	      (__u64)BPF_CORE_READ(ctx, rsrc_ref_list.next));
}
#endif

#endif
