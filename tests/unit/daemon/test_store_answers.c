/* SPDX-License-Identifier: MIT */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "seed.h"

#include "daemon/visit.h"
#include "tests/storage/fault_memory.h"

#define ALL_TIME " FROM tally WHERE level = 4"

static int64_t all_time(struct fixture *fixture, const char *expression)
{
    char sql[160];

    snprintf(sql, sizeof sql, "SELECT ifnull(sum(%s), 0)" ALL_TIME, expression);
    return fixture_integer(fixture, sql);
}

static int64_t of_staff(struct fixture *fixture, const char *expression, int staff)
{
    char sql[160];

    snprintf(sql, sizeof sql, "SELECT ifnull(sum(%s), 0)" ALL_TIME " AND staff = %d", expression, staff);
    return fixture_integer(fixture, sql);
}

static void test_answers_become_a_visit(void **state)
{
    struct fixture *fixture = *state;

    fixture_press(fixture, QUESTION_RATING, 5);
    fixture_press(fixture, QUESTION_STAFF, 7);
    fixture_press(fixture, QUESTION_MENTION, MENTION_ASKED);
    fixture_press(fixture, QUESTION_RETURNING, RETURNING_NO);
    assert_int_equal(fixture->ingested.stored, 1);
    assert_int_equal(fixture->ingested.through, 4);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM visit"), 1);
    assert_int_equal(of_staff(fixture, "rating_5", 7), 1);
    assert_int_equal(of_staff(fixture, "rating_5", 0), 0);
    assert_int_equal(all_time(fixture, "asked_new"), 1);
    assert_int_equal(all_time(fixture, "returning_no"), 0); /* prompted because of "asked today" */
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM tally WHERE staff = 7"), 6);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM tally WHERE level IN (6, 7, 8, 10)"), 4);
    fixture_verify(fixture);
}

static void test_late_staff_answer_moves_everything(void **state)
{
    struct fixture *fixture = *state;

    fixture_press(fixture, QUESTION_RATING, 4);
    fixture_press(fixture, QUESTION_MENTION, MENTION_ASKED);
    assert_int_equal(of_staff(fixture, "mention_asked", 0), 1);
    fixture_reopen(fixture);
    fixture_press(fixture, QUESTION_STAFF, 3);
    assert_int_equal(of_staff(fixture, "mention_asked", 0), 0);
    assert_int_equal(of_staff(fixture, "mention_asked", 3), 1);
    assert_int_equal(of_staff(fixture, "rating_4", 3), 1);
    fixture_verify(fixture);
}

static void test_named_wins_over_signed_on(void **state)
{
    struct fixture *fixture = *state;

    fixture_press(fixture, QUESTION_RATING, 5);
    fixture_press(fixture, QUESTION_SERVED, 2);
    assert_int_equal(of_staff(fixture, "rating_5", 2), 1);
    fixture_press(fixture, QUESTION_STAFF, ANSWER_SKIPPED);
    assert_int_equal(of_staff(fixture, "rating_5", 2), 1);
    fixture_press(fixture, QUESTION_STAFF, 3);
    assert_int_equal(of_staff(fixture, "rating_5", 2), 0);
    assert_int_equal(of_staff(fixture, "rating_5", 3), 1);
    fixture_verify(fixture);
}

static void test_withdrawal_leaves_the_visit_out(void **state)
{
    struct fixture *fixture = *state;

    fixture_press(fixture, QUESTION_RATING, 1);
    fixture_press(fixture, QUESTION_CAUSE, CAUSE_PEOPLE);
    assert_int_equal(all_time(fixture, "unhappy_people"), 1);
    fixture_press(fixture, QUESTION_FLAG, FLAG_WITHDRAWN);
    assert_int_equal(all_time(fixture, "rating_1 + cause_people + unhappy_people"), 0);
    assert_int_equal(all_time(fixture, "left_out_withdrawn"), 1);
    assert_int_equal(all_time(fixture, "left_out_happy"), 0);
    fixture_press(fixture, QUESTION_RATING, 5);
    fixture_press(fixture, QUESTION_FLAG, FLAG_STUCK);
    assert_int_equal(all_time(fixture, "left_out_stuck"), 1);
    assert_int_equal(all_time(fixture, "left_out_happy"), 1);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM answer"), 5); /* nothing is deleted */
    fixture_verify(fixture);
}

static void test_burst_flags_all_five(void **state)
{
    struct fixture *fixture = *state;

    for (int i = 0; i < 4; i++) {
        fixture_press(fixture, QUESTION_RATING, 5);
        fixture_wait(fixture, 7000);
    }
    assert_int_equal(all_time(fixture, "rating_5"), 4);
    fixture_press(fixture, QUESTION_RATING, 5); /* 28 s after the first */
    assert_int_equal(all_time(fixture, "rating_5"), 0);
    assert_int_equal(all_time(fixture, "left_out_burst"), 5);
    fixture_wait(fixture, 60000);
    fixture_press(fixture, QUESTION_RATING, 5);
    assert_int_equal(all_time(fixture, "rating_5"), 1);
    fixture_verify(fixture);
}

static void test_no_burst_of_different_or_slow_or_rebooted_ratings(void **state)
{
    struct fixture *fixture = *state;

    for (int i = 0; i < 10; i++) { /* 8 s apart: four within 30 s */
        fixture_press(fixture, QUESTION_RATING, 5);
        fixture_wait(fixture, 8000);
    }
    fixture_wait(fixture, 60000);
    for (int i = 0; i < 8; i++)
        fixture_press(fixture, QUESTION_RATING, (uint16_t)(1 + i % 2));
    fixture_wait(fixture, 60000);
    for (int i = 0; i < 5; i++) {
        fixture->origin.boot++;
        fixture_press(fixture, QUESTION_RATING, 3);
    }
    assert_int_equal(all_time(fixture, "left_out_burst"), 0);
    fixture_verify(fixture);
}

