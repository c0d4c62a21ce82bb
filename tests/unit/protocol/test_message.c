/* SPDX-License-Identifier: MIT */
#include "protocol/message.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/cmocka_first.h"

/* The bytes of tests/vectors/messages.txt under a name. */
static size_t read_vector(const char *name, uint8_t *bytes, size_t capacity)
{
    FILE *file = fopen(VECTORS_DIR "/messages.txt", "r");
    char line[1024];
    size_t size = 0;

    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        size_t name_size = strlen(name);
        if (strncmp(line, name, name_size) != 0 || line[name_size] != ' ')
            continue;
        unsigned byte;
        int used;
        for (const char *at = line + name_size; sscanf(at, "%x%n", &byte, &used) == 1; at += used) {
            assert_true(size < capacity);
            bytes[size++] = (uint8_t)byte;
        }
    }
    fclose(file);
    assert_true(size > 0);
    return size;
}

static uint8_t decoder_buffer[FRAME_SIZE_MAX];

/* The one frame of a vector. */
static struct frame decode_vector(const char *name)
{
    uint8_t line[FRAME_ENCODED_SIZE(FRAME_SIZE_MAX)];
    size_t size = read_vector(name, line, sizeof line);
    struct frame_decoder decoder;
    struct frame frame = {.body = decoder_buffer};
    bool is_frame = false;

    frame_decoder_init(&decoder, decoder_buffer, sizeof decoder_buffer);
    for (size_t i = 0; i < size; i++)
        is_frame = frame_decoder_push(&decoder, line[i], &frame);
    assert_true(is_frame);
    return frame;
}

/* Encoding what a vector decodes to must give the vector's bytes. */
static void check_line(const char *name, uint8_t type, const uint8_t *body, size_t body_size)
{
    uint8_t wanted[FRAME_ENCODED_SIZE(FRAME_SIZE_MAX)], line[FRAME_ENCODED_SIZE(FRAME_SIZE_MAX)];
    size_t size = read_vector(name, wanted, sizeof wanted);

    assert_int_equal(frame_encode(type, 0, body, body_size, line, sizeof line), size);
    assert_memory_equal(line, wanted, size);
}

/* Decode a vector into `message`, encode it again, and check that every shorter body and no longer one is
 * refused. */
#define ROUND_TRIP(NAME, name) ROUND_TRIP_WITH(NAME, name, 0)

