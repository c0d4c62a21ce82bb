/* SPDX-License-Identifier: MIT */
#include "tests/unit/cmocka_first.h"

#include <stdlib.h>
#include <string.h>

#include "session_rig.h"

static uint32_t acked(const struct rig *rig)
{
    struct message_ack ack = {0, UINT32_MAX};

    assert_non_null(rig_last(rig, MESSAGE_ACK));
    assert_true(message_ack_decode(rig_last(rig, MESSAGE_ACK)->body, rig_last(rig, MESSAGE_ACK)->size, &ack));
    assert_true(ack.journal_id == RIG_JOURNAL_ID);
    return ack.through;
}

static uint8_t wait_reason(const struct rig *rig)
{
    assert_non_null(rig_last(rig, MESSAGE_WAIT));
    return rig_last(rig, MESSAGE_WAIT)->body[2];
}

static void make_roster(struct work_roster *roster, uint8_t count)
{
    memset(roster, 0, sizeof *roster);
    roster->count = count;
    for (uint8_t i = 0; i < count; i++) {
        roster->entries[i] = (struct staff_entry){(uint16_t)(i + 1), STAFF_ON_DUTY, PIN_NONE, 3, "Dan"};
        roster->counts[i].staff_id = (uint16_t)(i + 1);
        roster->version = message_roster_version(roster->version, &roster->entries[i]);
    }
}

/* Take whatever reliable messages come, until none does; returns how many. */
static size_t receive_all(struct rig *rig)
{
    size_t taken = 0;

    while (session_is_busy(&rig->session)) {
        assert_true(taken++ < 200);
        rig_say_received(rig, rig->session.downlink.token, true);
    }
    return taken;
}

static void test_nothing_is_sent_before_a_valid_frame(void **state)
{
    struct rig *rig = *state;
    uint8_t noise[4096];

    srand(1);
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (uint8_t)rand();
    session_receive(&rig->session, noise, sizeof noise, &rig->clock);
    rig_pass(rig, 60000);
    assert_int_equal(rig->sent_count, 0);
    assert_int_equal(rig->asked_count, 0);
    assert_true(rig->session.decoder.counters.bad > 0);
}

static void test_hello_is_answered_after_the_commit_only(void **state)
{
    struct rig *rig = *state;

    rig_say_hello(rig);
    assert_int_equal(rig->sent_count, 0);
    rig_admit(rig, 41);
    struct message_welcome welcome;
    const struct rig_frame *frame = rig_last(rig, MESSAGE_WELCOME);
    assert_true(message_welcome_decode(frame->body, frame->size, &welcome));
    assert_int_equal(welcome.through, 41);
    assert_int_equal(welcome.midnight_in_s, 3600);
    assert_true(welcome.kiosk_id == RIG_KIOSK_ID && welcome.nonce == 0x0102030405060708);
}

static void test_repeated_hello_asks_once_but_a_reboot_asks_again(void **state)
{
    struct rig *rig = *state;

    rig_say_hello(rig);
    rig_say_hello(rig);
    assert_int_equal(rig->asked_count, 1);
    rig->session.hello.boot = 6;
    rig_say_hello(rig);
    assert_int_equal(rig->asked_count, 2);
    rig->asked[0].result.hello.admitted.admission = STORE_ADMITTED;
    rig_answer(rig, STORE_OK);
    assert_int_equal(rig->sent_count, 0); /* of the boot before */
    rig_admit(rig, 0);
    assert_int_equal(rig_count(rig, MESSAGE_WELCOME), 1);
}

/* A kiosk without ids says HELLO; returns the row of the offer that the store is asked to repeat. */
static int64_t say_blank_hello(struct rig *rig, uint16_t boot, uint32_t uptime_s, uint64_t nonce)
{
    const struct message_hello hello = {
        .major = PROTOCOL_MAJOR, .oldest = 1, .next = 1, .boot = boot, .uptime_s = uptime_s, .nonce = nonce};
    uint8_t body[FRAME_SIZE_MAX];

    rig_say(rig, MESSAGE_HELLO, body, message_hello_encode(&hello, body, sizeof body));
    assert_int_equal(rig->asked_count, 1);
    int64_t offered = rig->asked[0].ask.hello.offered;
    rig->asked[0].result.hello.admitted =
        (struct store_admitted){.admission = STORE_ADOPT, .kiosk = 9, .kiosk_id = 10, .journal_id = 11};
    rig_answer(rig, STORE_OK);
    return offered;
}

static void test_a_cause_of_loss_that_no_kiosk_has_is_taken_as_damage(void **state)
{
    static const uint8_t causes[][2] = {{LOST_DAMAGED, LOST_DAMAGED},
                                        {LOST_DEAD_SLOT, LOST_DEAD_SLOT},
                                        {LOST_RESTORED, LOST_DAMAGED},
                                        {0, LOST_DAMAGED},
                                        {255, LOST_DAMAGED}};
    struct rig *rig = *state;

    rig_connect(rig);
    for (uint8_t i = 0; i < 5; i++) {
        const struct message_lost lost = {.first = i + 1u, .last = i + 1u, .cause = causes[i][0]};
        uint8_t body[FRAME_SIZE_MAX];
        rig_say(rig, MESSAGE_LOST, body, message_lost_encode(&lost, body, sizeof body));
        assert_int_equal(rig->asked[0].ask.lost.cause, causes[i][1]);
        rig_answer(rig, STORE_OK);
    }
}

static void test_a_journal_that_is_over_is_not_acknowledged_and_the_kiosk_says_hello(void **state)
{
    struct rig *rig = *state;

    rig_connect(rig);
    rig_say_answers(rig, 1, 2);
    rig_say_answers(rig, 3, 1);
    rig->asked[0].result.ingested.is_over = true;
    rig_answer(rig, STORE_OK);
    assert_int_equal(rig_count(rig, MESSAGE_RENEW), 1);
    assert_int_equal(rig->last_note, SESSION_NOTE_CONFLICT);
    rig_answer(rig, STORE_OK);
    assert_int_equal(rig_count(rig, MESSAGE_ACK), 0);
    rig_pass(rig, 1000); /* RENEW was lost */
    rig_say_answers(rig, 1, 2);
    assert_int_equal(rig_count(rig, MESSAGE_RENEW), 2);
    assert_int_equal(rig->asked_count, 0);
}

static void test_ids_are_offered_again_to_the_same_boot_of_the_same_kiosk_only(void **state)
{
    static const struct {
        uint64_t wait_ms, nonce;
        uint32_t uptime_s;
        uint16_t boot;
        bool is_same;
    } cases[] = {
        {1000, 6, 11, 1, true},  {1000, 5, 11, 1, true},  /* the line repeated it */
        {2900, 7, 11, 1, true},                           /* uptime is in seconds, and lines delay */
        {1000, 6, 11, 2, false}, {1000, 1, 1, 1, false},  /* it has lost power */
        {1000, 1, 11, 1, false}, {1000, 6, 9, 1, false},  /* another, switched on later */
        {1000, 6, 14, 1, false}, {9000, 6, 12, 1, false}, /* ... or at another time */
    };
    struct rig *rig = *state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rig_init(rig);
        assert_int_equal(say_blank_hello(rig, 1, 10, 5), 0);
        rig_pass(rig, cases[i].wait_ms);
        assert_int_equal(say_blank_hello(rig, cases[i].boot, cases[i].uptime_s, cases[i].nonce),
                         cases[i].is_same ? 9 : 0);
    }
    session_restart(&rig->session); /* pulled and plugged in: who knows which one it is */
    assert_int_equal(say_blank_hello(rig, 1, 12, 7), 0);
}

static void test_strangers_are_told_why_they_wait(void **state)
{
    struct rig *rig = *state;
    static const struct {
        enum store_admission admission;
        uint8_t reason;
    } cases[] = {{STORE_PENDING, WAIT_ADOPTION}, {STORE_OTHER_DATABASE, WAIT_OTHER_DATABASE}};

    for (size_t i = 0; i < 2; i++) {
        rig_init(rig);
        rig_say_hello(rig);
        rig->asked[0].result.hello.admitted.admission = cases[i].admission;
        rig_answer(rig, STORE_OK);
        assert_int_equal(wait_reason(rig), cases[i].reason);
        rig_say_answers(rig, 1, 1);
        assert_int_equal(rig->asked_count, 0);
        assert_int_equal(rig->sent_count, 1);
    }
}

