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
 * what io-wq runs and has pending, and what waits for a task to run it; it also
 * tells whether there is a ring that walk_rings has not been to. Few processes have
 * one, so user space loads walk_fileless, which has all of the walk once more, when
 * it is told of one.
 */
#ifndef URINGTRACE_WALK_H
#define URINGTRACE_WALK_H

#include "walk_ring.h"
#include "walk_fileless.h"
#include "walk_tasks.h"

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

#endif
