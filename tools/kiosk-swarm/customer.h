/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * customer.h - one customer after another at a kiosk, who answers every question: the seeded script of all taps.
 *
 * Knows what the product says: which question follows which (help is off), and how long a screen is guarded. So it can tell in
 * advance what each tap has to be stored as. Time is an argument; the caller owns struct customer.
 */
#ifndef KIOSK_SWARM_CUSTOMER_H
#define KIOSK_SWARM_CUSTOMER_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/kiosk-swarm/ledger.h"

/* A screen opens 0.3 s after the tap, and is guarded for 1 s against the same button. */
#define CUSTOMER_TAP_MS_MIN 1500
#define CUSTOMER_TAPS_MAX 5 /* of a visit */

struct customer {
    bool has_staff; /* somebody is on duty, nobody signed on: it is asked who helped */
    uint64_t random;
    uint64_t tap_us; /* from tap to tap */
    uint64_t next_us;
    uint8_t step, tap_count; /* of the present visit; step == tap_count: it is over */
    bool is_down;
    bool is_leaving; /* no visit is begun any more */
    uint8_t buttons[CUSTOMER_TAPS_MAX];
    struct ledger_tap taps[CUSTOMER_TAPS_MAX];
};

void customer_init(struct customer *customer, bool has_staff, uint64_t seed, uint32_t tap_ms,
                   uint64_t now_us);

/* Draw the next visit without a finger: its taps are taps[0] to taps[tap_count - 1]. */
void customer_plan(struct customer *customer);

/* At next_us: a finger goes down or up. Returns the buttons that are down, and in *tap what was tapped, or NULL. */
uint8_t customer_step(struct customer *customer, const struct ledger_tap **tap);

/* In the middle of a visit. */
bool customer_is_busy(const struct customer *customer);

#endif
