/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Describes what a node holds: a file, down to the socket's two ends, or a
 * fixed buffer. Every read is fault-safe; what can't be read stays zero. */
#ifndef URINGTRACE_RESOURCE_H
#define URINGTRACE_RESOURCE_H

#include "uring.h"
#include "event.h"

static __always_inline __u8 kind_of_mode(__u32 mode)
{
	switch (mode & S_IFMT) {
	case 0140000: return KIND_SOCKET;
	case 0120000: return KIND_LINK;
	case 0100000: return KIND_REGULAR;
	case 0060000: return KIND_BLOCK;
	case 0040000: return KIND_DIRECTORY;
	case 0020000: return KIND_CHAR;
	case 0010000: return KIND_FIFO;
	case 0: return KIND_ANON;
	}
	return KIND_UNKNOWN;
}

static __always_inline void describe_sock(struct resource *res, struct sock *sk)
{
	struct sock_common *c = &sk->__sk_common;
	struct head head, *h = READ_HEADS ? &head : 0;

	read_head(h, c);
	res->family = FROM_HEAD(h, c, skc_family);
	res->state = FROM_HEAD(h, c, skc_state);
	res->proto = GET(sk, sk_protocol);
	if (res->family == AF_INET) {
		*(__be32 *)res->laddr = FROM_HEAD(h, c, skc_rcv_saddr);
		*(__be32 *)res->raddr = FROM_HEAD(h, c, skc_daddr);
	} else if (res->family == AF_INET6) {
		bpf_core_read(res->laddr, 16, &c->skc_v6_rcv_saddr);
		bpf_core_read(res->raddr, 16, &c->skc_v6_daddr);
	} else {
		return;
	}
	res->lport = FROM_HEAD(h, c, skc_num);
	res->rport = bpf_ntohs(FROM_HEAD(h, c, skc_dport));
}

/* The operations of a socket's and of a ring's file, of which there is one each,
 * once such a file has been met. To look up their symbols is to read all of
 * /proc/kallsyms, a third of what it takes to start. */
static __u64 sock_ops, ring_ops;

/* It is what the file's private_data is, too, without another read. */
static __always_inline struct socket *socket_of(struct inode *inode)
{
	return (void *)inode - bpf_core_field_offset(struct socket_alloc, vfs_inode);
}

static __always_inline bool is_on(struct inode *inode, unsigned long magic)
{
	struct super_block *sb = GET(inode, i_sb);

	return sb && GET(sb, s_magic) == magic;
}

static __always_inline bool is_sock(const struct file_operations *ops, struct file *file)
{
	struct inode *inode;

	if (!ops || sock_ops)
		return ops && (__u64)ops == sock_ops;
	inode = GET(file, f_inode);
	if (kind_of_mode(GET(inode, i_mode)) != KIND_SOCKET || !is_on(inode, SOCKFS_MAGIC))
		return false;
	sock_ops = (__u64)ops;
	return true;
}

/* The name that io_uring_setup(2) gives its file, io_uring/io_uring.c. */
static __always_inline bool has_name_of_ring(struct file *file)
{
	static const char want[] = "[io_uring]";
	char name[sizeof(want)] = {};
	int i;

	bpf_probe_read_kernel(name, sizeof(name), BPF_CORE_READ(file, f_path.dentry, d_name.name));
	for (i = 0; i < (int)sizeof(want); i++)
		if (name[i] != want[i])
			return false;
	return true;
}

static __always_inline bool is_ring(struct file *file)
{
	const struct file_operations *ops = GET(file, f_op);
	struct inode *inode;

	if (!ops || ring_ops)
		return ops && (__u64)ops == ring_ops;
	inode = GET(file, f_inode);
	if (!is_on(inode, ANON_INODE_FS_MAGIC) || !has_name_of_ring(file))
		return false;
	ring_ops = (__u64)ops;
	return true;
}

/* Anonymous inodes had no type, and since 6.15 are regular files as if they had a
 * file system. */
static __always_inline enum file_kind kind_of_file(struct file *file, struct inode *inode, __u16 mode)
{
	enum file_kind kind = kind_of_mode(mode);

	if (kind == KIND_REGULAR && is_on(inode, ANON_INODE_FS_MAGIC))
		kind = KIND_ANON;
	return kind == KIND_ANON && is_ring(file) ? KIND_RING : kind;
}

static __always_inline void describe_file(struct resource *res, struct file *file)
{
	const struct file_operations *ops;
	struct inode *inode;
	struct head head, *h = READ_HEADS ? &head : 0;

	res->type = RES_FILE;
	res->rsrc = (__u64)file;
	if (!file)
		return;
	read_head(h, file);
	inode = FROM_HEAD(h, file, f_inode);
	res->ino = GET(inode, i_ino);
	res->refs = file_refs(h, file);
	ops = FROM_HEAD(h, file, f_op);
	if (is_sock(ops, file)) {
		struct socket *sock = socket_of(inode);

		res->kind = KIND_SOCKET;
		res->sock = (__u64)sock;
		describe_sock(res, GET(sock, sk));
	} else {
		res->kind = kind_of_file(file, inode, GET(inode, i_mode));
	}
}

static __always_inline void describe_buffer(struct resource *res, void *buf)
{
	__u64 start, len = 0;

	res->type = RES_BUFFER;
	res->rsrc = (__u64)buf;
	if (!GEN_A && bpf_core_field_exists(struct io_mapped_ubuf___len, len)) {
		struct io_mapped_ubuf___len *b = buf;

		start = BPF_CORE_READ(b, ubuf);
		bpf_probe_read_kernel(&len, bpf_core_field_size(b->len), &b->len);
	} else if (!GEN_C && bpf_core_field_exists(struct io_mapped_ubuf___end, ubuf_end)) {
		struct io_mapped_ubuf___end *b = buf;

		start = BPF_CORE_READ(b, ubuf);
		len = BPF_CORE_READ(b, ubuf_end) - start;
	} else {
		return;
	}
	res->bytes = len;
	if (len)
		res->refs = ((start + len - 1) >> PAGE_SHIFT) - (start >> PAGE_SHIFT) + 1;
}

/* The file that is in a slot of the table, 0: none. */
static __always_inline __u64 file_in_slot(struct io_ring_ctx *ctx, __s32 slot)
{
	__u64 ptr = 0;

	if (slot < 0)
		return 0;
	if (GEN_C) {
		struct io_rsrc_node___c **nodes, *node = 0;
		struct io_ring_ctx___c *c = (void *)ctx;

		if (slot >= BPF_CORE_READ(c, file_table.data.nr))
			return 0;
		nodes = BPF_CORE_READ(c, file_table.data.nodes);
		bpf_probe_read_kernel(&node, sizeof(node), nodes + slot);
		return node ? BPF_CORE_READ(node, file_ptr) & ~3UL : 0;
	}
	if (slot >= BPF_CORE_READ(ctx, nr_user_files))
		return 0;
	bpf_probe_read_kernel(&ptr, sizeof(ptr), BPF_CORE_READ(ctx, file_table.files) + slot);
	return ptr & ~3ULL;
}

#endif
