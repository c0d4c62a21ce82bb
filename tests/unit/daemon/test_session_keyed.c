/* SPDX-License-Identifier: MIT
 *
 * The daemon's end of the keyed line: what a kiosk that has a key must prove, and what strangers cannot do.
 */
#include "tests/unit/cmocka_first.h"

#include <string.h>

#include "session_rig.h"

static void test_nothing_is_told_or_changed_before_the_proof_is_committed(void **state)
{
    struct rig *rig = *state;

    rig_say_hello(rig);
    rig_challenge(rig, RIG_JOURNAL_ID, 4);
    assert_int_equal(rig->sent_count, 1); /* WELCOME: no settings, no names, no PINs */
    rig_pass(rig, 3000);
    assert_int_equal(rig->sent_count, 1);
    assert_int_equal(rig->asked_count, 0);
    assert_true(session_kiosk_id(&rig->session) == 0);
    rig_say_health(rig, 11);
    assert_int_equal(rig->asked_count, 1);
    assert_int_equal(rig->asked[0].kind, WORK_CONFIRM);
    assert_true(rig->asked[0].ask.hello.hello.kiosk_id == RIG_KIOSK_ID);
    assert_true(session_kiosk_id(&rig->session) == 0);
    rig_admit(rig, 4);
    assert_true(session_kiosk_id(&rig->session) == RIG_KIOSK_ID);
    assert_true(session_is_verified(&rig->session));
    assert_int_equal(rig_count(rig, MESSAGE_SETTINGS), 1);
    assert_int_equal(rig_count(rig, MESSAGE_WELCOME), 1);
}

static void test_answers_that_came_with_the_proof_are_taken_after_it(void **state)
{
    struct rig *rig = *state;

    rig_say_hello(rig);
    rig_challenge(rig, RIG_JOURNAL_ID, 0);
    rig_say_answers(rig, 1, 3);
    rig_say_answers(rig, 4, 1);
    rig_admit(rig, 0);
    assert_int_equal(rig_count(rig, MESSAGE_NAK), 0);
    assert_int_equal(rig_count(rig, MESSAGE_ACK), 0);
    assert_int_equal(rig->asked_count, 2);
    rig_answer(rig, STORE_OK);
    rig_answer(rig, STORE_OK);
    assert_int_equal(rig_count(rig, MESSAGE_ACK), 2);
    assert_int_equal(rig->session.through, 4);
}

static void test_more_answers_than_are_kept_for_the_proof_are_asked_for_again(void **state)
{
    struct rig *rig = *state;

    rig_say_hello(rig);
    rig_challenge(rig, RIG_JOURNAL_ID, 0);
    for (uint32_t i = 0; i <= SESSION_KEPT_MAX; i++)
        rig_say_answers(rig, 1 + i, 1);
    rig_say_answers(rig, 1, 1); /* again: all or none, or the NAK would ask for what is stored already */
    rig_admit(rig, 0);
    assert_int_equal(rig->asked_count, 0);
    assert_int_equal(rig_count(rig, MESSAGE_NAK), 1);
    rig_say_answers(rig, 1, SESSION_KEPT_MAX + 1);
    rig_answer(rig, STORE_OK);
    assert_int_equal(rig_count(rig, MESSAGE_ACK), 1);
    assert_int_equal(rig->session.through, SESSION_KEPT_MAX + 1);
}

static void test_a_gap_among_the_answers_that_came_with_the_proof_is_asked_for(void **state)
{
    struct rig *rig = *state;

    rig_say_hello(rig);
    rig_challenge(rig, RIG_JOURNAL_ID, 0);
    rig_say_answers(rig, 1, 3);
    rig_say_answers(rig, 6, 2);
    rig_admit(rig, 0);
    assert_int_equal(rig->asked_count, 1);
    assert_int_equal(rig_count(rig, MESSAGE_NAK), 1);
    rig_answer(rig, STORE_OK);
    assert_int_equal(rig->session.through, 3);
}

