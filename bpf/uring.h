/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* io_uring as we read it. Flavours that have to do with the reclaim of nodes are
 * named after its generation. */
#ifndef URINGTRACE_URING_H
#define URINGTRACE_URING_H

#include "read.h"

/* The low eight bits of io_kiocb.flags are those of the sqe (uapi, ABI). */
#define REQ_F_FIXED_FILE (1ULL << 0)
#define REQ_F_LINK (1ULL << 2)
#define REQ_F_HARDLINK (1ULL << 3)
#define IORING_OP_READ_FIXED 4
#define IORING_OP_WRITE_FIXED 5
#define IORING_OP_POLL_ADD 6
#define IORING_OP_ACCEPT 13
#define IORING_OP_OPENAT 18
#define IORING_OP_FILES_UPDATE 20
#define IORING_OP_OPENAT2 28
#define IORING_OP_SPLICE 30
#define IORING_OP_TEE 33
#define IORING_OP_SOCKET 45
#define IORING_OP_URING_CMD 46
#define IORING_OP_SEND_ZC 47
#define IORING_OP_SENDMSG_ZC 48
#define IORING_REGISTER_FILES_SKIP (-2)
#define IORING_FILE_INDEX_ALLOC (~0U)
#define SPLICE_F_FD_IN_FIXED (1U << 31)
#define EPOLLONESHOT (1U << 30) /* what io_poll_add_prep sets unless it is multishot */
#define IORING_RSRC_FILE 0

#pragma clang attribute push(__attribute__((preserve_access_index)), \
			     apply_to = record)

struct io_rsrc_data;
struct io_ring_ctx;

/* A: a node holds a list of removed resources and counts its holders in a
 * percpu_ref until b8fb5b4fdd67 io_uring/rsrc: use non-pcpu refcounts for
 * nodes (6.4). */
struct io_rsrc_put___a {
	struct list_head list;
	__u64 tag;
	void *rsrc;
};

struct io_rsrc_node___a {
	struct percpu_ref refs;
	struct list_head node;
	struct list_head rsrc_list;
	struct io_rsrc_data *rsrc_data;
	struct llist_node llist;
	bool done;
};

/* B: one resource, embedded; c376644fb915 io_uring/rsrc: merge nodes and
 * io_rsrc_put (6.4). */
struct io_rsrc_put___b {
	__u64 tag;
	void *rsrc;
};

struct io_rsrc_node___b {
	struct io_ring_ctx *ctx;
	int refs;
	bool empty;
	__u16 type;
	struct list_head node;
	struct io_rsrc_put___b item;
};

/* C: the node is the registered slot; 7029acd8a950 io_uring/rsrc: get rid of
 * per-ring io_rsrc_node list (6.13). */
struct io_rsrc_node___c {
	unsigned char type;
	int refs;
	__u64 tag;
	unsigned long file_ptr;
	void *buf;
};

struct io_mapped_ubuf___end {
	__u64 ubuf;
	__u64 ubuf_end;
};

/* ubuf_end became len between 6.1 and 6.12; 4 bytes there, 8 on 7.3 */
struct io_mapped_ubuf___len {
	__u64 ubuf;
	__u64 len;
};

/* A and B */
struct io_rsrc_data {
	struct io_ring_ctx *ctx;
	__u64 **tags;
};

struct io_rsrc_data___b {
	__u16 rsrc_type;
};

/* C; 3597f2786b68 io_uring/rsrc: unify file and buffer resource tables */
struct io_rsrc_data___c {
	unsigned int nr;
	struct io_rsrc_node___c **nodes;
};

struct io_fixed_file {
	unsigned long file_ptr;
};

struct io_file_table {
	struct io_fixed_file *files;
};

struct io_file_table___c {
	struct io_rsrc_data___c data;
};

struct io_hash_bucket {
	struct hlist_head list;
};

struct io_hash_table {
	struct io_hash_bucket *hbs;
	unsigned int hash_bits;
};

/* A queue of many producers; the consumer's end is a pointer beside it. In 7.3
 * task work waits in one, before in a plain llist. */
struct mpscq {
	struct llist_node *tail;
	struct llist_node stub;
};

struct io_ring_ctx {
	struct percpu_ref refs;
	unsigned int flags;
	unsigned int nr_user_files;
	unsigned int nr_user_bufs;
	void *rsrc_node;
	struct list_head rsrc_ref_list;
	struct io_rsrc_data *file_data;
	struct io_rsrc_data *buf_data;
	struct io_file_table file_table;
	struct io_hash_table cancel_table;
	struct list_head timeout_list;
	struct list_head ltimeout_list;
	struct list_head defer_list;
	struct list_head tctx_list;
	struct work_struct exit_work;
};

