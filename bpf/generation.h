/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The generations of the kernel's reclaim of nodes, after which flavours, hooks and
 * walks are named:
 *
 *   A  ordered, deferred   up to 6.3
 *   B  ordered             6.4 to 6.12
 *   C  independent nodes   6.13 on
 *
 * All is compiled for each of them, with -DGENERATION= its number in enum reclaim.
 * Where it is for CO-RE to say, the kernel takes out by itself each branch that it
 * doesn't reach, for which it moves the rest of the program: that takes longer than all
 * the verifying.
 */
#ifndef URINGTRACE_GENERATION_H
#define URINGTRACE_GENERATION_H

#ifndef GENERATION
#error "compile with -DGENERATION=1, 2 or 3"
#endif

#define GEN_A (GENERATION == 1)
#define GEN_B (GENERATION == 2)
#define GEN_C (GENERATION == 3)

#endif
