/* SPDX-License-Identifier: MIT */
#include "frame.h"

#include <string.h>

#include "crc.h"

#define DELIMITER 0x00
#define GROUP_CODE_MAX 0xFF /* 254 bytes without an implied zero */

/* The data stands where it goes, one byte behind its first length code: of all bytes only the zeros change. */
static void stuff(uint8_t *code, const uint8_t *end)
{
    uint8_t *byte = code + 1;

    for (; byte < end; byte++) {
        if (*byte != DELIMITER)
            continue;
        *code = (uint8_t)(byte - code);
        code = byte;
    }
    *code = (uint8_t)(byte - code);
}

size_t frame_encode(uint8_t type, uint8_t flags, const uint8_t *body, size_t body_size, uint8_t *encoded,
                    size_t capacity)
{
    size_t checked_size = FRAME_HEADER_SIZE + body_size;
    uint8_t *data = encoded + FRAME_ENCODED_BODY_AT - FRAME_HEADER_SIZE;
    uint8_t *check = data + checked_size;

    if (body_size > FRAME_SIZE_MAX - FRAME_HEADER_SIZE - FRAME_CRC_SIZE ||
        capacity < FRAME_ENCODED_SIZE(checked_size + FRAME_CRC_SIZE))
        return 0;
    if (body_size > 0 && body != encoded + FRAME_ENCODED_BODY_AT)
        memmove(encoded + FRAME_ENCODED_BODY_AT, body, body_size);
    data[0] = type;
    data[1] = flags;
    uint32_t crc = crc32_update(0, data, checked_size);
    for (uint8_t i = 0; i < FRAME_CRC_SIZE; i++, crc >>= 8)
        check[i] = (uint8_t)crc;
    encoded[0] = DELIMITER;
    stuff(data - 1, check + FRAME_CRC_SIZE);
    check[FRAME_CRC_SIZE] = DELIMITER;
    return FRAME_ENCODED_SIZE(checked_size + FRAME_CRC_SIZE);
}

void frame_decoder_init(struct frame_decoder *decoder, uint8_t *buffer, size_t capacity)
{
    memset(decoder, 0, sizeof *decoder);
    decoder->buffer = buffer;
    decoder->capacity = capacity;
}

static void start_over(struct frame_decoder *decoder)
{
    decoder->size = 0;
    decoder->group_left = 0;
    decoder->is_group_full = true; /* before the first group there is no zero to imply */
    decoder->is_started = false;
    decoder->is_dropping = false;
}

static bool check_frame(const struct frame_decoder *decoder, struct frame *frame)
{
    const uint8_t *data = decoder->buffer;

    if (decoder->group_left > 0 || decoder->size < FRAME_HEADER_SIZE + FRAME_CRC_SIZE ||
        data[0] == FRAME_TYPE_STUCK)
        return false;
    size_t checked_size = decoder->size - FRAME_CRC_SIZE;
    uint32_t crc = crc32_update(0, data, checked_size);
    for (uint8_t i = 0; i < FRAME_CRC_SIZE; i++) {
        if (data[checked_size + i] != (uint8_t)(crc >> 8 * i))
            return false;
    }
    *frame = (struct frame){
        .type = data[0],
        .flags = data[1],
        .body = data + FRAME_HEADER_SIZE,
        .body_size = checked_size - FRAME_HEADER_SIZE,
    };
    return true;
}

static bool end_frame(struct frame_decoder *decoder, struct frame *frame)
{
    bool is_good = false;

    if (decoder->is_started && !decoder->is_dropping) {
        is_good = check_frame(decoder, frame);
        if (!is_good)
            decoder->counters.bad++;
    }
    start_over(decoder);
    return is_good;
}

static void append(struct frame_decoder *decoder, uint8_t byte)
{
    if (decoder->size == decoder->capacity) {
        decoder->is_dropping = true;
        decoder->counters.oversize++;
        return;
    }
    decoder->buffer[decoder->size++] = byte;
}

bool frame_decoder_push(struct frame_decoder *decoder, uint8_t byte, struct frame *frame)
{
    if (byte == DELIMITER)
        return end_frame(decoder, frame);
    if (decoder->is_dropping)
        return false;
    if (!decoder->is_started) {
        start_over(decoder);
        decoder->is_started = true;
    }
    if (decoder->group_left > 0) {
        decoder->group_left--;
        append(decoder, byte);
        return false;
    }
    /* A length code: the zero that the group before it stood for comes first. */
    if (!decoder->is_group_full)
        append(decoder, 0);
    decoder->is_group_full = byte == GROUP_CODE_MAX;
    decoder->group_left = (uint8_t)(byte - 1);
    return false;
}
