/* SPDX-License-Identifier: MIT */
#include "protocol/frame.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/unit/cmocka_first.h"

struct receiver {
    struct frame_decoder decoder;
    uint8_t buffer[FRAME_SIZE_MAX];
    unsigned frames;
    uint8_t type;
    uint8_t body[FRAME_SIZE_MAX];
    size_t body_size;
};

static void init(struct receiver *receiver)
{
    memset(receiver, 0, sizeof *receiver);
    frame_decoder_init(&receiver->decoder, receiver->buffer, sizeof receiver->buffer);
}

static void push(struct receiver *receiver, const uint8_t *bytes, size_t size)
{
    struct frame frame;

    for (size_t i = 0; i < size; i++) {
        if (!frame_decoder_push(&receiver->decoder, bytes[i], &frame))
            continue;
        receiver->frames++;
        receiver->type = frame.type;
        receiver->body_size = frame.body_size;
        memcpy(receiver->body, frame.body, frame.body_size);
    }
}

static const uint8_t renew[] = {0x00, 0x02, 0x47, 0x05, 0x3D, 0xCB, 0xE1, 0xFE, 0x00};

static void test_the_frame_worked_by_hand(void **state)
{
    struct receiver receiver;
    uint8_t encoded[16];

    (void)state;
    assert_int_equal(frame_encode(0x47, 0, NULL, 0, encoded, sizeof encoded), sizeof renew);
    assert_memory_equal(encoded, renew, sizeof renew);
    init(&receiver);
    push(&receiver, renew, sizeof renew);
    assert_int_equal(receiver.frames, 1);
    assert_int_equal(receiver.type, 0x47);
    assert_int_equal(receiver.body_size, 0);
}

static void fill_body(uint8_t *body, size_t size, int pattern)
{
    for (size_t i = 0; i < size; i++)
        body[i] = (uint8_t)(pattern == 0 ? 0 : pattern == 1 ? 0xFF : i % 7 == 0 ? 0 : i);
}

static void test_every_size_and_pattern_comes_back(void **state)
{
    uint8_t body[FRAME_SIZE_MAX], encoded[FRAME_ENCODED_SIZE(FRAME_SIZE_MAX)];
    uint8_t in_place[FRAME_ENCODED_SIZE(FRAME_SIZE_MAX)];
    struct receiver receiver;

    (void)state;
    for (int pattern = 0; pattern < 3; pattern++) {
        for (size_t size = 0; size <= FRAME_SIZE_MAX - 6; size++) {
            fill_body(body, size, pattern);
            size_t encoded_size = frame_encode(3, 0, body, size, encoded, sizeof encoded);
            assert_int_equal(encoded_size, FRAME_ENCODED_SIZE(size + 6));
            assert_null(memchr(encoded + 1, 0, encoded_size - 2));
            memcpy(in_place + FRAME_ENCODED_BODY_AT, body, size);
            assert_int_equal(
                frame_encode(3, 0, in_place + FRAME_ENCODED_BODY_AT, size, in_place, sizeof in_place),
                encoded_size);
            assert_memory_equal(in_place, encoded, encoded_size);
            init(&receiver);
            push(&receiver, encoded, encoded_size);
            assert_int_equal(receiver.frames, 1);
            assert_int_equal(receiver.body_size, size);
            assert_memory_equal(receiver.body, body, size);
            assert_int_equal(receiver.decoder.counters.bad, 0);
        }
    }
}

static void test_what_does_not_fit_is_refused_whole(void **state)
{
    uint8_t body[FRAME_SIZE_MAX] = {0}, encoded[FRAME_ENCODED_SIZE(FRAME_SIZE_MAX)] = {0xEE};

    (void)state;
    assert_int_equal(frame_encode(1, 0, body, FRAME_SIZE_MAX - 5, encoded, sizeof encoded), 0);
    assert_int_equal(frame_encode(1, 0, body, 10, encoded, 18), 0);
    assert_int_equal(encoded[0], 0xEE);
    assert_int_equal(frame_encode(1, 0, body, 10, encoded, 19), 19);
}

static void test_a_line_stuck_at_one_makes_no_frame(void **state)
{
    static const uint8_t stuck[] = {0x00, 0x09, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x00};
    static const uint8_t stuck_twice[] = {0x00, 0x05, 0xFF, 0xFF, 0xFF, 0xFF, 0x01,
                                          0x05, 0xFF, 0xFF, 0xFF, 0xFF, 0x00};
    struct receiver receiver;

    (void)state;
    init(&receiver);
    push(&receiver, stuck, sizeof stuck);
    push(&receiver, stuck_twice, sizeof stuck_twice);
    assert_int_equal(receiver.frames, 0);
    assert_int_equal(receiver.decoder.counters.bad, 2);
}

static void test_a_group_without_implied_zero_is_accepted(void **state)
{
    static const uint8_t full_group_then_delimiter[] = {0x00, 0xFF};
    struct frame_decoder decoder;
    struct frame frame;
    uint8_t buffer[300];

    (void)state;
    frame_decoder_init(&decoder, buffer, sizeof buffer);
    for (size_t i = 0; i < sizeof full_group_then_delimiter; i++)
        assert_false(frame_decoder_push(&decoder, full_group_then_delimiter[i], &frame));
    for (int i = 0; i < 254; i++)
        assert_false(frame_decoder_push(&decoder, 0x11, &frame));
    assert_false(frame_decoder_push(&decoder, 0x03, &frame));
    assert_false(frame_decoder_push(&decoder, 0x22, &frame));
    assert_int_equal(decoder.size, 255);
    assert_int_equal(buffer[254], 0x22);
}

