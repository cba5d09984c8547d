/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* User stacks, on request: of what put a file into a slot, and of what submitted
 * a request that may hold a node. A stack is a number here, 0: not known. */
#ifndef URINGTRACE_STACKS_H
#define URINGTRACE_STACKS_H

#include "uring.h"
#include "event.h"

#define MAX_FRAMES 127 /* the kernel's own limit, unless it is told otherwise */

/* Unless this is set, slots are not looked up, and the map of submitters is empty. */
const volatile bool want_stacks;

/* Each different stack once, in the place that its hash gives it. One that meets
 * another there goes to the second table; if it meets one there, too, it is not known. */
#define FIRST_STACKS (1 << 13)
#define SECOND_STACKS (1 << 11)

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, FIRST_STACKS);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, MAX_FRAMES * sizeof(__u64));
} stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, SECOND_STACKS);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, MAX_FRAMES * sizeof(__u64));
} second_stacks SEC(".maps");

/* Requests by address. It is written at each submission, so that what is there is
 * the request's own, unless it had to make room. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1 << 16);
	__type(key, __u64);
	__type(value, __u32);
} submitters SEC(".maps");

struct slot_stack {
	__u64 serial; /* of the ring */
	__u32 slot;
	__u32 table; /* of the ring's tables, which one */
};

/* Files in a slot. An entry goes with the file that it is of. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1 << 17);
	__type(key, struct slot_stack);
	__type(value, __u32);
} registrants SEC(".maps");

/* Stacks that could not be taken. */
__u64 untaken_stacks;

/* The running task's, outside the kernel: workers and SQPOLL threads have none. */
static __always_inline __u32 take_stack(void *hook)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	long id;

	if (BPF_CORE_READ(task, flags) & PF_IO_WORKER)
		return 0;
	id = bpf_get_stackid(hook, &stacks, BPF_F_USER_STACK);
	if (id >= 0)
		return 1 + id;
	if (id == -EEXIST)
		id = bpf_get_stackid(hook, &second_stacks, BPF_F_USER_STACK);
	if (id >= 0)
		return 1 + FIRST_STACKS + id;
	__sync_fetch_and_add(&untaken_stacks, 1);
	return 0;
}

/* ---- requests ---- */

/* Requests that may hold a node, and those that may put a file into a slot. */
static __always_inline bool keeps_stack(struct io_kiocb *req)
{
	__u64 flags = 0;

	bpf_probe_read_kernel(&flags, bpf_core_field_size(req->flags), &req->flags);
	if (flags & REQ_F_FIXED_FILE)
		return true;
	switch (BPF_CORE_READ(req, opcode)) {
	case IORING_OP_READ_FIXED:
	case IORING_OP_WRITE_FIXED:
	case IORING_OP_ACCEPT:
	case IORING_OP_OPENAT:
	case IORING_OP_FILES_UPDATE:
	case IORING_OP_OPENAT2:
	case IORING_OP_SPLICE:
	case IORING_OP_TEE:
	case IORING_OP_SOCKET:
	case IORING_OP_URING_CMD:
	case IORING_OP_SEND_ZC:
	case IORING_OP_SENDMSG_ZC:
		return true;
	}
	return false;
}

static __always_inline __u32 stack_of_request(__u64 req)
{
	__u32 *stack;

	if (!keeps_stack((void *)req))
		return 0;
	stack = bpf_map_lookup_elem(&submitters, &req);
	return stack ? *stack : 0;
}

/* ---- slots ---- */

static __always_inline void set_slot_stack(struct ring_state *ring, __u32 slot, __u32 stack)
{
	struct slot_stack key = { .serial = ring->serial, .slot = slot, .table = ring->table };

	if (stack)
		bpf_map_update_elem(&registrants, &key, &stack, BPF_ANY);
	else
		bpf_map_delete_elem(&registrants, &key);
}

static __always_inline __u32 slot_stack(struct ring_state *ring, __u32 slot)
{
	struct slot_stack key = { .serial = ring->serial, .slot = slot, .table = ring->table };
	__u32 *stack;

	if (!want_stacks)
		return 0;
	stack = bpf_map_lookup_elem(&registrants, &key);
	return stack ? *stack : 0;
}

/* What leaves a slot takes its stack along. */
static __always_inline __u32 leave_slot(struct ring_state *ring, __u32 slot)
{
	__u32 stack = slot_stack(ring, slot);

	if (stack)
		set_slot_stack(ring, slot, 0);
	return stack;
}

#endif
