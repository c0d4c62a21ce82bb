/* SPDX-License-Identifier: MIT */
#include "siphash.h"

#include <string.h>

static void take_byte(struct siphash *hash, uint8_t byte)
{
    hash->word[hash->count++ % SIPHASH_WORD_SIZE] = byte;
    if (hash->count % SIPHASH_WORD_SIZE == 0)
        siphash_word(hash->v, hash->word);
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
    hash->count = 0;
}

/* Whole words are taken from where they stand. */
void siphash_update(struct siphash *hash, const void *data, size_t size)
{
    const uint8_t *bytes = data;

    while (size > 0) {
        if (hash->count % SIPHASH_WORD_SIZE == 0 && size >= SIPHASH_WORD_SIZE) {
            siphash_word(hash->v, bytes);
            hash->count += SIPHASH_WORD_SIZE;
            bytes += SIPHASH_WORD_SIZE;
            size -= SIPHASH_WORD_SIZE;
            continue;
        }
        take_byte(hash, *bytes++);
        size--;
    }
}

/* The last word: what is left, filled up with zeros, and the count in its highest byte. Two rounds with a word of zeros are
 * two of the four that end it. */
uint64_t siphash_finish(struct siphash *hash)
{
    uint8_t count = hash->count;

    while (hash->count % SIPHASH_WORD_SIZE != SIPHASH_WORD_SIZE - 1)
        take_byte(hash, 0);
    take_byte(hash, count);
    hash->v[2] ^= 0xFF;
    memset(hash->word, 0, sizeof hash->word);
    siphash_word(hash->v, hash->word);
    siphash_word(hash->v, hash->word);
    return hash->v[0] ^ hash->v[1] ^ hash->v[2] ^ hash->v[3];
}
