/* SPDX-License-Identifier: MIT */
#include "siphash.h"

/* The rotation's width is an argument, so that an 8-bit processor has one loop for all of them. */
static uint64_t rotate(uint64_t word, uint8_t bits)
{
    return word << bits | word >> (64 - bits);
}

/* Half of a SipRound. Its other half is the same with v0 and v2 exchanged and other rotations. */
static void half_round(uint64_t *a, uint64_t *b, uint64_t *c, uint64_t *d, uint8_t b_bits, uint8_t d_bits)
{
    *a += *b;
    *c += *d;
    *b = rotate(*b, b_bits) ^ *a;
    *d = rotate(*d, d_bits) ^ *c;
    *a = rotate(*a, 32);
}

static void mix(uint64_t v[4], uint8_t rounds)
{
    for (; rounds > 0; rounds--) {
        half_round(&v[0], &v[1], &v[2], &v[3], 13, 16);
        half_round(&v[2], &v[1], &v[0], &v[3], 17, 21);
    }
}

static void take_word(struct siphash *hash)
{
    hash->v[3] ^= hash->word;
    mix(hash->v, 2);
    hash->v[0] ^= hash->word;
}

static void take_byte(struct siphash *hash, uint8_t byte)
{
    hash->word = hash->word >> 8 | (uint64_t)byte << 56; /* after eight of them the first is the lowest */
    if ((++hash->count & 7) == 0)
        take_word(hash);
}

void siphash_init(struct siphash *hash, const uint8_t key[SIPHASH_KEY_SIZE])
{
    /* "somepseudorandomlygeneratedbytes" in the paper's section 2.1, against which the key is laid. */
    static const uint64_t start[4] = {0x736f6d6570736575, 0x646f72616e646f6d, 0x6c7967656e657261,
                                      0x7465646279746573};

    for (uint8_t i = 0; i < 4; i++) {
        uint64_t word = 0;
        for (uint8_t j = 8; j > 0; j--)
            word = word << 8 | key[(i & 1) * 8 + j - 1];
        hash->v[i] = start[i] ^ word;
    }
    hash->word = 0;
    hash->count = 0;
}

void siphash_update(struct siphash *hash, const void *data, size_t size)
{
    const uint8_t *bytes = data;

    for (size_t i = 0; i < size; i++)
        take_byte(hash, bytes[i]);
}

/* The last word: what is left, filled up with zeros, and the count in its highest byte. */
uint64_t siphash_finish(struct siphash *hash)
{
    uint8_t count = hash->count;

    while ((hash->count & 7) != 7)
        take_byte(hash, 0);
    take_byte(hash, count);
    hash->v[2] ^= 0xFF;
    mix(hash->v, 4);
    return hash->v[0] ^ hash->v[1] ^ hash->v[2] ^ hash->v[3];
}
