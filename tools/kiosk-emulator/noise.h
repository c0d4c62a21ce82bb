/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * noise.h - a small seeded stream of pseudo-random numbers.
 *
 * The same seed gives the same numbers on every machine, so that a run with power-up noise and bouncing
 * contacts can be repeated exactly. Not for secrets. The caller owns struct noise.
 */
#ifndef KIOSK_EMULATOR_NOISE_H
#define KIOSK_EMULATOR_NOISE_H

#include <stddef.h>
#include <stdint.h>

struct noise {
    uint64_t state;
};

void noise_init(struct noise *noise, uint64_t seed);

/* 32 bits of the splitmix64 sequence (Steele, Lea and Flood, 2014). */
uint32_t noise_next(struct noise *noise);

/* A number in 0..bound - 1; bound is at least 1. */
uint32_t noise_below(struct noise *noise, uint32_t bound);

void noise_fill(struct noise *noise, uint8_t *bytes, size_t size);

#endif
