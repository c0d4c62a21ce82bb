/* SPDX-License-Identifier: MIT
 *
 * siphash.h - SipHash-2-4, a keyed hash of 64 bits for short messages.
 *
 * Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012. Whoever does not know the key can neither
 * compute nor predict the hash of a message. The caller owns the state; nothing is allocated. Any context.
 */
#ifndef BYNAME_SIPHASH_H
#define BYNAME_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

#define SIPHASH_KEY_SIZE 16
#define SIPHASH_SIZE 8
#define SIPHASH_WORD_SIZE 8

struct siphash {
    uint64_t v[4];
    uint8_t word[SIPHASH_WORD_SIZE]; /* the bytes since the last whole word */
    uint8_t count;                   /* of all bytes, modulo 256; the hash takes no more of it */
};

void siphash_init(struct siphash *hash, const uint8_t key[SIPHASH_KEY_SIZE]);
void siphash_update(struct siphash *hash, const void *data, size_t size);

/* The hash of all that was given. The state is used up. */
uint64_t siphash_finish(struct siphash *hash);

/* The part that a board may bring in its own instructions: for each of `count` > 0 words, v3 ^= word, two rounds, v0 ^= word.
 * A word's first byte is its lowest. */
void siphash_words(uint64_t v[4], const uint8_t *words, size_t count);

#endif
