/* SPDX-License-Identifier: MIT */
#include "daemon/store_retention.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/store_help.h"
#include "daemon/store_privacy.h"
#include "daemon/visit.h"
#include "fixture.h"
#include "seed.h"
#include "tests/storage/fault_vfs.h"

#define DAYS 30
#define SEND_MAX 64
#define VISITS "rating_1 + rating_2 + rating_3 + rating_4 + rating_5"

/* The share of what is counted of everybody, at a level. */
#define COUNTED(level) \
    "SELECT ifnull(sum(" VISITS " + left_out_burst + left_out_mash), 0) FROM tally WHERE level = " #level

static void begin(struct fixture *fixture)
{
    assert_int_equal(store_begin(fixture->store, &fixture->error), STORE_OK);
}

static void commit(struct fixture *fixture)
{
    assert_int_equal(store_commit(fixture->store, &fixture->error), STORE_OK);
}

static void keep_for(struct fixture *fixture, int64_t days, enum store_status expected)
{
    begin(fixture);
    assert_int_equal(store_retention_set(fixture->store, days, fixture_now(fixture), &fixture->error),
                     expected);
    commit(fixture);
}

static bool step(struct fixture *fixture)
{
    bool is_more;

    begin(fixture);
    if (store_retention_step(fixture->store, fixture_now(fixture), &is_more, &fixture->error) != STORE_OK)
        fail_msg("%s", fixture->error.text);
    commit(fixture);
    return is_more;
}

/* All that is due. Returns how many pieces it took. */
static unsigned purge(struct fixture *fixture)
{
    unsigned pieces = 0;

    for (; step(fixture); pieces++)
        assert_true(pieces < 1000);
    return pieces;
}

static void add_staff(struct fixture *fixture, const char *name)
{
    uint16_t id;

    begin(fixture);
    assert_int_equal(store_staff_add(fixture->store, name, fixture_now(fixture), &id, &fixture->error),
                     STORE_OK);
    commit(fixture);
}

/* Answers of one visit, sent at once. */
struct batch {
    struct answer answers[SEND_MAX];
    size_t count;
};

static void batch_add(struct fixture *fixture, struct batch *batch, uint8_t question, unsigned value)
{
    struct answer *answer = &batch->answers[batch->count++];

    assert_true(batch->count <= SEND_MAX);
    *answer = (struct answer){
        .seq = ++fixture->seq,
        .question = question,
        .value = (uint16_t)value,
        .boot = fixture->origin.boot,
        .uptime_s = (uint32_t)((fixture_now(fixture) - fixture->origin.boot_started_ms) / 1000),
    };
    if (question == QUESTION_RATING)
        fixture->rating_seq = answer->seq;
    else if (question > QUESTION_RATING && question <= QUESTION_FLAG)
        answer->visit_back = (uint8_t)(answer->seq - fixture->rating_seq);
}

static void batch_send(struct fixture *fixture, struct batch *batch)
{
    if (fixture_send(fixture, batch->answers, batch->count) != STORE_OK)
        fail_msg("%s", fixture->error.text);
    batch->count = 0;
}

/* Twenty visits, one after the other, five minutes apart: eighty answers. */
static void day_of_visits(struct fixture *fixture, unsigned staff)
{
    struct batch batch = {.count = 0};

    for (unsigned i = 0; i < 20; i++) {
        batch_add(fixture, &batch, QUESTION_RATING, 1 + (fixture->seq + i) % 5);
        batch_add(fixture, &batch, QUESTION_STAFF, staff);
        batch_add(fixture, &batch, QUESTION_MENTION, 1 + i % 3);
        batch_add(fixture, &batch, QUESTION_STRENGTH, 1 + i % 5);
        fixture_wait(fixture, 5 * MINUTE_MS);
        if (batch.count + 4 > SEND_MAX)
            batch_send(fixture, &batch);
    }
    batch_send(fixture, &batch);
    fixture_wait(fixture, DAY_MS - 100 * MINUTE_MS);
}

static void days_of_visits(struct fixture *fixture, unsigned days)
{
    for (unsigned i = 0; i < days; i++)
        day_of_visits(fixture, 1 + i % 2);
}

static void two_months(struct fixture *fixture)
{
    add_staff(fixture, "Dan");
    add_staff(fixture, "Zo\u00eb");
    days_of_visits(fixture, 60);
}