static void test_a_hello_forgets_the_answers_that_came_before_it(void **state)
{
    struct rig *rig = *state;

    rig_say_hello(rig);
    rig_challenge(rig, RIG_JOURNAL_ID, 0);
    rig_say_answers(rig, 1, 3);
    rig_answer(rig, STORE_FULL);
    rig_say_hello(rig);
    rig_challenge(rig, RIG_JOURNAL_ID, 0);
    rig_say_answers(rig, 1, 1);
    rig_admit(rig, 0);
    assert_int_equal(rig->asked_count, 1);
    assert_int_equal(rig->asked[0].ask.answers.count, 1);
}

static void say_damaged_frame(struct rig *rig)
{
    static const uint8_t bytes[] = {0x00, 0x05, 0x02, 0x01, 0x01, 0x01, 0x00};

    session_receive(&rig->session, bytes, sizeof bytes, &rig->clock);
}

static void test_a_damaged_frame_is_asked_for_at_once_and_not_with_each_that_follows(void **state)
{
    struct rig *rig = *state;

    rig_connect_keyed(rig);
    say_damaged_frame(rig);
    assert_int_equal(rig_count(rig, MESSAGE_NAK), 1);
    rig_say_answers(rig, 4, 1);
    say_damaged_frame(rig);
    assert_int_equal(rig_count(rig, MESSAGE_NAK), 1);
    rig->clock.now_ms += SESSION_DAMAGE_MS;
    say_damaged_frame(rig);
    assert_int_equal(rig_count(rig, MESSAGE_NAK), 2);
}

static void test_a_nak_is_said_again_where_nothing_follows_or_the_kiosk_goes_back_in_vain(void **state)
{
    struct rig *rig = *state;

    rig_connect_keyed(rig);
    rig_say_answers(rig, 4, 1);
    rig_say_answers(rig, 5, 1);
    assert_int_equal(rig_count(rig, MESSAGE_NAK), 1);
    rig_say_answers(rig, 4, 1);
    assert_int_equal(rig_count(rig, MESSAGE_NAK), 2);
    assert_true(session_is_busy(&rig->session));
    for (unsigned i = 0; i < 10; i++) {
        rig->clock.now_ms += SESSION_NAK_MS;
        session_tick(&rig->session, &rig->clock);
    }
    assert_int_equal(rig_count(rig, MESSAGE_NAK), SESSION_NAKS_MAX);
}

/* Frames of what comes later may follow each other closely: they must not keep the NAK from being said again. */
static void test_a_nak_is_said_again_while_the_kiosk_goes_on_beyond_the_gap(void **state)
{
    struct rig *rig = *state;

    rig_connect_keyed(rig);
    rig_say_answers(rig, 4, 1);
    rig->clock.now_ms += SESSION_NAK_MS - 1;
    rig_say_answers(rig, 5, 1);
    assert_int_equal(rig_count(rig, MESSAGE_NAK), 1);
    rig->clock.now_ms++;
    rig_say_answers(rig, 6, 1);
    assert_int_equal(rig_count(rig, MESSAGE_NAK), 2);
    assert_int_equal(rig->asked_count, 0);
}

/* A kiosk that hears a NAK has two frames on their way at most. */
static void test_a_nak_is_said_again_to_a_kiosk_that_does_not_go_back(void **state)
{
    struct rig *rig = *state;

    rig_connect_keyed(rig);
    for (uint32_t i = 0; i < SESSION_NAK_FRAMES; i++)
        rig_say_answers(rig, 4 + i, 1);
    assert_int_equal(rig_count(rig, MESSAGE_NAK), 1);
    rig_say_answers(rig, 4 + SESSION_NAK_FRAMES, 1);
    assert_int_equal(rig_count(rig, MESSAGE_NAK), 2);
    for (uint32_t i = 1; i < 10 * SESSION_NAK_FRAMES; i++)
        rig_say_answers(rig, 4 + SESSION_NAK_FRAMES + i, 1);
    assert_int_equal(rig_count(rig, MESSAGE_NAK), SESSION_NAKS_MAX);
}

