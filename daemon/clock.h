/* SPDX-License-Identifier: MIT
 *
 * clock.h - the host's clocks, and whether its time of day can be trusted.
 *
 * The loop only. The caller owns struct clock_watch.
 */
#ifndef BYNAME_CLOCK_H
#define BYNAME_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/session.h"

#define CLOCK_STEP_MS 2000         /* a jump of the time of day by this much against the monotonic clock is a step */
#define CLOCK_STEP_DOUBT_MS 900000 /* how long after a step the time of day is not trusted */
#define CLOCK_ASK_MS 10000         /* how often the kernel is asked whether it is synchronised */

struct clock_watch {
    bool is_started;
    bool is_synchronised;
    bool has_stepped;
    int64_t offset_ms; /* time of day - monotonic */
    uint64_t asked_ms, stepped_ms;
};

uint64_t clock_monotonic_ms(void);
int64_t clock_utc_ms(void);

/* The rule, without a clock: fold in what was read. is_synchronised is the kernel's word. */
void clock_observe(struct clock_watch *watch, uint64_t now_ms, int64_t utc_ms, bool is_synchronised);

bool clock_is_good(const struct clock_watch *watch);

/* Read all of it now; clock_observe is called within. */
struct session_clock clock_read(struct clock_watch *watch);

#endif