static void test_nothing_goes_unless_it_is_said(void **state)
{
    struct fixture *fixture = *state;

    days_of_visits(fixture, 40);
    assert_false(step(fixture));
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM answer"), fixture->seq);
    keep_for(fixture, DAYS, STORE_OK);
    keep_for(fixture, 0, STORE_OK);
    assert_false(step(fixture));
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM answer"), fixture->seq);
}

static void test_days_out_of_range_and_the_same_again_are_refused(void **state)
{
    struct fixture *fixture = *state;

    keep_for(fixture, 0, STORE_REFUSED);
    keep_for(fixture, STORE_RETENTION_DAYS_MIN - 1, STORE_REFUSED);
    keep_for(fixture, STORE_RETENTION_DAYS_MAX + 1, STORE_REFUSED);
    keep_for(fixture, -1, STORE_REFUSED);
    keep_for(fixture, DAYS, STORE_OK);
    keep_for(fixture, DAYS, STORE_REFUSED);
    assert_int_equal(fixture_integer(fixture, "SELECT days FROM retention"), DAYS);
}

static void test_old_answers_go_and_counts_stay(void **state)
{
    static const char *const sums[] = {COUNTED(1), COUNTED(2), COUNTED(3), COUNTED(4),
                                       COUNTED(5), COUNTED(6), COUNTED(7), COUNTED(8)};
    struct fixture *fixture = *state;
    int64_t before[8], midnight_ms;

    two_months(fixture);
    for (size_t i = 0; i < 8; i++)
        before[i] = fixture_integer(fixture, sums[i]);
    keep_for(fixture, DAYS, STORE_OK);
    assert_true(purge(fixture) >= 60 / 2 * 80 / STORE_RETENTION_PIECE);
    midnight_ms = fixture_integer(fixture, "SELECT before_ms FROM purged");
    assert_int_equal(midnight_ms, FIXTURE_NOON_MS + (60 - DAYS) * DAY_MS - 12 * HOUR_MS);
    assert_int_equal(fixture_integer(fixture, "SELECT min(instant_ms) FROM answer"),
                     midnight_ms + 12 * HOUR_MS);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM answer"), DAYS * 80);
    assert_true(fixture_integer(fixture, "SELECT count(*) FROM visit") < DAYS * 20 + VISIT_WINDOW_CAPACITY);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(fixture_integer(fixture, sums[i]), before[i]);
    fixture_verify(fixture);
    assert_false(step(fixture));
}

static void test_people_stay_by_month_and_are_unnamed_by_hour_day_and_week(void **state)
{
    struct fixture *fixture = *state;
    int64_t months, all;

    two_months(fixture);
    months = fixture_integer(fixture, "SELECT sum(" VISITS ") FROM tally WHERE level = 3 AND staff = 1");
    all = fixture_integer(fixture, "SELECT sum(" VISITS ") FROM tally WHERE level = 4 AND staff = 1");
    keep_for(fixture, DAYS, STORE_OK);
    (void)purge(fixture);
    assert_int_equal(
        fixture_integer(fixture, "SELECT sum(" VISITS ") FROM tally WHERE level = 3 AND staff = 1"), months);
    assert_int_equal(
        fixture_integer(fixture, "SELECT sum(" VISITS ") FROM tally WHERE level = 4 AND staff = 1"), all);
    assert_int_equal(fixture_integer(fixture,
                                     "SELECT count(*) FROM tally WHERE level IN (1, 2) AND staff IN (1, 2)"
                                     " AND start_ms < (SELECT before_ms FROM purged)"),
                     0);
    assert_true(
        fixture_integer(fixture, "SELECT count(*) FROM tally WHERE level IN (1, 2) AND staff = 60002") > 0);
    assert_int_equal(fixture_integer(fixture,
                                     "SELECT count(*) FROM visit WHERE staff IN (1, 2) AND instant_ms <"
                                     " (SELECT before_ms FROM purged)"),
                     0);
    begin(fixture);
    assert_int_equal(store_staff_erase(fixture->store, "60002", fixture_now(fixture), &fixture->error),
                     STORE_REFUSED);
    assert_int_equal(store_staff_erase(fixture->store, "Dan", fixture_now(fixture), &fixture->error),
                     STORE_OK);
    commit(fixture);
    assert_int_equal(
        fixture_integer(fixture, "SELECT sum(" VISITS ") FROM tally WHERE level = 4 AND staff = 60001"), all);
    fixture_verify(fixture);
}