static void test_stuffed_answers_are_refused_however_they_are_sealed(void **state)
{
    struct rig *rig = *state;
    struct message_answers answers = {.first_seq = 1, .count = 1};
    uint8_t body[FRAME_SIZE_MAX];
    struct seal stranger;

    rig_connect_keyed(rig);
    size_t size = message_answers_encode(&answers, body, sizeof body);
    rig_say_plainly(rig, MESSAGE_ANSWERS, 0, body, size);
    rig_say_plainly(rig, MESSAGE_ANSWERS, SEAL_FLAG, body, size);
    stranger = rig->seal;
    stranger.key[15] ^= 0x80;
    seal_open(&stranger, rig->nonce);
    stranger.sent = rig->seal.sent;
    size_t sealed = seal_append(&stranger, MESSAGE_ANSWERS, body, size, sizeof body);
    rig_say_plainly(rig, MESSAGE_ANSWERS, SEAL_FLAG, body, sealed);
    for (uint8_t type = MESSAGE_LOST; type <= MESSAGE_RECEIVED; type++)
        rig_say_plainly(rig, type, 0, body, 40);
    assert_int_equal(rig->asked_count, 0);
    assert_int_equal(rig->sent_count, 0);
    assert_int_equal(rig->session.counters.refused, 6);
    assert_int_equal(rig->last_note, SESSION_NOTE_UNVERIFIED);
    assert_int_equal(rig->note_count, 1);
    rig_say_answers(rig, 1, 1); /* the kiosk itself is not disturbed */
    assert_int_equal(rig->asked_count, 1);
}

static void test_a_replayed_frame_is_refused(void **state)
{
    struct rig *rig = *state;
    struct message_answers answers = {.first_seq = 1, .count = 1};
    uint8_t body[FRAME_SIZE_MAX];

    rig_connect_keyed(rig);
    size_t size = message_answers_encode(&answers, body, sizeof body);
    size = seal_append(&rig->seal, MESSAGE_ANSWERS, body, size, sizeof body);
    rig_say_plainly(rig, MESSAGE_ANSWERS, SEAL_FLAG, body, size);
    assert_int_equal(rig->asked_count, 1);
    rig_say_plainly(rig, MESSAGE_ANSWERS, SEAL_FLAG, body, size);
    assert_int_equal(rig->asked_count, 1);
    assert_int_equal(rig->session.counters.refused, 1);
}

static void test_a_recorded_conversation_proves_nothing_later(void **state)
{
    struct rig *rig = *state;
    uint8_t hello[FRAME_SIZE_MAX], health[FRAME_SIZE_MAX] = {0};
    size_t hello_size, health_size;

    rig_say_hello(rig);
    rig_challenge(rig, RIG_JOURNAL_ID, 0);
    memcpy(hello, rig->hello_body, rig->hello_size);
    hello_size = rig->hello_size;
    health_size = seal_append(&rig->seal, MESSAGE_HEALTH, health, 27, sizeof health);
    session_restart(&rig->session);
    rig->hello_count++; /* the daemon's nonce is another */
    rig_say(rig, MESSAGE_HELLO, hello, hello_size);
    rig_challenge(rig, RIG_JOURNAL_ID, 0);
    rig_forget(rig);
    rig_say_plainly(rig, MESSAGE_HEALTH, SEAL_FLAG, health, health_size);
    assert_int_equal(rig->asked_count, 0);
    assert_int_equal(rig->session.state, SESSION_PROVING);
    assert_int_equal(rig_count(rig, MESSAGE_RENEW), 1); /* it may be the kiosk, in another conversation */
}

static void test_a_stolen_hello_is_noted_and_never_up(void **state)
{
    struct rig *rig = *state;

    for (int i = 0; i < 10; i++) {
        rig_say_hello(rig);
        rig_challenge(rig, RIG_JOURNAL_ID, 0);
        rig_pass(rig, 1000);
    }
    assert_int_equal(rig->asked_count, 0);
    assert_int_equal(rig->note_count, 1);
    assert_int_equal(rig->last_note, SESSION_NOTE_UNVERIFIED);
    assert_false(session_is_verified(&rig->session));
}

