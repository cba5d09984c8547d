//go:build ignore

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One object, two halves: live hooks and the cold walk. User space loads the
 * programs that it has a use for and the kernel a place. */
#include "hooks.h"
#include "walk.h"

char _license[] SEC("license") = "Dual BSD/GPL";
