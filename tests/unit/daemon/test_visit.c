/* SPDX-License-Identifier: MIT
 *
 * Which visits are left out because of how fast they came: mash, beside bursts and what the kiosk flags itself.
 * And which nothing changes any more, and which are equal: the recount and the retention rest on that.
 */
#include <stdio.h>
#include <string.h>

#include "daemon/report.h"
#include "daemon/visit.h"
#include "fixture.h"
#include "seed.h"

static int64_t all_time(struct fixture *fixture, const char *measure)
{
    char sql[160];

    snprintf(sql, sizeof sql, "SELECT ifnull(sum(%s), 0) FROM tally WHERE level = 4", measure);
    return fixture_integer(fixture, sql);
}

/* A visit rated 1, 2, 3, 4, 5, 1 ... with so many follow-ups, each answered with `value`. */
static void visit(struct fixture *fixture, unsigned number, unsigned follow_ups, uint16_t value)
{
    static const uint8_t questions[] = {QUESTION_STAFF, QUESTION_MENTION, QUESTION_RETURNING};

    fixture_press(fixture, QUESTION_RATING, (uint16_t)(1 + number % RATING_MAX));
    for (unsigned i = 0; i < follow_ups; i++)
        fixture_press(fixture, questions[i], value);
}

/* Five visits, the last `seconds` after the first; how many are mash. */
static int64_t mashed(struct fixture *fixture, unsigned follow_ups, uint16_t value, int64_t seconds)
{
    int64_t before = all_time(fixture, "left_out_mash"), started_ms;

    fixture_wait(fixture, HOUR_MS);
    started_ms = fixture_now(fixture);
    for (unsigned i = 0; i < 5; i++) {
        fixture_wait(fixture, started_ms + seconds * 1000 * i / 4 / 1000 * 1000 - fixture_now(fixture));
        visit(fixture, i, follow_ups, value);
    }
    return all_time(fixture, "left_out_mash") - before;
}

/* The kiosk's own time of the four visits before the last: 3 s each, and 0.8 s a press on a question. Of the time between
 * the first and the last rating that is three quarters at 16 s; 20.27 s; 24.53 s; 28.8 s. */
static void test_five_visits_at_the_kiosks_own_pace_are_mash_whatever_their_ratings(void **state)
{
    static const struct {
        unsigned follow_ups;
        int64_t longest_s;
    } cases[] = {{0, 16}, {1, 20}, {2, 24}, {3, 28}};
    struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(mashed(fixture, cases[i].follow_ups, 1, cases[i].longest_s), 5);
        assert_int_equal(mashed(fixture, cases[i].follow_ups, 1, cases[i].longest_s + 1), 0);
    }
    assert_int_equal(all_time(fixture, "left_out_burst"), 0);
    assert_int_equal(all_time(fixture, "rating_1 + rating_2 + rating_3 + rating_4 + rating_5"), 20);
    assert_int_equal(all_time(fixture, "left_out_happy"), 8);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM visit"), 40); /* nothing is deleted */
    fixture_verify(fixture);
}

static void test_a_question_without_a_press_is_no_press_and_a_skip_is_one(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(mashed(fixture, 3, ANSWER_NONE, 17), 0);
    assert_int_equal(mashed(fixture, 1, ANSWER_SKIPPED, 20), 5);
    fixture_wait(fixture, HOUR_MS);
    for (unsigned i = 0; i < 5; i++) { /* who serves is known without a press: 20 s are too slow */
        visit(fixture, i, 0, 0);
        fixture_press(fixture, QUESTION_SERVED, 2);
        fixture_wait(fixture, 5000);
    }
    assert_int_equal(all_time(fixture, "left_out_mash"), 5);
    fixture_verify(fixture);
}

static void test_mash_goes_on_until_there_is_a_pause_and_not_over_a_boot(void **state)
{
    struct fixture *fixture = *state;

    for (unsigned i = 0; i < 12; i++) {
        visit(fixture, i, 0, 0);
        assert_int_equal(all_time(fixture, "left_out_mash"), i < 4 ? 0 : i + 1);
        fixture_wait(fixture, 4000);
    }
    fixture_wait(fixture, 4000);
    visit(fixture, 12, 0, 0);
    assert_int_equal(all_time(fixture, "left_out_mash"), 12);
    fixture_wait(fixture, HOUR_MS);
    for (unsigned i = 0; i < 8; i++) {
        fixture->origin.boot = (uint16_t)(fixture->origin.boot + (i == 4));
        visit(fixture, i, 0, 0);
        fixture_wait(fixture, 4000);
    }
    assert_int_equal(all_time(fixture, "left_out_mash"), 12);
    fixture_verify(fixture);
}