static void test_answers_without_a_rating_invent_no_visit(void **state)
{
    struct fixture *fixture = *state;
    const struct answer strays[] = {
        {.seq = 1, .visit_back = 1, .question = QUESTION_STAFF, .value = 3, .boot = 1},
        {.seq = 2, .visit_back = 0, .question = QUESTION_STAFF, .value = 3, .boot = 1},
        {.seq = 3, .visit_back = 200, .question = QUESTION_MENTION, .value = MENTION_ASKED, .boot = 1},
        {.seq = 4, .visit_back = 3, .question = QUESTION_FLAG, .value = FLAG_WITHDRAWN, .boot = 1},
    };

    assert_int_equal(fixture_send(fixture, strays, 4), STORE_OK);
    assert_int_equal(fixture->ingested.stored, 4);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM visit"), 0);
    assert_int_equal(all_time(fixture, "without_rating"), 4);
    fixture_verify(fixture);
}

static void test_values_out_of_range_are_kept_and_counted_as_invalid(void **state)
{
    struct fixture *fixture = *state;

    fixture_press(fixture, QUESTION_RATING, 6);
    fixture_press(fixture, QUESTION_STAFF, 3); /* belongs to no visit */
    fixture_press(fixture, QUESTION_RATING, 5);
    fixture_press(fixture, QUESTION_CAUSE, 6);
    fixture_press(fixture, QUESTION_MENTION, 4);
    fixture_press(fixture, QUESTION_FLAG, 0);
    fixture_press(fixture, QUESTION_SERVED, ANSWER_NONE);
    fixture_press(fixture, 99, 1234); /* of a newer kiosk */
    assert_int_equal(fixture->ingested.stored, 1);
    assert_int_equal(all_time(fixture, "invalid"), 5);
    assert_int_equal(all_time(fixture, "without_rating"), 1);
    assert_int_equal(all_time(fixture, "rating_5"), 1);
    assert_int_equal(fixture_integer(fixture, "SELECT value FROM answer WHERE question = 99"), 1234);
    fixture_verify(fixture);
}

static void test_answers_that_come_again_are_stored_once(void **state)
{
    struct fixture *fixture = *state;
    const struct answer answers[] = {
        {.seq = 1, .question = QUESTION_RATING, .value = 5, .boot = 1, .uptime_s = 60},
        {.seq = 2, .visit_back = 1, .question = QUESTION_STRENGTH, .value = 2, .boot = 1, .uptime_s = 63},
        {.seq = 3, .question = QUESTION_RATING, .value = 4, .boot = 1, .uptime_s = 160},
    };

    assert_int_equal(fixture_send(fixture, answers, 2), STORE_OK);
    assert_int_equal(fixture_send(fixture, answers, 3), STORE_OK);
    assert_int_equal(fixture->ingested.duplicate, 2);
    assert_int_equal(fixture->ingested.stored, 1);
    assert_int_equal(fixture->ingested.through, 3);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM visit"), 2);
    assert_int_equal(fixture_integer(fixture, "SELECT duplicates FROM journal"), 2);
    fixture_verify(fixture);
}

static enum store_status send_lost(struct fixture *fixture, uint32_t first, uint32_t last)
{
    const struct message_lost lost = {.first = first, .last = last, .cause = LOST_DAMAGED};
    enum store_status status;

    store_begin(fixture->store, &fixture->error);
    status = store_lost(fixture->store, &fixture->origin, &lost, &fixture->ingested, &fixture->error);
    assert_int_equal(store_commit(fixture->store, &fixture->error), STORE_OK);
    return status;
}

/* The kiosk forgot what it had stored under this number, and gave it again. */
static void test_a_number_given_again_ends_the_journal(void **state)
{
    struct fixture *fixture = *state;
    const struct answer again[] = {
        {.seq = 1, .question = QUESTION_RATING, .value = 5, .boot = 1, .uptime_s = 60},
        {.seq = 2, .question = QUESTION_RATING, .value = 1, .boot = 2, .uptime_s = 9},
        {.seq = 3, .question = QUESTION_RATING, .value = 2, .boot = 2, .uptime_s = 99},
    };
    const struct answer first[] = {
        again[0], {.seq = 2, .question = QUESTION_RATING, .value = 4, .boot = 1, .uptime_s = 99}};

    assert_int_equal(fixture_send(fixture, first, 2), STORE_OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(fixture_send(fixture, again, 3), STORE_OK);
        assert_true(fixture->ingested.is_over);
        assert_int_equal(fixture->ingested.through, 2);
        fixture_reopen(fixture);
    }
    assert_int_equal(fixture_send(fixture, again + 2, 1), STORE_OK); /* in order, and in the wrong journal */
    assert_true(fixture->ingested.is_over);
    assert_int_equal(send_lost(fixture, 3, 4), STORE_OK); /* in the wrong journal, too */
    assert_true(fixture->ingested.is_over);
    assert_int_equal(fixture->ingested.through, 2);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM lost"), 0);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM answer"), 2);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM conflict"), 0);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM alarm WHERE kind = 'journal_replaced'"),
                     1);
    struct message_hello hello = fixture_hello(fixture);
    hello.oldest = 1;
    hello.next = 4;
    fixture_say_hello(fixture, &hello);
    assert_int_equal(fixture->admitted.admission, STORE_ADOPT);
    hello.journal_id = fixture->admitted.journal_id;
    fixture_say_hello(fixture, &hello);
    assert_int_equal(fixture->admitted.admission, STORE_ADMITTED);
    fixture->origin.boot = 2;
    assert_int_equal(fixture_send(fixture, again, 3), STORE_OK);
    assert_int_equal(fixture->ingested.stored, 2); /* what is the same was stored under the former journal */
    assert_int_equal(fixture->ingested.duplicate, 1);
    assert_int_equal(all_time(fixture, "rating_1") + all_time(fixture, "rating_2"), 2);
    assert_int_equal(all_time(fixture, "rating_4") + all_time(fixture, "rating_5"), 2);
    fixture_verify(fixture);
}

