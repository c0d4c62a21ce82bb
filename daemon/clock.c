/* SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE
#include "clock.h"

#include <sys/timex.h>
#include <time.h>

static int64_t read_ms(clockid_t id)
{
    struct timespec time;

    clock_gettime(id, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

uint64_t clock_monotonic_ms(void)
{
    return (uint64_t)read_ms(CLOCK_MONOTONIC);
}

int64_t clock_utc_ms(void)
{
    return read_ms(CLOCK_REALTIME);
}

void clock_observe(struct clock_watch *watch, uint64_t now_ms, int64_t utc_ms, bool is_synchronised)
{
    int64_t offset_ms = utc_ms - (int64_t)now_ms;
    int64_t moved_ms = offset_ms - watch->offset_ms;

    if (watch->is_started && (moved_ms >= CLOCK_STEP_MS || moved_ms <= -CLOCK_STEP_MS)) {
        watch->has_stepped = true;
        watch->stepped_ms = now_ms;
    }
    if (watch->has_stepped && now_ms - watch->stepped_ms >= CLOCK_STEP_DOUBT_MS)
        watch->has_stepped = false;
    watch->is_started = true;
    watch->is_synchronised = is_synchronised;
    watch->offset_ms = offset_ms;
}

bool clock_is_good(const struct clock_watch *watch)
{
    return watch->is_synchronised && !watch->has_stepped;
}

/* Reading it needs no privilege (adjtimex(2), modes = 0). */
static bool ask_kernel(void)
{
    struct timex state = {.modes = 0};

    return adjtimex(&state) != -1 && (state.status & STA_UNSYNC) == 0;
}

struct session_clock clock_read(struct clock_watch *watch)
{
    uint64_t now_ms = clock_monotonic_ms();
    int64_t utc_ms = clock_utc_ms();
    bool is_synchronised = watch->is_synchronised;

    if (!watch->is_started || now_ms - watch->asked_ms >= CLOCK_ASK_MS) {
        is_synchronised = ask_kernel();
        watch->asked_ms = now_ms;
    }
    clock_observe(watch, now_ms, utc_ms, is_synchronised);
    return (struct session_clock){now_ms, utc_ms, clock_is_good(watch)};
}