static void test_a_visit_is_left_out_once_by_its_kiosk_then_as_a_burst_then_as_mash(void **state)
{
    struct fixture *fixture = *state;

    visit(fixture, 0, 0, 0);
    fixture_press(fixture, QUESTION_FLAG, FLAG_WITHDRAWN);
    for (unsigned i = 0; i < 5; i++) {
        fixture_wait(fixture, 4000);
        fixture_press(fixture, QUESTION_RATING, 3);
    }
    for (unsigned i = 0; i < 2; i++) {
        fixture_wait(fixture, 4000);
        visit(fixture, i, 0, 0);
    }
    assert_int_equal(all_time(fixture, "left_out_withdrawn"), 1);
    assert_int_equal(all_time(fixture, "left_out_burst"), 5);
    assert_int_equal(all_time(fixture, "left_out_mash"), 2);
    assert_int_equal(fixture_integer(fixture, "SELECT sum(is_mash) FROM visit"), 8);
    assert_int_equal(all_time(fixture, "rating_1 + rating_2 + rating_3"), 0);
    fixture_verify(fixture);
}

/* One kiosk's answers, ever faster and slower, the same for the same seed. */
static size_t presses(struct seed *seed, struct answer *answers, size_t capacity)
{
    uint32_t uptime_s = 10, rating_seq = 0;
    unsigned pace_s = 3;

    for (size_t i = 0; i < capacity; i++) {
        struct answer *answer = &answers[i];
        bool is_rating = i == 0 || seed_below(seed, 3) > 0;

        *answer = (struct answer){.seq = (uint32_t)(i + 1), .boot = 1};
        if (seed_below(seed, 12) == 0)
            pace_s = 3 + seed_below(seed, 4);
        uptime_s += is_rating ? pace_s : seed_below(seed, 2);
        answer->uptime_s = uptime_s;
        answer->question = is_rating ? QUESTION_RATING : (uint8_t)(QUESTION_STAFF + seed_below(seed, 8));
        answer->value = (uint16_t)(1 + seed_below(seed, is_rating ? 5 : 2));
        rating_seq = is_rating ? answer->seq : rating_seq;
        answer->visit_back = (uint8_t)(answer->seq - rating_seq);
    }
    return capacity;
}

/* All visits and all tallies as one number each. */
static void fingerprint(struct fixture *fixture, int64_t sums[3])
{
    sums[0] = fixture_integer(fixture,
                              "SELECT sum(seq * (1 + is_mash * 7 + is_burst * 31) * (1 + flag)) FROM visit");
    sums[1] = all_time(fixture, "left_out_mash * 1000000 + left_out_burst * 1000 + rating_1 + 5 * rating_5");
    sums[2] = all_time(fixture, "left_out_mash");
}

static void test_what_is_mash_does_not_depend_on_how_the_answers_arrive(void **state)
{
    static struct answer answers[400];
    struct fixture *fixture = *state, other;
    struct seed seed = seed_init("mash does not depend on how answers arrive");
    size_t count = presses(&seed, answers, 400);
    int64_t expected[3], sums[3];

    assert_int_equal(fixture_send(fixture, answers, count), STORE_OK);
    fingerprint(fixture, expected);
    assert_true(expected[2] > 20 && expected[2] < 300);
    for (unsigned round = 0; round < 3; round++) {
        fixture_open(&other, "Europe/Berlin");
        fixture_adopt(&other);
        for (size_t sent = 0; sent < count;) {
            size_t size = round == 0 ? 1 : 1 + seed_below(&seed, 40);
            size = size > count - sent ? count - sent : size;
            assert_int_equal(fixture_send(&other, answers + sent, size), STORE_OK);
            if (seed_below(&seed, 4) == 0)
                assert_int_equal(fixture_send(&other, answers + sent, size), STORE_OK); /* the ACK was lost */
            if (seed_below(&seed, round == 0 ? 40 : 4) == 0)
                fixture_reopen(&other);
            sent += size;
        }
        fingerprint(&other, sums);
        assert_memory_equal(sums, expected, sizeof sums);
        fixture_verify(&other);
        fixture_close(&other);
    }
}

static int64_t reported(struct store *store, const char *path)
{
    const struct report_query query = {.report = "summary", .now_ms = FIXTURE_NOON_MS + DAY_MS};
    struct store_error error;
    json_t *result = NULL;

    if (report_run(store, &query, &result, &error) != STORE_OK)
        fail_msg("%s", error.text);
    int64_t value = json_integer_value(
        json_object_get(strcmp(path, "mash") == 0 ? json_object_get(result, "left_out") : result, path));
    json_decref(result);
    return value;
}

static void test_tables_of_before_mash_are_counted_anew_and_archives_are_read_as_they_are(void **state)
{
    struct fixture *fixture = *state;
    const struct store_options archived = {.path = fixture->path, .is_read_only = true};
    struct store *reader = NULL;
    struct store_verified verified;

    assert_int_equal(mashed(fixture, 0, 0, 16), 5);
    assert_int_equal(mashed(fixture, 0, 0, 40), 0);
    assert_int_equal(reported(fixture->store, "mash"), 5);
    assert_int_equal(reported(fixture->store, "visits"), 5);
    /* As version 3 would have left it. */
    fixture_run(
        fixture,
        "UPDATE tally SET rating_1 = 2, rating_2 = 2, rating_3 = 2, rating_4 = 2, rating_5 = 2,"
        " left_out_happy = 0 WHERE level = 4; DELETE FROM tally WHERE level < 4;" FIXTURE_BACK_TO_VERSION_3);
    assert_int_equal(store_open(&archived, &reader, &fixture->error), STORE_OK);
    assert_int_equal(reported(reader, "mash"), 0);
    assert_int_equal(reported(reader, "visits"), 10);
    assert_int_equal(store_verify(reader, &verified, NULL, NULL, &fixture->error), STORE_OK);
    assert_int_equal(verified.visits_wrong, 0);
    store_close(reader);
    fixture_reopen(fixture);
    assert_int_equal(reported(fixture->store, "mash"), 5);
    assert_int_equal(reported(fixture->store, "visits"), 5);
    fixture_verify(fixture);
}

