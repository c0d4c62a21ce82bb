/* SPDX-License-Identifier: MIT
 *
 * fuzz_frame.c - any bytes on the line: the decoder stays in its buffer, counts, and is in step at the next 00.
 */
#include "fuzz.h"
#include "protocol/frame.h"

static void check_same(const struct frame *frame, uint8_t type, uint8_t flags, const uint8_t *body, size_t body_size)
{
    FUZZ_MUST(frame->type == type && frame->flags == flags && frame->body_size == body_size);
    FUZZ_MUST(body_size == 0 || memcmp(frame->body, body, body_size) == 0);
}

/* What is encoded has a 00 at its ends only, and comes back whole, whatever the decoder went through before. */
static void check_round_trip(struct frame_decoder *decoder, uint8_t type, uint8_t flags, const uint8_t *body,
                             size_t body_size)
{
    uint8_t encoded[FRAME_ENCODED_SIZE(FRAME_SIZE_MAX)];
    size_t size = frame_encode(type, flags, body, body_size, encoded, sizeof encoded);
    unsigned good = 0;
    struct frame frame;

    FUZZ_MUST(size == FRAME_ENCODED_SIZE(body_size + FRAME_HEADER_SIZE + FRAME_CRC_SIZE));
    FUZZ_MUST(frame_encode(type, flags, body, body_size, encoded, size - 1) == 0);
    for (size_t i = 0; i < size; i++) {
        FUZZ_MUST((encoded[i] == 0) == (i == 0 || i == size - 1));
        if (!frame_decoder_push(decoder, encoded[i], &frame))
            continue;
        if (i == 0)
            continue; /* the 00 ended what stood before */
        check_same(&frame, type, flags, body, body_size);
        good++;
    }
    FUZZ_MUST(good == 1);
}

static void feed(const uint8_t *data, size_t size, size_t capacity)
{
    uint8_t *buffer = malloc(capacity);
    struct frame_decoder decoder, fresh;
    uint8_t fresh_buffer[FRAME_SIZE_MAX];
    struct frame frame;
    uint32_t delimiters = 0, good = 0;

    if (buffer == NULL)
        abort();
    frame_decoder_init(&decoder, buffer, capacity);
    frame_decoder_init(&fresh, fresh_buffer, sizeof fresh_buffer);
    for (size_t i = 0; i < size; i++) {
        delimiters += data[i] == 0;
        if (!frame_decoder_push(&decoder, data[i], &frame))
            continue;
        FUZZ_MUST(data[i] == 0);
        FUZZ_MUST(frame.body_size + FRAME_HEADER_SIZE + FRAME_CRC_SIZE <= capacity);
        check_round_trip(&fresh, frame.type, frame.flags, frame.body, frame.body_size);
        good++;
    }
    FUZZ_MUST(good + decoder.counters.bad + decoder.counters.oversize <= delimiters + 1);
    check_round_trip(&decoder, 0x01, 0x00, data, size < 16 ? size : 16);
    free(buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const size_t body_size_max = FRAME_SIZE_MAX - FRAME_HEADER_SIZE - FRAME_CRC_SIZE;
    struct frame_decoder decoder;
    uint8_t buffer[FRAME_SIZE_MAX];
    uint8_t encoded[FRAME_ENCODED_SIZE(FRAME_SIZE_MAX)];

    feed(data, size, FRAME_TO_KIOSK_SIZE_MAX);
    feed(data, size, FRAME_TO_DAEMON_SIZE_MAX);
    feed(data, size, FRAME_HEADER_SIZE + FRAME_CRC_SIZE + 16);
    frame_decoder_init(&decoder, buffer, sizeof buffer);
    if (size < 2 || data[0] == FRAME_TYPE_STUCK)
        return 0;
    if (size - 2 <= body_size_max)
        check_round_trip(&decoder, data[0], data[1], data + 2, size - 2);
    else
        FUZZ_MUST(frame_encode(data[0], data[1], data + 2, size - 2, encoded, sizeof encoded) == 0);
    return 0;
}