/* The same, where the last bytes may be missing: an older peer does not know them. */
#define ROUND_TRIP_WITH(NAME, name, optional_size)                                 \
    struct message_##name message, other;                                          \
    uint8_t body[FRAME_SIZE_MAX + 3], again[FRAME_SIZE_MAX];                       \
    struct frame frame = decode_vector(#name);                                     \
    assert_int_equal(frame.type, MESSAGE_##NAME);                                  \
    memset(body, 0xA5, sizeof body);                                               \
    memcpy(body, frame.body, frame.body_size);                                     \
    assert_true(message_##name##_decode(body, frame.body_size, &message));         \
    for (size_t size = 0; size < frame.body_size - (optional_size); size++)        \
        assert_false(message_##name##_decode(body, size, &other));                 \
    assert_true(message_##name##_decode(body, frame.body_size + 3, &other));       \
    size_t again_size = message_##name##_encode(&message, again, sizeof again);    \
    assert_int_equal(message_##name##_encode(&message, again, again_size - 1), 0); \
    message_##name##_encode(&message, again, sizeof again);                        \
    check_line(#name, MESSAGE_##NAME, again, again_size)

static void test_hello(void **state)
{
    ROUND_TRIP(HELLO, hello);
    (void)state;
    assert_int_equal(message.major, 1);
    assert_int_equal(message.minor, 0);
    assert_true(message.kiosk_id == 0 && message.journal_id == 0);
    assert_int_equal(message.oldest, 1);
    assert_int_equal(message.next, 1);
    assert_int_equal(message.boot, 1);
    assert_int_equal(message.uptime_s, 2);
    assert_int_equal(message.roster_version, 0);
    assert_true(message.nonce == 0x0000000100000001);
    assert_int_equal(message.reset_causes, RESET_POWER_ON);
    assert_int_equal(message.needs_presence, 1);
    assert_int_equal(message.capacity, 200);
    assert_string_equal(message.firmware, "0.1.0");
}

static void test_answers(void **state)
{
    ROUND_TRIP(ANSWERS, answers);
    (void)state;
    assert_int_equal(message.first_seq, 5);
    assert_int_equal(message.count, 2);
    assert_int_equal(message.answers[0].seq, 5);
    assert_int_equal(message.answers[0].visit_back, 0);
    assert_int_equal(message.answers[0].question, QUESTION_RATING);
    assert_int_equal(message.answers[0].value, 5);
    assert_int_equal(message.answers[0].boot, 3);
    assert_int_equal(message.answers[0].uptime_s, 3600);
    assert_int_equal(message.answers[1].seq, 6);
    assert_int_equal(message.answers[1].visit_back, 1);
    assert_int_equal(message.answers[1].question, QUESTION_STAFF);
    assert_int_equal(message.answers[1].value, 17);
}

static void test_lost(void **state)
{
    ROUND_TRIP(LOST, lost);
    (void)state;
    assert_int_equal(message.first, 6);
    assert_int_equal(message.last, 7);
    assert_int_equal(message.cause, LOST_DAMAGED);
}

static void test_health(void **state)
{
    ROUND_TRIP_WITH(HEALTH, health, 4);
    (void)state;
    assert_int_equal(message.uptime_s, 3610);
    assert_int_equal(message.refused, 2);
    assert_int_equal(message.bad_frames, 1);
    assert_int_equal(message.resent, 0);
    assert_int_equal(message.pending, 2);
    assert_int_equal(message.forged, 3);
}

static void test_health_of_an_older_kiosk_has_no_count_of_forged_frames(void **state)
{
    struct frame frame = decode_vector("health");
    struct message_health message;

    (void)state;
    assert_true(message_health_decode(frame.body, frame.body_size - 4, &message));
    assert_int_equal(message.forged, 0);
    assert_int_equal(message.pending, 2);
}

static void test_received(void **state)
{
    ROUND_TRIP(RECEIVED, received);
    (void)state;
    assert_int_equal(message.token, 9);
    assert_int_equal(message.is_taken, 1);
}

static void test_welcome(void **state)
{
    ROUND_TRIP(WELCOME, welcome);
    (void)state;
    assert_int_equal(message.database_id[0], 0x10);
    assert_int_equal(message.database_id[15], 0x1F);
    assert_true(message.kiosk_id == 0xA1A2A3A4A5A6A7A8);
    assert_true(message.journal_id == 0x1122334455667788);
    assert_int_equal(message.through, 4);
    assert_int_equal(message.midnight_in_s, 34200);
    assert_true(message.nonce == 0xC1C2C3C4C5C6C7C8);
}

static void test_wait(void **state)
{
    ROUND_TRIP(WAIT, wait);
    (void)state;
    assert_int_equal(message.reason, WAIT_ADOPTION);
}

static void test_adopt(void **state)
{
    ROUND_TRIP(ADOPT, adopt);
    (void)state;
    assert_true(message.kiosk_id == 0xA1A2A3A4A5A6A7A8);
    assert_true(message.journal_id == 0x1122334455667788);
}

static void test_adopt_with_a_key(void **state)
{
    struct frame frame = decode_vector("adopt_key");
    struct message_adopt message;
    uint8_t body[FRAME_SIZE_MAX];

    (void)state;
    assert_true(message_adopt_decode(frame.body, frame.body_size, &message));
    assert_true(message.has_key);
    for (uint8_t i = 0; i < SEAL_KEY_SIZE; i++)
        assert_int_equal(message.key[i], i);
    check_line("adopt_key", MESSAGE_ADOPT, body, message_adopt_encode(&message, body, sizeof body));
    assert_true(message_adopt_decode(frame.body, frame.body_size - 1, &message)); /* half a key is none */
    assert_false(message.has_key);
}

static void test_ack(void **state)
{
    ROUND_TRIP(ACK, ack);
    (void)state;
    assert_true(message.journal_id == 0x1122334455667788);
    assert_int_equal(message.through, 7);
}

static void test_nak(void **state)
{
    ROUND_TRIP(NAK, nak);
    (void)state;
    assert_int_equal(message.expected, 5);
}

static void test_hold(void **state)
{
    ROUND_TRIP(HOLD, hold);
    (void)state;
    assert_int_equal(message.seconds, 30);
}

static void test_time(void **state)
{
    ROUND_TRIP(TIME, time);
    (void)state;
    assert_int_equal(message.midnight_in_s, 34195);
}

static void test_settings(void **state)
{
    ROUND_TRIP(SETTINGS, settings);
    (void)state;
    assert_int_equal(message.token, 8);
    assert_int_equal(message.is_help_on, 1);
}

static void test_roster(void **state)
{
    ROUND_TRIP(ROSTER, roster);
    (void)state;
    assert_int_equal(message.entry.id, 2);
    assert_int_equal(message.entry.flags, STAFF_ON_DUTY);
    assert_int_equal(message.entry.pin, PIN_NONE);
    assert_string_equal(message.entry.name, "Zo\xC3\xAB");
    assert_int_equal(message_roster_version(0, &message.entry), message.version);
}

static void test_counts(void **state)
{
    ROUND_TRIP(COUNTS, counts);
    (void)state;
    assert_int_equal(message.staff_id, 2);
    assert_int_equal(message.asked_today, 3);
    assert_int_equal(message.answered_today, 12);
    assert_int_equal(message.answered_best, 20);
}

static void test_presence(void **state)
{
    ROUND_TRIP(PRESENCE, presence);
    (void)state;
    assert_int_equal(message.count, 1);
    assert_int_equal(message.present[0].staff_id, 2);
    assert_int_equal(message.present[0].minutes_left, 540);
}

static void test_help(void **state)
{
    ROUND_TRIP(HELP, help);
    (void)state;
    assert_int_equal(message.visit, 5);
    assert_int_equal(message.state, HELP_STATE_ON_THE_WAY);
}

static void test_note(void **state)
{
    ROUND_TRIP(NOTE, note);
    (void)state;
    assert_int_equal(message.size, 15);
    assert_string_equal(message.text, "Zoë: new signs");
}

static void test_a_note_that_is_too_long_is_refused_and_none_is_a_note(void **state)
{
    struct message_note back;
    uint8_t body[2 + NOTE_SIZE_MAX + 1] = {1, NOTE_SIZE_MAX};

    (void)state;
    assert_true(message_note_decode(body, sizeof body, &back));
    body[1] = NOTE_SIZE_MAX + 1;
    assert_false(message_note_decode(body, sizeof body, &back));
    body[1] = 0;
    assert_true(message_note_decode(body, 2, &back));
    assert_string_equal(back.text, "");
}

static void test_an_empty_roster_has_no_entry(void **state)
{
    struct message_roster message = {.token = 1}, back;
    uint8_t body[64];

    (void)state;
    size_t size = message_roster_encode(&message, body, sizeof body);
    assert_int_equal(size, 7);
    assert_true(message_roster_decode(body, size, &back));
    assert_int_equal(back.count, 0);
}

static void check_hello_refused(uint32_t oldest, uint32_t next)
{
    struct message_hello message = {.major = 1, .oldest = oldest, .next = next}, back;
    uint8_t body[80];

    size_t size = message_hello_encode(&message, body, sizeof body);
    assert_false(message_hello_decode(body, size, &back));
}

static void test_a_hello_whose_journal_makes_no_sense_is_refused(void **state)
{
    (void)state;
    check_hello_refused(0, 1);
    check_hello_refused(0, 0);
    check_hello_refused(3, 2);
}

static void test_a_hello_whose_firmware_is_not_printable_is_refused(void **state)
{
    static const char bad[] = {'\x1B', '\n', '\x7F', (char)0xC3};
    struct message_hello message = {.oldest = 1, .next = 1, .firmware_size = 3, .firmware = "0.1"}, back;
    uint8_t body[80];

    (void)state;
    size_t size = message_hello_encode(&message, body, sizeof body);
    assert_true(message_hello_decode(body, size, &back));
    for (size_t i = 0; i < sizeof bad; i++) {
        message.firmware[1] = bad[i];
        size = message_hello_encode(&message, body, sizeof body);
        assert_false(message_hello_decode(body, size, &back));
    }
}

static void test_answers_with_a_bad_count_or_number_are_refused(void **state)
{
    struct message_answers message = {.first_seq = 1, .count = 1}, back;
    uint8_t body[FRAME_SIZE_MAX] = {0};

    (void)state;
    size_t size = message_answers_encode(&message, body, sizeof body);
    assert_true(message_answers_decode(body, size, &back));
    body[4] = 0;
    assert_false(message_answers_decode(body, size, &back));
    body[4] = ANSWERS_CAPACITY + 1;
    assert_false(message_answers_decode(body, sizeof body, &back));
    body[4] = 1;
    body[5] = 1; /* a visit before the journal began */
    assert_false(message_answers_decode(body, size, &back));
    body[5] = 0;
    body[0] = 0; /* seq 0 */
    assert_false(message_answers_decode(body, size, &back));
    memset(body, 0xFF, 4); /* runs over the last number */
    assert_false(message_answers_decode(body, size, &back));
}

static void test_a_roster_name_that_is_too_long_is_refused(void **state)
{
    struct message_roster message = {.count = 1, .entry = {.id = 1, .name_size = 32}}, back;
    uint8_t body[80] = {0};

    (void)state;
    memset(message.entry.name, 'a', 32);
    size_t size = message_roster_encode(&message, body, sizeof body);
    assert_true(message_roster_decode(body, size, &back));
    body[12] = 33;
    assert_false(message_roster_decode(body, sizeof body, &back));
    body[12] = 0;
    assert_false(message_roster_decode(body, sizeof body, &back));
}

static bool lost_decodes(uint32_t first, uint32_t last)
{
    struct message_lost message = {.first = first, .last = last}, back;
    uint8_t body[16];

    return message_lost_decode(body, message_lost_encode(&message, body, sizeof body), &back);
}

static void test_a_lost_run_that_makes_no_sense_is_refused(void **state)
{
    (void)state;
    assert_true(lost_decodes(1, 1));
    assert_true(lost_decodes(1, UINT32_MAX - 1));
    assert_false(lost_decodes(0, 1));
    assert_false(lost_decodes(2, 1));
    assert_false(lost_decodes(1, UINT32_MAX));
}

static bool adopt_decodes(uint64_t kiosk_id, uint64_t journal_id)
{
    struct message_adopt message = {.kiosk_id = kiosk_id, .journal_id = journal_id}, back;
    uint8_t body[64];

    return message_adopt_decode(body, message_adopt_encode(&message, body, sizeof body), &back);
}

static void test_an_adoption_without_ids_is_refused(void **state)
{
    (void)state;
    assert_true(adopt_decodes(1, 1));
    assert_false(adopt_decodes(0, 1));
    assert_false(adopt_decodes(1, 0));
}

static bool roster_decodes(uint16_t id, uint8_t name_size, uint8_t index, uint8_t count)
{
    struct message_roster message = {.index = index, .count = count}, back;
    uint8_t body[64];

    message.entry = (struct staff_entry){.id = id, .name_size = name_size, .name = "Dan"};
    return message_roster_decode(body, message_roster_encode(&message, body, sizeof body), &back);
}

static void test_a_roster_piece_that_makes_no_sense_is_refused(void **state)
{
    (void)state;
    assert_true(roster_decodes(STAFF_ID_MIN, 3, 0, 1));
    assert_true(roster_decodes(STAFF_ID_MAX, 3, ROSTER_CAPACITY - 1, ROSTER_CAPACITY));
    assert_false(roster_decodes(0, 3, 0, 1));
    assert_false(roster_decodes(0xFFFF, 3, 0, 1));
    assert_false(roster_decodes(1, 0, 0, 1));
    assert_false(roster_decodes(1, 3, 1, 1));
    assert_false(roster_decodes(1, 3, 0, ROSTER_CAPACITY + 1));
}

static void test_more_people_present_than_fit_are_refused(void **state)
{
    struct message_presence back;
    uint8_t body[2 + 4 * (PRESENCE_CAPACITY + 1)] = {1, PRESENCE_CAPACITY};

    (void)state;
    assert_true(message_presence_decode(body, sizeof body, &back));
    body[1] = PRESENCE_CAPACITY + 1;
    assert_false(message_presence_decode(body, sizeof body, &back));
}

static void test_a_received_that_is_neither_taken_nor_not_is_refused(void **state)
{
    struct message_received back;

    (void)state;
    assert_true(message_received_decode((const uint8_t[]){1, 1}, 2, &back));
    assert_false(message_received_decode((const uint8_t[]){1, 2}, 2, &back));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hello),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_lost),
        cmocka_unit_test(test_health),
        cmocka_unit_test(test_health_of_an_older_kiosk_has_no_count_of_forged_frames),
        cmocka_unit_test(test_received),
        cmocka_unit_test(test_welcome),
        cmocka_unit_test(test_wait),
        cmocka_unit_test(test_adopt),
        cmocka_unit_test(test_adopt_with_a_key),
        cmocka_unit_test(test_ack),
        cmocka_unit_test(test_nak),
        cmocka_unit_test(test_hold),
        cmocka_unit_test(test_time),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_roster),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_presence),
        cmocka_unit_test(test_help),
        cmocka_unit_test(test_note),
        cmocka_unit_test(test_a_note_that_is_too_long_is_refused_and_none_is_a_note),
        cmocka_unit_test(test_an_empty_roster_has_no_entry),
        cmocka_unit_test(test_a_hello_whose_journal_makes_no_sense_is_refused),
        cmocka_unit_test(test_a_hello_whose_firmware_is_not_printable_is_refused),
        cmocka_unit_test(test_answers_with_a_bad_count_or_number_are_refused),
        cmocka_unit_test(test_a_roster_name_that_is_too_long_is_refused),
        cmocka_unit_test(test_a_lost_run_that_makes_no_sense_is_refused),
        cmocka_unit_test(test_an_adoption_without_ids_is_refused),
        cmocka_unit_test(test_a_roster_piece_that_makes_no_sense_is_refused),
        cmocka_unit_test(test_more_people_present_than_fit_are_refused),
        cmocka_unit_test(test_a_received_that_is_neither_taken_nor_not_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
