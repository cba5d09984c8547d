/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The walk's requests that are found from the tasks: what io-wq runs and has
 * pending, and what waits for a task to run its completion. */
#ifndef URINGTRACE_WALK_TASKS_H
#define URINGTRACE_WALK_TASKS_H

#include "walk_requests.h"
#include "walk_users.h"

static __always_inline void take_of_any(__u64 req, __u32 found)
{
	__u64 ctx = (__u64)BPF_CORE_READ((struct io_kiocb *)req, ctx);

	if (!was_seen(ctx))
		return;
	at.ctx = ctx;
	take_request(req, found);
}

__noinline int write_work(__u64 work, __u32 found)
{
	if (work)
		take_of_any(work - bpf_core_field_offset(struct io_kiocb, work), found);
	return 0;
}

static long step_pending(__u32 i, void *unused)
{
	struct io_wq_work_node *link = (void *)at.cur;

	if (!link)
		return 1;
	write_work(at.cur - bpf_core_field_offset(struct io_wq_work, list), FOUND_WQ_PENDING);
	at.cur = (__u64)BPF_CORE_READ(link, next);
	return 0;
}

static __always_inline void walk_pending(struct io_wq_work_node *first)
{
	at.cur = (__u64)first;
	if (first)
		bpf_loop(MAX_REQUESTS, step_pending, 0, 0);
}

#if GEN_A

/* NUMA nodes of this machine; user space knows. */
const volatile __u32 numa_nodes = 1;

static long step_wqe(__u32 i, void *unused)
{
	struct io_wqe___a *wqe = 0;
	struct io_wq___a *a = (void *)at.hbs;

	bpf_probe_read_kernel(&wqe, sizeof(wqe),
			      (void *)a + bpf_core_field_offset(struct io_wq___a, wqes) + 8 * i);
	if (!wqe)
		return 0;
	walk_pending(BPF_CORE_READ(wqe, acct[0].work_list.first));
	walk_pending(BPF_CORE_READ(wqe, acct[1].work_list.first));
	return 0;
}

__noinline int walk_wq(__u64 wq)
{
	at.hbs = wq;
	bpf_loop(numa_nodes, step_wqe, 0, 0);
	return 0;
}

#else

__noinline int walk_wq(__u64 wq)
{
	struct io_wq___b *b = (void *)wq;

	walk_pending(BPF_CORE_READ(b, acct[0].work_list.first));
	walk_pending(BPF_CORE_READ(b, acct[1].work_list.first));
	return 0;
}

#endif

static long step_task_work(__u32 i, void *unused)
{
	struct llist_node *link = (void *)at.cur;

	if (!link)
		return 1;
	if (at.cur != at.head)
		take_of_any(at.cur - bpf_core_field_offset(struct io_kiocb, io_task_work.node),
			    FOUND_TASK_WORK);
	at.cur = (__u64)BPF_CORE_READ(link, next);
	return 0;
}

__noinline int walk_task_work(__u64 tctx)
{
	at.head = 0;
	if (GEN_C && bpf_core_field_exists(struct io_uring_task___mpsc, task_head)) {
		struct io_uring_task___mpsc *t = (void *)tctx;

		at.cur = (__u64)BPF_CORE_READ(t, task_head);
		at.head = (__u64)&t->task_list.stub;
	} else {
		struct io_uring_task___list *t = (void *)tctx;

		at.cur = (__u64)BPF_CORE_READ(t, task_list.first);
	}
	if (at.cur)
		bpf_loop(MAX_REQUESTS, step_task_work, 0, 0);
	return 0;
}

/* ---- has walk_rings been to all that the task uses? ---- */

/* Whether that is asked, and the answer. */
__u32 look_for_fileless;
__u32 fileless_found;

static long step_look(__u32 i, void *unused)
{
	__u64 ctx;

	if (!xa.levels)
		return 1;
	ctx = next_user();
	if (!ctx || was_seen(ctx))
		return 0;
	fileless_found = 1;
	return 1;
}

SEC("iter/task")
int walk_tasks(struct bpf_iter__task *it)
{
	struct task_struct *task = it->task;
	struct io_worker *worker;
	struct io_uring_task *tctx;
	struct io_wq *wq;

	if (!task || (want_tgid && task->tgid != want_tgid))
		return 0;
	if (task->flags & PF_IO_WORKER) {
		worker = BPF_CORE_READ(task, worker_private);
		write_work((__u64)BPF_CORE_READ(worker, cur_work), FOUND_WQ_RUNNING);
		if (GEN_A && bpf_core_field_exists(struct io_worker___next, next_work))
			write_work((__u64)BPF_CORE_READ((struct io_worker___next *)worker,
							next_work), FOUND_WQ_RUNNING);
	} else {
		tctx = BPF_CORE_READ(task, io_uring);
		if (!tctx)
			return 0;
		if (look_for_fileless) {
			enter_users(task, tctx);
			bpf_loop(MAX_NODES, step_look, 0, 0);
		}
		walk_task_work((__u64)tctx);
		wq = BPF_CORE_READ(tctx, io_wq);
		if (wq)
			walk_wq((__u64)wq);
	}
	follow_links();
	return 0;
}

#endif