static void test_a_changed_hello_is_proved_by_nobody(void **state)
{
    struct rig *rig = *state;
    struct seal kiosk;
    uint8_t body[FRAME_SIZE_MAX] = {0};

    rig_say_hello(rig);
    rig_challenge(rig, RIG_JOURNAL_ID, 0);
    /* What the kiosk said had another `oldest`; so its seal is another, under the same nonces and key. */
    rig->hello_body[18] ^= 1;
    seal_begin(&kiosk, SEAL_KIOSK, rig_key, rig->hello_body, rig->hello_size);
    seal_open(&kiosk, rig->nonce);
    size_t size = seal_append(&kiosk, MESSAGE_HEALTH, body, 27, sizeof body);
    rig_say_plainly(rig, MESSAGE_HEALTH, SEAL_FLAG, body, size);
    assert_int_equal(rig->asked_count, 0);
    assert_int_equal(rig->session.counters.refused, 1);
}

static void test_the_last_of_several_hellos_counts_while_the_store_is_slow(void **state)
{
    struct rig *rig = *state;

    rig_say_hello(rig);
    rig_pass(rig, 1000);
    rig_say_hello(rig);
    rig_pass(rig, 1000);
    rig_say_hello(rig);
    rig_challenge(rig, RIG_JOURNAL_ID, 0); /* the rig's kiosk knows its last HELLO only */
    rig_say_health(rig, 12);
    rig_admit(rig, 0);
    assert_true(session_is_verified(&rig->session));
}

static void test_a_new_journal_is_issued_after_the_proof_and_sealed_without_the_key(void **state)
{
    struct rig *rig = *state;
    struct message_adopt adopt;

    rig_say_hello(rig);
    rig_challenge(rig, 0, 0);
    assert_int_equal(rig_count(rig, MESSAGE_ADOPT), 0);
    rig_say_health(rig, 11);
    assert_int_equal(rig->asked[0].kind, WORK_CONFIRM);
    rig->asked[0].result.hello.admitted = (struct store_admitted){
        .admission = STORE_ADOPT, .kiosk = 1, .journal = 3, .kiosk_id = RIG_KIOSK_ID, .journal_id = 77};
    rig_answer(rig, STORE_OK);
    const struct rig_frame *frame = rig_last(rig, MESSAGE_ADOPT); /* the rig has verified its seal */
    assert_true(message_adopt_decode(frame->body, frame->size, &adopt));
    assert_true(adopt.journal_id == 77);
    assert_false(adopt.has_key);
}

static void test_the_first_adoption_carries_the_key_in_the_clear(void **state)
{
    struct rig *rig = *state;
    struct message_adopt adopt;

    rig_say_hello(rig);
    rig->asked[0].result.hello.admitted =
        (struct store_admitted){.admission = STORE_ADOPT, .kiosk_id = 5, .journal_id = 6};
    memcpy(rig->asked[0].result.hello.admitted.key, rig_key, SEAL_KEY_SIZE);
    rig_answer(rig, STORE_OK);
    const struct rig_frame *frame = rig_last(rig, MESSAGE_ADOPT);
    assert_true(message_adopt_decode(frame->body, frame->size, &adopt));
    assert_true(adopt.has_key);
    assert_memory_equal(adopt.key, rig_key, SEAL_KEY_SIZE);
}

static void test_a_stranger_does_not_keep_a_kiosk_present(void **state)
{
    struct rig *rig = *state;

    rig_connect_keyed(rig);
    for (int i = 0; i < 20; i++) {
        rig_pass(rig, 1000);
        rig_say_plainly(rig, MESSAGE_HEALTH, 0, (const uint8_t[31]){0}, 31);
    }
    assert_false(session_is_heard(&rig->session, rig->clock.now_ms));
}