static void test_what_a_former_journal_holds_is_neither_stored_again_nor_lost(void **state)
{
    struct fixture *fixture = *state;
    struct message_hello hello = fixture_hello(fixture);
    struct answer answers[] = {
        {.seq = 1, .question = QUESTION_RATING, .value = 5, .boot = 1, .uptime_s = 60},
        {.seq = 2, .question = QUESTION_RATING, .value = 4, .boot = 1, .uptime_s = 99},
        {.seq = 3, .question = QUESTION_RATING, .value = 3, .boot = 1, .uptime_s = 199},
        {.seq = 4, .question = QUESTION_RATING, .value = 2, .boot = 2, .uptime_s = 9},
    };
    const struct message_lost lost = {.first = 2, .last = 2, .cause = LOST_DAMAGED};

    assert_int_equal(fixture_send(fixture, answers, 3), STORE_OK);
    hello.journal_id = 0;
    hello.oldest = 1;
    fixture_say_hello(fixture, &hello);
    hello.journal_id = fixture->admitted.journal_id;
    fixture_say_hello(fixture, &hello);
    fixture->origin.boot = 2;
    assert_int_equal(fixture_send(fixture, answers, 1), STORE_OK);
    store_begin(fixture->store, &fixture->error);
    assert_int_equal(store_lost(fixture->store, &fixture->origin, &lost, &fixture->ingested, &fixture->error),
                     STORE_OK);
    store_commit(fixture->store, &fixture->error);
    fixture_reopen(fixture);
    answers[2].question = QUESTION_VOID; /* it decayed */
    assert_int_equal(fixture_send(fixture, answers + 2, 2), STORE_OK);
    assert_int_equal(fixture->ingested.through, 4);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM answer"), 4);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM lost"), 0);
    fixture_verify(fixture);
}

/* The same content as an answer of the former journal, but pressed in this boot: another customer. */
static void test_an_answer_of_the_present_boot_is_in_no_former_journal(void **state)
{
    struct fixture *fixture = *state;
    struct message_hello hello = fixture_hello(fixture);
    const struct answer answer = {
        .seq = 1, .question = QUESTION_RATING, .value = 5, .boot = 1, .uptime_s = 60};

    assert_int_equal(fixture_send(fixture, &answer, 1), STORE_OK);
    hello.journal_id = 0;
    hello.oldest = 1;
    fixture_say_hello(fixture, &hello);
    hello.journal_id = fixture->admitted.journal_id;
    fixture_say_hello(fixture, &hello);
    assert_int_equal(fixture_send(fixture, &answer, 1), STORE_OK);
    assert_int_equal(fixture->ingested.stored, 1);
    fixture_verify(fixture);
}

static void test_an_answer_that_had_been_called_lost_is_kept_aside_and_raised_once(void **state)
{
    struct fixture *fixture = *state;
    const struct message_lost lost = {.first = 1, .last = 1, .cause = LOST_DAMAGED};
    const struct answer answer = {
        .seq = 1, .question = QUESTION_RATING, .value = 5, .boot = 1, .uptime_s = 60};

    store_begin(fixture->store, &fixture->error);
    assert_int_equal(store_lost(fixture->store, &fixture->origin, &lost, &fixture->ingested, &fixture->error),
                     STORE_OK);
    store_commit(fixture->store, &fixture->error);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(fixture_send(fixture, &answer, 1), STORE_OK);
        assert_int_equal(fixture->ingested.conflict, 1);
    }
    assert_int_equal(all_time(fixture, "rating_5"), 0);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM conflict"), 1);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM alarm WHERE kind = 'conflict'"), 1);
    fixture_verify(fixture);
}

static void test_gap_is_refused(void **state)
{
    struct fixture *fixture = *state;
    const struct answer answer = {.seq = 3, .question = QUESTION_RATING, .value = 5, .boot = 1};

    assert_int_equal(fixture_send(fixture, &answer, 1), STORE_REFUSED);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM answer"), 0);
    fixture_verify(fixture);
}

static void test_lost_numbers_are_stepped_over(void **state)
{
    struct fixture *fixture = *state;
    const struct answer late = {.seq = 2, .question = QUESTION_RATING, .value = 5, .boot = 1};

    fixture_press(fixture, QUESTION_RATING, 5);
    assert_int_equal(send_lost(fixture, 2, 4), STORE_OK);
    assert_int_equal(fixture->ingested.through, 4);
    assert_int_equal(send_lost(fixture, 1, 3), STORE_OK); /* known, ignored */
    assert_int_equal(fixture->ingested.through, 4);
    assert_int_equal(send_lost(fixture, 6, 7), STORE_REFUSED);
    assert_int_equal(send_lost(fixture, 5, UINT32_MAX), STORE_REFUSED);
    fixture->seq = 4;
    fixture_press(fixture, QUESTION_STAFF, 3); /* its rating was 1: within reach, and still there */
    assert_int_equal(of_staff(fixture, "rating_5", 3), 1);
    assert_int_equal(fixture_send(fixture, &late, 1), STORE_OK); /* it was not lost after all */
    assert_int_equal(fixture->ingested.conflict, 1);
    assert_int_equal(fixture_integer(fixture, "SELECT sum(last - first + 1) FROM lost"), 3);
    fixture_verify(fixture);
}

static void copy_file(const char *from, const char *to)
{
    char buffer[4096];
    size_t count;
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");

    assert_true(in != NULL && out != NULL);
    while ((count = fread(buffer, 1, sizeof buffer, in)) > 0)
        assert_int_equal(fwrite(buffer, 1, count, out), count);
    fclose(in);
    fclose(out);
}