static void test_number_that_is_gone_is_not_stored_again(void **state)
{
    struct fixture *fixture = *state;
    const struct answer again = {
        .seq = 5, .question = QUESTION_RATING, .value = 3, .boot = 1, .uptime_s = 400};
    int64_t all;

    two_months(fixture);
    keep_for(fixture, DAYS, STORE_OK);
    (void)purge(fixture);
    all = fixture_integer(fixture, COUNTED(4));
    fixture_reopen(fixture);
    assert_int_equal(fixture_send(fixture, &again, 1), STORE_OK);
    assert_int_equal(fixture->ingested.stored, 0);
    assert_int_equal(fixture->ingested.duplicate, 1);
    assert_int_equal(fixture_integer(fixture, COUNTED(4)), all);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM answer WHERE seq = 5"), 0);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM conflict"), 0);
    fixture_verify(fixture);
}

static void test_newest_answers_of_a_silent_kiosk_stay(void **state)
{
    struct fixture *fixture = *state;
    struct store_retention_preview preview;

    days_of_visits(fixture, 10);
    fixture_wait(fixture, 100 * DAY_MS);
    assert_int_equal(
        store_retention_preview(fixture->store, DAYS, fixture_now(fixture), &preview, &fixture->error),
        STORE_OK);
    assert_int_equal(preview.kept_back, STORE_KEPT_BACK);
    keep_for(fixture, DAYS, STORE_OK);
    (void)purge(fixture);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM answer"), STORE_KEPT_BACK);
    fixture_verify(fixture);
    day_of_visits(fixture, 1);
    (void)purge(fixture);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM answer"), STORE_KEPT_BACK);
    fixture_verify(fixture);
}

/* It said a rating that was acknowledged, and says what followed it only when it is plugged in again. */
static void test_all_of_a_retired_kiosk_goes_and_it_may_come_back(void **state)
{
    struct fixture *fixture = *state;
    struct batch batch = {.count = 0};

    days_of_visits(fixture, 10);
    fixture_press(fixture, QUESTION_RATING, 5);
    batch_add(fixture, &batch, QUESTION_STRENGTH, 1);
    fixture_wait(fixture, 100 * DAY_MS);
    keep_for(fixture, DAYS, STORE_OK);
    (void)purge(fixture);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM answer"),
                     STORE_KEPT_BACK + 1); /* whole visits */
    begin(fixture);
    assert_int_equal(store_kiosk_retire(fixture->store, FIXTURE_KIOSK, fixture_now(fixture), &fixture->error),
                     STORE_OK);
    commit(fixture);
    (void)purge(fixture);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM answer"), 0);
    fixture_verify(fixture);
    batch_send(fixture, &batch);
    fixture_press(fixture, QUESTION_RATING, 4);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM answer"), 2);
    assert_int_equal(fixture_integer(fixture, COUNTED(4)), 10 * 20 + 2);
    fixture_verify(fixture);
}

static void test_journal_that_is_over_goes_whole_once_another_has_begun(void **state)
{
    struct fixture *fixture = *state;
    int64_t next, through;

    days_of_visits(fixture, 10);
    through = fixture->seq;
    fixture_run(fixture, "INSERT INTO journal (journal_id, kiosk, issued_ms, is_used, begins_after, through)"
                         " SELECT 77, kiosk, issued_ms, 1, through, through FROM journal");
    next = fixture_integer(fixture, "SELECT max(id) FROM journal");
    fixture_wait(fixture, 50 * DAY_MS);
    keep_for(fixture, DAYS, STORE_OK);
    (void)purge(fixture);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM answer"), STORE_KEPT_BACK);
    fixture_reopen(fixture);
    fixture->origin.journal = next;
    fixture_press(fixture, QUESTION_RATING, 4);
    (void)purge(fixture);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM answer"), 1);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM visit"), 1);
    assert_int_equal(fixture_integer(fixture, "SELECT through FROM purged"), through);
    fixture_verify(fixture);
}

