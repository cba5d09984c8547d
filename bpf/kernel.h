/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel as we read it: only the fields that are read, relocated at load
 * time (CO-RE). Where generations differ, a flavour (___a, ___b, ___c) holds
 * one shape and a getter hides the choice; above each stands the commit that
 * made the difference.
 *
 *   A  ordered, deferred   up to 6.3
 *   B  ordered             6.4 to 6.12
 *   C  independent nodes   6.13 on
 */
#ifndef URINGTRACE_KERNEL_H
#define URINGTRACE_KERNEL_H

typedef unsigned char __u8;
typedef signed char __s8;
typedef unsigned short __u16;
typedef short __s16;
typedef unsigned int __u32;
typedef int __s32;
typedef unsigned long long __u64;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef _Bool bool;
enum { false, true };

/* enum bpf_map_type and flags, include/uapi/linux/bpf.h (ABI) */
#define BPF_MAP_TYPE_HASH 1
#define BPF_MAP_TYPE_ARRAY 2
#define BPF_MAP_TYPE_PERCPU_ARRAY 6
#define BPF_MAP_TYPE_ARRAY_OF_MAPS 12
#define BPF_MAP_TYPE_RINGBUF 27
#define BPF_ANY 0
#define BPF_F_NO_PREALLOC (1U << 0)
#define BPF_F_MMAPABLE (1U << 10)
#define BPF_F_INNER_MAP (1U << 12)
#define BPF_RB_NO_WAKEUP (1ULL << 0)
#define BPF_RB_FORCE_WAKEUP (1ULL << 1)
#define BPF_RB_AVAIL_DATA 0

#include <bpf/bpf_helpers.h>

/* struct pt_regs, arch uapi asm/ptrace.h (ABI): arguments of a kprobe. */
#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long r15, r14, r13, r12, rbp, rbx;
	unsigned long r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
	unsigned long orig_rax, rip, cs, eflags, rsp, ss;
};
#elif defined(__TARGET_ARCH_arm64)
struct user_pt_regs {
	__u64 regs[31];
	__u64 sp, pc, pstate;
};
struct pt_regs;
#endif

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>

#define AF_INET 2
#define AF_INET6 10
#define S_IFMT 0170000
#define PF_IO_WORKER 0x10 /* include/linux/sched.h; an io-wq worker thread */
#define REQ_F_FIXED_FILE 1ULL /* bit 0 = IOSQE_FIXED_FILE_BIT, stable */
#define IORING_OP_SPLICE 30
#define IORING_OP_TEE 33
#define IORING_RSRC_FILE 0

#pragma clang attribute push(__attribute__((preserve_access_index)), \
			     apply_to = record)

struct list_head {
	struct list_head *next, *prev;
};

struct hlist_node {
	struct hlist_node *next, **pprev;
};

struct hlist_head {
	struct hlist_node *first;
};

struct llist_node {
	struct llist_node *next;
};

struct llist_head {
	struct llist_node *first;
};

struct work_struct {
	struct list_head entry;
};

struct delayed_work {
	struct work_struct work;
};

struct inode {
	unsigned short i_mode;
	unsigned long i_ino;
};

struct file_operations {
	void *release;
};

typedef struct {
	__s64 counter;
} atomic64_t;
typedef atomic64_t atomic_long_t;

struct file {
	const struct file_operations *f_op;
	struct inode *f_inode;
	void *private_data;
};

struct file___count {
	atomic_long_t f_count;
};

/* 90ee6ed776c0 fs: port files to file_ref (6.13): 0 stands for one holder */
typedef struct {
	atomic_long_t refcnt;
} file_ref_t;
struct file___ref {
	file_ref_t f_ref;
};

struct in6_addr {
	union {
		__u8 u6_addr8[16];
	} in6_u;
};

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};

struct sock {
	struct sock_common __sk_common;
	__u16 sk_protocol;
};

struct socket {
	struct sock *sk;
};

struct percpu_ref_data {
	atomic_long_t count;
};

struct percpu_ref {
	unsigned long percpu_count_ptr;
	struct percpu_ref_data *data;
};

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

/* 6.13, 5cb08e4c8d73: ubuf_end became len */
struct io_mapped_ubuf___len {
	__u64 ubuf;
	unsigned int len;
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

struct io_ring_ctx {
	unsigned int flags;
	unsigned int nr_user_files;
	unsigned int nr_user_bufs;
	void *rsrc_node;
	struct list_head rsrc_ref_list;
	struct io_rsrc_data *file_data;
	struct io_rsrc_data *buf_data;
	struct io_file_table file_table;
	struct io_hash_table cancel_table;
	struct work_struct exit_work;
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

struct io_wq_work {
	struct io_wq_work_node list;
};

struct io_cqe {
	__u64 user_data;
	int fd;
};

struct task_struct;

struct io_kiocb {
	struct file *file;
	__u8 opcode;
	__u64 flags;
	struct io_cqe cqe;
	struct io_ring_ctx *ctx;
	struct hlist_node hash_node;
	struct io_wq_work work;
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
	struct io_wqe___a *wqes[1];
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

struct io_uring_task {
	struct io_wq *io_wq;
};

struct task_struct {
	unsigned int flags;
	int pid;
	int tgid;
	char comm[16];
	void *worker_private;
	struct io_uring_task *io_uring;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
	__u64 session_id;
	__u64 seq_num;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
};

#pragma clang attribute pop

extern void io_uring_release __ksym;
extern void sock_close __ksym;

static __always_inline bool is_gen_a(void)
{
	return bpf_core_field_exists(struct io_rsrc_node___a, rsrc_list);
}

static __always_inline bool is_gen_c(void)
{
	return bpf_core_field_exists(struct io_rsrc_node___c, file_ptr);
}

static __always_inline void *release_of(struct file *file)
{
	return BPF_CORE_READ(file, f_op, release);
}

static __always_inline bool is_ring(struct file *file)
{
	return release_of(file) == (void *)&io_uring_release;
}

/* The counters are typedefs of anonymous structs, which CO-RE can't relocate
 * into: their one word is read at the member's address. */
static __always_inline __u32 file_refs(struct file *file)
{
	__u64 n = 0;

	if (bpf_core_field_exists(struct file___ref, f_ref)) {
		bpf_core_read(&n, sizeof(n), &((struct file___ref *)file)->f_ref);
		return n + 1;
	}
	if (bpf_core_field_exists(struct file___count, f_count))
		bpf_core_read(&n, sizeof(n), &((struct file___count *)file)->f_count);
	return n;
}

#endif
