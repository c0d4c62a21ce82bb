/* SPDX-License-Identifier: MIT
 *
 * seed.h - random numbers that can be had again: BYNAME_SEED sets the seed, which every random test prints.
 */
#ifndef BYNAME_TEST_SEED_H
#define BYNAME_TEST_SEED_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct seed {
    uint64_t state;
};

static inline struct seed seed_init(const char *test)
{
    const char *given = getenv("BYNAME_SEED");
    struct seed seed = {given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL) * 1000003u};

    printf("%s: BYNAME_SEED=%llu\n", test, (unsigned long long)seed.state);
    return seed;
}

/* SplitMix64. */
static inline uint64_t seed_next(struct seed *seed)
{
    uint64_t z = seed->state += 0x9E3779B97F4A7C15u;

    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static inline uint32_t seed_below(struct seed *seed, uint32_t limit)
{
    return (uint32_t)(seed_next(seed) % limit);
}

#endif
