/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Hooks that take user stacks, loaded on request only. All but the submission lie
 * where files come into slots, under the ring's lock, as their removal does: which
 * stack a slot has is never behind.
 *
 * A file that a request installs is charged to what submitted the request: it may
 * be another task that runs it, or the same one somewhere else by then.
 */
#ifndef URINGTRACE_HOOKS_STACKS_H
#define URINGTRACE_HOOKS_STACKS_H

#include "hooks_common.h"

/* ---- submission: the one hook on the I/O path ---- */

static __always_inline int on_submit(void *hook, struct io_kiocb *req)
{
	__u64 key = (__u64)req;
	__u32 stack;

	if (!ring_of(BPF_CORE_READ(req, ctx)) || !keeps_stack(req))
		return 0;
	stack = take_stack(hook);
	bpf_map_update_elem(&submitters, &key, &stack, BPF_ANY);
	return 0;
}

#if GEN_A
SEC("tp_btf/io_uring_submit_sqe")
int BPF_PROG(submit_sqe, struct io_kiocb *req) { return on_submit(ctx, req); }
#else
/* 2ad57931db64 io_uring: rename trace_io_uring_submit_sqe() (6.4) */
SEC("tp_btf/io_uring_submit_req")
int BPF_PROG(submit_req, struct io_kiocb *req) { return on_submit(ctx, req); }
#endif

/* ---- which request is about to install a file ---- */

/* By task, until the call comes that the request makes there. One that ends before
 * that stays; the next one of its task takes its place. */
enum installer {
	INSTALLER_UPDATES,
	INSTALLER_INSTALLS,
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct call_key);
	__type(value, __u64);
} installers SEC(".maps");

static __always_inline int on_installer(enum installer what, struct io_kiocb *req)
{
	struct call_key key = { .task = bpf_get_current_pid_tgid(), .call = what };
	__u64 value = (__u64)req;

	if (ring_of(BPF_CORE_READ(req, ctx)))
		bpf_map_update_elem(&installers, &key, &value, BPF_ANY);
	return 0;
}

SEC("kprobe/io_files_update")
int BPF_KPROBE(k_update_request, void *req) { return on_installer(INSTALLER_UPDATES, req); }
SEC("fentry/io_files_update")
int BPF_PROG(f_update_request, void *req) { return on_installer(INSTALLER_UPDATES, req); }
SEC("kprobe/io_fixed_fd_install")
int BPF_KPROBE(k_install_request, void *req) { return on_installer(INSTALLER_INSTALLS, req); }
SEC("fentry/io_fixed_fd_install")
int BPF_PROG(f_install_request, void *req) { return on_installer(INSTALLER_INSTALLS, req); }

static __always_inline __u32 installer_stack(enum installer what, void *uring)
{
	struct call_key key = { .task = bpf_get_current_pid_tgid(), .call = what };
	__u64 *value = bpf_map_lookup_elem(&installers, &key), req;

	if (!value)
		return 0;
	req = *value;
	bpf_map_delete_elem(&installers, &key);
	if ((void *)BPF_CORE_READ((struct io_kiocb *)req, ctx) != uring)
		return 0; /* a message to another ring */
	return stack_of_request(req);
}

/* ---- a table is registered ---- */

struct filled {
	struct io_ring_ctx *ctx;
	__u64 fds; /* of user space, 0: all that the table has */
	__u32 offset;
	__u32 stack;
};

static long fill_slot(__u32 i, struct filled *f)
{
	struct ring_state *ring = ring_of(f->ctx);
	__u32 slot = f->offset + i;
	__s32 fd = 0;

	if (!ring)
		return 1;
	if (f->fds) {
		if (bpf_probe_read_user(&fd, sizeof(fd), (void *)f->fds + 4ULL * i)) {
			set_slot_stack(ring, slot, 0);
			return 0;
		}
		if (fd == IORING_REGISTER_FILES_SKIP)
			return 0;
	}
	set_slot_stack(ring, slot, file_in_slot(f->ctx, slot) ? f->stack : 0);
	return 0;
}

static __always_inline void new_table(struct ring_state *ring)
{
	ring->table++; /* nobody has told what was in the old one when it went */
}

static __always_inline int on_register(void *hook, struct io_ring_ctx *uring, __u32 nr, int ret)
{
	struct filled f = { .ctx = uring };

	if (ret || !ring_of(uring))
		return 0;
	f.stack = take_stack(hook);
	if (f.stack)
		bpf_loop(nr, fill_slot, &f, 0);
	return 0;
}

