//go:build ignore

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* No program: what kernel and user space both know, for Go to be generated from. */
#include "kernel.h"
#include "event.h"

const struct event *event_type;
const struct event_removal *event_removal_type;
const struct ring_state *ring_state_type;
const struct ring_reading *ring_reading_type;
const struct slot_key *slot_key_type;
const struct slot_reading *slot_reading_type;
const struct walk_ring *walk_ring_type;
const struct walk_node *walk_node_type;
const struct walk_more *walk_more_type;
const struct walk_request *walk_request_type;
const enum node_bits *node_bits_type;
const enum then *then_type;
const enum ev *ev_type;
const enum place *place_type;