static void test_preview_says_what_goes(void **state)
{
    struct fixture *fixture = *state;
    struct store_retention_preview preview;
    int64_t answers;

    two_months(fixture);
    begin(fixture);
    assert_int_equal(
        store_access_note(fixture->store, "token 1", "report staff", NULL, FIXTURE_NOON_MS, &fixture->error),
        STORE_OK);
    commit(fixture);
    assert_int_equal(
        store_retention_preview(fixture->store, 3, fixture_now(fixture), &preview, &fixture->error),
        STORE_REFUSED);
    assert_int_equal(
        store_retention_preview(fixture->store, 45, fixture_now(fixture), &preview, &fixture->error),
        STORE_OK);
    assert_int_equal(preview.answers, 15 * 80);
    assert_int_equal(preview.visits, 15 * 20);
    assert_int_equal(preview.reads, 1);
    assert_int_equal(preview.help_calls, 0);
    assert_int_equal(preview.kept_back, 0);
    assert_int_equal(preview.first_ms, FIXTURE_NOON_MS);
    assert_true(preview.last_ms < preview.before_ms);
    answers = fixture_integer(fixture, "SELECT count(*) FROM answer");
    keep_for(fixture, 45, STORE_OK);
    (void)purge(fixture);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM answer"), answers - preview.answers);
    assert_int_equal(fixture_integer(fixture, "SELECT before_ms FROM purged"), preview.before_ms);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM access"), 0);
}

static void test_help_calls_stay_without_who_and_without_remark(void **state)
{
    struct fixture *fixture = *state;

    add_staff(fixture, "Dan");
    fixture_press(fixture, QUESTION_RATING, 1);
    fixture_press(fixture, QUESTION_HELP, HELP_YES);
    begin(fixture);
    assert_int_equal(store_help_close(fixture->store, "1", "solved", "he shouted", "Dan",
                                      fixture_now(fixture), &fixture->error),
                     STORE_OK);
    commit(fixture);
    days_of_visits(fixture, 40);
    keep_for(fixture, DAYS, STORE_OK);
    (void)purge(fixture);
    assert_int_equal(
        fixture_integer(fixture, "SELECT count(*) FROM help_call WHERE remark = '' AND closed_by = 60002"),
        1);
    assert_int_equal(fixture_integer(fixture, "SELECT outcome FROM help_call"), OUTCOME_SOLVED);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM visit WHERE help = 1"), 1);
    fixture_verify(fixture);
}

static void test_sign_ons_of_long_ago_and_answers_kept_aside_go(void **state)
{
    struct fixture *fixture = *state;

    add_staff(fixture, "Dan");
    fixture_press(fixture, QUESTION_SIGN_ON, 1);
    fixture_run(fixture, "INSERT INTO conflict VALUES (1, 9, 1, 4, 1, 1, 50, 0)");
    days_of_visits(fixture, 40);
    keep_for(fixture, DAYS, STORE_OK);
    (void)purge(fixture);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM presence"), 0);
    assert_int_equal(
        fixture_integer(fixture, "SELECT count(*) FROM conflict WHERE question = 0 AND value = 2"), 1);
}

static void test_answer_kept_aside_that_is_gone_raises_no_second_alarm(void **state)
{
    const struct answer late = {
        .seq = 9, .visit_back = 1, .question = QUESTION_STAFF, .value = 1, .boot = 1, .uptime_s = 50};
    struct fixture *fixture = *state;

    for (unsigned i = 0; i < 8; i++)
        fixture_press(fixture, QUESTION_RATING, 4);
    fixture_run(fixture, "INSERT INTO lost VALUES (1, 9, 9, 1, 0); UPDATE journal SET through = 9");
    fixture_reopen(fixture);
    fixture->seq = 9;
    assert_int_equal(fixture_send(fixture, &late, 1), STORE_OK);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM alarm WHERE kind = 'conflict'"), 1);
    days_of_visits(fixture, 40);
    keep_for(fixture, DAYS, STORE_OK);
    (void)purge(fixture);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM conflict WHERE question = 0"), 1);
    assert_int_equal(fixture_send(fixture, &late, 1), STORE_OK);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM alarm WHERE kind = 'conflict'"), 1);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM conflict WHERE question <> 0"), 0);
    fixture_verify(fixture);
}

