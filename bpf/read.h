/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How fields are read: loaded where the kernel lets a pointer be given a type, else
 * with as few fault-safe reads as can be. */
#ifndef URINGTRACE_READ_H
#define URINGTRACE_READ_H

#include "kernel.h"
#include "generation.h"

/* Gives a pointer a type, so that what it points to is loaded and not read: as safe,
 * for a hundredth of the instructions. a35b9af4ec2c bpf: Add a kfunc to type cast
 * from bpf uapi ctx to kernel ctx, and its sibling (6.2). */
extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym __weak;

/* Some kernels of generation A have it, too (6.2, 6.3), and do without. */
#define CAN_CAST (!GEN_A)

#define TYPED(p) ((typeof(p))bpf_rdonly_cast((p), bpf_core_type_id_kernel(typeof(*(p)))))

/* A field of a struct, by what is cheapest on this kernel. */
#define GET(p, field) (CAN_CAST ? TYPED(p)->field : BPF_CORE_READ(p, field))

/*
 * The first bytes of a struct, read in one go where it can't be loaded from: a
 * fault-safe read costs a hundred instructions, nearly whatever it reads. FROM_HEAD takes
 * a field from there, or from the struct itself on kernels that have it further back,
 * or if there is no head.
 */
struct head {
	__u64 words[8];
} __attribute__((may_alias));

/* Hooks describe one file after the other. A walk, which does so for few, reads field by
 * field: there is less to verify. */
#ifndef READ_HEADS
#define READ_HEADS 1
#endif

static __always_inline void read_head(struct head *h, const void *addr)
{
	if (!CAN_CAST && h)
		bpf_probe_read_kernel(h, sizeof(*h), addr); /* zeroes it if it fails */
}

#define FROM_HEAD(h, p, field)                                                  \
	(CAN_CAST ? TYPED(p)->field                                             \
		  : FROM_HEAD_AT(h, p, typeof((p)->field),                      \
				 bpf_core_field_offset(typeof(*(p)), field)))

#define FROM_HEAD_AT(h, addr, as, offset)                                    \
	({                                                                   \
		typedef as __attribute__((may_alias)) as_;                   \
		__u32 at_ = (offset);                                        \
		struct head *h_ = (h);                                       \
		as_ out_;                                                    \
		if (h_ && at_ + sizeof(out_) <= sizeof(*h_))                 \
			out_ = *(as_ *)((void *)h_ + at_);                   \
		else                                                         \
			bpf_probe_read_kernel((void *)&out_, sizeof(out_),   \
					      (void *)(addr) + at_);         \
		out_;                                                        \
	})

/*
 * A small struct, read in one go with all that it has. FROM_WHOLE takes a field from
 * there. The verifier refuses what is too small for either.
 */
struct whole {
	__u64 words[16];
} __attribute__((may_alias));

#define READ_WHOLE(w, p) bpf_probe_read_kernel(w, bpf_core_type_size(typeof(*(p))), p)

#define FROM_WHOLE(w, p, field)                                              \
	({                                                                   \
		typedef typeof((p)->field) __attribute__((may_alias)) as_;   \
		*(as_ *)((void *)(w) +                                       \
			 bpf_core_field_offset(typeof(*(p)), field));        \
	})

/* One word, of what has no struct. */
static __always_inline __u64 word_at(const void *addr)
{
	__u64 word = 0;

	if (CAN_CAST) /* all that counts of the type is that a word is its first member */
		return (__u64)TYPED((struct list_head *)addr)->next;
	bpf_probe_read_kernel(&word, sizeof(word), addr);
	return word;
}

/* The counters are typedefs of anonymous structs, which CO-RE can't relocate
 * into: their one word is at the member's address. */
static __always_inline __u64 word_of_file(struct head *h, struct file *file, __u32 at)
{
	if (CAN_CAST)
		return *(__u64 *)((void *)TYPED(file) + at);
	return FROM_HEAD_AT(h, file, __u64, at);
}

static __always_inline __u32 file_refs(struct head *h, struct file *file)
{
	if (GEN_C && bpf_core_field_exists(struct file___ref, f_ref))
		return word_of_file(h, file, bpf_core_field_offset(struct file___ref, f_ref)) + 1;
	if (bpf_core_field_exists(struct file___count, f_count))
		return word_of_file(h, file, bpf_core_field_offset(struct file___count, f_count));
	return 0;
}

#endif