static void test_restored_database_says_what_is_gone(void **state)
{
    struct fixture *fixture = *state;
    char backup[FIXTURE_PATH_SIZE + 16];
    struct message_hello hello;

    snprintf(backup, sizeof backup, "%s.bak", fixture->path);
    fixture_press(fixture, QUESTION_RATING, 5);
    store_close(fixture->store);
    copy_file(fixture->path, backup);
    assert_int_equal(fixture_try_open(fixture), STORE_OK);
    fixture_press(fixture, QUESTION_RATING, 4);
    fixture_press(fixture, QUESTION_STAFF, 3);
    store_close(fixture->store);
    copy_file(backup, fixture->path);
    remove(backup);
    assert_int_equal(fixture_try_open(fixture), STORE_OK);
    hello = fixture_hello(fixture);
    fixture_say_hello(fixture, &hello);
    assert_int_equal(fixture->admitted.admission, STORE_ADMITTED);
    assert_int_equal(fixture->admitted.lost_first, 2);
    assert_int_equal(fixture->admitted.lost_last, 3);
    fixture_press(fixture, QUESTION_MENTION, MENTION_NO); /* of the visit that is gone */
    assert_int_equal(all_time(fixture, "without_rating"), 1);
    fixture_verify(fixture);
}

static void test_anchor_needs_an_answer_of_its_boot(void **state)
{
    struct fixture *fixture = *state;
    struct message_hello hello;
    const struct answer old = {.seq = 1, .question = QUESTION_RATING, .value = 5, .boot = 1, .uptime_s = 60};
    const struct answer own = {.seq = 2, .question = QUESTION_RATING, .value = 5, .boot = 2, .uptime_s = 30};
    const struct answer late = {.seq = 3, .question = QUESTION_RATING, .value = 5, .boot = 2, .uptime_s = 90};

    fixture_wait(fixture, HOUR_MS);
    fixture->origin.boot = 2;
    fixture->origin.boot_started_ms = fixture_now(fixture) - 60000;
    hello = fixture_hello(fixture);
    fixture_say_hello(fixture, &hello);
    assert_int_equal(fixture_send(fixture, &old, 1), STORE_OK); /* boot 1 said HELLO only */
    assert_int_equal(fixture_integer(fixture, "SELECT quality FROM answer WHERE seq = 1"), 2);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM anchor"), 0);
    assert_int_equal(fixture_send(fixture, &own, 1), STORE_OK);
    assert_int_equal(fixture_integer(fixture, "SELECT quality FROM answer WHERE seq = 2"), 0);
    assert_int_equal(fixture_integer(fixture, "SELECT started_ms FROM anchor WHERE boot = 2"),
                     fixture->origin.boot_started_ms);
    fixture_wait(fixture, HOUR_MS);
    fixture->origin.boot = 3;
    fixture->origin.boot_started_ms = fixture_now(fixture) - 60000;
    assert_int_equal(fixture_send(fixture, &late, 1), STORE_OK);
    assert_int_equal(fixture_integer(fixture, "SELECT quality FROM answer WHERE seq = 3"), 1);
    assert_int_equal(fixture_integer(fixture, "SELECT instant_ms FROM answer WHERE seq = 3"),
                     FIXTURE_NOON_MS + HOUR_MS - 60000 + 90000);
    fixture_verify(fixture);
}

static void test_uncertain_hour_is_counted_in_its_day_only(void **state)
{
    struct fixture *fixture = *state;
    struct answer answer = {.seq = 1, .question = QUESTION_BOOT, .value = 1, .boot = 1, .uptime_s = 1};

    assert_int_equal(fixture_send(fixture, &answer, 1), STORE_OK);
    fixture_wait(fixture, 3 * HOUR_MS); /* boot 2 pressed somewhen in between, without a connection */
    fixture->origin.boot = 3;
    fixture->origin.boot_started_ms = fixture_now(fixture) - 60000;
    answer = (struct answer){.seq = 2, .question = QUESTION_RATING, .value = 5, .boot = 2, .uptime_s = 90};
    assert_int_equal(fixture_send(fixture, &answer, 1), STORE_OK);
    assert_int_equal(fixture_integer(fixture, "SELECT quality FROM answer WHERE seq = 2"), 2);
    assert_int_equal(fixture_integer(fixture, "SELECT ifnull(sum(rating_5), 0) FROM tally WHERE level = 1"),
                     0);
    assert_int_equal(fixture_integer(fixture, "SELECT ifnull(sum(rating_5), 0) FROM tally WHERE level = 2"),
                     1);
    assert_int_equal(all_time(fixture, "rating_5"), 1);
    fixture_verify(fixture);
}

static void test_clock_behind_the_newest_commit_is_not_believed(void **state)
{
    struct fixture *fixture = *state;

    fixture_press(fixture, QUESTION_RATING, 5);
    fixture_wait(fixture, -30 * 24 * HOUR_MS);
    fixture->origin.boot_started_ms -= 30 * 24 * HOUR_MS;
    fixture_press(fixture, QUESTION_RATING, 4);
    assert_int_equal(fixture_integer(fixture, "SELECT quality FROM answer WHERE seq = 2"), 2);
    assert_int_equal(fixture_integer(fixture, "SELECT ifnull(sum(rating_4), 0) FROM tally WHERE level < 4"),
                     0);
    assert_int_equal(all_time(fixture, "rating_4"), 1);
    fixture_verify(fixture);
}

