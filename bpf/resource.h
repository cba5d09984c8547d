/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Describes what a node holds: a file, down to the socket's two ends, or a
 * fixed buffer. Every read is fault-safe; what can't be read stays zero. */
#ifndef URINGTRACE_RESOURCE_H
#define URINGTRACE_RESOURCE_H

#include "kernel.h"
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
	__be16 dport;

	res->family = BPF_CORE_READ(c, skc_family);
	res->state = BPF_CORE_READ(c, skc_state);
	res->proto = BPF_CORE_READ(sk, sk_protocol);
	if (res->family == AF_INET) {
		bpf_core_read(res->laddr, 4, &c->skc_rcv_saddr);
		bpf_core_read(res->raddr, 4, &c->skc_daddr);
	} else if (res->family == AF_INET6) {
		bpf_core_read(res->laddr, 16, &c->skc_v6_rcv_saddr);
		bpf_core_read(res->raddr, 16, &c->skc_v6_daddr);
	} else {
		return;
	}
	res->lport = BPF_CORE_READ(c, skc_num);
	dport = BPF_CORE_READ(c, skc_dport);
	res->rport = bpf_ntohs(dport);
}

static __always_inline void describe_file(struct resource *res, struct file *file)
{
	void *release;

	res->type = RES_FILE;
	res->rsrc = (__u64)file;
	if (!file)
		return;
	res->ino = BPF_CORE_READ(file, f_inode, i_ino);
	res->kind = kind_of_mode(BPF_CORE_READ(file, f_inode, i_mode));
	res->refs = file_refs(file);
	release = release_of(file);
	if (release == (void *)&io_uring_release) {
		res->kind = KIND_RING;
	} else if (release == (void *)&sock_close) {
		struct socket *sock = BPF_CORE_READ(file, private_data);

		res->kind = KIND_SOCKET;
		res->sock = (__u64)sock;
		if (sock)
			describe_sock(res, BPF_CORE_READ(sock, sk));
	}
}

static __always_inline void describe_buffer(struct resource *res, void *buf)
{
	res->type = RES_BUFFER;
	res->rsrc = (__u64)buf;
	if (bpf_core_field_exists(struct io_mapped_ubuf___len, len)) {
		struct io_mapped_ubuf___len *b = buf;

		res->bytes = BPF_CORE_READ(b, len);
	} else if (bpf_core_field_exists(struct io_mapped_ubuf___end, ubuf_end)) {
		struct io_mapped_ubuf___end *b = buf;

		res->bytes = BPF_CORE_READ(b, ubuf_end) - BPF_CORE_READ(b, ubuf);
	}
}

#endif