SEC("kprobe/io_sqe_files_register")
int BPF_KPROBE(k_register_enter, struct io_ring_ctx *uring, void *arg, unsigned int nr)
{
	struct ring_state *ring = ring_of(uring);

	if (!ring)
		return 0;
	new_table(ring);
	call_enter(CALL_FILES_REGISTER, uring, nr, 0);
	return 0;
}
SEC("kretprobe/io_sqe_files_register")
int BPF_KRETPROBE(k_register, int ret)
{
	struct call_args args;

	if (!call_leave(CALL_FILES_REGISTER, &args))
		return 0;
	return on_register(ctx, (void *)args.ctx, args.offset, ret);
}
SEC("fexit/io_sqe_files_register")
int BPF_PROG(f_register, struct io_ring_ctx *uring, void *arg, unsigned int nr, void *tags, int ret)
{
	struct ring_state *ring = ring_of(uring);

	if (!ring)
		return 0;
	new_table(ring);
	return on_register(ctx, uring, nr, ret);
}

/* ---- slots are updated, by the system call or a request ---- */

static __always_inline bool in_register_call(void)
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs((void *)bpf_get_current_task_btf());

	if (bpf_core_field_exists(struct pt_regs___entry_x86, orig_ax))
		return BPF_CORE_READ((struct pt_regs___entry_x86 *)regs, orig_ax) == NR_IO_URING_REGISTER;
	if (bpf_core_field_exists(struct pt_regs___entry_arm64, syscallno))
		return BPF_CORE_READ((struct pt_regs___entry_arm64 *)regs, syscallno) == NR_IO_URING_REGISTER;
	return false;
}

static __always_inline int on_update(void *hook, struct io_ring_ctx *uring, __u32 offset,
				     __u64 fds, int done)
{
	struct filled f = { .ctx = uring, .fds = fds, .offset = offset };

	if (done <= 0 || !fds || !ring_of(uring))
		return 0;
	if (in_register_call())
		f.stack = take_stack(hook);
	else
		f.stack = installer_stack(INSTALLER_UPDATES, uring);
	bpf_loop(done, fill_slot, &f, 0);
	return 0;
}

#if !GEN_C /* there it is the hook that tells of nodes */
SEC("kprobe/__io_sqe_files_update")
int BPF_KPROBE(k_update_enter, struct io_ring_ctx *uring, void *up)
{
	if (ring_of(uring))
		call_enter(CALL_FILES_FILLED, uring, offset_of_update(up), fds_of_update(up));
	return 0;
}
SEC("kretprobe/__io_sqe_files_update")
int BPF_KRETPROBE(k_update, int done)
{
	struct call_args args;

	if (!call_leave(CALL_FILES_FILLED, &args))
		return 0;
	return on_update(ctx, (void *)args.ctx, args.offset, args.data, done);
}
SEC("fexit/__io_sqe_files_update")
int BPF_PROG(f_update, struct io_ring_ctx *uring, void *up, unsigned int nr, int done)
{
	return on_update(ctx, uring, offset_of_update(up), fds_of_update(up), done);
}
#endif

/* ---- a request has installed a file ---- */

static __always_inline int on_install(struct io_ring_ctx *uring, __u32 slot, int ret)
{
	struct ring_state *ring = ring_of(uring);
	__u32 stack;

	if (!ring)
		return 0;
	stack = installer_stack(INSTALLER_INSTALLS, uring);
	if (ret < 0)
		return 0;
	/* The kernel chooses the slot and returns it, or gets it, counted from 1. */
	set_slot_stack(ring, slot == IORING_FILE_INDEX_ALLOC ? ret : slot - 1, stack);
	return 0;
}

SEC("kprobe/__io_fixed_fd_install")
int BPF_KPROBE(k_install_enter, void *uring, void *file, unsigned int slot)
{
	if (ring_of(uring))
		call_enter(CALL_INSTALL, uring, slot, 0);
	return 0;
}
SEC("kretprobe/__io_fixed_fd_install")
int BPF_KRETPROBE(k_install, int ret)
{
	struct call_args args;

	if (!call_leave(CALL_INSTALL, &args))
		return 0;
	return on_install((void *)args.ctx, args.offset, ret);
}
SEC("fexit/__io_fixed_fd_install")
int BPF_PROG(f_install, struct io_ring_ctx *uring, void *file, unsigned int slot, int ret)
{
	return on_install(uring, slot, ret);
}

#endif