static void test_sign_on_ends_by_itself(void **state)
{
    struct fixture *fixture = *state;
    struct presence present[PRESENCE_CAPACITY];
    uint16_t id;
    uint8_t count;

    store_begin(fixture->store, &fixture->error);
    assert_int_equal(store_staff_add(fixture->store, "Dan", 0, &id, &fixture->error), STORE_OK);
    store_commit(fixture->store, &fixture->error);
    fixture_press(fixture, QUESTION_SIGN_ON, id);
    fixture_press(fixture, QUESTION_SIGN_ON, 999); /* nobody */
    assert_int_equal(store_presence(fixture->store, fixture->origin.kiosk, fixture_now(fixture) + HOUR_MS,
                                    present, &count, &fixture->error),
                     STORE_OK);
    assert_int_equal(count, 1);
    assert_int_equal(present[0].staff_id, id);
    assert_int_equal(present[0].minutes_left, 9 * 60);
    assert_int_equal(store_presence(fixture->store, fixture->origin.kiosk,
                                    fixture_now(fixture) + 10 * HOUR_MS, present, &count, &fixture->error),
                     STORE_OK);
    assert_int_equal(count, 0);
    fixture_wait(fixture, 8 * HOUR_MS); /* 20:00: midnight comes first */
    fixture_press(fixture, QUESTION_SIGN_ON, id);
    assert_int_equal(store_presence(fixture->store, fixture->origin.kiosk, fixture_now(fixture), present,
                                    &count, &fixture->error),
                     STORE_OK);
    assert_int_equal(present[0].minutes_left, 4 * 60);
    fixture_press(fixture, QUESTION_SIGN_OFF, id);
    assert_int_equal(store_presence(fixture->store, fixture->origin.kiosk, fixture_now(fixture), present,
                                    &count, &fixture->error),
                     STORE_OK);
    assert_int_equal(count, 0);
}

/* A kiosk with moods: ratings, follow-ups valid and not, reboots, batches, resends, gaps, clocks that step.
 */
static void random_answer(struct seed *seed, struct fixture *fixture, struct answer *answer)
{
    static const uint16_t values[] = {0, 1, 2, 3, 4, 5, 6, ANSWER_NONE};

    memset(answer, 0, sizeof *answer);
    answer->seq = ++fixture->seq;
    answer->boot = (uint16_t)(fixture->origin.boot - (seed_below(seed, 20) == 0 ? seed_below(seed, 3) : 0));
    answer->uptime_s = (uint32_t)((fixture_now(fixture) - fixture->origin.boot_started_ms) / 1000);
    answer->question = (uint8_t)(seed_below(seed, 3) == 0 ? QUESTION_RATING : seed_below(seed, 15));
    answer->value = values[seed_below(seed, 8)];
    if (answer->question != QUESTION_RATING)
        answer->visit_back = (uint8_t)seed_below(seed, 20);
}

static void random_batch(struct seed *seed, struct fixture *fixture)
{
    struct answer answers[40];
    size_t count = 1 + seed_below(seed, 40);
    uint32_t pace_s = 1 + seed_below(seed, 8);

    for (size_t i = 0; i < count; i++) {
        fixture_wait(fixture, seed_below(seed, pace_s) * 1000);
        random_answer(seed, fixture, &answers[i]);
    }
    assert_int_equal(fixture_send(fixture, answers, count), STORE_OK);
    if (seed_below(seed, 4) == 0) {
        assert_int_equal(fixture_send(fixture, answers, count), STORE_OK);
        assert_int_equal(fixture->ingested.duplicate, count);
    }
}

static void random_event(struct seed *seed, struct fixture *fixture)
{
    switch (seed_below(seed, 8)) {
    case 0:
        fixture->origin.boot++;
        fixture->origin.boot_started_ms = fixture_now(fixture);
        break;
    case 1:
        fixture_wait(fixture, (int64_t)seed_below(seed, 40) * HOUR_MS);
        break;
    case 2:
        fixture->origin.is_clock_good = !fixture->origin.is_clock_good;
        break;
    case 3:
        fixture->seq += 3;
        assert_int_equal(send_lost(fixture, fixture->seq - 2, fixture->seq), STORE_OK);
        break;
    case 4:
        fixture_reopen(fixture);
        break;
    default:
        break;
    }
}

static void test_recount_agrees_after_random_sessions(void **state)
{
    static const char *const zones[] = {"Europe/Berlin", "Asia/Kathmandu", "America/St_Johns"};
    struct fixture *fixture = *state;
    struct seed seed = seed_init("recount agrees after random sessions");

    for (size_t round = 0; round < 3; round++) {
        for (int i = 0; i < VISIT_BURST_COUNT; i++) /* chance alone has no burst once in a hundred runs */
            fixture_press(fixture, QUESTION_RATING, 2);
        for (int i = 0; i < 60; i++) {
            random_batch(&seed, fixture);
            random_event(&seed, fixture);
        }
        fixture_verify(fixture);
        assert_int_equal(
            fixture_integer(fixture, "SELECT count(*) FROM answer a JOIN answer b ON b.journal = a.journal"
                                     " AND b.seq = a.seq + 1 WHERE b.instant_ms < a.instant_ms - 310000"
                                     " AND a.quality < 2 AND b.quality < 2"),
            0);
        assert_true(all_time(fixture, "left_out_burst") > 0);
        fixture->timezone = zones[(round + 1) % 3]; /* counts everything again */
        fixture_reopen(fixture);
        fixture_verify(fixture);
    }
}

static void test_void_in_the_place_of_a_stored_answer_is_no_conflict(void **state)
{
    struct fixture *fixture = *state;
    const struct answer grave = {.seq = 1, .question = QUESTION_VOID, .value = VOID_DAMAGED, .boot = 1};

    fixture_press(fixture, QUESTION_RATING, 5);
    assert_int_equal(fixture_send(fixture, &grave, 1), STORE_OK);
    assert_int_equal(fixture->ingested.duplicate, 1);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM conflict"), 0);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM alarm"), 0);
    assert_int_equal(fixture_integer(fixture, "SELECT value FROM answer WHERE seq = 1"), 5);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

/* Interruptions ----------------------------------------------------------------------------------------------------- */

static int count_down(void *context)
{
    int *left = context;

    return (*left)-- <= 0;
}

#define KINDS_COUNT 90