static void test_adopted_kiosk_gets_its_ids(void **state)
{
    struct rig *rig = *state;
    struct message_adopt adopt;

    rig_say_hello(rig);
    rig->asked[0].result.hello.admitted =
        (struct store_admitted){.admission = STORE_ADOPT, .kiosk_id = 5, .journal_id = 6};
    rig_answer(rig, STORE_OK);
    const struct rig_frame *frame = rig_last(rig, MESSAGE_ADOPT);
    assert_true(message_adopt_decode(frame->body, frame->size, &adopt));
    assert_true(adopt.kiosk_id == 5 && adopt.journal_id == 6);
    rig_say_hello(rig);
    assert_int_equal(rig->asked_count, 1);
}

static void test_other_major_waits_whatever_else_its_hello_holds(void **state)
{
    struct rig *rig = *state;
    static const uint8_t hello[] = {PROTOCOL_MAJOR + 1, 9};

    rig_say(rig, MESSAGE_HELLO, hello, sizeof hello);
    assert_int_equal(wait_reason(rig), WAIT_VERSION);
    assert_int_equal(rig->asked_count, 0);
    rig_say(rig, MESSAGE_HELLO, hello, sizeof hello);
    assert_int_equal(rig->note_count, 1);
}

static void test_kiosk_that_is_live_elsewhere_waits(void **state)
{
    struct rig *rig = *state;

    rig->is_in_use = true;
    rig_say_hello(rig);
    assert_int_equal(wait_reason(rig), WAIT_IN_USE);
    assert_int_equal(rig->asked_count, 0);
}

static void test_early_frame_asks_for_a_hello_once_a_second(void **state)
{
    struct rig *rig = *state;

    rig_say_health(rig, 5);
    rig_say_answers(rig, 1, 2);
    assert_int_equal(rig_count(rig, MESSAGE_RENEW), 1);
    rig_pass(rig, SESSION_RENEW_MS);
    rig_say_health(rig, 6);
    assert_int_equal(rig_count(rig, MESSAGE_RENEW), 2);
    assert_int_equal(rig->asked_count, 0);
}

static void test_echo_is_not_answered(void **state)
{
    struct rig *rig = *state;

    rig_say(rig, MESSAGE_RENEW, NULL, 0);
    assert_int_equal(rig->sent_count, 0);
    assert_int_equal(rig->session.counters.unknown, 1);
}

static void test_answers_are_acknowledged_after_the_commit_only(void **state)
{
    struct rig *rig = *state;

    rig_connect(rig);
    rig_say_answers(rig, 1, 3);
    rig_say_answers(rig, 4, 2);
    assert_int_equal(rig->asked_count, 2);
    assert_int_equal(rig_count(rig, MESSAGE_ACK), 0);
    rig_answer(rig, STORE_OK);
    assert_int_equal(acked(rig), 3);
    rig_answer(rig, STORE_OK);
    assert_int_equal(acked(rig), 5);
}

static void test_duplicate_is_compared_by_the_store_and_acknowledged_again(void **state)
{
    struct rig *rig = *state;

    rig_connect(rig);
    rig_say_answers(rig, 1, 3);
    rig_answer(rig, STORE_OK);
    rig_say_answers(rig, 4, 1);
    rig_forget(rig);
    rig_say_answers(rig, 4, 1); /* with the store, but not committed */
    assert_int_equal(rig_count(rig, MESSAGE_ACK), 0);
    assert_int_equal(rig->asked_count, 2);
    rig_answer(rig, STORE_OK);
    rig_forget(rig);
    rig_answer(rig, STORE_OK);
    assert_int_equal(acked(rig), 4);
}

static void test_overlap_is_passed_on_whole(void **state)
{
    struct rig *rig = *state;

    rig_connect(rig);
    rig_say_answers(rig, 1, 3);
    rig_answer(rig, STORE_OK);
    rig_say_answers(rig, 2, 4);
    assert_int_equal(rig->asked[0].ask.answers.first_seq, 2);
    assert_int_equal(rig->asked[0].ask.answers.count, 4);
    assert_int_equal(rig->asked[0].ask.answers.answers[0].seq, 2);
    rig_say_answers(rig, 6, 1); /* the new part has moved the mark */
    assert_int_equal(rig->asked_count, 2);
}

static void test_gap_is_named_once(void **state)
{
    struct rig *rig = *state;

    rig_connect(rig);
    rig_say_answers(rig, 5, 1);
    rig_say_answers(rig, 6, 1);
    assert_int_equal(rig_count(rig, MESSAGE_NAK), 1);
    assert_int_equal(rig->asked_count, 0);
    rig_say_answers(rig, 1, 1);
    rig_say_answers(rig, 5, 1);
    assert_int_equal(rig_count(rig, MESSAGE_NAK), 2);
}

static void test_lost_moves_the_mark_and_is_noted(void **state)
{
    struct rig *rig = *state;
    const struct message_lost lost = {1, 4, LOST_DAMAGED};
    uint8_t body[32];

    rig_connect(rig);
    rig_say_answers(rig, 1, 2);
    rig_answer(rig, STORE_OK);
    rig_say(rig, MESSAGE_LOST, body, message_lost_encode(&lost, body, sizeof body));
    assert_int_equal(rig->asked[0].ask.lost.first, 3); /* 1 and 2 are there */
    rig_answer(rig, STORE_OK);
    assert_int_equal(acked(rig), 4);
    assert_int_equal(rig->last_note, SESSION_NOTE_LOST);
    rig_say_answers(rig, 5, 1);
    assert_int_equal(rig->asked_count, 1);
}

static void test_full_disk_holds_and_recovers(void **state)
{
    struct rig *rig = *state;

    rig_connect(rig);
    rig_say_answers(rig, 1, 2);
    rig_say_answers(rig, 3, 2);
    rig_answer(rig, STORE_FULL);
    assert_int_equal(rig_count(rig, MESSAGE_HOLD), 1);
    assert_int_equal(rig_last(rig, MESSAGE_HOLD)->body[0], SESSION_HOLD_S_MIN);
    rig_answer(rig, STORE_FULL); /* queued before anybody knew */
    assert_int_equal(rig_count(rig, MESSAGE_HOLD), 1);
    assert_int_equal(rig_count(rig, MESSAGE_ACK), 0);
    uint32_t epoch = rig->session.epoch;

    rig_pass(rig, SESSION_HOLD_S_MIN * 1000);
    rig_say_answers(rig, 1, 4);
    assert_int_equal(rig->asked[0].epoch, epoch);
    rig_answer(rig, STORE_FULL);
    assert_int_equal(rig_last(rig, MESSAGE_HOLD)->body[0], SESSION_HOLD_S_MIN * 2);
    rig_pass(rig, SESSION_HOLD_S_MAX * 1000);
    rig_say_answers(rig, 1, 4);
    rig_answer(rig, STORE_OK);
    assert_int_equal(acked(rig), 4);
    assert_int_equal(rig->last_note, SESSION_NOTE_RESUMED);
}

static void test_congestion_drops_and_the_kiosk_may_say_it_again(void **state)
{
    struct rig *rig = *state;

    rig_connect(rig);
    rig->is_store_congested = true;
    rig_say_answers(rig, 1, 2);
    rig->is_store_congested = false;
    rig_say_answers(rig, 1, 2);
    assert_int_equal(rig->asked_count, 1);
    rig->is_line_congested = true;
    rig_answer(rig, STORE_OK);
    rig->is_line_congested = false;
    rig_say_answers(rig, 1, 2);
    rig_answer(rig, STORE_OK);
    assert_int_equal(acked(rig), 2);
    assert_int_equal(rig->session.counters.congested, 2);
}

static void test_requests_are_capped(void **state)
{
    struct rig *rig = *state;

    rig_connect(rig);
    for (uint32_t i = 0; i < 40; i++)
        rig_say_answers(rig, rig->session.expected, 1);
    assert_int_equal(rig->asked_count, SESSION_REQUESTS_MAX);
}

