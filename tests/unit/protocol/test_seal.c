/* SPDX-License-Identifier: MIT */
#include "protocol/seal.h"

#include <stdio.h>
#include <string.h>

#include "protocol/message.h"
#include "tests/unit/cmocka_first.h"

#define NONCE 0xC1C2C3C4C5C6C7C8

static const uint8_t key[SEAL_KEY_SIZE] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
static const uint8_t hello[] = {1, 1, 42, 42, 42};
static struct seal kiosk, daemon_end;

static int reset(void **state)
{
    (void)state;
    seal_begin(&kiosk, SEAL_KIOSK, key, hello, sizeof hello);
    seal_begin(&daemon_end, SEAL_DAEMON, key, hello, sizeof hello);
    seal_open(&kiosk, NONCE);
    seal_open(&daemon_end, NONCE);
    return 0;
}

struct sealed {
    uint8_t body[64];
    size_t size;
};

static struct sealed make(struct seal *seal, uint8_t type)
{
    struct sealed sealed = {.body = {9, 8, 7, 6, 5}};

    sealed.size = seal_append(seal, type, sealed.body, 5, sizeof sealed.body);
    assert_int_equal(sealed.size, 5 + SEAL_SIZE);
    return sealed;
}

static bool is_good(struct seal *seal, uint8_t type, const struct sealed *sealed)
{
    struct seal before = *seal;
    size_t size = 0;

    if (seal_verify(seal, type, sealed->body, sealed->size, &size)) {
        assert_int_equal(size, sealed->size - SEAL_SIZE);
        return true;
    }
    assert_memory_equal(seal, &before, sizeof before); /* a refusal changes nothing */
    return false;
}

static void test_what_one_end_seals_the_other_takes(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        struct sealed up = make(&kiosk, MESSAGE_ANSWERS), down = make(&daemon_end, MESSAGE_ACK);
        assert_true(is_good(&daemon_end, MESSAGE_ANSWERS, &up));
        assert_true(is_good(&kiosk, MESSAGE_ACK, &down));
    }
}