static void test_a_resent_message_has_a_seal_of_its_own(void **state)
{
    struct rig *rig = *state;

    rig_say_hello(rig);
    rig_challenge(rig, RIG_JOURNAL_ID, 0);
    rig_say_health(rig, 11);
    rig_admit(rig, 0);
    rig_pass(rig, SESSION_RESEND_MS * 3); /* the rig would refuse the same counter again */
    assert_int_equal(rig_count(rig, MESSAGE_SETTINGS), 4);
    uint8_t token = rig_last(rig, MESSAGE_SETTINGS)->body[0];
    rig_say_received(rig, token, true);
    assert_false(session_is_busy(&rig->session));
}

static void test_a_forged_hello_cannot_tell_when_the_kiosk_booted(void **state)
{
    struct rig *rig = *state;
    struct message_hello forged = {.major = PROTOCOL_MAJOR,
                                   .kiosk_id = RIG_KIOSK_ID,
                                   .journal_id = RIG_JOURNAL_ID,
                                   .oldest = 1,
                                   .next = 1,
                                   .boot = 7,
                                   .uptime_s = 100000};
    uint8_t body[FRAME_SIZE_MAX];

    rig_connect_keyed(rig); /* uptime 10 s */
    int64_t started_ms = rig->clock.utc_ms - 10000;
    rig_say(rig, MESSAGE_HELLO, body, message_hello_encode(&forged, body, sizeof body));
    rig_challenge(rig, RIG_JOURNAL_ID, 0);
    rig_say_hello(rig);
    rig_challenge(rig, RIG_JOURNAL_ID, 0);
    rig_say_health(rig, 10);
    rig_admit(rig, 0);
    rig_say_answers(rig, 1, 1);
    assert_true(rig->asked[0].origin.boot_started_ms == started_ms);
}

static void test_a_full_disk_at_the_proof_begins_anew(void **state)
{
    struct rig *rig = *state;

    rig_say_hello(rig);
    rig_challenge(rig, RIG_JOURNAL_ID, 0);
    rig_say_health(rig, 11);
    rig_answer(rig, STORE_FULL);
    assert_int_equal(rig->session.state, SESSION_SILENT);
    rig_say_answers(rig, 1, 1);
    assert_int_equal(rig->asked_count, 0);
    assert_int_equal(rig_count(rig, MESSAGE_RENEW), 1);
}

static void test_a_proved_kiosk_that_is_live_elsewhere_waits(void **state)
{
    struct rig *rig = *state;

    rig_say_hello(rig);
    rig_challenge(rig, RIG_JOURNAL_ID, 0);
    rig->is_in_use = true; /* a copy of its EEPROM was quicker */
    rig_say_health(rig, 11);
    assert_int_equal(rig->asked_count, 0);
    assert_int_equal(rig_last(rig, MESSAGE_WAIT)->body[2], WAIT_IN_USE);
}

static void test_a_proof_that_the_store_has_no_room_for_is_given_with_the_next_frame(void **state)
{
    struct rig *rig = *state;

    rig_say_hello(rig);
    rig_challenge(rig, RIG_JOURNAL_ID, 0);
    rig->is_store_congested = true;
    rig_say_health(rig, 11);
    rig->is_store_congested = false;
    assert_int_equal(rig->asked_count, 0);
    rig_say_health(rig, 12);
    assert_int_equal(rig->asked_count, 1);
    assert_int_equal(rig->asked[0].kind, WORK_CONFIRM);
}

static void test_lost_numbers_that_came_with_the_proof_are_asked_for_again(void **state)
{
    const struct message_lost lost = {1, 2, LOST_DAMAGED};
    uint8_t body[FRAME_SIZE_MAX];
    struct rig *rig = *state;

    rig_say_hello(rig);
    rig_challenge(rig, RIG_JOURNAL_ID, 0);
    rig_say(rig, MESSAGE_LOST, body, message_lost_encode(&lost, body, sizeof body));
    rig_say_answers(rig, 3, 1); /* behind a gap it is of no use: it comes again, too */
    rig_admit(rig, 0);
    assert_int_equal(rig_count(rig, MESSAGE_NAK), 1);
    assert_int_equal(rig->asked_count, 0);
    rig_say(rig, MESSAGE_LOST, body, message_lost_encode(&lost, body, sizeof body));
    rig_say_answers(rig, 3, 1);
    assert_int_equal(rig->asked_count, 2);
}