static void test_late_result_of_an_older_conversation_is_ignored(void **state)
{
    struct rig *rig = *state;

    rig_connect(rig);
    rig_say_answers(rig, 1, 2);
    session_restart(&rig->session);
    rig_forget(rig);
    rig_answer(rig, STORE_OK);
    assert_int_equal(rig->sent_count, 0);
    assert_int_equal(rig->session.request_count, 0);
}

/* A kiosk at rest does not know that the daemon is another. */
static void test_an_opened_line_is_asked_for_hello_once_where_nobody_speaks(void **state)
{
    struct rig *rig = *state;

    session_open(&rig->session, &rig->clock);
    assert_true(session_is_busy(&rig->session));
    rig_pass(rig, SESSION_OPENED_MS - 1);
    assert_int_equal(rig->sent_count, 0);
    rig_pass(rig, 60000);
    assert_int_equal(rig->sent_count, 1);
    assert_int_equal(rig_count(rig, MESSAGE_RENEW), 1);
    assert_false(session_is_busy(&rig->session));
    rig_connect(rig);
    assert_int_equal(rig_count(rig, MESSAGE_RENEW), 0);
}

static void test_an_opened_line_that_is_heard_or_closed_is_not_asked(void **state)
{
    struct rig *rig = *state;

    session_open(&rig->session, &rig->clock);
    rig_say_hello(rig);
    rig_pass(rig, 2 * SESSION_OPENED_MS);
    assert_int_equal(rig_count(rig, MESSAGE_RENEW), 0);
    session_open(&rig->session, &rig->clock);
    session_restart(&rig->session);
    assert_false(session_is_busy(&rig->session));
    rig_pass(rig, 2 * SESSION_OPENED_MS);
    assert_int_equal(rig_count(rig, MESSAGE_RENEW), 0);
}

static void test_refusal_by_the_store_begins_anew(void **state)
{
    struct rig *rig = *state;

    rig_connect(rig);
    rig_say_answers(rig, 1, 2);
    rig_answer(rig, STORE_REFUSED);
    assert_int_equal(rig->last_note, SESSION_NOTE_REFUSED);
    assert_int_equal(rig_count(rig, MESSAGE_ACK), 0);
    rig_say_answers(rig, 1, 2);
    assert_int_equal(rig_count(rig, MESSAGE_RENEW), 1);
}

static void test_health_is_answered_at_once_with_the_time_to_midnight(void **state)
{
    struct rig *rig = *state;
    struct message_time time;

    rig_connect(rig);
    rig_pass(rig, 600 * 1000);
    rig_say_health(rig, 610);
    const struct rig_frame *frame = rig_last(rig, MESSAGE_TIME);
    assert_true(message_time_decode(frame->body, frame->size, &time));
    assert_int_equal(time.midnight_in_s, 3000);
    assert_int_equal(rig->asked[0].kind, WORK_HEALTH);
}

static void test_boot_instant_is_the_least_of_late_arrivals_and_forgets(void **state)
{
    struct rig *rig = *state;

    rig_connect(rig); /* uptime 10 s */
    int64_t started_ms = rig->clock.utc_ms - 10000;
    rig_pass(rig, 5000);
    rig_say_health(rig, 13); /* two seconds late */
    assert_true(rig->asked[0].origin.boot_started_ms == started_ms);
    rig_answer(rig, STORE_OK);
    for (uint32_t i = 1; i <= 60; i++) { /* a crystal that loses a second in ten */
        rig_pass(rig, 10000);
        rig_say_health(rig, 15 + 9 * i);
        if (rig->asked_count > 0)
            rig_answer(rig, STORE_OK);
    }
    rig_say_answers(rig, 1, 1);
    int64_t now_s = (rig->clock.utc_ms - rig->asked[0].origin.boot_started_ms) / 1000;
    assert_in_range(now_s, 15 + 9 * 60, 15 + 9 * 60 + 15);
}

static void test_a_boot_that_left_its_number_to_the_next_one_leaves_not_its_start(void **state)
{
    struct rig *rig = *state;

    rig_connect(rig);
    rig_say_health(rig, 36000); /* ten hours without an answer */
    rig_answer(rig, STORE_OK);
    rig_pass(rig, 1000);
    rig_say_hello(rig); /* the same number, but uptime 10 s */
    rig_admit(rig, 0);
    rig_say_answers(rig, 1, 1);
    assert_true(rig->asked[0].origin.boot_started_ms == rig->clock.utc_ms - 10000);
}

static void test_a_kiosk_admitted_elsewhere_meanwhile_is_told_to_wait(void **state)
{
    struct rig *rig = *state;

    rig_say_hello(rig);
    rig->is_in_use = true;
    rig_admit(rig, 0);
    assert_int_equal(rig_count(rig, MESSAGE_WELCOME), 0);
    assert_int_equal(wait_reason(rig), WAIT_IN_USE);
}

static void test_a_welcome_ends_a_hold(void **state)
{
    struct rig *rig = *state;

    rig_connect(rig);
    rig_say_answers(rig, 1, 1);
    rig_answer(rig, STORE_FULL);
    assert_true(rig->session.hold_s > 0);
    rig_say_hello(rig);
    rig_admit(rig, 1);
    assert_int_equal(rig->session.hold_s, 0);
    assert_false(rig->session.is_held);
}

static void test_away_is_fifteen_seconds_without_a_frame(void **state)
{
    struct rig *rig = *state;

    rig_connect(rig);
    rig_pass(rig, SESSION_AWAY_MS - 1);
    assert_true(session_is_heard(&rig->session, rig->clock.now_ms));
    rig_pass(rig, 1);
    assert_false(session_is_heard(&rig->session, rig->clock.now_ms));
    rig_say_answers(rig, 1, 1);
    assert_true(session_is_heard(&rig->session, rig->clock.now_ms));
    assert_int_equal(rig->asked_count, 1);
}

static void test_flags_and_unknown_types_are_counted_and_dropped(void **state)
{
    struct rig *rig = *state;
    uint8_t bytes[64];

    rig_connect(rig);
    size_t size = frame_encode(MESSAGE_HEALTH, 1, NULL, 0, bytes, sizeof bytes);
    session_receive(&rig->session, bytes, size, &rig->clock);
    rig_say(rig, 0x3E, NULL, 0);
    rig_say(rig, MESSAGE_ANSWERS, bytes, 3);
    assert_int_equal(rig->session.counters.flagged, 1);
    assert_int_equal(rig->session.counters.unknown, 1);
    assert_int_equal(rig->session.counters.malformed, 1);
    assert_int_equal(rig->sent_count, 0);
}

static void test_reliable_message_is_resent_until_received(void **state)
{
    struct rig *rig = *state;

    rig_say_hello(rig);
    rig_admit(rig, 0);
    assert_int_equal(rig_count(rig, MESSAGE_SETTINGS), 1);
    rig_pass(rig, SESSION_RESEND_MS * 2);
    assert_int_equal(rig_count(rig, MESSAGE_SETTINGS), 3);
    uint8_t token = rig_last(rig, MESSAGE_SETTINGS)->body[0];
    assert_int_not_equal(token, 0);
    rig_say_received(rig, (uint8_t)(token + 1), true);
    assert_true(session_is_busy(&rig->session));
    rig_say_received(rig, token, false);
    rig_pass(rig, SESSION_NOT_TAKEN_MS - 100);
    assert_int_equal(rig_count(rig, MESSAGE_SETTINGS), 3);
    rig_pass(rig, 100);
    assert_int_equal(rig_count(rig, MESSAGE_SETTINGS), 4);
    rig_say_received(rig, token, true);
    assert_false(session_is_busy(&rig->session));
}

static void test_roster_goes_out_in_pieces_and_then_counts(void **state)
{
    struct rig *rig = *state;
    struct work_roster roster;
    struct message_roster piece;

    rig_connect(rig);
    make_roster(&roster, 5);
    session_roster(&rig->session, &roster, &rig->clock);
    assert_int_equal(receive_all(rig), 10);
    assert_int_equal(rig_count(rig, MESSAGE_ROSTER), 5);
    assert_int_equal(rig_count(rig, MESSAGE_COUNTS), 5);
    const struct rig_frame *frame = rig_last(rig, MESSAGE_ROSTER);
    assert_true(message_roster_decode(frame->body, frame->size, &piece));
    assert_true(piece.index == 4 && piece.count == 5 && piece.version == roster.version);

    rig_forget(rig);
    session_roster(&rig->session, &roster, &rig->clock);
    assert_int_equal(rig->sent_count, 0);
    roster.counts[2].asked_today = 1;
    session_roster(&rig->session, &roster, &rig->clock);
    assert_int_equal(receive_all(rig), 1);
    assert_int_equal(rig_count(rig, MESSAGE_COUNTS), 1);
}

