/* SPDX-License-Identifier: MIT */
#include "instant.h"

#define SLOW_MS_PER_S 990 /* a second of uptime lasted at least this long */

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Nothing that is known lets the answer be older than this. INSTANT_UNKNOWN is less than every time. */
static int64_t floor_of(const struct answer *answer, const struct instant_known *known)
{
    int64_t floor = known->floor_ms;
    bool is_same_boot = floor != INSTANT_UNKNOWN && known->floor_boot == answer->boot;

    if (is_same_boot && answer->uptime_s >= known->floor_uptime_s)
        floor += (int64_t)(answer->uptime_s - known->floor_uptime_s) * SLOW_MS_PER_S;
    if (is_same_boot)
        return floor;
    floor = later(floor, known->heard_ms);
    return floor == INSTANT_UNKNOWN ? floor : floor + (int64_t)answer->uptime_s * SLOW_MS_PER_S;
}

static struct instant bounded(int64_t earliest, int64_t latest)
{
    struct instant instant = {.quality = INSTANT_BOUNDED};

    instant.time.instant_ms = earlier(earliest, latest);
    instant.time.span_ms = latest - instant.time.instant_ms;
    return instant;
}

/* Between the floor and the ceiling. Where uptime contradicts the ceiling (its oscillator, or bytes that
 * lie), the uptime is left aside; without any floor the span of a uptime before the ceiling is all that can
 * be said. */
static struct instant between(const struct answer *answer, const struct instant_known *known, int64_t ceiling)
{
    int64_t floor = floor_of(answer, known);

    if (floor > ceiling)
        floor = known->floor_ms;
    if (floor == INSTANT_UNKNOWN)
        floor = 0; /* nothing was ever heard of this kiosk: any time before */
    return bounded(floor, ceiling);
}

static struct instant by_good_clock(const struct answer *answer, const struct instant_known *known)
{
    bool is_own_boot = answer->boot == known->boot;
    int64_t start = is_own_boot ? known->boot_started_ms : known->anchor_ms;
    int64_t ceiling = is_own_boot ? known->arrived_ms : earlier(known->boot_started_ms, known->arrived_ms);
    int64_t instant;

    if (start == INSTANT_UNKNOWN)
        return between(answer, known, ceiling);
    instant = start + (int64_t)answer->uptime_s * 1000;
    if (instant > ceiling + INSTANT_SLACK_MS ||
        (known->floor_ms != INSTANT_UNKNOWN && instant < known->floor_ms - INSTANT_SLACK_MS))
        return between(answer, known, ceiling);
    if (known->floor_ms != INSTANT_UNKNOWN)
        instant = later(instant, known->floor_ms); /* in the order of the journal */
    return (struct instant){.time = {.instant_ms = earlier(instant, ceiling)},
                            .quality = is_own_boot ? INSTANT_EXACT : INSTANT_MAPPED};
}

struct instant instant_of(const struct answer *answer, const struct instant_known *known)
{
    struct instant instant = by_good_clock(answer, known);
    int64_t earliest = instant.time.instant_ms;
    int64_t latest = earliest + instant.time.span_ms;

    if (known->newest_commit_ms != INSTANT_UNKNOWN && known->arrived_ms < known->newest_commit_ms)
        return bounded(earliest, known->newest_commit_ms);
    if (known->is_clock_good)
        return instant;
    if (instant.quality != INSTANT_BOUNDED) {
        earliest -= INSTANT_CLOCK_DOUBT_MS;
        latest = earlier(latest + INSTANT_CLOCK_DOUBT_MS, known->arrived_ms);
    }
    return bounded(earliest, latest);
}