/* Four thousand million frames: the conversation has no more counters. An unsealed frame would be worse than none. */
static void test_a_conversation_without_counters_left_sends_nothing_more(void **state)
{
    struct rig *rig = *state;

    rig_connect_keyed(rig);
    rig->session.seal.sent = UINT32_MAX;
    rig_say_answers(rig, 1, 1);
    rig_answer(rig, STORE_OK);
    assert_int_equal(rig->sent_count, 0);
    assert_int_equal(rig->session.counters.congested, 1);
}

/* A nonce that anybody could know beforehand would make what was recorded under it good again. */
static void test_without_random_numbers_nobody_is_verified(void **state)
{
    struct rig *rig = *state;

    rig->has_no_nonces = true;
    rig_say_hello(rig);
    rig->asked[0].result.hello.admitted = (struct store_admitted){
        .admission = STORE_UNPROVEN, .kiosk_id = RIG_KIOSK_ID, .journal_id = RIG_JOURNAL_ID};
    memcpy(rig->asked[0].result.hello.admitted.key, rig_key, SEAL_KEY_SIZE);
    rig_answer(rig, STORE_OK);
    assert_int_equal(rig->sent_count, 0);
    assert_int_equal(rig->session.state, SESSION_SILENT);
    assert_int_equal(rig->last_note, SESSION_NOTE_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_RIG(test_nothing_is_told_or_changed_before_the_proof_is_committed),
        WITH_RIG(test_answers_that_came_with_the_proof_are_taken_after_it),
        WITH_RIG(test_more_answers_than_are_kept_for_the_proof_are_asked_for_again),
        WITH_RIG(test_a_gap_among_the_answers_that_came_with_the_proof_is_asked_for),
        WITH_RIG(test_a_hello_forgets_the_answers_that_came_before_it),
        WITH_RIG(test_a_damaged_frame_is_asked_for_at_once_and_not_with_each_that_follows),
        WITH_RIG(test_a_nak_is_said_again_where_nothing_follows_or_the_kiosk_goes_back_in_vain),
        WITH_RIG(test_a_nak_is_said_again_while_the_kiosk_goes_on_beyond_the_gap),
        WITH_RIG(test_a_nak_is_said_again_to_a_kiosk_that_does_not_go_back),
        WITH_RIG(test_stuffed_answers_are_refused_however_they_are_sealed),
        WITH_RIG(test_a_replayed_frame_is_refused),
        WITH_RIG(test_a_recorded_conversation_proves_nothing_later),
        WITH_RIG(test_a_stolen_hello_is_noted_and_never_up),
        WITH_RIG(test_a_changed_hello_is_proved_by_nobody),
        WITH_RIG(test_the_last_of_several_hellos_counts_while_the_store_is_slow),
        WITH_RIG(test_a_new_journal_is_issued_after_the_proof_and_sealed_without_the_key),
        WITH_RIG(test_the_first_adoption_carries_the_key_in_the_clear),
        WITH_RIG(test_a_stranger_does_not_keep_a_kiosk_present),
        WITH_RIG(test_a_resent_message_has_a_seal_of_its_own),
        WITH_RIG(test_a_forged_hello_cannot_tell_when_the_kiosk_booted),
        WITH_RIG(test_a_full_disk_at_the_proof_begins_anew),
        WITH_RIG(test_a_proved_kiosk_that_is_live_elsewhere_waits),
        WITH_RIG(test_a_proof_that_the_store_has_no_room_for_is_given_with_the_next_frame),
        WITH_RIG(test_lost_numbers_that_came_with_the_proof_are_asked_for_again),
        WITH_RIG(test_a_conversation_without_counters_left_sends_nothing_more),
        WITH_RIG(test_without_random_numbers_nobody_is_verified),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