static void test_counts_are_told_again_beside_a_new_roster(void **state)
{
    struct rig *rig = *state;
    struct work_roster roster;

    rig_connect(rig);
    make_roster(&roster, 2);
    session_roster(&rig->session, &roster, &rig->clock);
    receive_all(rig);
    rig_forget(rig);
    make_roster(&roster, 3);
    session_roster(&rig->session, &roster, &rig->clock);
    receive_all(rig);
    assert_int_equal(rig_count(rig, MESSAGE_COUNTS), 3);
}

/* The store says, to the oldest question, that 7 is signed on for as long. */
static void answer_presence(struct rig *rig, uint16_t minutes)
{
    assert_true(rig->asked[0].asks_presence);
    rig->asked[0].present_count = 1;
    rig->asked[0].present[0] = (struct presence){7, minutes};
}

static void expect_presence(const struct rig *rig, uint16_t minutes)
{
    const struct rig_frame *frame = rig_last(rig, MESSAGE_PRESENCE);
    struct message_presence presence;

    assert_non_null(frame);
    assert_true(message_presence_decode(frame->body, frame->size, &presence));
    assert_true(presence.count == 1 && presence.present[0].staff_id == 7 &&
                presence.present[0].minutes_left == minutes);
}

/* The store says who is signed on, then commits what was asked before; the kiosk is told. */
static void expect_presence_when_stored(struct rig *rig)
{
    answer_presence(rig, 60);
    rig_answer(rig, STORE_OK);
    receive_all(rig);
    expect_presence(rig, 60);
}

static void test_presence_is_told_to_who_needs_it(void **state)
{
    struct rig *rig = *state;

    rig->needs_presence = true;
    rig_say_hello(rig);
    answer_presence(rig, 90);
    rig_admit(rig, 0);
    receive_all(rig);
    expect_presence(rig, 90);
    rig_forget(rig);
    rig_say_health(rig, 11);
    assert_false(rig->asked[0].asks_presence); /* once a conversation */
    rig_answer(rig, STORE_OK);
    receive_all(rig);
    assert_int_equal(rig_count(rig, MESSAGE_PRESENCE), 0);
}

static void test_presence_is_not_told_to_who_knows_better(void **state)
{
    struct rig *rig = *state;

    rig_say_hello(rig);
    assert_false(rig->asked[0].asks_presence);
    rig_admit(rig, 0);
    rig_say_health(rig, 11);
    assert_false(rig->asked[0].asks_presence);
    rig_answer(rig, STORE_OK);
    receive_all(rig);
    assert_int_equal(rig_count(rig, MESSAGE_PRESENCE), 0);
}

/* A sign-off of an earlier boot may be among what it has still to say: who is signed on is asked when that is stored. */
static void test_presence_waits_for_what_the_kiosk_had_to_say(void **state)
{
    struct rig *rig = *state;

    rig->needs_presence = true;
    rig->pending = 4;
    rig_say_hello(rig);
    assert_false(rig->asked[0].asks_presence);
    rig_admit(rig, 0);
    rig_say_answers(rig, 1, 3);
    rig_say_health(rig, 11);
    assert_false(rig->asked[1].asks_presence); /* what is with the store may still fail */
    rig_answer(rig, STORE_OK);
    rig_answer(rig, STORE_OK);
    rig_say_health(rig, 12);
    assert_int_equal(rig->asked_count, 0);
    rig_say_answers(rig, 4, 1);
    rig_answer(rig, STORE_OK);
    receive_all(rig);
    assert_int_equal(rig_count(rig, MESSAGE_PRESENCE), 0);
    rig_say_health(rig, 13);
    expect_presence_when_stored(rig);
}

/* The store would look it up and leave it; but it is told the time each time. */
static void test_a_heartbeat_without_news_does_not_go_to_the_store(void **state)
{
    struct rig *rig = *state;
    struct message_health health = {.uptime_s = 13, .refused = 1};
    uint8_t body[FRAME_SIZE_MAX];

    rig_connect(rig);
    rig_say_health(rig, 11);
    rig_answer(rig, STORE_FULL);
    rig_say_health(rig, 12);
    rig_answer(rig, STORE_OK);
    rig_forget(rig);
    rig_say_health(rig, 13);
    assert_int_equal(rig->asked_count, 0);
    assert_int_equal(rig_count(rig, MESSAGE_TIME), 1);
    rig_say(rig, MESSAGE_HEALTH, body, message_health_encode(&health, body, sizeof body));
    assert_int_equal(rig->asked_count, 1);
    assert_int_equal(rig->asked[0].ask.health.refused, 1);
    rig_answer(rig, STORE_OK);
    rig_say(rig, MESSAGE_HEALTH, body, 3); /* cut short: what it says is nothing */
    rig_say(rig, MESSAGE_HEALTH, body, message_health_encode(&health, body, sizeof body));
    assert_int_equal(rig->asked_count, 0);
}

/* At moments that are the same for all kiosks; once, until the store has answered; and with the instant it was heard. */
static void test_that_it_was_heard_goes_to_the_store_twice_a_minute(void **state)
{
    struct rig *rig = *state;

    rig_connect(rig);
    rig_pass(rig, SESSION_NOTE_HEALTH_MS - rig->clock.now_ms % SESSION_NOTE_HEALTH_MS);
    rig_say_health(rig, 11);
    rig_answer(rig, STORE_OK);
    rig_pass(rig, SESSION_NOTE_HEALTH_MS - 5000);
    rig_say_health(rig, 36);
    int64_t heard_ms = rig->clock.utc_ms;
    rig_pass(rig, 4900);
    assert_int_equal(rig->asked_count, 0);
    rig_pass(rig, 500);
    assert_int_equal(rig->asked_count, 1);
    assert_int_equal(rig->asked[0].kind, WORK_HEALTH);
    assert_true(rig->asked[0].now_ms == heard_ms && rig->asked[0].origin.arrived_ms == heard_ms);
    rig_answer(rig, STORE_FULL);
    rig_pass(rig, 100);
    rig_answer(rig, STORE_OK);
    rig_pass(rig, 1000);
    assert_int_equal(rig->asked_count, 0);
    rig_pass(rig, 2 * SESSION_NOTE_HEALTH_MS); /* nothing was heard */
    assert_int_equal(rig->asked_count, 0);
}

/* Noted 20 s ago and heard just now; the next tick is the first of a new half minute. */
static void pass_to_note(struct rig *rig)
{
    rig_connect(rig);
    rig_say_health(rig, 11);
    rig_answer(rig, STORE_OK);
    rig_pass(rig, SESSION_NOTE_HEALTH_MS - rig->clock.now_ms % SESSION_NOTE_HEALTH_MS - 5000);
    rig_say_health(rig, 26);
    rig_pass(rig, 4900);
    assert_int_equal(rig->asked_count, 0);
}

static void test_that_it_was_heard_goes_to_the_store_at_the_same_moments_for_all(void **state)
{
    struct rig *rig = *state;

    pass_to_note(rig);
    rig->clock.is_good = false;
    rig_pass(rig, 100);
    assert_int_equal(rig->asked_count, 1);
    assert_int_equal(rig->asked[0].kind, WORK_HEALTH);
    assert_false(rig->asked[0].origin.is_clock_good);
}

static void test_that_it_was_heard_waits_for_room_in_the_queue(void **state)
{
    struct rig *rig = *state;

    pass_to_note(rig);
    rig->is_store_congested = true;
    rig_pass(rig, 1000);
    assert_int_equal(rig->asked_count, 0);
    rig->is_store_congested = false;
    rig_pass(rig, 100);
    assert_int_equal(rig->asked_count, 1);
    assert_int_equal(rig->asked[0].kind, WORK_HEALTH);
}

