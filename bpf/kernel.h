/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel as we read it, outside io_uring (which is in uring.h): only the
 * fields that are read, relocated at load time (CO-RE). Where kernels differ, a
 * flavour (struct x___y) holds one shape and a getter hides the choice; above
 * each stands the commit that made the difference.
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
#define BPF_MAP_TYPE_STACK_TRACE 7
#define BPF_MAP_TYPE_LRU_HASH 9
#define BPF_MAP_TYPE_ARRAY_OF_MAPS 12
#define BPF_MAP_TYPE_RINGBUF 27
#define BPF_ANY 0
#define BPF_F_NO_PREALLOC (1U << 0)
#define BPF_F_MMAPABLE (1U << 10)
#define BPF_F_INNER_MAP (1U << 12)
#define BPF_F_USER_STACK (1ULL << 8)
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

#define EEXIST 17
#define AF_INET 2
#define AF_INET6 10
#define S_IFMT 0170000
#define PF_IO_WORKER 0x10 /* include/linux/sched.h; an io-wq worker thread */
#define PAGE_SHIFT 12
#define SOCKFS_MAGIC 0x534F434B /* include/uapi/linux/magic.h (ABI) */
#define ANON_INODE_FS_MAGIC 0x09041934
#define NR_IO_URING_REGISTER 427 /* the same on all architectures */

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

struct super_block {
	unsigned long s_magic;
};

struct inode {
	unsigned short i_mode;
	unsigned long i_ino;
	struct super_block *i_sb;
};

struct qstr {
	const unsigned char *name;
};

struct dentry {
	struct qstr d_name;
};

struct path {
	struct dentry *dentry;
};

struct file_operations;

typedef struct {
	__s64 counter;
} atomic64_t;
typedef atomic64_t atomic_long_t;

struct file {
	const struct file_operations *f_op;
	struct inode *f_inode;
	struct path f_path;
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

/* A socket and its inode are one object, include/net/sock.h */
struct socket_alloc {
	struct socket socket;
	struct inode vfs_inode;
};

struct percpu_ref_data {
	atomic_long_t count;
	void *ref; /* a percpu_ref: with its type, clang 16 orders the BTF by chance */
};

struct percpu_ref {
	unsigned long percpu_count_ptr;
	struct percpu_ref_data *data;
};

struct io_uring_task;
struct files_struct;

struct task_struct {
	unsigned int flags;
	int pid;
	int tgid;
	struct task_struct *group_leader;
	struct files_struct *files;
	char comm[16];
	void *worker_private;
	struct io_uring_task *io_uring;
};

/* The kernel's own names of what a task was entered with. */
struct pt_regs___entry_x86 {
	unsigned long orig_ax;
};

struct pt_regs___entry_arm64 {
	int syscallno;
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

struct bpf_map;

struct bpf_iter__bpf_map_elem {
	struct bpf_iter_meta *meta;
	struct bpf_map *map;
	void *key;
	void *value;
};

#pragma clang attribute pop

#endif
