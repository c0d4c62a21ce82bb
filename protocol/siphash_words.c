/* SPDX-License-Identifier: MIT */
#include "siphash.h"

static uint64_t rotate(uint64_t word, uint8_t bits)
{
    return word << bits | word >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

void siphash_words(uint64_t v[4], const uint8_t *words, size_t count)
{
    for (const uint8_t *word = words; count > 0; count--, word += SIPHASH_WORD_SIZE) {
        uint64_t message = 0;
        for (uint8_t i = 0; i < SIPHASH_WORD_SIZE; i++)
            message |= (uint64_t)word[i] << 8 * i;
        v[3] ^= message;
        sip_round(v);
        sip_round(v);
        v[0] ^= message;
    }
}