static void test_noise_before_a_frame_spoils_only_itself(void **state)
{
    static const uint8_t noise[] = {0x12, 0x34, 0x00, 0x99, 0xFF};
    struct receiver receiver;

    (void)state;
    init(&receiver);
    push(&receiver, noise, sizeof noise);
    push(&receiver, renew, sizeof renew);
    assert_int_equal(receiver.frames, 1);
    assert_int_equal(receiver.decoder.counters.bad, 2);
}

static void test_an_idle_line_is_no_error(void **state)
{
    static const uint8_t zeros[8] = {0};
    struct receiver receiver;

    (void)state;
    init(&receiver);
    push(&receiver, zeros, sizeof zeros);
    assert_int_equal(receiver.frames, 0);
    assert_int_equal(receiver.decoder.counters.bad, 0);
}

static void test_an_oversized_frame_is_dropped_up_to_its_end(void **state)
{
    struct receiver receiver;
    uint8_t long_frame[400];

    (void)state;
    memset(long_frame, 0x05, sizeof long_frame);
    init(&receiver);
    push(&receiver, long_frame, sizeof long_frame);
    push(&receiver, renew, sizeof renew);
    assert_int_equal(receiver.frames, 1);
    assert_int_equal(receiver.decoder.counters.oversize, 1);
    assert_int_equal(receiver.decoder.counters.bad, 0);
}

static void test_every_single_changed_byte_is_noticed(void **state)
{
    uint8_t body[40], encoded[64], changed[64];
    struct receiver receiver;

    (void)state;
    fill_body(body, sizeof body, 2);
    size_t size = frame_encode(2, 0, body, sizeof body, encoded, sizeof encoded);
    for (size_t at = 1; at + 1 < size; at++) {
        for (unsigned flip = 1; flip < 256; flip++) {
            memcpy(changed, encoded, size);
            changed[at] ^= (uint8_t)flip;
            init(&receiver);
            push(&receiver, changed, size);
            assert_int_equal(receiver.frames, 0);
            push(&receiver, encoded, size);
            assert_int_equal(receiver.frames, 1);
        }
    }
}

static unsigned seed_from_environment(void)
{
    const char *text = getenv("BYNAME_SEED");

    return text != NULL ? (unsigned)strtoul(text, NULL, 0) : (unsigned)time(NULL);
}

/* Flip, drop, insert or repeat bytes of a frame between two good ones; nothing but the good ones may come
 * out. */
static void test_random_damage_is_never_taken_for_a_frame(void **state)
{
    uint8_t body[60], encoded[80], line[400];
    struct receiver receiver;
    unsigned seed = seed_from_environment();

    (void)state;
    print_message("replay with BYNAME_SEED=%u\n", seed);
    srand(seed);
    for (unsigned round = 0; round < 200000; round++) {
        for (size_t i = 0; i < sizeof body; i++)
            body[i] = (uint8_t)(rand() % 4 ? rand() : 0);
        size_t size = frame_encode(2, 0, body, (size_t)rand() % sizeof body, encoded, sizeof encoded);
        size_t used = 0;
        bool is_changed = false;
        for (size_t i = 0; i < size; i++) {
            int fate = rand() % 60;
            if (fate == 0 && i > 0 && i + 1 < size) {
                is_changed = true;
                continue;
            }
            line[used++] = encoded[i];
            if (fate == 1) {
                line[used - 1] ^= (uint8_t)(1 + rand() % 255);
                is_changed = true;
            } else if (fate == 2) {
                line[used++] = (uint8_t)rand();
                is_changed = true;
            }
        }
        init(&receiver);
        push(&receiver, line, used);
        if (is_changed)
            push(&receiver, (const uint8_t[]){0}, 1); /* the damage may have been to the last 00 alone */
        if (!is_changed)
            assert_int_equal(receiver.frames, 1);
        else if (receiver.frames > 0)
            assert_true(memcmp(receiver.body, body, receiver.body_size) == 0);
        receiver.frames = 0;
        push(&receiver, renew, sizeof renew);
        assert_int_equal(receiver.frames, 1);
        assert_int_equal(receiver.type, 0x47);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_frame_worked_by_hand),
        cmocka_unit_test(test_every_size_and_pattern_comes_back),
        cmocka_unit_test(test_what_does_not_fit_is_refused_whole),
        cmocka_unit_test(test_a_line_stuck_at_one_makes_no_frame),
        cmocka_unit_test(test_a_group_without_implied_zero_is_accepted),
        cmocka_unit_test(test_noise_before_a_frame_spoils_only_itself),
        cmocka_unit_test(test_an_idle_line_is_no_error),
        cmocka_unit_test(test_an_oversized_frame_is_dropped_up_to_its_end),
        cmocka_unit_test(test_every_single_changed_byte_is_noticed),
        cmocka_unit_test(test_random_damage_is_never_taken_for_a_frame),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
