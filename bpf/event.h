/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The wire contract between the kernel side and internal/probe: what a live
 * hook sends through the ring buffer, and what a walk writes. The Go types
 * are generated from these (bpf2go); nothing mirrors them by hand.
 *
 * Fixed-width fields, largest first, explicit padding. Kernel addresses are
 * identities only: never dereferenced by user space, and not shown to people
 * unless they ask.
 */
#ifndef URINGTRACE_EVENT_H
#define URINGTRACE_EVENT_H

/* What a record in the ring buffer says; selects the struct that it is. */
enum ev {
	EV_NONE,
	EV_RING_CREATE,	 /* struct event: arg = fd, arg2 = setup flags, node = active */
	EV_RING_EXIT,	 /* struct event: the last reference to the ring is gone */
	EV_RING_GONE,	 /* struct event: the context is freed, its address may return */
	EV_REGISTER,	 /* struct event: arg = IORING_REGISTER_* opcode, arg2 = result */
	EV_NODE_NEW,	 /* struct event: a node was allocated (B: is now active; C: joins the set) */
	EV_NODE_SWITCH,	 /* struct event, A: node was queued (0: none), arg = new active, arg2 = its first io_rsrc_put */
	EV_NODE_REMOVE,	 /* struct event_removal, A/B: resource attached to node */
	EV_NODE_ZERO,	 /* struct event: no request holds node any more */
	EV_NODE_PUT,	 /* struct event, A: arg = io_rsrc_put, arg2 = resource that is being released */
	EV_PUT_BATCH,	 /* struct event, A: the deferred worker starts on what waits for it */
	EV_NODE_FREE,	 /* struct event, C: the last reference to node is gone; arg = resource */
	EV_NODE_SLOT,	 /* struct event_removal, C: node sits in slot */
	EV_SOCK_RELEASE, /* struct event: arg = struct socket that was in a node, arg2 = inode number */
	EV_COUNT,
};

/* What a node holds. */
enum __attribute__((packed)) res_type {
	RES_NONE,
	RES_FILE,
	RES_BUFFER,
};

enum __attribute__((packed)) file_kind {
	KIND_UNKNOWN,
	KIND_SOCKET,
	KIND_REGULAR,
	KIND_DIRECTORY,
	KIND_CHAR,
	KIND_BLOCK,
	KIND_FIFO,
	KIND_LINK,
	KIND_ANON, /* no inode type: eventfd, epoll, io_uring, ... */
	KIND_RING, /* an io_uring file */
};

/* Reclaim generations of the kernel; decided from its BTF. */
enum reclaim {
	RECLAIM_UNKNOWN,
	RECLAIM_ORDERED_DEFERRED, /* A: up to 6.3 */
	RECLAIM_ORDERED,	  /* B: 6.4 to 6.12 */
	RECLAIM_INDEPENDENT,	  /* C: 6.13 on */
};

/* A file or fixed buffer as seen at one moment. */
struct resource {
	__u64 rsrc;	  /* struct file * or struct io_mapped_ubuf * */
	__u64 sock;	  /* struct socket *, 0 if not a socket */
	__u64 ino;	  /* inode number of the file */
	__u64 bytes;	  /* buffers: length */
	__u32 refs;	  /* files: references, the queue's own included; 0 unknown */
	__u16 lport;	  /* host order */
	__u16 rport;	  /* host order */
	__u16 family;	  /* AF_* */
	__u16 proto;	  /* IPPROTO_* */
	enum res_type type;
	enum file_kind kind;
	__u8 state;	  /* TCP_* of the socket */
	__u8 pad;
	__u8 laddr[16];	  /* IPv4: the first four bytes */
	__u8 raddr[16];
};

struct event {
	__u64 time; /* ns, CLOCK_MONOTONIC */
	__u64 ring; /* struct io_ring_ctx * */
	__u64 node; /* struct io_rsrc_node * */
	__u64 arg;
	__u64 arg2;
	enum ev kind;
	__u32 tid;  /* task that was running; not the target's on deferred release */
};

struct event_removal {
	struct event ev;
	__u64 tag;
	__u64 tail; /* last node of the queue before this one, 0 = queue was empty */
	struct resource res;
	__u32 slot;
	__u32 pad;
};

/* Per-ring state in the kernel: presence in the map is the filter. */
struct ring_state {
	__u64 lost;   /* records of this ring that did not fit */
	__u64 events; /* records of this ring that were sent */
};

/* Where a walked node was found. */
enum __attribute__((packed)) place {
	AT_QUEUE,
	AT_ACTIVE,
	AT_RELEASING,
	AT_TABLE,  /* C: file table */
	AT_BUFFERS, /* C: buffer table */
};

/* One ring as a walk found it. */
struct walk_ring {
	__u64 ring;
	__u64 active;
	__u64 head;	  /* queue's first node before the walk, 0 = empty */
	__u64 tail;	  /* queue's last node after the walk, 0 = empty */
	__u64 nodes;	  /* records that this walk wrote, or would have written */
	__u64 requests;
	__u32 fd;
	__u32 flags;	  /* IORING_SETUP_* */
	__u32 tgid;
	__u32 slots;	  /* size of the fixed file table */
	__u32 buffers;	  /* size of the fixed buffer table */
	__u32 cached_refs; /* A: unused references parked on the active node */
	__u32 torn;	  /* nodes that did not pass validation */
	enum reclaim reclaim;
};

/* One resource of one node; a node without resource has one with RES_NONE. */
struct walk_node {
	__u64 ring;
	__u64 node;
	__u64 tag;
	__u64 put;  /* A: address of the io_rsrc_put */
	__s64 refs; /* requests that hold it; -1 unknown (A: reference switch pending) */
	struct resource res;
	__u32 slot; /* C: index in the table */
	enum place place;
	__u8 done;  /* A: flagged free of holders */
	__u8 first; /* first record of its node */
	__u8 pad;
};

/* Where a request was found. */
enum __attribute__((packed)) found {
	FOUND_POLL,	   /* cancel_table */
	FOUND_POLL_LOCKED, /* cancel_table_locked */
	FOUND_WQ_RUNNING,
	FOUND_WQ_PENDING,
};

struct walk_request {
	__u64 ring;
	__u64 req;
	__u64 file_node; /* A/B: the one node; C: REQ_F_FIXED_FILE's */
	__u64 buf_node;	 /* C only */
	__u64 user_data;
	__u64 flags;
	struct resource res;
	__s32 slot; /* fixed file slot at issue; -1 = ordinary fd or none */
	__u32 tid;
	__u8 opcode;
	enum found found;
	__u8 replaced; /* the slot holds another file by now */
	__u8 pad[5];
	char comm[16];
};

#endif