static void on_change(void *context, const struct visit *visit, int sign)
{
    (void)context, (void)visit, (void)sign;
}

static void rate_at(struct visit_window *window, uint32_t seq)
{
    const struct visit_listener listener = {.on_change = on_change};
    const struct answer rating = {
        .seq = seq, .question = QUESTION_RATING, .value = 5, .boot = 1, .uptime_s = 60 * seq};

    visit_window_apply(window, &rating, &(struct visit_time){.instant_ms = seq}, &listener);
}

static void expect_settled(struct visit_window *window, uint64_t *through, uint64_t next, uint32_t seq)
{
    const struct visit *visit = visit_window_settled(window, through, next);

    assert_int_equal(visit == NULL ? 0 : visit->seq, seq);
}

/* Numbers that are lost, or answers that were deleted: millions of them must not take a look each. */
static void test_visits_before_a_gap_are_settled_in_their_order_and_later_ones_are_not(void **state)
{
    static const uint32_t ratings[] = {7, 8, 9, 70}; /* the last stands before the others in the window */
    struct visit_window window;
    uint64_t through = 0;

    (void)state;
    visit_window_init(&window);
    for (size_t i = 0; i < sizeof ratings / sizeof *ratings; i++)
        rate_at(&window, ratings[i]);
    expect_settled(&window, &through, 71, 7);
    expect_settled(&window, &through, 71, 0);
    expect_settled(&window, &through, 4000000000, 8);
    expect_settled(&window, &through, 4000000000, 9);
    expect_settled(&window, &through, 4000000000, 70);
    expect_settled(&window, &through, 4000000000, 0);
    assert_true(through == 4000000000 - VISIT_WINDOW_CAPACITY);
    rate_at(&window, 4000000000);
    expect_settled(&window, &through, 4000000000 + VISIT_WINDOW_CAPACITY - 1, 0);
    expect_settled(&window, &through, 4000000000 + VISIT_WINDOW_CAPACITY, 4000000000);
}

static void test_a_visit_that_may_still_change_is_not_settled_however_far_the_gap_before_it(void **state)
{
    struct visit_window window;
    uint64_t through = 0;

    (void)state;
    visit_window_init(&window);
    rate_at(&window, 1000);
    expect_settled(&window, &through, 1000 + VISIT_WINDOW_CAPACITY - 1, 0);
    expect_settled(&window, &through, 1000 + VISIT_WINDOW_CAPACITY, 1000);
}

static void test_visits_are_equal_when_all_that_is_stored_of_them_is(void **state)
{
    const struct visit visit = {.seq = 1, .rating = 5, .time = {.instant_ms = FIXTURE_NOON_MS}};
    struct visit others[9 + VISIT_REPLY_COUNT], same = visit;

    (void)state;
    same.is_changed = true;
    assert_true(visit_is_equal(&visit, &same));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        others[i] = visit;
    others[0].seq = 2;
    others[1].uptime_s = 1;
    others[2].boot = 1;
    others[3].flag = FLAG_WITHDRAWN;
    others[4].rating = 4;
    others[5].is_burst = true;
    others[6].is_mash = true;
    others[7].time.instant_ms++;
    others[8].time.span_ms = 1;
    for (size_t i = 0; i < VISIT_REPLY_COUNT; i++)
        others[9 + i].replies[i] = VISIT_NOT_SHOWN;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(visit_is_equal(&visit, &others[i]));
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(test_five_visits_at_the_kiosks_own_pace_are_mash_whatever_their_ratings),
        WITH_STORE(test_a_question_without_a_press_is_no_press_and_a_skip_is_one),
        WITH_STORE(test_mash_goes_on_until_there_is_a_pause_and_not_over_a_boot),
        WITH_STORE(test_a_visit_is_left_out_once_by_its_kiosk_then_as_a_burst_then_as_mash),
        WITH_STORE(test_what_is_mash_does_not_depend_on_how_the_answers_arrive),
        WITH_STORE(test_tables_of_before_mash_are_counted_anew_and_archives_are_read_as_they_are),
        cmocka_unit_test(test_visits_before_a_gap_are_settled_in_their_order_and_later_ones_are_not),
        cmocka_unit_test(test_a_visit_that_may_still_change_is_not_settled_however_far_the_gap_before_it),
        cmocka_unit_test(test_visits_are_equal_when_all_that_is_stored_of_them_is),
    };

    return cmocka_run_group_tests_name("visit", tests, NULL, NULL);
}