static void test_that_it_was_heard_is_asked_once_whatever_else_is_stored(void **state)
{
    struct rig *rig = *state;

    pass_to_note(rig);
    rig_say_answers(rig, 1, 1);
    rig_pass(rig, 100);
    assert_int_equal(rig->asked_count, 2);
    rig_answer(rig, STORE_OK);
    rig_pass(rig, 1000);
    assert_int_equal(rig->asked_count, 1);
    assert_int_equal(rig->asked[0].kind, WORK_HEALTH);
}

/* The disk was full for answers before it: what the store says of it belongs to what was dropped. */
static void test_that_it_was_heard_is_asked_again_after_a_full_disk(void **state)
{
    struct rig *rig = *state;

    pass_to_note(rig);
    rig_say_answers(rig, 1, 1);
    rig_pass(rig, 100);
    assert_int_equal(rig->asked_count, 2);
    rig_answer(rig, STORE_FULL);
    rig_answer(rig, STORE_OK);
    rig_pass(rig, 100);
    assert_int_equal(rig->asked_count, 1);
    assert_int_equal(rig->asked[0].kind, WORK_HEALTH);
}

static void test_each_count_that_a_heartbeat_changes_is_news(void **state)
{
    static const struct message_health changed[] = {
        {.uptime_s = 12, .refused = 1},       {.uptime_s = 12, .bad_frames = 1},
        {.uptime_s = 12, .resent = 1},        {.uptime_s = 12, .pending = 1},
        {.uptime_s = 12, .bad_slots = 1},     {.uptime_s = 12, .display_faults = 1},
        {.uptime_s = 12, .stuck_buttons = 1},
    };
    struct rig *rig = *state;
    uint8_t body[FRAME_SIZE_MAX];

    for (size_t i = 0; i < sizeof changed / sizeof *changed; i++) {
        rig_init(rig);
        rig_connect(rig);
        rig_say_health(rig, 11);
        rig_answer(rig, STORE_OK);
        rig_say(rig, MESSAGE_HEALTH, body, message_health_encode(&changed[i], body, sizeof body));
        assert_int_equal(rig->asked_count, 1);
        rig_answer(rig, STORE_OK);
        rig_say(rig, MESSAGE_HEALTH, body, message_health_encode(&changed[i], body, sizeof body));
        assert_int_equal(rig->asked_count, 0);
    }
}

/* ... also where the database has it already: until it is said, it may be another. */
static void test_presence_waits_for_what_was_stored_before_to_be_said_again(void **state)
{
    struct rig *rig = *state;

    rig->needs_presence = true;
    rig->pending = 2;
    rig_say_hello(rig);
    assert_false(rig->asked[0].asks_presence);
    rig_admit(rig, 2);
    rig_say_health(rig, 11);
    assert_false(rig->asked[0].asks_presence);
    rig_answer(rig, STORE_OK);
    rig_say_answers(rig, 1, 1);
    rig_answer(rig, STORE_OK);
    rig_say(rig, MESSAGE_LOST, (const uint8_t[]){2, 0, 0, 0, 2, 0, 0, 0, LOST_DAMAGED}, 9);
    rig_say_health(rig, 12);
    expect_presence_when_stored(rig);
}

/* A slot that decayed before it was acknowledged is said again, as lost. What is with the store may still fail. */
static void test_presence_waits_for_answers_that_were_called_lost_while_they_were_stored(void **state)
{
    struct rig *rig = *state;

    rig->needs_presence = true;
    rig->pending = 2;
    rig_say_hello(rig);
    rig_admit(rig, 0);
    rig_say_answers(rig, 1, 2);
    rig_say(rig, MESSAGE_LOST, (const uint8_t[]){1, 0, 0, 0, 2, 0, 0, 0, LOST_DAMAGED}, 9);
    assert_int_equal(acked(rig), 0);
    rig_say_health(rig, 11);
    assert_false(rig->asked[1].asks_presence);
    rig_answer(rig, STORE_OK);
    rig_answer(rig, STORE_OK);
    rig_say_health(rig, 12);
    expect_presence_when_stored(rig);
}

static void test_presence_that_was_asked_twice_is_told_once(void **state)
{
    struct rig *rig = *state;

    rig->needs_presence = true;
    rig->pending = 1;
    rig_say_hello(rig);
    rig_admit(rig, 0);
    rig_say_answers(rig, 1, 1);
    rig_answer(rig, STORE_OK);
    rig_say_health(rig, 11);
    rig_say_health(rig, 12); /* the store is slow */
    answer_presence(rig, 60);
    rig_answer(rig, STORE_OK);
    receive_all(rig);
    expect_presence(rig, 60);
    answer_presence(rig, 59); /* who has it since knows better: somebody may have signed off */
    rig_answer(rig, STORE_OK);
    receive_all(rig);
    expect_presence(rig, 60);
    assert_int_equal(rig_count(rig, MESSAGE_PRESENCE), 1);
}

static void test_presence_is_asked_again_when_the_disk_was_full(void **state)
{
    struct rig *rig = *state;

    rig->needs_presence = true;
    rig->pending = 1;
    rig_say_hello(rig);
    rig_admit(rig, 0);
    rig_say_answers(rig, 1, 1);
    rig_answer(rig, STORE_OK);
    rig_say_health(rig, 11);
    assert_true(rig->asked[0].asks_presence);
    rig_answer(rig, STORE_FULL);
    receive_all(rig);
    assert_int_equal(rig_count(rig, MESSAGE_PRESENCE), 0);
    rig_say_health(rig, 12);
    expect_presence_when_stored(rig);
}

static void test_roster_that_changes_on_the_way_begins_again(void **state)
{
    struct rig *rig = *state;
    struct work_roster roster;
    struct message_roster piece;

    rig_connect(rig);
    make_roster(&roster, 5);
    session_roster(&rig->session, &roster, &rig->clock);
    rig_say_received(rig, rig->session.downlink.token, true);
    uint8_t old_token = rig->session.downlink.token;
    make_roster(&roster, 2);
    session_roster(&rig->session, &roster, &rig->clock);
    rig_say_received(rig, old_token, true); /* of a piece that is out of date */
    const struct rig_frame *frame = rig_last(rig, MESSAGE_ROSTER);
    assert_true(message_roster_decode(frame->body, frame->size, &piece));
    assert_true(piece.index == 0 && piece.count == 2);
    assert_int_equal(receive_all(rig), 4);
}

static void test_emptied_roster_is_one_piece(void **state)
{
    struct rig *rig = *state;
    struct work_roster roster;

    rig_connect(rig);
    make_roster(&roster, 1);
    session_roster(&rig->session, &roster, &rig->clock);
    receive_all(rig);
    rig_forget(rig);
    make_roster(&roster, 0);
    session_roster(&rig->session, &roster, &rig->clock);
    assert_int_equal(receive_all(rig), 1);
    assert_int_equal(rig_last(rig, MESSAGE_ROSTER)->body[6], 0);
}

static void test_random_bytes_and_frames_never_ask_for_what_is_out_of_order(void **state)
{
    struct rig *rig = *state;
    static const uint8_t types[] = {1, 2, 3, 4, 5, 6, 0x41, 0x44};
    unsigned seed = 20261121;
    uint8_t body[64];

    print_message("seed %u\n", seed);
    srand(seed);
    for (int round = 0; round < 20000; round++) {
        size_t size = (size_t)rand() % sizeof body;
        for (size_t i = 0; i < size; i++)
            body[i] = (uint8_t)(rand() % 4);
        switch (rand() % 6) {
        case 0:
            session_receive(&rig->session, body, size, &rig->clock);
            break;
        case 1:
            rig_say_hello(rig);
            break;
        case 2:
            rig_say_answers(rig, rig->session.through + (uint32_t)rand() % 4 + 1, (uint8_t)(rand() % 16 + 1));
            break;
        case 3:
            rig_pass(rig, (uint64_t)rand() % 3000);
            break;
        default:
            rig_say(rig, types[(size_t)rand() % sizeof types], body, size);
        }
        if (rig->asked_count > 0 && rand() % 2 == 0) {
            if (rig->asked[0].kind == WORK_ANSWERS && rig->asked[0].epoch == rig->session.epoch)
                assert_true(rig->asked[0].ask.answers.first_seq <= rig->session.through + 1);
            rig->asked[0].result.hello.admitted.kiosk_id =
                rig->asked[0].kind == WORK_HELLO ? RIG_KIOSK_ID : 0;
            rig_answer(rig, rand() % 8 == 0 ? STORE_FULL : STORE_OK);
        }
        rig_forget(rig);
    }
}

