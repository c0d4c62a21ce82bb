/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "delays.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define DELAY_US_MAX UINT64_C(3600000000)

void delays_add(struct delays *delays, uint64_t from_us, uint64_t to_us)
{
    uint64_t delay_us = to_us - from_us;

    if (delays->count == delays->capacity) {
        delays->capacity = delays->capacity == 0 ? 4096 : delays->capacity * 2;
        uint32_t *larger = realloc(delays->each_us, delays->capacity * sizeof *larger);
        if (larger == NULL) {
            fprintf(stderr, "kiosk-swarm: out of memory\n");
            exit(EXIT_FAILURE);
        }
        delays->each_us = larger;
    }
    if (delay_us >= delays->longest_to_us - delays->longest_from_us) {
        delays->longest_from_us = from_us;
        delays->longest_to_us = to_us;
    }
    delays->each_us[delays->count++] = (uint32_t)(delay_us < DELAY_US_MAX ? delay_us : DELAY_US_MAX);
}

static int compare(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

double delays_share_ms(struct delays *delays, double share)
{
    if (delays->count == 0)
        return 0;
    qsort(delays->each_us, delays->count, sizeof *delays->each_us, compare);
    size_t rank = (size_t)ceil(share * (double)delays->count);
    return delays->each_us[rank > 0 ? rank - 1 : 0] / 1000.0;
}

void delays_free(struct delays *delays)
{
    free(delays->each_us);
    *delays = (struct delays){0};
}
