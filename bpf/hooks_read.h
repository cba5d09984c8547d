/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Iterators over what hooks keep in maps, for user space to read while events flow.
 * It could ask bpf(2), but as long as a task is preempted in a map's bpf(2), the kernel
 * skips kprobes on its processor (bpf_disable_instrumentation, kernel/bpf/syscall.c),
 * and that for a map as large as these is no short time. */
#ifndef URINGTRACE_HOOKS_READ_H
#define URINGTRACE_HOOKS_READ_H

#include "hooks_common.h"

SEC("iter/bpf_map_elem")
int read_rings(struct bpf_iter__bpf_map_elem *it)
{
	__u64 *ring = it->key;
	struct ring_state *state = it->value;
	struct ring_reading out = {};

	if (!ring || !state)
		return 0;
	out.ring = *ring;
	out.serial = state->serial;
	out.lost = state->lost;
	out.removed = state->removed;
	out.gone = !ring_is_there(*ring);
	bpf_seq_write(it->meta->seq, &out, sizeof(out));
	return 0;
}

SEC("iter/bpf_map_elem")
int read_slots(struct bpf_iter__bpf_map_elem *it)
{
	struct slot_key *key = it->key;
	__u64 *removed = it->value;
	struct slot_reading out = {};

	if (!key || !removed)
		return 0;
	out.key = *key;
	out.removed = *removed;
	bpf_seq_write(it->meta->seq, &out, sizeof(out));
	return 0;
}

#endif
