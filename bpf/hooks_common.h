/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the live hooks share: whom to observe, and arguments kept for a return. */
#ifndef URINGTRACE_HOOKS_COMMON_H
#define URINGTRACE_HOOKS_COMMON_H

#include "uring.h"
#include "event.h"
#include "emit.h"
#include "resource.h"
#include "socks.h"
#include "stacks.h"

/* A field of what a hook was given: fentry's arguments have types already. */
#define FIELD(typed, p, field) ((typed) ? (p)->field : GET(p, field))

/* A context is at this address and has not been freed. Its reference count, whose data
 * points back at it, is let go of after all that the ring holds (io_ring_ctx_free,
 * io_uring/io_uring.c; percpu_ref_exit, lib/percpu-refcount.c). */
static __always_inline bool ring_is_there(__u64 ring)
{
	struct io_ring_ctx *ctx = (void *)ring;
	struct percpu_ref_data *data = GET(ctx, refs.data);

	return data &&
	       (__u64)GET(data, ref) == ring + bpf_core_field_offset(struct io_ring_ctx, refs);
}

/* Processes whose new rings are to be observed, by tgid. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u8);
} targets SEC(".maps");

/* Arguments of a call that is under way: a kretprobe has none of its own. */
enum call {
	CALL_NODE_ALLOC,
	CALL_FILES_UPDATE,
	CALL_FILES_FILLED,
	CALL_FILES_REGISTER,
	CALL_INSTALL,
};

struct call_key {
	__u64 task;
	__u32 call;
	__u32 pad;
};

struct call_args {
	__u64 ctx;
	__u64 offset;
	__u64 data;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct call_key);
	__type(value, struct call_args);
} calls SEC(".maps");

/* Calls that found no room in the map above. */
__u64 untracked_calls;

static __always_inline void call_enter(__u32 call, void *ctx, __u64 offset, __u64 data)
{
	struct call_key key = { .task = bpf_get_current_pid_tgid(), .call = call };
	struct call_args args = { .ctx = (__u64)ctx, .offset = offset, .data = data };

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

/* struct io_uring_rsrc_update2 (uapi): the first word is the offset, the second
 * pair the address of the descriptors. */
static __always_inline __u32 offset_of_update(void *up)
{
	__u32 offset = 0;

	bpf_probe_read_kernel(&offset, sizeof(offset), up);
	return offset;
}

static __always_inline __u64 fds_of_update(void *up)
{
	__u64 fds = 0;

	bpf_probe_read_kernel(&fds, sizeof(fds), up + 8);
	return fds;
}

#endif
