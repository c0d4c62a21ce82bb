/* SPDX-License-Identifier: MIT */
#include "siphash.h"

#include <string.h>

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
    uint8_t begun = hash->count % SIPHASH_WORD_SIZE;
    uint8_t missing = SIPHASH_WORD_SIZE - begun;

    hash->count = (uint8_t)(hash->count + size);
    if (begun > 0 && size >= missing) {
        memcpy(hash->word + begun, bytes, missing);
        siphash_words(hash->v, hash->word, 1);
        bytes += missing;
        size -= missing;
        begun = 0;
    }
    if (begun == 0 && size >= SIPHASH_WORD_SIZE) {
        siphash_words(hash->v, bytes, size / SIPHASH_WORD_SIZE);
        bytes += size - size % SIPHASH_WORD_SIZE;
        size %= SIPHASH_WORD_SIZE;
    }
    if (size > 0)
        memcpy(hash->word + begun, bytes, size);
}

/* The last word: what is left, filled up with zeros, and the count in its highest byte. Two rounds with a word of zeros are
 * two of the four that end it. */
uint64_t siphash_finish(struct siphash *hash)
{
    uint8_t begun = hash->count % SIPHASH_WORD_SIZE;

    memset(hash->word + begun, 0, SIPHASH_WORD_SIZE - 1 - begun);
    hash->word[SIPHASH_WORD_SIZE - 1] = hash->count;
    siphash_words(hash->v, hash->word, 1);
    hash->v[2] ^= 0xFF;
    memset(hash->word, 0, sizeof hash->word);
    siphash_words(hash->v, hash->word, 1);
    siphash_words(hash->v, hash->word, 1);
    return hash->v[0] ^ hash->v[1] ^ hash->v[2] ^ hash->v[3];
}