/* Every kind of answer, and enough visits that the oldest leave the window and are written before the commit. */
static enum store_status send_all_kinds(struct fixture *fixture)
{
    struct answer answers[KINDS_COUNT] = {
        {.seq = 4, .question = QUESTION_RATING, .value = 4, .boot = 1, .uptime_s = 10}, /* called lost */
        {.seq = 3, .question = QUESTION_RATING, .value = 4, .boot = 1, .uptime_s = 10}, /* called lost */
        {.seq = 5, .question = QUESTION_SIGN_ON, .value = 7, .boot = 1, .uptime_s = 4000},
        {.seq = 6, .question = QUESTION_SIGN_OFF, .value = 7, .boot = 1, .uptime_s = 4001},
        {.seq = 7,
         .question = QUESTION_RATING,
         .value = 5,
         .boot = 9,
         .uptime_s = 1}, /* of an unknown boot */
    };
    const struct message_lost lost = {
        .first = KINDS_COUNT + 3, .last = KINDS_COUNT + 6, .cause = LOST_DAMAGED};
    struct store_ingested ingested;
    enum store_status status = store_begin(fixture->store, &fixture->error);

    for (uint32_t i = 5; i < KINDS_COUNT; i++)
        answers[i] = (struct answer){.seq = i + 3,
                                     .question = QUESTION_RATING,
                                     .value = (uint16_t)(1 + i % 5),
                                     .boot = 1,
                                     .uptime_s = 4000 + i};
    answers[20].question = QUESTION_STAFF;
    answers[20].visit_back = 1;
    if (status == STORE_OK)
        status =
            store_answers(fixture->store, &fixture->origin, answers, KINDS_COUNT, &ingested, &fixture->error);
    if (status == STORE_OK)
        status = store_lost(fixture->store, &fixture->origin, &lost, &ingested, &fixture->error);
    if (status == STORE_OK)
        status = store_commit(fixture->store, &fixture->error);
    return status;
}

static void test_a_batch_that_stops_at_any_instruction_leaves_nothing(void **state)
{
    struct fixture *fixture = *state;
    enum store_status status = STORE_REFUSED;
    int instructions = 0;

    fixture_press(fixture, QUESTION_RATING, 5);
    fixture_press(fixture, QUESTION_RATING, 1);
    assert_int_equal(send_lost(fixture, 3, 4), STORE_OK);
    for (; status != STORE_OK; instructions += 1 + instructions / 50) {
        int left = instructions;
        fixture_reopen(fixture); /* what is remembered in memory is loaded again, too */
        sqlite3_progress_handler(store_connection(fixture->store), 1, count_down, &left);
        assert_true(instructions < 1000000);
        status = send_all_kinds(fixture);
        sqlite3_progress_handler(store_connection(fixture->store), 0, NULL, NULL);
        if (status == STORE_OK)
            break;
        store_rollback(fixture->store);
        assert_string_not_equal(fixture->error.text, "");
        assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM answer"), 2);
        assert_int_equal(fixture_integer(fixture, "SELECT through FROM journal"), 4);
        assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM conflict"), 0);
    }
    assert_true(instructions > 500);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM answer"), KINDS_COUNT);
    assert_int_equal(fixture_integer(fixture, "SELECT through FROM journal"), KINDS_COUNT + 6);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM conflict"), 2);
    fixture_verify(fixture);
}

static void test_the_alarm_says_how_answers_were_lost(void **state)
{
    static const struct {
        enum lost_cause cause;
        const char *count_sql;
    } cases[] = {
        {LOST_DAMAGED, "SELECT count(*) FROM alarm WHERE kind = 'lost' AND text LIKE '%1 to 1%damaged%'"},
        {LOST_DEAD_SLOT, "SELECT count(*) FROM alarm WHERE kind = 'lost' AND text LIKE '%2 to 2%worn-out%'"},
    };
    struct fixture *fixture = *state;

    for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct message_lost lost = {.first = i + 1, .last = i + 1, .cause = (uint8_t)cases[i].cause};
        struct store_ingested ingested;

        assert_int_equal(store_begin(fixture->store, &fixture->error), STORE_OK);
        assert_int_equal(store_lost(fixture->store, &fixture->origin, &lost, &ingested, &fixture->error),
                         STORE_OK);
        assert_int_equal(store_commit(fixture->store, &fixture->error), STORE_OK);
        assert_int_equal(fixture_integer(fixture, cases[i].count_sql), 1);
    }
}

static enum store_status send_lost_and_rating(struct fixture *fixture)
{
    const struct message_lost lost = {.first = 1, .last = 2, .cause = LOST_DAMAGED};
    const struct answer rating = {
        .seq = 3, .question = QUESTION_RATING, .value = 5, .boot = 1, .uptime_s = 10};
    enum store_status status = store_begin(fixture->store, &fixture->error);

    if (status == STORE_OK)
        status = store_lost(fixture->store, &fixture->origin, &lost, &fixture->ingested, &fixture->error);
    if (status == STORE_OK)
        status =
            store_answers(fixture->store, &fixture->origin, &rating, 1, &fixture->ingested, &fixture->error);
    if (status == STORE_OK)
        status = store_commit(fixture->store, &fixture->error);
    return status;
}

/* Every instruction of a small batch, where the large one above takes them by leaps. */
static void test_lost_numbers_that_stop_at_any_instruction_leave_nothing(void **state)
{
    struct fixture *fixture = *state;
    enum store_status status = STORE_REFUSED;

    for (int instructions = 0; status != STORE_OK; instructions++) {
        int left = instructions;
        sqlite3_progress_handler(store_connection(fixture->store), 1, count_down, &left);
        assert_true(instructions < 100000);
        status = send_lost_and_rating(fixture);
        sqlite3_progress_handler(store_connection(fixture->store), 0, NULL, NULL);
        if (status == STORE_OK)
            break;
        store_rollback(fixture->store);
        if (fixture_integer(fixture, "SELECT through FROM journal") == 3)
            break; /* COMMIT was stopped behind its last write: it may say no of what is there */
        assert_int_equal(fixture_integer(fixture, "SELECT through FROM journal"), 0);
        assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM lost"), 0);
        assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM answer"), 0);
        assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM alarm"), 0);
    }
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM answer"), 1);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM lost"), 1);
    assert_int_equal(
        fixture_integer(fixture, "SELECT count(*) FROM alarm WHERE text LIKE '%1 to 2%damaged%'"), 1);
    fixture_verify(fixture);
}