/* What the kiosk cannot know, and the store says anyway ---------------------------------------------------------- */

static void say_lost(struct rig *rig, uint32_t first, uint32_t last)
{
    const struct message_lost lost = {first, last, LOST_DAMAGED};
    uint8_t body[FRAME_SIZE_MAX];

    rig_say(rig, MESSAGE_LOST, body, message_lost_encode(&lost, body, sizeof body));
}

/* The store answers the oldest question about answers: this many are there now. */
static void answer_ingested(struct rig *rig, struct store_ingested ingested)
{
    struct work work = rig->asked[0];

    work.status = STORE_OK;
    work.result.ingested = ingested;
    memmove(rig->asked, rig->asked + 1, --rig->asked_count * sizeof *rig->asked);
    session_result(&rig->session, &work, &rig->clock);
}

static void test_one_ack_covers_all_that_came_back_together(void **state)
{
    struct rig *rig = *state;

    rig_connect(rig);
    rig_say_answers(rig, 1, 2);
    rig_say_answers(rig, 3, 2);
    assert_int_equal(rig->asked_count, 2);
    rig->asked[0].is_followed = true;
    rig_answer(rig, STORE_OK);
    assert_int_equal(rig_count(rig, MESSAGE_ACK), 0);
    rig_answer(rig, STORE_OK);
    assert_int_equal(rig_count(rig, MESSAGE_ACK), 1);
    assert_int_equal(acked(rig), 4);
}

static void test_a_silent_line_is_neither_heard_nor_busy(void **state)
{
    struct rig *rig = *state;

    assert_false(session_is_heard(&rig->session, rig->clock.now_ms));
    assert_false(session_is_busy(&rig->session));
    assert_true(session_kiosk_id(&rig->session) == 0);
    session_renew(&rig->session, &rig->clock); /* there may be nobody, or a bootloader */
    assert_int_equal(rig->sent_count, 0);
}

static void test_a_blank_kiosk_is_in_use_nowhere(void **state)
{
    struct rig *rig = *state;
    const struct message_hello blank = {.major = PROTOCOL_MAJOR, .oldest = 1, .next = 1};
    uint8_t body[FRAME_SIZE_MAX];

    rig->is_in_use = true;
    rig_say(rig, MESSAGE_HELLO, body, message_hello_encode(&blank, body, sizeof body));
    assert_int_equal(rig->sent_count, 0);
    assert_int_equal(rig->asked_count, 1);
}

static void test_a_hello_that_the_store_has_no_room_for_is_asked_with_the_next(void **state)
{
    struct rig *rig = *state;

    rig->is_store_congested = true;
    rig_say_hello(rig);
    assert_int_equal(rig->session.state, SESSION_SILENT);
    rig->is_store_congested = false;
    rig_say_hello(rig);
    assert_int_equal(rig->asked_count, 1);
}

static void test_another_kiosks_hello_is_asked_even_while_one_is(void **state)
{
    static const struct {
        size_t offset; /* in HELLO's body: of the kiosk's id, of the journal's */
    } cases[] = {{2}, {10}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig *rig = *state;
        uint8_t body[FRAME_SIZE_MAX];

        rig_init(rig);
        rig_say_hello(rig);
        memcpy(body, rig->hello_body, rig->hello_size);
        body[cases[i].offset] ^= 1;
        rig_say(rig, MESSAGE_HELLO, body, rig->hello_size);
        assert_int_equal(rig->asked_count, 2);
        assert_int_not_equal(rig->asked[0].epoch, rig->asked[1].epoch);
    }
}

static void test_a_gap_that_hello_reveals_is_noted(void **state)
{
    struct rig *rig = *state;

    rig_say_hello(rig);
    rig->asked[0].result.hello.admitted = (struct store_admitted){.admission = STORE_ADMITTED,
                                                                  .kiosk_id = RIG_KIOSK_ID,
                                                                  .through = 40,
                                                                  .lost_first = 30,
                                                                  .lost_last = 40};
    rig_answer(rig, STORE_OK);
    assert_int_equal(rig->note_count, 2); /* lost, and up */
    assert_int_equal(rig_count(rig, MESSAGE_WELCOME), 1);
    rig_say_answers(rig, 41, 1);
    assert_int_equal(rig->asked_count, 1);
}

static void test_what_the_store_has_beyond_the_question_is_not_expected_again(void **state)
{
    struct rig *rig = *state;

    rig_connect(rig);
    rig_say_answers(rig, 1, 2);
    /* 3 and 4 were queued by the conversation before and committed after its end. */
    answer_ingested(rig, (struct store_ingested){.stored = 2, .through = 4});
    assert_int_equal(acked(rig), 2); /* the kiosk's own 3 and 4 were not compared with them yet */
    rig_say_answers(rig, 5, 1);
    assert_int_equal(rig->asked_count, 1);
    answer_ingested(rig,
                    (struct store_ingested){.duplicate = 1, .through = 3}); /* and a mark never goes back */
    assert_int_equal(acked(rig), 4);
}

/* What it would cover, the kiosk would forget unseen: another may have stored it under its number. */
static void test_welcome_covers_nothing_that_the_kiosk_has_still_to_say(void **state)
{
    const struct message_hello hello = {.major = PROTOCOL_MAJOR,
                                        .kiosk_id = RIG_KIOSK_ID,
                                        .journal_id = RIG_JOURNAL_ID,
                                        .oldest = 3,
                                        .next = 8,
                                        .boot = 7,
                                        .uptime_s = 10,
                                        .nonce = 1};
    const struct message_lost lost = {5, 5, LOST_DAMAGED};
    struct rig *rig = *state;
    struct message_welcome welcome;
    uint8_t body[FRAME_SIZE_MAX];

    rig_say(rig, MESSAGE_HELLO, body, message_hello_encode(&hello, body, sizeof body));
    rig_admit(rig, 5);
    const struct rig_frame *frame = rig_last(rig, MESSAGE_WELCOME);
    assert_true(message_welcome_decode(frame->body, frame->size, &welcome));
    assert_int_equal(welcome.through, 2);
    rig_say_answers(rig, 3, 2);
    answer_ingested(rig, (struct store_ingested){.duplicate = 2, .through = 5});
    assert_int_equal(acked(rig), 4);
    rig_say(rig, MESSAGE_LOST, body,
            message_lost_encode(&lost, body, sizeof body)); /* it cannot read it any more */
    assert_int_equal(acked(rig), 5);
    rig_say_answers(rig, 6, 2);
    answer_ingested(rig, (struct store_ingested){.stored = 2, .through = 7});
    assert_int_equal(acked(rig), 7);
}

static void test_an_answer_with_two_contents_is_noted_and_acknowledged(void **state)
{
    struct rig *rig = *state;

    rig_connect(rig);
    rig_say_answers(rig, 1, 1);
    answer_ingested(rig, (struct store_ingested){.conflict = 1, .through = 1});
    assert_int_equal(rig->last_note, SESSION_NOTE_CONFLICT);
    assert_int_equal(acked(rig), 1);
}

static void test_lost_numbers_follow_the_rules_of_answers(void **state)
{
    struct rig *rig = *state;

    rig_connect(rig);
    say_lost(rig, 2, 3); /* 1 is missing */
    assert_int_equal(rig_count(rig, MESSAGE_NAK), 1);
    rig->is_store_congested = true;
    say_lost(rig, 1, 3);
    rig->is_store_congested = false;
    assert_int_equal(rig->asked_count, 0);
    say_lost(rig, 1, 3);
    rig_answer(rig, STORE_OK);
    rig_forget(rig);
    say_lost(rig, 1, 3);
    assert_int_equal(rig->asked_count, 0);
    assert_int_equal(acked(rig), 3);
    assert_int_equal(rig->session.counters.duplicates, 1);
    rig_say(rig, MESSAGE_LOST, NULL, 0);
    assert_int_equal(rig->session.counters.malformed, 1);
}

