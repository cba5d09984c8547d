/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sockets that were seen in a node, remembered until they are truly released:
 * by the hooks when a node takes them, by a walk when it finds them there. */
#ifndef URINGTRACE_SOCKS_H
#define URINGTRACE_SOCKS_H

#include "uring.h"

struct tracked_sock {
	__u64 ring;
	__u64 ino; /* the address alone may be another socket by then */
};

/* User space gives it room by the host's memory. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1 << 21);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct tracked_sock);
} socks SEC(".maps");

/* Set by the self-test: sockets that no node holds are followed, too. */
__u32 follow_all;

/* Sockets that found no room. */
__u64 untracked_socks;

static __always_inline void track_sock(__u64 sock, __u64 ino, __u64 ring)
{
	struct tracked_sock t = { .ring = ring, .ino = ino };

	if (sock && bpf_map_update_elem(&socks, &sock, &t, BPF_ANY))
		__sync_fetch_and_add(&untracked_socks, 1);
}

#endif
