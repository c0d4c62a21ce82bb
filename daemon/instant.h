/* SPDX-License-Identifier: MIT
 *
 * instant.h - from a kiosk's boot and uptime to real time: the rules, as one pure function.
 *
 * A kiosk has no clock. An answer says which boot of the kiosk it belongs to and how many seconds that boot
 * had lasted. Real time comes from the session in which it arrives, once, and is not revised.
 *
 *   exact    the answer belongs to the boot that the session is in: the start of that boot is known from
 *            the frames of the session
 *   mapped   it belongs to an earlier boot whose start was kept in an earlier session (its anchor)
 *   bounded  neither: not before the floor, not after the start of the present boot
 *
 * The floor is the lower bound of the journal's previous answer or, where that is later, the last time the
 * kiosk was heard in a boot before the answer's own; uptime that passed since is added, less 1 % for the
 * kiosk's resonator.
 *
 * When the daemon's clock is not synchronised, nothing is better than bounded: 5 minutes are taken off the
 * lower bound of an answer that would have been exact or mapped. When the clock stands behind the newest
 * commit, either it is wrong now or it was then: the interval reaches from the earlier of the two to the
 * newest commit. (That is the only case in which an upper bound lies after the arrival.)
 */
#ifndef BYNAME_INSTANT_H
#define BYNAME_INSTANT_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/visit.h"

/* The codes are stored. */
enum instant_quality { INSTANT_EXACT = 0, INSTANT_MAPPED = 1, INSTANT_BOUNDED = 2 };

#define INSTANT_UNKNOWN INT64_MIN
#define INSTANT_CLOCK_DOUBT_MS (5 * 60 * 1000)
/* A kiosk's claim may be this much in the future: rounding, and a slow line. */
#define INSTANT_SLACK_MS 5000

struct instant_known {
    uint16_t boot; /* the session's */
    int64_t boot_started_ms;
    int64_t arrived_ms;
    bool is_clock_good;
    int64_t newest_commit_ms; /* by a good clock; or INSTANT_UNKNOWN */
    int64_t anchor_ms;        /* start of the answer's boot, kept earlier; or INSTANT_UNKNOWN */
    int64_t heard_ms;         /* last contact in a boot before the answer's; or INSTANT_UNKNOWN */
    int64_t floor_ms;         /* lower bound of the journal's previous answer; or INSTANT_UNKNOWN */
    uint16_t floor_boot;      /* the previous answer's */
    uint32_t floor_uptime_s;
};

struct instant {
    struct visit_time time;
    enum instant_quality quality;
};

struct instant instant_of(const struct answer *answer, const struct instant_known *known);

#endif
