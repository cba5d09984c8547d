//go:build ignore

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The live hooks, of one generation. */
#include "hooks.h"

char _license[] SEC("license") = "Dual BSD/GPL";
