/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The ring buffer to user space, the ring filter, and the count of what did
 * not fit. A record that can't be reserved is never silent: it is counted by
 * kind and by ring. */
#ifndef URINGTRACE_EMIT_H
#define URINGTRACE_EMIT_H

#include "uring.h"
#include "event.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
	__type(value, struct event_removal); /* the largest of them */
} events SEC(".maps");

/* Rings that are observed. Filtering by ring and never by the current task:
 * release runs in RCU callbacks and kworkers on A. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct ring_state);
} rings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, EV_COUNT);
	__type(key, enum ev);
	__type(value, __u64);
} sent SEC(".maps");

/* Changes of the rings above, counted before each and after. Who reads them all while
 * none was under way has missed none. */
__u64 rings_changing;
__u64 rings_changed;

/* Events that did not fit, of all rings. */
__u64 lost_by_kind[EV_COUNT];

/* Losses that no ring in the map above accounts for: of rings that are not in it,
 * and those of a ring whose own end was lost, with which its count goes. */
__u64 lost_elsewhere;

/* Bytes waiting in the buffer at which the reader is woken; below, it looks
 * by itself every few milliseconds, so that a record costs no wake-up. */
const volatile __u64 wake_bytes = 1 << 19;

static __always_inline struct ring_state *ring_of(void *ctx)
{
	__u64 key = (__u64)ctx;

	return bpf_map_lookup_elem(&rings, &key);
}

/* Of a kind on this processor. It is not the caller's kind whose address is taken: that
 * stays a constant. */
static __always_inline __u64 *sent_of(enum ev kind)
{
	return bpf_map_lookup_elem(&sent, &kind);
}

static __always_inline void count_sent(enum ev kind)
{
	__u64 *n = sent_of(kind);

	if (n)
		(*n)++;
}

/* The sum is last: user space looks at the rings' shares once it has changed. */
static __always_inline void count_lost(enum ev kind, struct ring_state *ring)
{
	if (ring)
		__sync_fetch_and_add(&ring->lost, 1);
	else
		__sync_fetch_and_add(&lost_elsewhere, 1);
	__sync_fetch_and_add(&lost_by_kind[kind], 1);
}

static __always_inline void count(enum ev kind, struct ring_state *ring, bool was_sent)
{
	if (was_sent)
		count_sent(kind);
	else
		count_lost(kind, ring);
}

/* Sends a record and counts it; false if there was no room. The reader is woken,
 * if at all, by one record in so many. */
#define LOOK_EVERY 32

static __always_inline __u64 wake_up(__u64 n)
{
	if (n % LOOK_EVERY == 0 &&
	    bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) >= wake_bytes)
		return BPF_RB_FORCE_WAKEUP;
	return BPF_RB_NO_WAKEUP;
}

static __always_inline bool send(struct ring_state *ring, enum ev kind, void *record, __u64 size)
{
	__u64 *n = sent_of(kind);

	if (!n)
		return false; /* can't be: there is one for each kind */
	if (bpf_ringbuf_output(&events, record, size, wake_up(*n))) {
		count_lost(kind, ring);
		return false;
	}
	(*n)++;
	return true;
}

static __always_inline void fill(struct event *e, enum ev kind, void *ctx, void *node,
				 __u64 arg, __u64 arg2)
{
	e->time = bpf_ktime_get_ns();
	e->ring = (__u64)ctx;
	e->node = (__u64)node;
	e->arg = arg;
	e->arg2 = arg2;
	e->kind = kind;
	e->tid = (__u32)bpf_get_current_pid_tgid();
}

static __always_inline bool emit(struct ring_state *ring, enum ev kind, void *ctx,
				 void *node, __u64 arg, __u64 arg2)
{
	__u64 *n = sent_of(kind);
	struct event *e;

	if (!n)
		return false; /* can't be: there is one for each kind */
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e) {
		count_lost(kind, ring);
		return false;
	}
	fill(e, kind, ctx, node, arg, arg2);
	bpf_ringbuf_submit(e, wake_up(*n));
	(*n)++;
	return true;
}

#endif