static void test_what_was_under_way_when_the_disk_was_full_is_dropped(void **state)
{
    struct rig *rig = *state;

    rig_connect(rig);
    rig_say_answers(rig, 1, 1);
    rig_answer(rig, STORE_FULL);
    rig_say_answers(rig, 1, 1);
    say_lost(rig, 1, 3);
    assert_int_equal(rig->asked_count, 0);
    rig_pass(rig, SESSION_HOLD_S_MIN * 1000);
    say_lost(rig, 1, 3);
    assert_int_equal(rig->asked_count, 1);
}

static void test_holds_grow_to_a_bound_and_are_noted_once(void **state)
{
    static const uint16_t seconds[] = {5, 10, 20, 30, 30};
    struct rig *rig = *state;

    rig_connect(rig);
    for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++) {
        rig_say_answers(rig, 1, 1);
        rig_answer(rig, STORE_FULL);
        assert_int_equal(rig_last(rig, MESSAGE_HOLD)->body[0], seconds[i]);
        rig_pass(rig, SESSION_HOLD_S_MAX * 1000);
    }
    assert_int_equal(rig->note_count, 1);
}

/* Neither is worth ending the conversation for. */
static void test_a_heartbeat_that_is_not_stored_changes_nothing(void **state)
{
    struct rig *rig = *state;

    rig_connect(rig);
    rig_say_health(rig, 20);
    rig_answer(rig, STORE_FULL);
    assert_int_equal(rig_count(rig, MESSAGE_HOLD), 0);
    rig_say_health(rig, 21);
    rig_answer(rig, STORE_REFUSED);
    assert_int_equal(rig->last_note, SESSION_NOTE_REFUSED);
    assert_true(session_kiosk_id(&rig->session) == RIG_KIOSK_ID);
}

static void test_a_hello_that_finds_the_disk_full_or_is_refused_begins_anew(void **state)
{
    static const enum store_status statuses[] = {STORE_FULL, STORE_REFUSED, STORE_BROKEN};
    struct rig *rig = *state;

    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        rig_init(rig);
        rig_say_hello(rig);
        rig_answer(rig, statuses[i]);
        assert_int_equal(rig->session.state, SESSION_SILENT);
        assert_int_equal(rig->sent_count, 0);
        rig_say_hello(rig);
        assert_int_equal(rig->asked_count, 1);
    }
}

static void test_bodies_that_cannot_be_read_are_counted_and_dropped(void **state)
{
    static const uint8_t types[] = {MESSAGE_HELLO, MESSAGE_ANSWERS, MESSAGE_LOST, MESSAGE_HEALTH,
                                    MESSAGE_RECEIVED};
    static const uint8_t body[] = {PROTOCOL_MAJOR};
    struct rig *rig = *state;

    rig_connect(rig);
    for (uint32_t i = 0; i < sizeof types; i++) {
        rig_say(rig, types[i], body, types[i] == MESSAGE_RECEIVED ? 0 : 1);
        assert_int_equal(rig->session.counters.malformed, i + 1);
    }
    assert_int_equal(rig->asked_count, 0);
    assert_int_equal(rig->sent_count, 0);
    assert_true(session_kiosk_id(&rig->session) == RIG_KIOSK_ID);
}

static void test_the_boot_of_another_kiosk_or_journal_is_another(void **state)
{
    static const struct {
        int64_t kiosk, journal;
        int64_t started_ms_ago;
    } cases[] = {{1, 2, 15000}, {1, 3, 10000}, {2, 2, 10000}};
    struct rig *rig = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rig_init(rig);
        rig_connect(rig); /* kiosk 1, journal 2; uptime 10 s */
        rig_pass(rig, 5000);
        rig_say_hello(rig); /* uptime 10 s again: five seconds late, or somebody else's */
        rig->asked[0].result.hello.admitted = (struct store_admitted){.admission = STORE_ADMITTED,
                                                                      .kiosk_id = RIG_KIOSK_ID,
                                                                      .kiosk = cases[i].kiosk,
                                                                      .journal = cases[i].journal};
        rig_answer(rig, STORE_OK);
        rig_say_answers(rig, 1, 1);
        assert_true(rig->asked[0].origin.boot_started_ms == rig->clock.utc_ms - cases[i].started_ms_ago);
    }
}

static void test_a_kiosk_that_was_silent_for_minutes_has_no_older_estimate(void **state)
{
    struct rig *rig = *state;

    rig_connect(rig); /* uptime 10 s */
    rig_pass(rig, 300000);
    rig_say_health(rig, 300); /* ten seconds of 300 went another way: its crystal is slow */
    rig_answer(rig, STORE_OK);
    rig_say_answers(rig, 1, 1);
    assert_true(rig->asked[0].origin.boot_started_ms == rig->clock.utc_ms - 300000);
}

static void test_every_count_that_changes_is_told(void **state)
{
    struct rig *rig = *state;
    struct work_roster roster;

    rig_connect(rig);
    make_roster(&roster, 2);
    session_roster(&rig->session, &roster, &rig->clock);
    receive_all(rig);
    uint16_t *const counts[] = {
        &roster.counts[1].asked_today,   &roster.counts[1].answered_today, &roster.counts[1].asked_week,
        &roster.counts[1].answered_week, &roster.counts[1].asked_best,     &roster.counts[1].answered_best,
    };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct message_counts told;

        rig_forget(rig);
        (*counts[i])++;
        session_roster(&rig->session, &roster, &rig->clock);
        assert_int_equal(receive_all(rig), 1);
        const struct rig_frame *frame = rig_last(rig, MESSAGE_COUNTS);
        assert_true(message_counts_decode(frame->body, frame->size, &told));
        assert_int_equal(told.staff_id, 2);
    }
}

static void test_counts_that_change_on_the_way_are_told_once_more(void **state)
{
    struct rig *rig = *state;
    struct work_roster roster;

    rig_connect(rig);
    make_roster(&roster, 1);
    session_roster(&rig->session, &roster, &rig->clock);
    rig_say_received(rig, rig->session.downlink.token, true); /* the roster's piece; the counts follow */
    uint8_t old_token = rig->session.downlink.token;
    roster.counts[0].asked_today = 3;
    session_roster(&rig->session, &roster, &rig->clock);
    rig_say_received(rig, old_token, true);
    assert_true(session_is_busy(&rig->session));
    assert_int_equal(receive_all(rig), 1);
    rig_say_received(rig, rig->session.downlink.token, true); /* and nobody waits for this one */
    assert_false(session_is_busy(&rig->session));
}

static void test_a_roster_on_its_way_is_not_begun_again_for_counts(void **state)
{
    struct rig *rig = *state;
    struct work_roster roster;

    rig_connect(rig);
    make_roster(&roster, 3);
    session_roster(&rig->session, &roster, &rig->clock);
    rig_say_received(rig, rig->session.downlink.token, true);
    roster.counts[0].asked_today = 3;
    session_roster(&rig->session, &roster, &rig->clock);
    receive_all(rig);
    assert_int_equal(rig_count(rig, MESSAGE_ROSTER), 3);
}

static void test_a_roster_that_is_there_before_the_kiosk_is_told_once_it_is_up(void **state)
{
    struct rig *rig = *state;
    struct work_roster roster;

    make_roster(&roster, 2);
    session_roster(&rig->session, &roster, &rig->clock);
    rig_say_hello(rig);
    session_roster(&rig->session, &roster, &rig->clock);
    assert_int_equal(rig->sent_count, 0);
    rig_admit(rig, 0);
    receive_all(rig);
    assert_int_equal(rig_count(rig, MESSAGE_ROSTER), 2);
}

static void test_tokens_come_round_without_zero(void **state)
{
    struct rig *rig = *state;
    struct work_roster roster;
    bool was_one = false;

    rig_connect(rig);
    make_roster(&roster, 1);
    for (uint16_t i = 1; i <= 300; i++) {
        roster.counts[0].asked_today = i;
        session_roster(&rig->session, &roster, &rig->clock);
        receive_all(rig);
        assert_int_not_equal(rig->session.downlink.token, 0);
        was_one = was_one || rig->session.downlink.token == 1;
        rig_forget(rig);
    }
    assert_true(was_one);
}