static void test_answer_that_comes_late_is_counted_and_goes_at_once(void **state)
{
    struct fixture *fixture = *state;
    int64_t counted;

    two_months(fixture);
    keep_for(fixture, DAYS, STORE_OK);
    (void)purge(fixture);
    counted = fixture_integer(fixture, COUNTED(4));
    /* Another kiosk's journal, with answers as old as the first day. */
    fixture_run(
        fixture,
        "INSERT INTO kiosk (kiosk_id, name, port, former_id, adopted_ms) VALUES (5, 'gate', 'gate', 0, 0);"
        "INSERT INTO journal (journal_id, kiosk, issued_ms, begins_after, through) VALUES (6, 2, 0, 0, 0)");
    fixture_reopen(fixture);
    fixture->origin.kiosk = fixture->origin.journal = 2;
    fixture->seq = 0;
    int64_t now_ms = fixture_now(fixture);
    for (unsigned i = 0; i < 80; i++) {
        struct answer answer = {
            .seq = ++fixture->seq, .question = QUESTION_RATING, .value = 4, .boot = 1, .uptime_s = i * 60};

        fixture->origin.arrived_ms = now_ms;
        assert_int_equal(fixture_send(fixture, &answer, 1), STORE_OK);
    }
    fixture_wait(fixture, DAY_MS);
    fixture_press(fixture, QUESTION_RATING, 2);
    for (unsigned i = 0; i < 3; i++)
        day_of_visits(fixture, 1);
    assert_int_equal(fixture_integer(fixture, COUNTED(4)), counted + 80 + 1 + 60);
    (void)purge(fixture);
    assert_int_equal(fixture_integer(fixture, "SELECT through FROM purged WHERE journal = 2"), 80);
    assert_int_equal(fixture_integer(fixture, COUNTED(4)), counted + 80 + 1 + 60);
    fixture_verify(fixture);
}

static void test_time_zone_stays_once_answers_are_gone(void **state)
{
    struct fixture *fixture = *state;

    two_months(fixture);
    keep_for(fixture, DAYS, STORE_OK);
    (void)purge(fixture);
    fixture->timezone = "Asia/Tokyo";
    store_close(fixture->store);
    assert_int_equal(fixture_try_open(fixture), STORE_REFUSED);
    assert_non_null(strstr(fixture->error.text, "Europe/Berlin"));
    fixture->timezone = "Europe/Berlin";
    assert_int_equal(fixture_try_open(fixture), STORE_OK);
    fixture_verify(fixture);
}

static void test_recount_notices_a_share_that_was_changed(void **state)
{
    struct fixture *fixture = *state;
    struct store_verified verified;

    two_months(fixture);
    keep_for(fixture, DAYS, STORE_OK);
    (void)purge(fixture);
    assert_int_equal(store_verify(fixture->store, &verified, NULL, NULL, &fixture->error), STORE_OK);
    assert_int_equal(verified.purged, (60 - DAYS) * 80);
    assert_int_equal(verified.answers, DAYS * 80);
    assert_int_equal(verified.purged_before_ms, fixture_integer(fixture, "SELECT before_ms FROM purged"));
    fixture_run(fixture, "UPDATE tally SET rating_4 = rating_4 + 1 WHERE level = 7 AND start_ms ="
                         " (SELECT min(start_ms) FROM tally WHERE level = 7)");
    assert_int_equal(store_verify(fixture->store, &verified, NULL, NULL, &fixture->error), STORE_OK);
    assert_int_equal(verified.tallies_wrong, 1);
    fixture_run(fixture, "UPDATE purged SET answers = answers - 1");
    assert_int_equal(store_verify(fixture->store, &verified, NULL, NULL, &fixture->error), STORE_OK);
    assert_int_equal(verified.missing, 1);
}

