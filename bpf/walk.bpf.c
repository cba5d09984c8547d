//go:build ignore

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The cold walk, of one generation. */
#define READ_HEADS 0
#include "walk.h"

char _license[] SEC("license") = "Dual BSD/GPL";
