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
	EV_NODE_REMOVE,	 /* struct event_removal, A/B: resource attached to node; also then */
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

/* Reclaim generations of the kernel; decided from its BTF. By their number it is known
 * what is compiled for which, see generation.h. */
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
	__u32 refs;	  /* files: references, the queue's own included; 0 unknown.
			   * buffers: pages that it pins */
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

/* What a removal's record tells beside the removal, each in place of a record of
 * its own: they happen in the same call, one after the other. */
enum __attribute__((packed)) then {
	THEN_NEXT = 1, /* B: EV_NODE_NEW of arg */
	THEN_ZERO = 2, /* B: EV_NODE_ZERO of node: no request held it */
	THEN_GONE = 4, /* B: EV_SOCK_RELEASE: and nobody else had the socket */
	THEN_SWITCH = 8, /* A: EV_NODE_SWITCH of node, to arg and with arg2 */
};

struct event_removal {
	struct event ev;
	__u64 tag;
	__u64 tail; /* last node of the queue before this one, 0 = queue was empty */
	struct resource res;
	__u32 slot;
	enum then then;
	__u8 pad;
	__u16 stack; /* that put res into slot; 0: not known */
};

/* Per-ring state in the kernel: presence in the map is the filter. */
struct ring_state {
	__u64 lost; /* events of this ring that did not fit */
	__u64 serial; /* tells it from another ring at this address */
	__u64 removed; /* resources, where removals are counted and not sent */
	__u64 table; /* of files, which one, where stacks are taken */
	/* Under the ring's lock. B: the node whose end has been told with its removal,
	 * bit 0: in vain. */
	__u64 told;
	/* A removal until what follows in the same call is known: A, the switch; B, its
	 * new node. ev.kind 0: none. */
	struct event_removal pending;
};

/* What user space reads of it. */
struct ring_reading {
	__u64 ring;
	__u64 serial;
	__u64 lost;
	__u64 removed;
	__u64 gone; /* its context has been freed */
};

/* A slot whose removals are counted. */
struct slot_key {
	__u64 serial; /* of the ring */
	__u32 slot;
	__u32 pad;
};

struct slot_reading {
	struct slot_key key;
	__u64 removed;
};

/* Where a walked node was found. */
enum __attribute__((packed)) place {
	AT_QUEUE,
	AT_ACTIVE,
	AT_RELEASING,
	AT_TABLE,  /* C: file table */
	AT_BUFFERS, /* C: buffer table */
	AT_RING, /* no node: the ring that the records behind it are of */
};

#define MAX_OTHERS 8

/* One ring as a walk found it. */
struct walk_ring {
	__u64 ring;
	__u64 active;
	__s32 fd;	  /* -1: the process has none, see registered */
	__u32 flags;	  /* IORING_SETUP_* */
	__u32 tgid;
	__u32 slots;	  /* size of the fixed file table */
	__u32 buffers;	  /* size of the fixed buffer table */
	__u32 cached_refs; /* A: unused references parked on the active node */
	__u32 torn;	  /* nodes that did not pass validation */
	__u32 loose;	  /* lists of requests that changed while they were read */
	__u32 registered; /* 1 + index among the task's registered rings, 0: none */
	__u32 again;	  /* walked already, for another process: this record says no more */
	__u32 others[MAX_OTHERS]; /* other processes that use the ring */
	__u32 nr_others;  /* may be more than there is room for */
	enum reclaim reclaim;
};

/* What a struct walk_node says in its bits, below them its place. */
enum __attribute__((packed)) node_bits {
	NODE_PLACE = 7,
	NODE_FIRST = 8,	     /* first record of its node */
	NODE_DONE = 16,	     /* A: flagged free of holders */
	NODE_MORE = 32,	     /* the next record is a struct walk_more */
	NODE_TYPE_SHIFT = 6, /* enum res_type is above */
	NODE_KIND_BITS = 4,  /* of file: enum file_kind, above it TCP_* of the socket */
};

/*
 * One resource of one node; a node without resource has one with RES_NONE. There
 * may be millions, so it has what most nodes have, and little of their resource.
 * They are written ring by ring, each after a record AT_RING.
 */
struct walk_node {
	__u64 node;  /* AT_RING: struct io_ring_ctx * */
	__u64 rsrc;  /* struct file * or struct io_mapped_ubuf * */
	__u64 put;   /* A: address of the io_rsrc_put */
	__u16 refs;  /* files: references, at most 65535 */
	__u16 proto; /* IPPROTO_* of the socket */
	__u8 family; /* AF_* */
	__u8 file;   /* kind and state */
	enum node_bits bits;
	__u8 pad;
};

/* What few nodes have, in the place of a record; without it all of that is 0. */
struct walk_more {
	__s64 refs;  /* requests that hold the node; -1 unknown (A: reference switch pending) */
	__u64 tag;
	__u64 bytes; /* buffers: length */
	__u32 pages; /* buffers: that it pins */
	__u32 slot;  /* C: index in the table */
};

/* Where a request was found. */
enum __attribute__((packed)) found {
	FOUND_POLL,	   /* cancel_table */
	FOUND_POLL_LOCKED, /* cancel_table_locked */
	FOUND_WQ_RUNNING,
	FOUND_WQ_PENDING,
	FOUND_IOPOLL,	 /* iopoll_list: the device is polled for it */
	FOUND_CMD,	 /* cancelable_uring_cmd */
	FOUND_WAITID,
	FOUND_FUTEX,
	FOUND_TIMEOUT,	 /* timeout_list or ltimeout_list */
	FOUND_TIMED,	 /* in flight, with a linked timeout: found by that */
	FOUND_TASK_WORK, /* its task has to run its completion */
	FOUND_DEFERRED,	 /* defer_list: waits for all before it (IOSQE_IO_DRAIN) */
	FOUND_LINKED,	 /* waits for the request that it is linked to */
};

struct walk_request {
	__u64 ring;
	__u64 req;
	__u64 file_node; /* A/B: the one node; C: REQ_F_FIXED_FILE's */
	__u64 buf_node;	 /* C only: of a splice's input; of others, of the buffer if flags say
			  * that they have one (REQ_F_BUF_NODE) */
	__u64 user_data;
	__u64 flags;
	struct resource res;
	__s32 slot;	 /* fixed file slot at issue; -1 = ordinary fd or none */
	__s32 buffer;	 /* index of the fixed buffer; -1 = none */
	__u32 tid;
	__u8 opcode;
	enum found found;
	__u8 replaced;	 /* the slot holds another file by now */
	__u8 multishot;	 /* a poll that goes on after a completion; of others flags tell */
	__u32 stack;	 /* that submitted it; 0: not known */
	char comm[16];
};

#endif