static int count_down_once(void *context)
{
    int *left = context;

    return (*left)-- == 0;
}

/* One batch of which one statement, but not its BEGIN or COMMIT, is stopped after so many instructions: those behind it
 * would succeed, were they tried. lost NULL: none. */
static enum store_status send_stopped(struct fixture *fixture, const struct answer *answers, size_t count,
                                      const struct message_lost *lost, int instructions)
{
    struct store_error error;

    assert_int_equal(store_begin(fixture->store, &fixture->error), STORE_OK);
    sqlite3_progress_handler(store_connection(fixture->store), 1, count_down_once, &instructions);
    enum store_status status =
        store_answers(fixture->store, &fixture->origin, answers, count, &fixture->ingested, &fixture->error);
    if (status == STORE_OK && lost != NULL)
        status = store_lost(fixture->store, &fixture->origin, lost, &fixture->ingested, &fixture->error);
    sqlite3_progress_handler(store_connection(fixture->store), 0, NULL, NULL);
    if (status == STORE_OK)
        assert_int_equal(store_commit(fixture->store, &error), STORE_OK);
    else
        store_rollback(fixture->store);
    return status;
}

static void test_a_journal_whose_end_stops_at_any_instruction_goes_on(void **state)
{
    struct fixture *fixture = *state;
    const struct answer first[] = {
        {.seq = 1, .question = QUESTION_RATING, .value = 5, .boot = 1, .uptime_s = 60},
        {.seq = 2, .question = QUESTION_RATING, .value = 4, .boot = 1, .uptime_s = 99}};
    const struct answer again = {.seq = 2, .question = QUESTION_RATING, .value = 1, .boot = 2, .uptime_s = 9};
    int instructions = 0;

    assert_int_equal(fixture_send(fixture, first, 2), STORE_OK);
    for (; send_stopped(fixture, &again, 1, NULL, instructions) != STORE_OK; instructions++) {
        assert_true(instructions < 100000);
        assert_string_not_equal(fixture->error.text, "");
        assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM journal"), 1);
        assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM alarm"), 0);
        assert_int_equal(fixture_send(fixture, first, 2), STORE_OK); /* still the journal of both */
        assert_false(fixture->ingested.is_over);
    }
    assert_true(instructions > 20);
    assert_true(fixture->ingested.is_over);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM journal"), 2);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM alarm WHERE kind = 'journal_replaced'"),
                     1);
    fixture_verify(fixture);
}

static void test_a_look_into_a_former_journal_that_stops_at_any_instruction_takes_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct message_hello hello = fixture_hello(fixture);
    const struct answer answers[] = {
        {.seq = 1, .question = QUESTION_RATING, .value = 5, .boot = 1, .uptime_s = 60},
        {.seq = 2, .question = QUESTION_RATING, .value = 4, .boot = 1, .uptime_s = 99}};
    const struct message_lost lost = {.first = 2, .last = 2, .cause = LOST_DAMAGED};
    int instructions = 0;

    assert_int_equal(fixture_send(fixture, answers, 2), STORE_OK);
    hello.journal_id = 0;
    hello.oldest = 1;
    fixture_say_hello(fixture, &hello);
    fixture->origin.boot = 2;
    for (; send_stopped(fixture, answers, 1, &lost, instructions) != STORE_OK; instructions++) {
        assert_true(instructions < 100000);
        assert_string_not_equal(fixture->error.text, "");
        assert_int_equal(
            fixture_integer(fixture, "SELECT through + duplicates FROM journal ORDER BY id DESC LIMIT 1"), 0);
    }
    assert_true(instructions > 10);
    assert_int_equal(fixture->ingested.through, 2);
    assert_int_equal(fixture_integer(fixture, "SELECT duplicates FROM journal ORDER BY id DESC LIMIT 1"), 2);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM answer"), 2);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM lost"), 0);
    fixture_verify(fixture);
}

/* Days apart: more tallies than there is room for at first. */
static void test_a_batch_for_whose_tallies_there_is_no_memory_leaves_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct answer answers[13];
    unsigned refused = 0;
    bool was_refused = true;

    if (!fault_memory_refuse_nth(0))
        skip();
    fixture->origin.boot_started_ms = FIXTURE_NOON_MS - 40 * DAY_MS;
    for (uint32_t i = 0; i < 13; i++)
        answers[i] = (struct answer){
            .seq = i + 1, .question = QUESTION_RATING, .value = 5, .boot = 1, .uptime_s = (i + 1) * 86400};
    for (; was_refused; refused++) {
        fault_memory_stop();
        fixture_reopen(fixture);
        enum store_status status = store_begin(fixture->store, &fixture->error);
        if (status == STORE_OK)
            status = store_answers(fixture->store, &fixture->origin, answers, 9, &fixture->ingested,
                                   &fixture->error);
        assert_int_equal(status, STORE_OK);
        fault_memory_refuse_nth(refused);
        status = store_answers(fixture->store, &fixture->origin, answers + 9, 4, &fixture->ingested,
                               &fixture->error);
        was_refused = fault_memory_stop();
        if (status == STORE_OK)
            status = store_commit(fixture->store, &fixture->error);
        if (status == STORE_OK)
            break; /* SQLite can do without some of its memory */
        assert_true(was_refused);
        assert_int_equal(status, STORE_BROKEN);
        store_rollback(fixture->store);
        assert_int_equal(store_begin(fixture->store, &fixture->error), STORE_BROKEN);
        assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM answer"), 0);
        assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM tally"), 0);
    }
    print_message("%u allocations refused\n", refused);
    assert_true(refused > 1);
    fixture_verify(fixture);
}

