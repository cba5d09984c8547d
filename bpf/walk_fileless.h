/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The walk of rings without a descriptor. */
#ifndef URINGTRACE_WALK_FILELESS_H
#define URINGTRACE_WALK_FILELESS_H

#include "walk_ring.h"
#include "walk_users.h"

/* What one visit may write: with what a read left behind it must fit into the
 * iterator's buffer of 32 KiB, or all of it is lost. */
#define MAX_FILELESS 64

/* The task that walk_fileless is at. Not static: the compiler would make a bool
 * of what is only ever 0 or 1, and the verifier no longer know its range. */
struct {
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

static long step_fileless(__u32 i, struct fileless *f)
{
	__u64 ctx;

	if (!xa.levels)
		return 1;
	ctx = next_user();
	if (!ctx || (was_seen(ctx) && !under_way(ctx)))
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

SEC("iter/task")
int walk_fileless(struct bpf_iter__task *it)
{
	struct task_struct *task = it->task;
	struct fileless f = {};
	struct io_uring_task *tctx;

	if (!task || (want_tgid && task->tgid != want_tgid) || !task->io_uring || fileless_left)
		return 0;
	f.seq = it->meta->seq;
	tctx = BPF_CORE_READ(task, io_uring);
	user.tctx = (__u64)tctx;
	user.tgid = task->tgid;
	user.written = 0;
	enter_users(task, tctx);
	bpf_loop(MAX_NODES, step_fileless, &f, 0);
	return 0;
}

#endif