/* Anything a kiosk may send, and some that none does: bursts, answers that reach back over others, values out of range. */
static void anything_send(struct fixture *fixture, struct seed *seed)
{
    struct batch batch = {.count = 0};
    unsigned count = 1 + seed_below(seed, 12);

    for (unsigned i = 0; i < count; i++) {
        uint8_t question = (uint8_t)(seed_below(seed, 3) == 0 ? QUESTION_RATING : 1 + seed_below(seed, 13));

        batch_add(fixture, &batch, question,
                  question == QUESTION_RATING ? 1 + seed_below(seed, 5) : seed_below(seed, 7));
        if (question != QUESTION_RATING && seed_below(seed, 40) == 0)
            batch.answers[batch.count - 1].visit_back = (uint8_t)seed_below(seed, ANSWER_VISIT_BACK_MAX + 1);
        fixture_wait(fixture, seed_below(seed, 8) == 0 ? seed_below(seed, 7200) * 1000
                                                       : 2000 + seed_below(seed, 9000));
    }
    fixture->origin.is_clock_good = seed_below(seed, 6) != 0;
    batch_send(fixture, &batch);
}

static void test_recount_agrees_whatever_went_and_when(void **state)
{
    struct fixture *fixture = *state;
    struct seed seed = seed_init("retention");
    unsigned pieces = 0;

    for (unsigned id = 1; id <= 6; id++)
        add_staff(fixture, (const char *const[]){"Dan", "Zo\u00eb", "Ben", "Ida", "Fay", "Eve"}[id - 1]);
    keep_for(fixture, DAYS, STORE_OK);
    for (unsigned round = 0; round < 400; round++) {
        anything_send(fixture, &seed);
        if (seed_below(&seed, 9) == 0)
            fixture_wait(fixture, seed_below(&seed, 3) * DAY_MS);
        if (seed_below(&seed, 5) == 0)
            pieces += step(fixture);
        if (seed_below(&seed, 40) == 0)
            fixture_verify(fixture);
    }
    fixture->origin.is_clock_good = true;
    fixture_verify(fixture);
    assert_true(pieces > 0);
    fixture_reopen(fixture);
    (void)purge(fixture);
    fixture_verify(fixture);
}

/* Whatever the journal ends with at midnight: visits, bursts and answers that reach over it stay with what is behind them. */
static void test_preview_is_exactly_what_goes(void **state)
{
    struct fixture *fixture = *state;
    struct seed seed = seed_init("preview");
    struct store_retention_preview preview;

    add_staff(fixture, "Dan");
    keep_for(fixture, DAYS, STORE_OK);
    for (unsigned round = 0; round < 60; round++) {
        for (unsigned i = 0; i < 8; i++)
            anything_send(fixture, &seed);
        fixture_wait(fixture, seed_below(&seed, 8) * DAY_MS);
        assert_int_equal(
            store_retention_preview(fixture->store, DAYS, fixture_now(fixture), &preview, &fixture->error),
            STORE_OK);
        int64_t answers = fixture_integer(fixture, "SELECT count(*) FROM answer");
        (void)purge(fixture);
        assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM answer"), answers - preview.answers);
    }
    assert_true(fixture_integer(fixture, "SELECT ifnull(sum(answers), 0) FROM purged") > 0);
}

/* The n-th thing that is done to the disk fails: FAULT_CRASH: power fails before it. */
struct cut {
    unsigned at, done;
    enum fault_effect effect;
};

static enum fault_effect cut_power(void *context, struct fault_call *call)
{
    struct cut *cut = context;

    (void)call;
    return ++cut->done == cut->at ? cut->effect : FAULT_NONE;
}

static enum store_status try_step(struct fixture *fixture, bool *is_more)
{
    enum store_status status = store_begin(fixture->store, &fixture->error);

    if (status == STORE_OK)
        status = store_retention_step(fixture->store, fixture_now(fixture), is_more, &fixture->error);
    return status == STORE_OK ? store_commit(fixture->store, &fixture->error) : status;
}

/* In a process of its own, which has the machine as it was before. Returns how much was done to the disk. */
static unsigned purge_with_a_cut(struct fixture *fixture, struct fault_vfs *vfs,
                                 const struct store_options *options, struct cut cut, enum fault_loss loss,
                                 int64_t counted)
{
    enum store_status status = STORE_OK;
    bool is_more = true;

    fault_vfs_set_hook(vfs, cut_power, &cut);
    while (is_more && status == STORE_OK)
        status = try_step(fixture, &is_more);
    fault_vfs_set_hook(vfs, NULL, NULL);
    if (fault_vfs_is_off(vfs) || status == STORE_BROKEN) {
        struct store *dead = fixture->store;

        if (fault_vfs_is_off(vfs))
            fault_vfs_restart(vfs, loss, cut.at);
        store_close(dead);
        assert_int_equal(store_open(options, &fixture->store, &fixture->error), STORE_OK);
        fixture_verify(fixture);
    }
    (void)purge(fixture); /* a full disk ends the transaction, not the store */
    fixture_verify(fixture);
    assert_int_equal(fixture_integer(fixture, "SELECT answers FROM purged"), (60 - DAYS) * 80);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM answer"), DAYS * 80);
    assert_int_equal(fixture_integer(fixture, COUNTED(4)), counted);
    return cut.done;
}