static void test_every_changed_bit_is_refused(void **state)
{
    struct sealed sealed = make(&daemon_end, MESSAGE_ACK);

    (void)state;
    for (size_t bit = 0; bit < sealed.size * 8; bit++) {
        sealed.body[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(is_good(&kiosk, MESSAGE_ACK, &sealed));
        sealed.body[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (int bit = 0; bit < 8; bit++)
        assert_false(is_good(&kiosk, (uint8_t)(MESSAGE_ACK ^ 1 << bit), &sealed));
    assert_true(is_good(&kiosk, MESSAGE_ACK, &sealed));
}

static void test_every_other_size_is_refused(void **state)
{
    struct sealed sealed = make(&daemon_end, MESSAGE_ACK), shorter = sealed;

    (void)state;
    for (shorter.size = 0; shorter.size < sealed.size; shorter.size++)
        assert_false(is_good(&kiosk, MESSAGE_ACK, &shorter));
    shorter.size = sealed.size + 1;
    assert_false(is_good(&kiosk, MESSAGE_ACK, &shorter));
}

static void test_a_reflected_frame_is_refused(void **state)
{
    struct sealed up = make(&kiosk, MESSAGE_HEALTH), down = make(&daemon_end, MESSAGE_ACK);

    (void)state;
    assert_false(is_good(&kiosk, MESSAGE_HEALTH, &up));
    assert_false(is_good(&daemon_end, MESSAGE_ACK, &down));
}

static void test_replayed_and_reordered_frames_are_refused_and_lost_ones_are_not_missed(void **state)
{
    struct sealed first = make(&daemon_end, MESSAGE_ACK), second = make(&daemon_end, MESSAGE_ACK);
    struct sealed third = make(&daemon_end, MESSAGE_ACK);

    (void)state;
    assert_true(is_good(&kiosk, MESSAGE_ACK, &second)); /* the first was lost, or is late */
    assert_false(is_good(&kiosk, MESSAGE_ACK, &second));
    assert_false(is_good(&kiosk, MESSAGE_ACK, &first));
    assert_true(is_good(&kiosk, MESSAGE_ACK, &third));
}

static void test_another_key_nonce_or_hello_is_another_conversation(void **state)
{
    struct sealed sealed = make(&daemon_end, MESSAGE_ACK);
    uint8_t other_key[SEAL_KEY_SIZE], other_hello[sizeof hello];

    (void)state;
    for (size_t bit = 0; bit < 128; bit++) {
        memcpy(other_key, key, sizeof key);
        other_key[bit / 8] ^= (uint8_t)(1 << bit % 8);
        seal_begin(&kiosk, SEAL_KIOSK, other_key, hello, sizeof hello);
        seal_open(&kiosk, NONCE);
        assert_false(is_good(&kiosk, MESSAGE_ACK, &sealed));
    }
    for (size_t bit = 0; bit < sizeof hello * 8; bit++) {
        memcpy(other_hello, hello, sizeof hello);
        other_hello[bit / 8] ^= (uint8_t)(1 << bit % 8);
        seal_begin(&kiosk, SEAL_KIOSK, key, other_hello, sizeof hello);
        seal_open(&kiosk, NONCE);
        assert_false(is_good(&kiosk, MESSAGE_ACK, &sealed));
    }
    for (size_t bit = 0; bit < 64; bit++) {
        seal_begin(&kiosk, SEAL_KIOSK, key, hello, sizeof hello);
        seal_open(&kiosk, NONCE ^ (UINT64_C(1) << bit));
        assert_false(is_good(&kiosk, MESSAGE_ACK, &sealed));
    }
}

static void test_nothing_is_sealed_or_taken_before_the_nonce_or_beyond_the_last_counter(void **state)
{
    struct sealed sealed = make(&daemon_end, MESSAGE_ACK);
    uint8_t body[SEAL_SIZE + 4] = {0};

    (void)state;
    seal_begin(&kiosk, SEAL_KIOSK, key, hello, sizeof hello);
    assert_false(is_good(&kiosk, MESSAGE_ACK, &sealed));
    assert_int_equal(seal_append(&kiosk, MESSAGE_HEALTH, body, 4, sizeof body), 0);
    seal_open(&kiosk, NONCE);
    assert_int_equal(seal_append(&kiosk, MESSAGE_HEALTH, body, 5, sizeof body), 0); /* no room */
    assert_int_equal(seal_append(&kiosk, MESSAGE_HEALTH, body, 0, SEAL_SIZE - 1), 0);
    assert_int_equal(kiosk.sent, 0);
    kiosk.sent = UINT32_MAX - 1;
    assert_int_equal(seal_append(&kiosk, MESSAGE_HEALTH, body, 4, sizeof body), 4 + SEAL_SIZE);
    assert_int_equal(seal_append(&kiosk, MESSAGE_HEALTH, body, 4, sizeof body), 0);
}

/* The frames of sealed.txt, in order. */
static struct frame next_vector(FILE *file, struct frame_decoder *decoder)
{
    char line[1024];
    struct frame frame = {0};
    bool is_frame = false;
    unsigned byte;
    int used;

    do
        assert_non_null(fgets(line, sizeof line, file));
    while (line[0] == '#');
    for (const char *at = strchr(line, ' '); sscanf(at, "%x%n", &byte, &used) == 1; at += used)
        is_frame = frame_decoder_push(decoder, (uint8_t)byte, &frame);
    assert_true(is_frame);
    return frame;
}

static void test_the_conversation_of_the_test_vectors(void **state)
{
    static uint8_t buffer[FRAME_SIZE_MAX];
    FILE *file = fopen(VECTORS_DIR "/sealed.txt", "r");
    struct frame_decoder decoder;
    struct message_welcome welcome;
    size_t size;

    (void)state;
    assert_non_null(file);
    frame_decoder_init(&decoder, buffer, sizeof buffer);
    struct frame frame = next_vector(file, &decoder);
    assert_int_equal(frame.flags, 0);
    seal_begin(&kiosk, SEAL_KIOSK, key, frame.body, frame.body_size);
    seal_begin(&daemon_end, SEAL_DAEMON, key, frame.body, frame.body_size);
    assert_true(kiosk.hello == 0x0D78F682024A066F);
    for (int i = 0; i < 3; i++) {
        frame = next_vector(file, &decoder);
        assert_int_equal(frame.flags, SEAL_FLAG);
        if (frame.type == MESSAGE_WELCOME) {
            assert_true(message_welcome_decode(frame.body, frame.body_size, &welcome));
            seal_open(&kiosk, welcome.nonce);
            seal_open(&daemon_end, welcome.nonce);
        }
        assert_true(seal_verify(frame.type == MESSAGE_HEALTH ? &daemon_end : &kiosk, frame.type, frame.body,
                                frame.body_size, &size));
    }
    fclose(file);
    assert_int_equal(kiosk.taken, 2);
    assert_int_equal(daemon_end.taken, 1);
}

static void test_zeros_are_no_key(void **state)
{
    uint8_t bytes[SEAL_KEY_SIZE] = {0};

    (void)state;
    assert_false(seal_is_key(bytes));
    bytes[SEAL_KEY_SIZE - 1] = 1;
    assert_true(seal_is_key(bytes));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_what_one_end_seals_the_other_takes, reset),
        cmocka_unit_test_setup(test_every_changed_bit_is_refused, reset),
        cmocka_unit_test_setup(test_every_other_size_is_refused, reset),
        cmocka_unit_test_setup(test_a_reflected_frame_is_refused, reset),
        cmocka_unit_test_setup(test_replayed_and_reordered_frames_are_refused_and_lost_ones_are_not_missed, reset),
        cmocka_unit_test_setup(test_another_key_nonce_or_hello_is_another_conversation, reset),
        cmocka_unit_test_setup(test_nothing_is_sealed_or_taken_before_the_nonce_or_beyond_the_last_counter, reset),
        cmocka_unit_test_setup(test_the_conversation_of_the_test_vectors, reset),
        cmocka_unit_test_setup(test_zeros_are_no_key, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