/* Its row is not needed to keep what it said. */
static void test_answers_of_a_kiosk_whose_row_is_gone_are_kept(void **state)
{
    struct fixture *fixture = *state;
    const struct answer older = {
        .seq = 1, .question = QUESTION_RATING, .value = 5, .boot = 7, .uptime_s = 10};

    fixture_run(fixture, "PRAGMA foreign_keys = OFF");
    fixture_run(fixture, "DELETE FROM kiosk");
    assert_int_equal(fixture_send(fixture, &older, 1), STORE_OK);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM answer"), 1);
}

/* A remembered journal gives way to another: what it changed is written first, or the transaction ends. */
static void test_journal_that_gives_way_is_written_first(void **state)
{
    struct fixture *fixture = *state;
    const struct answer rating = {
        .seq = 1, .question = QUESTION_RATING, .value = 5, .boot = 1, .uptime_s = 10};
    struct store_origin stranger = fixture->origin;
    struct store_ingested ingested;
    enum store_status status = STORE_OK;
    int left = 0;

    stranger.journal += 1024; /* its place is the same one in memory */
    for (int i = 0; i < 2; i++) {
        assert_int_equal(store_begin(fixture->store, &fixture->error), STORE_OK);
        assert_int_equal(
            store_answers(fixture->store, &fixture->origin, &rating, 1, &ingested, &fixture->error),
            STORE_OK);
        if (i == 0)
            sqlite3_progress_handler(store_connection(fixture->store), 1, count_down, &left);
        status = store_answers(fixture->store, &stranger, &rating, 1, &ingested, &fixture->error);
        sqlite3_progress_handler(store_connection(fixture->store), 0, NULL, NULL);
        assert_int_equal(status, STORE_REFUSED);
        if (i == 0)
            store_rollback(fixture->store);
    }
    assert_non_null(strstr(fixture->error.text, "there is no journal"));
    assert_int_equal(store_commit(fixture->store, &fixture->error), STORE_OK);
    assert_int_equal(fixture_integer(fixture, "SELECT through FROM journal"), 1);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM visit"), 1);
    fixture_verify(fixture);
}

static void test_lost_before_the_first_answer(void **state)
{
    struct fixture *fixture = *state;
    const struct message_lost stranger = {.first = 1, .last = 1};
    const struct message_lost backwards = {.first = 2, .last = 1};
    const struct message_lost endless = {.first = 1, .last = UINT32_MAX};
    struct store_origin origin = fixture->origin;
    struct store_ingested ingested;

    assert_int_equal(send_lost(fixture, 1, 3), STORE_OK);
    assert_int_equal(fixture_integer(fixture, "SELECT floor_ms IS NULL FROM journal"), 1);
    assert_int_equal(store_begin(fixture->store, &fixture->error), STORE_OK);
    assert_int_equal(store_lost(fixture->store, &origin, &backwards, &ingested, &fixture->error),
                     STORE_REFUSED);
    assert_int_equal(store_lost(fixture->store, &origin, &endless, &ingested, &fixture->error),
                     STORE_REFUSED);
    origin.journal += 1024; /* its place is the same one in memory */
    assert_int_equal(store_lost(fixture->store, &origin, &stranger, &ingested, &fixture->error),
                     STORE_REFUSED);
    store_rollback(fixture->store);
    assert_int_equal(fixture_integer(fixture, "SELECT through FROM journal"), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(test_void_in_the_place_of_a_stored_answer_is_no_conflict),
        WITH_STORE(test_answers_become_a_visit),
        WITH_STORE(test_late_staff_answer_moves_everything),
        WITH_STORE(test_named_wins_over_signed_on),
        WITH_STORE(test_withdrawal_leaves_the_visit_out),
        WITH_STORE(test_burst_flags_all_five),
        WITH_STORE(test_no_burst_of_different_or_slow_or_rebooted_ratings),
        WITH_STORE(test_answers_without_a_rating_invent_no_visit),
        WITH_STORE(test_values_out_of_range_are_kept_and_counted_as_invalid),
        WITH_STORE(test_answers_that_come_again_are_stored_once),
        WITH_STORE(test_a_number_given_again_ends_the_journal),
        WITH_STORE(test_what_a_former_journal_holds_is_neither_stored_again_nor_lost),
        WITH_STORE(test_an_answer_of_the_present_boot_is_in_no_former_journal),
        WITH_STORE(test_an_answer_that_had_been_called_lost_is_kept_aside_and_raised_once),
        WITH_STORE(test_gap_is_refused),
        WITH_STORE(test_lost_numbers_are_stepped_over),
        WITH_STORE(test_restored_database_says_what_is_gone),
        WITH_STORE(test_anchor_needs_an_answer_of_its_boot),
        WITH_STORE(test_uncertain_hour_is_counted_in_its_day_only),
        WITH_STORE(test_clock_behind_the_newest_commit_is_not_believed),
        WITH_STORE(test_sign_on_ends_by_itself),
        WITH_STORE(test_a_batch_that_stops_at_any_instruction_leaves_nothing),
        WITH_STORE(test_the_alarm_says_how_answers_were_lost),
        WITH_STORE(test_lost_numbers_that_stop_at_any_instruction_leave_nothing),
        WITH_STORE(test_a_journal_whose_end_stops_at_any_instruction_goes_on),
        WITH_STORE(test_a_look_into_a_former_journal_that_stops_at_any_instruction_takes_nothing),
        WITH_STORE(test_a_batch_for_whose_tallies_there_is_no_memory_leaves_nothing),
        WITH_STORE(test_answers_of_a_kiosk_whose_row_is_gone_are_kept),
        WITH_STORE(test_journal_that_gives_way_is_written_first),
        WITH_STORE(test_lost_before_the_first_answer),
        WITH_STORE(test_recount_agrees_after_random_sessions),
    };

    return cmocka_run_group_tests_name("store_answers", tests, NULL, NULL);
}
