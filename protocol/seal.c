/* SPDX-License-Identifier: MIT */
#include "seal.h"

#include <string.h>

#include "bytes.h"

#define CONVERSATION_SIZE (8 + 8)

bool seal_is_key(const uint8_t key[SEAL_KEY_SIZE])
{
    uint8_t bits = 0;

    for (uint8_t i = 0; i < SEAL_KEY_SIZE; i++)
        bits |= key[i];
    return bits != 0;
}

void seal_begin(struct seal *seal, enum seal_end end, const uint8_t key[SEAL_KEY_SIZE], const uint8_t *hello,
                size_t hello_size)
{
    struct siphash hash;

    memset(seal, 0, sizeof *seal);
    memcpy(seal->key, key, SEAL_KEY_SIZE);
    seal->end = (uint8_t)end;
    siphash_init(&hash, key);
    siphash_update(&hash, hello, hello_size);
    seal->hello = siphash_finish(&hash);
}

void seal_open(struct seal *seal, uint64_t nonce)
{
    uint8_t start[CONVERSATION_SIZE];
    struct bytes_writer writer = {.data = start, .capacity = sizeof start};

    bytes_put_u64(&writer, seal->hello);
    bytes_put_u64(&writer, nonce);
    siphash_init(&seal->conversation, seal->key);
    siphash_update(&seal->conversation, start, sizeof start);
    seal->sent = 0;
    seal->taken = 0;
    seal->is_open = true;
}

/* Everything but the body has a fixed size, so no two frames look alike to the hash. */
static uint64_t compute(const struct seal *seal, uint8_t sender, uint32_t counter, uint8_t type,
                        const uint8_t *body, size_t size)
{
    const uint8_t head[] = {
        sender, (uint8_t)counter, (uint8_t)(counter >> 8), (uint8_t)(counter >> 16), (uint8_t)(counter >> 24),
        type,   SEAL_FLAG};
    struct siphash hash = seal->conversation;

    siphash_update(&hash, head, sizeof head);
    siphash_update(&hash, body, size);
    return siphash_finish(&hash);
}

size_t seal_append(struct seal *seal, uint8_t type, uint8_t *body, size_t size, size_t capacity)
{
    struct bytes_writer writer = {.data = body, .capacity = capacity, .size = size};

    if (!seal->is_open || seal->sent == UINT32_MAX || capacity < SEAL_SIZE || size > capacity - SEAL_SIZE)
        return 0;
    uint64_t mac = compute(seal, seal->end, ++seal->sent, type, body, size);
    bytes_put_u32(&writer, seal->sent);
    bytes_put_u64(&writer, mac);
    return writer.size;
}

bool seal_verify(struct seal *seal, uint8_t type, const uint8_t *body, size_t size, size_t *body_size)
{
    struct bytes_reader reader = {.data = body, .size = size};

    if (!seal->is_open || size < SEAL_SIZE)
        return false;
    reader.position = size - SEAL_SIZE;
    uint32_t counter = bytes_get_u32(&reader);
    uint64_t mac = bytes_get_u64(&reader);
    if (counter <= seal->taken)
        return false;
    uint64_t difference = mac ^ compute(seal, seal->end == SEAL_KIOSK ? SEAL_DAEMON : SEAL_KIOSK, counter,
                                        type, body, reader.position - SEAL_SIZE);
    /* One comparison of the whole: how long it takes says nothing about where they differ. */
    if (difference != 0)
        return false;
    seal->taken = counter;
    *body_size = size - SEAL_SIZE;
    return true;
}
