/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "noise.h"

void noise_init(struct noise *noise, uint64_t seed)
{
    noise->state = seed;
}

uint32_t noise_next(struct noise *noise)
{
    noise->state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t mixed = noise->state;
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94D049BB133111EB);
    return (uint32_t)((mixed ^ (mixed >> 31)) >> 32);
}

uint32_t noise_below(struct noise *noise, uint32_t bound)
{
    return (uint32_t)(((uint64_t)noise_next(noise) * bound) >> 32);
}

void noise_fill(struct noise *noise, uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)noise_next(noise);
    }
}
