/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the programs of a walk share: what is asked of them, where they stand,
 * and the arrays that user space has mapped and that they fill. */
#ifndef URINGTRACE_WALK_STATE_H
#define URINGTRACE_WALK_STATE_H

#include "uring.h"
#include "event.h"

#define MAX_NODES (1 << 23)

_Static_assert(RECLAIM_ORDERED_DEFERRED == 1 && RECLAIM_ORDERED == 2 && RECLAIM_INDEPENDENT == 3,
	       "GENERATION is one of these");

/* Hooks are live beside the walk: what it finds is to be followed. */
__u32 follow_socks;
/* The process to walk (0: all of them). */
__u32 want_tgid;
/* The rings are asked for, and not what they have. */
__u32 rings_only;
/* Changes with every walk; a ring is walked once a session. */
__u64 session;
/* Node records in the window and room for them. User space takes them out after
 * every read of the iterator, which ends where the window is full. */
__u64 nodes_written;
__u64 nodes_room;
/* Request records written and room for them. The first may exceed the second:
 * then user space makes room and walks again. */
__u64 requests_written;
__u64 requests_room;
/* Of the requests written, those whose link has been followed. */
__u64 links_followed;

/* Nodes read in one visit of the iterator, which is one RCU section: a queue of
 * a million must not keep a CPU for as long as that takes. */
#define CHUNK (1 << 14)

/* Slots of a table, all of which one update may clear: IORING_MAX_FIXED_FILES. */
#define MAX_ITEMS (1 << 20)

/* How far the walk of a ring's nodes has come. */
enum phase {
	PHASE_QUEUE,
	PHASE_RELEASING,
	PHASE_ACTIVE,
	PHASE_TABLE,
	PHASE_BUFFERS,
	PHASE_DONE,
};

/* Where the walk stands. */
struct {
	__u64 session;
	__u64 ctx;
	__u64 head;
	__u64 prev;
	__u64 cur;
	__u64 node;
	__u64 item; /* of node, to be written next; 0: none of its items is under way */
	__u64 item_prev;
	__u64 item_end;
	__u64 file_data; /* A: the ring's, by which a node's is told from that of a buffer */
	__u64 hbs;
	__u64 offset; /* of a list's link in struct io_kiocb */
	__u32 phase;
	__u32 left;   /* nodes until the end of the chunk */
	__u32 items;  /* until a node has more than there can be */
	__u32 torn;
	__u32 loose;
	enum place place;
	__u32 found;
	__u32 first;
	__u32 slot;
	__u32 bucket;
	__u32 buckets;
} at = { .phase = PHASE_DONE };

/* The buffer that is being described. */
static struct resource buffer;

struct node_array {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE | BPF_F_INNER_MAP);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct walk_node));
};

struct request_array {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE | BPF_F_INNER_MAP);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct walk_request));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct node_array);
} out_nodes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct request_array);
} out_requests SEC(".maps");

/* There may be no room for a node and what few have. */
static __always_inline bool full(void) { return nodes_written + 2 > nodes_room; }

/* The next record of the window, all zero; what writes it has asked full(). */
static __noinline void *next_record(void)
{
	__u32 zero = 0, i = nodes_written;
	struct walk_node *r = 0;
	void *array;

	array = bpf_map_lookup_elem(&out_nodes, &zero);
	if (array)
		r = bpf_map_lookup_elem(array, &i);
	if (!r)
		return 0;
	nodes_written++;
	__builtin_memset(r, 0, sizeof(*r));
	return r;
}

static __always_inline void add_more(struct walk_node *r, __s64 refs, __u64 tag, __u32 slot)
{
	struct walk_more *more;

	if (!refs && !tag && !slot && r->bits >> NODE_TYPE_SHIFT != RES_BUFFER)
		return;
	more = next_record();
	if (!more)
		return;
	r->bits |= NODE_MORE;
	more->refs = refs;
	more->tag = tag;
	more->slot = slot;
	if (r->bits >> NODE_TYPE_SHIFT == RES_BUFFER) {
		more->bytes = buffer.bytes;
		more->pages = buffer.refs;
	}
}

/* Inline: where a request is described, calls are nested as deep as can be. */
static __always_inline struct walk_request *request_at(__u32 i)
{
	__u32 zero = 0;
	void *array = bpf_map_lookup_elem(&out_requests, &zero);

	return array ? bpf_map_lookup_elem(array, &i) : 0;
}

static __always_inline struct walk_request *next_request_record(void)
{
	__u32 i = requests_written;

	requests_written++;
	return i < requests_room ? request_at(i) : 0;
}

/* Rings that this walk has been to; user space takes them out after it. One that finds
 * no room is torn. The kernel makes the buckets of all at once, which is a good part
 * of the time that a short walk takes. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1 << 16);
	__type(key, __u64);
	__type(value, __u64);
} seen SEC(".maps");

static __always_inline bool was_seen(__u64 ctx)
{
	__u64 *last = bpf_map_lookup_elem(&seen, &ctx);

	return last && *last == session;
}

#endif