/* Lists that came or went: uring_cmd 6.7, waitid 6.7, futex 6.7 (not in 6.1) */
struct io_ring_ctx___cmd {
	struct hlist_head cancelable_uring_cmd;
};

struct io_ring_ctx___waitid {
	struct hlist_head waitid_list;
};

struct io_ring_ctx___futex {
	struct hlist_head futex_list;
};

struct io_ring_ctx___work {
	struct llist_head work_llist;
};

struct io_ring_ctx___mpsc {
	struct llist_node *work_head;
	struct mpscq work_list;
};

struct io_ring_ctx___fallback {
	struct llist_head fallback_llist;
};

struct io_ring_ctx___a {
	void *rsrc_backup_node;
	int rsrc_cached_refs;
	struct llist_head rsrc_put_llist;
	struct delayed_work rsrc_put_work;
};

struct io_ring_ctx___c {
	struct io_file_table___c file_table;
	struct io_rsrc_data___c buf_table;
};

/* 9ca9fb24d5fe io_uring: mutex locked poll hashing (6.0) added the second
 * table, 085268829b07 io_uring/poll: get rid of unlocked cancel hash (6.13)
 * took one away. */
struct io_ring_ctx___locked {
	struct io_hash_table cancel_table_locked;
};

struct io_wq_work_node {
	struct io_wq_work_node *next;
};

struct io_wq_work_list {
	struct io_wq_work_node *first;
};

/* The list of requests that are polled for was singly linked up to 6.12. */
struct io_ring_ctx___iopoll {
	struct io_wq_work_list iopoll_list;
};

struct io_ring_ctx___iopoll2 {
	struct list_head iopoll_list;
};

struct io_wq_work {
	struct io_wq_work_node list;
};

struct io_cqe {
	__u64 user_data;
	int fd;
};

struct io_task_work {
	struct llist_node node;
};

struct io_kiocb {
	struct file *file;
	__u8 opcode;
	__u16 buf_index;
	__u64 flags;
	struct io_cqe cqe;
	struct io_ring_ctx *ctx;
	struct io_wq_work_node comp_list;
	struct hlist_node hash_node;
	struct io_task_work io_task_work;
	struct io_kiocb *link;
	struct io_wq_work work;
};

struct io_kiocb___iopoll2 {
	struct list_head iopoll_node;
};

/* What a request keeps for its opcode lies at its own start (io_kiocb.cmd). */
struct io_timeout {
	struct list_head list;
	struct io_kiocb *head;
};

struct io_poll {
	__u32 events;
};

struct io_splice {
	int splice_fd_in;
	unsigned int flags;
};

struct io_splice___node {
	void *rsrc_node;
};

struct io_defer_entry {
	struct list_head list;
	struct io_kiocb *req;
};

/* f03baece0818 io_uring: move cancelations to be io_uring_task based (6.13) */
struct io_kiocb___task {
	struct task_struct *task;
};

struct io_uring_task___back {
	struct task_struct *task;
};

struct io_kiocb___tctx {
	struct io_uring_task___back *tctx;
};

/* 6f94cbc29ada io_uring/rsrc: split io_kiocb node type assignments (6.13) */
struct io_kiocb___one {
	void *rsrc_node;
};

struct io_kiocb___two {
	void *file_node;
	void *buf_node;
};

/* da64d6db3bd3 io_uring: One wqe per wq (6.4) */
struct io_wqe_acct___a {
	struct io_wq_work_list work_list;
};

struct io_wqe___a {
	struct io_wqe_acct___a acct[2];
};

struct io_wq___a {
	struct io_wqe___a *wqes[0]; /* one a NUMA node */
};

struct io_wq_acct___b {
	struct io_wq_work_list work_list;
};

struct io_wq___b {
	struct io_wq_acct___b acct[2];
};

struct io_wq {
	__u64 state;
};

struct io_worker {
	struct io_wq_work *cur_work;
};

/* gone with io_wqe rework; present on 6.1 */
struct io_worker___next {
	struct io_wq_work *next_work;
};

struct xarray {
	void *xa_head;
};

struct xa_node {
	void *slots[64];
};

struct io_uring_task {
	struct io_wq *io_wq;
	struct file *registered_rings[16];
	struct xarray xa; /* of struct io_tctx_node, by ring */
};

struct io_uring_task___list {
	struct llist_head task_list;
};

struct io_uring_task___mpsc {
	struct llist_node *task_head;
	struct mpscq task_list;
};

struct io_tctx_node {
	struct list_head ctx_node; /* in io_ring_ctx.tctx_list */
	struct task_struct *task;
	struct io_ring_ctx *ctx;
};

#pragma clang attribute pop

#endif