static void in_a_child(struct fixture *fixture, struct fault_vfs *vfs, const struct store_options *options,
                       struct cut cut, enum fault_loss loss, int64_t counted)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0)
        _exit(purge_with_a_cut(fixture, vfs, options, cut, loss, counted) >= cut.at ? 0 : 1);
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* A sample: all of them, CUT_EVERY 1, take minutes. */
#define CUT_EVERY 13

static void test_disk_and_power_that_fail_at_any_moment_leave_whole_pieces(void **state)
{
    const struct store_options options = {.path = "/byname.db",
                                          .store_name = "Test",
                                          .timezone = "Europe/Berlin",
                                          .vfs = "fault",
                                          .checkpoint_pages = 40};
    struct fixture *fixture = *state, *machine = calloc(1, sizeof *machine);
    struct fault_vfs *vfs = fault_vfs_create("fault");
    unsigned done = CUT_EVERY;
    int pipes[2];

    assert_int_equal(pipe(pipes), 0);
    machine->origin = fixture->origin;
    assert_int_equal(store_open(&options, &machine->store, &machine->error), STORE_OK);
    fixture_adopt(machine);
    two_months(machine);
    keep_for(machine, DAYS, STORE_OK);
    int64_t counted = fixture_integer(machine, COUNTED(4));
    pid_t child = fork();
    if (child == 0) {
        done = purge_with_a_cut(machine, vfs, &options, (struct cut){.at = 0}, FAULT_LOSE_ALL, counted);
        _exit(write(pipes[1], &done, sizeof done) != sizeof done);
    }
    close(pipes[1]); /* a child that fails ends the reading */
    assert_int_equal(read(pipes[0], &done, sizeof done), sizeof done);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_true(done > 100);
    for (unsigned at = 1; at <= done; at += CUT_EVERY) {
        for (enum fault_loss loss = FAULT_LOSE_ALL; loss < FAULT_LOSS_COUNT; loss++)
            in_a_child(machine, vfs, &options, (struct cut){.at = at, .effect = FAULT_CRASH}, loss, counted);
        for (enum fault_effect effect = FAULT_ERROR; effect < FAULT_CRASH; effect++)
            in_a_child(machine, vfs, &options, (struct cut){.at = at, .effect = effect}, FAULT_LOSE_ALL,
                       counted);
    }
    close(pipes[0]);
    store_close(machine->store);
    fault_vfs_destroy(vfs);
    free(machine);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_goes_unless_it_is_said),
        TEST(test_days_out_of_range_and_the_same_again_are_refused),
        TEST(test_old_answers_go_and_counts_stay),
        TEST(test_people_stay_by_month_and_are_unnamed_by_hour_day_and_week),
        TEST(test_number_that_is_gone_is_not_stored_again),
        TEST(test_newest_answers_of_a_silent_kiosk_stay),
        TEST(test_all_of_a_retired_kiosk_goes_and_it_may_come_back),
        TEST(test_journal_that_is_over_goes_whole_once_another_has_begun),
        TEST(test_preview_says_what_goes),
        TEST(test_help_calls_stay_without_who_and_without_remark),
        TEST(test_sign_ons_of_long_ago_and_answers_kept_aside_go),
        TEST(test_answer_kept_aside_that_is_gone_raises_no_second_alarm),
        TEST(test_answer_that_comes_late_is_counted_and_goes_at_once),
        TEST(test_time_zone_stays_once_answers_are_gone),
        TEST(test_recount_notices_a_share_that_was_changed),
        TEST(test_recount_agrees_whatever_went_and_when),
        TEST(test_preview_is_exactly_what_goes),
        /* The last: a child of it that fails goes on from here, and ends. */
        TEST(test_disk_and_power_that_fail_at_any_moment_leave_whole_pieces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