static void test_what_waits_for_a_kiosk_that_is_away_is_not_sent(void **state)
{
    struct rig *rig = *state;

    rig_say_hello(rig);
    rig_admit(rig, 0);
    rig_pass(rig, SESSION_AWAY_MS);
    rig_forget(rig);
    rig_pass(rig, 60000);
    assert_int_equal(rig->sent_count, 0);
    rig_say_health(rig, 100);
    rig_pass(rig, 100);
    assert_int_equal(rig_count(rig, MESSAGE_SETTINGS), 1);
}

static void test_a_seal_at_a_line_without_a_conversation(void **state)
{
    static const struct {
        uint8_t flags, type;
        bool is_waiting;
        size_t renews;
    } cases[] = {
        {SEAL_FLAG, MESSAGE_HEALTH, false,
         1}, /* of a kiosk that does not know of a restart: it is asked for a HELLO */
        {SEAL_FLAG, MESSAGE_HELLO, false, 0},       /* a HELLO has no seal */
        {SEAL_FLAG, MESSAGE_HEALTH, true, 0},       /* it has been told to wait */
        {SEAL_FLAG << 1, MESSAGE_HEALTH, false, 0}, /* another flag */
        {SEAL_FLAG | SEAL_FLAG << 1, MESSAGE_HEALTH, false, 0},
    };
    struct rig *rig = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rig_init(rig);
        if (cases[i].is_waiting) {
            rig_say_hello(rig);
            rig->asked[0].result.hello.admitted.admission = STORE_PENDING;
            rig_answer(rig, STORE_OK);
        }
        rig_say_plainly(rig, cases[i].type, cases[i].flags, (const uint8_t[40]){PROTOCOL_MAJOR}, 40);
        assert_int_equal(rig->session.counters.flagged, 1);
        assert_int_equal(rig_count(rig, MESSAGE_RENEW), cases[i].renews);
        assert_int_equal(rig->asked_count, 0);
    }
}

static const struct CMUnitTest tests[] = {
    WITH_RIG(test_nothing_is_sent_before_a_valid_frame),
    WITH_RIG(test_one_ack_covers_all_that_came_back_together),
    WITH_RIG(test_hello_is_answered_after_the_commit_only),
    WITH_RIG(test_repeated_hello_asks_once_but_a_reboot_asks_again),
    WITH_RIG(test_a_cause_of_loss_that_no_kiosk_has_is_taken_as_damage),
    WITH_RIG(test_a_journal_that_is_over_is_not_acknowledged_and_the_kiosk_says_hello),
    WITH_RIG(test_ids_are_offered_again_to_the_same_boot_of_the_same_kiosk_only),
    WITH_RIG(test_strangers_are_told_why_they_wait),
    WITH_RIG(test_adopted_kiosk_gets_its_ids),
    WITH_RIG(test_other_major_waits_whatever_else_its_hello_holds),
    WITH_RIG(test_kiosk_that_is_live_elsewhere_waits),
    WITH_RIG(test_early_frame_asks_for_a_hello_once_a_second),
    WITH_RIG(test_echo_is_not_answered),
    WITH_RIG(test_answers_are_acknowledged_after_the_commit_only),
    WITH_RIG(test_duplicate_is_compared_by_the_store_and_acknowledged_again),
    WITH_RIG(test_overlap_is_passed_on_whole),
    WITH_RIG(test_gap_is_named_once),
    WITH_RIG(test_lost_moves_the_mark_and_is_noted),
    WITH_RIG(test_full_disk_holds_and_recovers),
    WITH_RIG(test_congestion_drops_and_the_kiosk_may_say_it_again),
    WITH_RIG(test_requests_are_capped),
    WITH_RIG(test_late_result_of_an_older_conversation_is_ignored),
    WITH_RIG(test_an_opened_line_is_asked_for_hello_once_where_nobody_speaks),
    WITH_RIG(test_an_opened_line_that_is_heard_or_closed_is_not_asked),
    WITH_RIG(test_refusal_by_the_store_begins_anew),
    WITH_RIG(test_health_is_answered_at_once_with_the_time_to_midnight),
    WITH_RIG(test_boot_instant_is_the_least_of_late_arrivals_and_forgets),
    WITH_RIG(test_a_boot_that_left_its_number_to_the_next_one_leaves_not_its_start),
    WITH_RIG(test_a_kiosk_admitted_elsewhere_meanwhile_is_told_to_wait),
    WITH_RIG(test_a_welcome_ends_a_hold),
    WITH_RIG(test_away_is_fifteen_seconds_without_a_frame),
    WITH_RIG(test_flags_and_unknown_types_are_counted_and_dropped),
    WITH_RIG(test_reliable_message_is_resent_until_received),
    WITH_RIG(test_roster_goes_out_in_pieces_and_then_counts),
    WITH_RIG(test_counts_are_told_again_beside_a_new_roster),
    WITH_RIG(test_presence_is_told_to_who_needs_it),
    WITH_RIG(test_presence_is_not_told_to_who_knows_better),
    WITH_RIG(test_presence_waits_for_what_the_kiosk_had_to_say),
    WITH_RIG(test_a_heartbeat_without_news_does_not_go_to_the_store),
    WITH_RIG(test_that_it_was_heard_goes_to_the_store_twice_a_minute),
    WITH_RIG(test_that_it_was_heard_goes_to_the_store_at_the_same_moments_for_all),
    WITH_RIG(test_that_it_was_heard_waits_for_room_in_the_queue),
    WITH_RIG(test_that_it_was_heard_is_asked_once_whatever_else_is_stored),
    WITH_RIG(test_that_it_was_heard_is_asked_again_after_a_full_disk),
    WITH_RIG(test_each_count_that_a_heartbeat_changes_is_news),
    WITH_RIG(test_presence_waits_for_what_was_stored_before_to_be_said_again),
    WITH_RIG(test_presence_waits_for_answers_that_were_called_lost_while_they_were_stored),
    WITH_RIG(test_presence_that_was_asked_twice_is_told_once),
    WITH_RIG(test_presence_is_asked_again_when_the_disk_was_full),
    WITH_RIG(test_roster_that_changes_on_the_way_begins_again),
    WITH_RIG(test_emptied_roster_is_one_piece),
    WITH_RIG(test_random_bytes_and_frames_never_ask_for_what_is_out_of_order),
    WITH_RIG(test_a_silent_line_is_neither_heard_nor_busy),
    WITH_RIG(test_a_blank_kiosk_is_in_use_nowhere),
    WITH_RIG(test_a_hello_that_the_store_has_no_room_for_is_asked_with_the_next),
    WITH_RIG(test_another_kiosks_hello_is_asked_even_while_one_is),
    WITH_RIG(test_a_gap_that_hello_reveals_is_noted),
    WITH_RIG(test_what_the_store_has_beyond_the_question_is_not_expected_again),
    WITH_RIG(test_welcome_covers_nothing_that_the_kiosk_has_still_to_say),
    WITH_RIG(test_an_answer_with_two_contents_is_noted_and_acknowledged),
    WITH_RIG(test_lost_numbers_follow_the_rules_of_answers),
    WITH_RIG(test_what_was_under_way_when_the_disk_was_full_is_dropped),
    WITH_RIG(test_holds_grow_to_a_bound_and_are_noted_once),
    WITH_RIG(test_a_heartbeat_that_is_not_stored_changes_nothing),
    WITH_RIG(test_a_hello_that_finds_the_disk_full_or_is_refused_begins_anew),
    WITH_RIG(test_bodies_that_cannot_be_read_are_counted_and_dropped),
    WITH_RIG(test_the_boot_of_another_kiosk_or_journal_is_another),
    WITH_RIG(test_a_kiosk_that_was_silent_for_minutes_has_no_older_estimate),
    WITH_RIG(test_every_count_that_changes_is_told),
    WITH_RIG(test_counts_that_change_on_the_way_are_told_once_more),
    WITH_RIG(test_a_roster_on_its_way_is_not_begun_again_for_counts),
    WITH_RIG(test_a_roster_that_is_there_before_the_kiosk_is_told_once_it_is_up),
    WITH_RIG(test_tokens_come_round_without_zero),
    WITH_RIG(test_what_waits_for_a_kiosk_that_is_away_is_not_sent),
    WITH_RIG(test_a_seal_at_a_line_without_a_conversation),
};

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
