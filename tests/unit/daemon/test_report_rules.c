/* SPDX-License-Identifier: MIT
 *
 * The rules of the reports one by one, worked by hand. That the figures are right as a whole is shown by
 * tests/figures.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/render.h"
#include "daemon/report_internal.h"
#include "fixture.h"

#define KIOSK 1

static void refused(struct fixture *fixture, struct report_query query, const char *says)
{
    json_t *result = NULL;

    query.now_ms = fixture_now(fixture);
    assert_int_equal(report_run(fixture->store, &query, &result, &fixture->error), STORE_REFUSED);
    if (strstr(fixture->error.text, says) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", fixture->error.text, says);
}

static const char *text(json_t *object, const char *path)
{
    const char *value = json_string_value(fixture_at(object, path));

    return value == NULL ? "null" : value;
}

static json_int_t integer(json_t *object, const char *path)
{
    return json_integer_value(fixture_at(object, path));
}

static void is_real(json_t *object, const char *path, double expected)
{
    double value = json_number_value(fixture_at(object, path));

    if (!json_is_number(fixture_at(object, path)) || fabs(value - expected) > 0.0000005)
        fail_msg("%s is %f, not %f", path, value, expected);
}

/* A tally, without any answer behind it: what reports read. */
struct count {
    enum tally_measure measure;
    int64_t n;
};

static void tally_put(struct fixture *fixture, unsigned level, int64_t start_ms, int staff, struct count one,
                      struct count other)
{
    char sql[4096];
    int size = snprintf(sql, sizeof sql, "INSERT INTO tally VALUES (%u, %lld, %d, %d", level,
                        (long long)start_ms, level < TALLY_HOUR_OF_STORE ? KIOSK : 0, staff);

    for (unsigned i = 0; i < TALLY_MEASURE_COUNT; i++) {
        int64_t n = i == one.measure ? one.n : i == other.measure ? other.n : 0;

        size += snprintf(sql + size, sizeof sql - (size_t)size, ", %lld", (long long)n);
    }
    snprintf(sql + size, sizeof sql - (size_t)size, ")");
    fixture_run(fixture, sql);
}

static void visit(struct fixture *fixture, uint16_t rating)
{
    fixture_wait(fixture, 61000);
    fixture_press(fixture, QUESTION_RATING, rating);
}

/* Comparison ---------------------------------------------------------------------------------------------------- */

static void difference_is(int hits, int n, int before, int n_before, long low, long high, const char *verdict)
{
    json_t *comparison = report_compare((struct report_share){hits, n},
                                        (struct report_share){before, n_before}, 1, REPORT_GOOD);

    assert_int_equal(lround(100 * json_number_value(fixture_at(comparison, "difference.low"))), low);
    assert_int_equal(lround(100 * json_number_value(fixture_at(comparison, "difference.high"))), high);
    assert_string_equal(text(comparison, "verdict"), verdict);
    json_decref(comparison);
}

static void test_newcombe_and_its_verdicts_as_in_the_product(void **state)
{
    (void)state;
    difference_is(80, 100, 60, 100, 7, 32, "better");
    difference_is(60, 100, 80, 100, -32, -7, "worse");
    difference_is(805, 1000, 800, 1000, -3, 4, "steady");
    difference_is(85, 100, 80, 100, -6, 16, "cannot_tell");
}

static void test_what_is_neither_good_nor_bad_is_higher_or_lower(void **state)
{
    json_t *comparison =
        report_compare((struct report_share){80, 100}, (struct report_share){60, 100}, 1, REPORT_NEUTRAL);

    (void)state;
    assert_string_equal(text(comparison, "verdict"), "higher");
    json_decref(comparison);
}

static void test_too_few_cannot_be_compared(void **state)
{
    json_t *comparison =
        report_compare((struct report_share){4, 4}, (struct report_share){0, 100}, 5, REPORT_GOOD);

    (void)state;
    assert_string_equal(text(comparison, "verdict"), "cannot_tell");
    assert_true(json_is_null(fixture_at(comparison, "difference.value")));
    json_decref(comparison);
}

/* The fixture's now is Monday 2026-11-02 12:00 in Berlin; clocks were set back on 25 October. */
static void test_period_before_is_as_long_as_the_period(void **state)
{
    static const struct {
        const char *since, *from, *to, *before_from, *before_to;
    } cases[] = {
        {"7d", NULL, NULL, "2026-10-19T00:00:00+02:00", "2026-10-26T00:00:00+01:00"},
        {NULL, "2026-10-01", "2026-11-01", "2026-09-01T00:00:00+02:00", "2026-10-01T00:00:00+02:00"},
        {NULL, "2026-01-01", "2026-04-01", "2025-10-01T00:00:00+02:00", "2026-01-01T00:00:00+01:00"},
        {NULL, "2026-10-25", "2026-10-26", "2026-10-24T00:00:00+02:00", "2026-10-25T00:00:00+02:00"},
        {NULL, "2026-11-02T09:00", "2026-11-02T12:00", "2026-11-02T06:00:00+01:00",
         "2026-11-02T09:00:00+01:00"},
        {"24h", NULL, NULL, "2026-10-31T12:00:00+01:00", "2026-11-01T12:00:00+01:00"},
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *result = fixture_report(fixture, (struct report_query){.report = "summary",
                                                                       .since = cases[i].since,
                                                                       .from = cases[i].from,
                                                                       .to = cases[i].to});

        assert_string_equal(text(result, "before.from"), cases[i].before_from);
        assert_string_equal(text(result, "before.to"), cases[i].before_to);
        json_decref(result);
    }
    json_t *all = fixture_report(fixture, (struct report_query){.report = "summary"});
    assert_true(json_is_null(fixture_at(all, "before")));
    assert_true(json_is_null(fixture_at(all, "comparison")));
    json_decref(all);
}

static void test_one_page_is_of_the_last_full_week_by_its_first_day(void **state)
{
    static const char *const starts[][2] = {{NULL, "2026-10-26T00:00:00+01:00"},
                                            {"monday", "2026-10-26T00:00:00+01:00"},
                                            {"saturday", "2026-10-24T00:00:00+02:00"},
                                            {"sunday", "2026-10-25T00:00:00+02:00"}};
    struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        json_t *result =
            fixture_report(fixture, (struct report_query){.report = "overview", .week_start = starts[i][0]});

        assert_string_equal(text(result, "period.from"), starts[i][1]);
        json_decref(result);
    }
    refused(fixture, (struct report_query){.report = "overview", .week_start = "friday"},
            "monday, saturday or sunday");
}

/* Own past ------------------------------------------------------------------------------------------------------ */

/* Dan's weeks before 2 November: `weeks` of 10 asked in 100 answers, then one of `asked` in `answered`. */
static json_t *dan_after(struct fixture *fixture, int weeks, int64_t asked, int64_t answered)
{
    const struct zone *zone = store_zone(fixture->store);
    int64_t now_ms = fixture_now(fixture);
    json_t *result, *row;

    fixture_run(
        fixture,
        "DELETE FROM tally; DELETE FROM staff; INSERT INTO staff VALUES (1, 'Dan', 1, NULL, 0, NULL)");
    for (int i = 2; i <= weeks + 1; i++) {
        tally_put(fixture, PERIOD_WEEK, period_week(zone, now_ms, -i), 1,
                  (struct count){TALLY_MENTION_ASKED, 10}, (struct count){TALLY_MENTION_NO, 90});
        fixture_run(fixture, "UPDATE tally SET rating_5 = 100");
    }
    tally_put(fixture, PERIOD_WEEK, period_week(zone, now_ms, -1), 1,
              (struct count){TALLY_MENTION_ASKED, asked}, (struct count){TALLY_MENTION_NO, answered - asked});
    fixture_run(fixture, "UPDATE tally SET rating_5 = 100");
    result = fixture_report(fixture, (struct report_query){.report = "staff", .since = "7d"});
    row = json_incref(json_array_get(fixture_at(result, "staff"), 0));
    json_decref(result);
    return row;
}

/* 0.1 +- 3 sqrt(0.1 * 0.9 / 100) = 0.01 to 0.19; a verdict needs n >= 4 / 0.1. */
static void test_own_past_is_judged_by_a_p_chart(void **state)
{
    static const struct {
        int weeks, asked, answered;
        const char *verdict;
    } cases[] = {
        {8, 20, 100, "better"}, {8, 19, 100, "steady"},      {8, 1, 100, "steady"},
        {8, 0, 100, "worse"},   {7, 50, 100, "cannot_tell"}, {8, 30, 39, "cannot_tell"},
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *row = dan_after(fixture, cases[i].weeks, cases[i].asked, cases[i].answered);

        assert_string_equal(text(row, "own_past.asked_rate.verdict"), cases[i].verdict);
        assert_int_equal(integer(row, "own_past.asked_rate.weeks"), cases[i].weeks);
        if (cases[i].answered == 100 && cases[i].weeks == 8) {
            is_real(row, "own_past.asked_rate.baseline", 0.1);
            is_real(row, "own_past.asked_rate.low", 0.01);
            is_real(row, "own_past.asked_rate.high", 0.19);
        }
        json_decref(row);
    }
}

static void test_own_best_is_the_best_week_of_ten_answers(void **state)
{
    struct fixture *fixture = *state;
    json_t *row = dan_after(fixture, 8, 9, 9); /* nine are not enough */

    assert_string_equal(text(row, "own_best.week"), "2026-10-19"); /* of equal ones the latest */
    assert_true(json_is_false(fixture_at(row, "last_week.is_best")));
    json_decref(row);
    row = dan_after(fixture, 8, 5, 10);
    assert_string_equal(text(row, "own_best.week"), "2026-10-26");
    assert_true(json_is_true(fixture_at(row, "last_week.is_best")));
    assert_true(json_is_null(fixture_at(row, "best_comparison")));
    json_decref(row);
    row = dan_after(fixture, 8, 2, 100);
    assert_int_equal(integer(row, "own_best.asked"), 10);
    assert_string_equal(text(row, "best_comparison.verdict"), "worse"); /* -15 to -1 */
    json_decref(row);
}

/* Small groups -------------------------------------------------------------------------------------------------- */

static void test_a_single_small_part_takes_the_smallest_other_with_it(void **state)
{
    const int64_t one[] = {9, 4, 0, 7}, two[] = {9, 4, 1, 7}, alone[] = {0, 4, 0, 0}, none[] = {9, 5, 0, 7};
    bool hidden[4] = {false};

    (void)state;
    assert_true(report_hide_small(one, hidden, 4, 1));
    assert_true(hidden[1] && hidden[3] && !hidden[0] && !hidden[2]);
    memset(hidden, 0, sizeof hidden);
    assert_false(report_hide_small(two, hidden, 4, 1));
    assert_true(hidden[1] && hidden[2] && !hidden[0] && !hidden[3]);
    memset(hidden, 0, sizeof hidden);
    assert_false(report_hide_small(alone, hidden, 4, 1));
    assert_true(hidden[1]);
    memset(hidden, 0, sizeof hidden);
    assert_false(report_hide_small(none, hidden, 4, 1));
    assert_false(hidden[0] || hidden[1] || hidden[2] || hidden[3]);
}

/* Of lines, that with the least id where two others are equally small; nobody's line is not hidden. */
static void test_a_single_small_line_takes_the_smallest_other_with_it(void **state)
{
    struct report_lines lines = {0};

    (void)state;
    assert_false(report_is_hidden_among(&lines, 7));
    for (int64_t id = 40; id > 0; id--) /* as many as make the list grow; 1 has 4, each of the others 41 */
        assert_int_equal(report_lines_add(&lines, id, id == 1 ? 3 : 40), 40 - id);
    for (int64_t id = 1; id <= 40; id++)
        assert_int_equal(report_lines_add(&lines, id, 1), 40 - id);
    assert_true(report_is_hidden_among(&lines, 1) && report_is_hidden_among(&lines, 2));
    assert_false(report_is_hidden_among(&lines, 3) || report_is_hidden_among(&lines, 41));
    report_lines_add(&lines, 1, 1);
    assert_false(report_is_hidden_among(&lines, 1) || report_is_hidden_among(&lines, 2));
    report_lines_add(&lines, 41, 1);
    report_lines_add(&lines, 42, 1); /* two small ones hide each other */
    assert_true(report_is_hidden_among(&lines, 41) && report_is_hidden_among(&lines, 42));
    assert_false(report_is_hidden_among(&lines, 1));
    report_lines_free(&lines);
}

/* An hour of few visits, and the hour that would give it away, from its weekday and from its hour of the day. */
static void test_small_hours_are_hidden_with_their_complement(void **state)
{
    struct fixture *fixture = *state;
    json_t *result, *rows;

    for (int i = 0; i < 6; i++)
        visit(fixture, 5); /* Monday at 12 */
    fixture_wait(fixture, HOUR_MS);
    visit(fixture, 1); /* Monday at 13 */
    result = fixture_report(fixture, (struct report_query){.report = "hours"});
    rows = fixture_at(result, "hours");
    assert_int_equal(json_array_size(rows), 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(integer(json_array_get(rows, i), "hour"), 12 + (json_int_t)i);
        assert_int_equal(integer(json_array_get(rows, i), "visits"), i == 0 ? 6 : 1);
        assert_true(json_is_null(fixture_at(json_array_get(rows, i), "csat.value")));
    }
    is_real(json_array_get(fixture_at(result, "by_weekday"), 0), "csat.value",
            6.0 / 7); /* as the whole has it */
    json_decref(result);
}

/* Time ---------------------------------------------------------------------------------------------------------- */

static void test_days_of_23_and_25_hours(void **state)
{
    static const struct {
        const char *from, *to;
        double hours;
    } cases[] = {
        {"2026-10-25", "2026-10-26", 25}, {"2026-03-29", "2026-03-30", 23}, {"2026-10-24", "2026-10-25", 24}};
    struct fixture *fixture = *state;
    json_t *result, *day;
    int64_t at_ms;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(period_parse(store_zone(fixture->store), cases[i].from, &at_ms));
        tally_put(fixture, TALLY_DAY_OF_STORE, at_ms, 0, (struct count){TALLY_RATING_5, 7},
                  (struct count){TALLY_RATING_1, 3});
        result = fixture_report(
            fixture, (struct report_query){.report = "days", .from = cases[i].from, .to = cases[i].to});
        assert_int_equal(json_array_size(fixture_at(result, "days")), 1);
        day = json_array_get(fixture_at(result, "days"), 0);
        assert_string_equal(text(day, "date"), cases[i].from);
        is_real(day, "length_h", cases[i].hours);
        is_real(day, "csat.value", 0.7);
        json_decref(result);
    }
}

/* Two visits in the first 2 o'clock and one in the second: one hour of the week, that lasted two hours. */
static void test_hour_that_happens_twice_counts_twice(void **state)
{
    struct fixture *fixture = *state;
    const int64_t first_ms = INT64_C(1792886400000); /* 2026-10-25 02:00 +02:00 */
    json_t *result;

    tally_put(fixture, TALLY_HOUR_OF_STORE, first_ms, 0, (struct count){TALLY_RATING_5, 8},
              (struct count){TALLY_RATING_1, 2});
    tally_put(fixture, TALLY_HOUR_OF_STORE, first_ms + HOUR_MS, 0, (struct count){TALLY_RATING_5, 3},
              (struct count){TALLY_RATING_1, 2});
    result = fixture_report(
        fixture, (struct report_query){.report = "hours", .from = "2026-10-25", .to = "2026-10-26"});
    assert_int_equal(json_array_size(fixture_at(result, "hours")), 1);
    assert_int_equal(integer(json_array_get(fixture_at(result, "hours"), 0), "visits"), 15);
    assert_int_equal(integer(json_array_get(fixture_at(result, "hours"), 0), "weekday"), 7);
    assert_int_equal(integer(json_array_get(fixture_at(result, "hours"), 0), "hour"), 2);
    is_real(json_array_get(fixture_at(result, "hours"), 0), "length_h", 2);
    json_decref(result);
}

/* On from 12:00, off at 13:30; then on from 14:00 and never off. Now is 16:00. */
static void test_signed_on_is_counted_until_sign_off(void **state)
{
    struct fixture *fixture = *state;
    json_t *result, *hours;

    fixture_press(fixture, QUESTION_SIGN_ON, 3);
    fixture_wait(fixture, 90 * MINUTE_MS);
    fixture_press(fixture, QUESTION_SIGN_OFF, 3);
    fixture_wait(fixture, 30 * MINUTE_MS);
    fixture_press(fixture, QUESTION_SIGN_ON, 4);
    fixture_wait(fixture, 2 * HOUR_MS);
    result = fixture_report(fixture, (struct report_query){.report = "hours", .from = "2026-11-02T12:00"});
    hours = fixture_at(result, "by_hour");
    is_real(json_array_get(hours, 12), "signed_on", 1);
    is_real(json_array_get(hours, 13), "signed_on", 0.5);
    is_real(json_array_get(hours, 14), "signed_on", 1);
    is_real(json_array_get(hours, 15), "signed_on", 1);
    assert_true(json_is_null(fixture_at(json_array_get(hours, 16), "signed_on"))); /* it has not come yet */
    json_decref(result);
    fixture_wait(fixture, 12 * HOUR_MS); /* it ended at local midnight, after 10 h */
    result = fixture_report(fixture, (struct report_query){.report = "hours", .from = "2026-11-02T12:00"});
    is_real(json_array_get(fixture_at(result, "by_hour"), 23), "signed_on", 1);
    is_real(json_array_get(fixture_at(result, "by_hour"), 0), "signed_on", 0);
    json_decref(result);
}

/* Off and on again at 13:00, with more of others in the same second than there is room for at first: what came last holds. */
static void test_signs_of_one_instant_count_as_they_came(void **state)
{
    struct fixture *fixture = *state;
    json_t *result, *hours;

    fixture_press(fixture, QUESTION_SIGN_ON, 3);
    fixture_wait(fixture, HOUR_MS);
    fixture_press(fixture, QUESTION_SIGN_OFF, 3);
    fixture_press(fixture, QUESTION_SIGN_ON, 3);
    for (uint16_t staff = 4; staff < 14; staff++) {
        fixture_press(fixture, QUESTION_SIGN_ON, staff);
        fixture_press(fixture, QUESTION_SIGN_OFF, staff);
    }
    fixture_wait(fixture, HOUR_MS);
    result = fixture_report(fixture, (struct report_query){.report = "hours", .from = "2026-11-02T12:00"});
    hours = fixture_at(result, "by_hour");
    is_real(json_array_get(hours, 12), "signed_on", 1);
    is_real(json_array_get(hours, 13), "signed_on", 1);
    json_decref(result);
}

/* Filters and bounds -------------------------------------------------------------------------------------------- */

static void test_audiences_are_kept_apart(void **state)
{
    struct fixture *fixture = *state;
    json_t *result;

    visit(fixture, 5);
    result = fixture_report(fixture, (struct report_query){.report = "summary"});
    assert_string_equal(text(result, "filter.audience"), "external");
    assert_int_equal(integer(result, "visits"), 1);
    json_decref(result);
    result = fixture_report(fixture, (struct report_query){.report = "summary", .audience = "internal"});
    assert_int_equal(integer(result, "visits"), 0);
    json_decref(result);
    fixture_run(fixture, "UPDATE kiosk SET audience = 'internal'"); /* there is no other now */
    result = fixture_report(fixture, (struct report_query){.report = "summary"});
    assert_string_equal(text(result, "filter.audience"), "internal");
    assert_int_equal(integer(result, "visits"), 1);
    json_decref(result);
    refused(fixture, (struct report_query){.report = "summary", .audience = "all"},
            "external (customers) or internal");
    refused(fixture,
            (struct report_query){.report = "summary", .audience = "external", .kiosk = FIXTURE_KIOSK},
            "serves the internal audience");
}

/* The same visits, of a store that has a second audience and so is read kiosk by kiosk, and as an archive of before the
 * store's own tallies. */
static void test_the_stores_tallies_say_what_those_of_its_kiosks_do(void **state)
{
    static const char *const names[] = {"summary", "causes", "strengths", "hours", "days", "help"};
    struct fixture *fixture = *state;
    json_t *whole[6];

    for (uint16_t i = 0; i < 40; i++) {
        visit(fixture, (uint16_t)(1 + i % 5));
        fixture_press(fixture, QUESTION_CAUSE, (uint16_t)(1 + i % 3));
        fixture_wait(fixture, 5 * HOUR_MS);
    }
    for (size_t i = 0; i < 6; i++) {
        whole[i] =
            fixture_report(fixture, (struct report_query){.report = names[i], .from = "2026-11-02T13:00"});
        json_object_del(whole[i], "audiences");
        assert_int_equal(integer(whole[i], "visits"), 39);
    }
    fixture_run(fixture, "CREATE TEMP TABLE of_store AS SELECT * FROM tally WHERE kiosk = 0;"
                         "INSERT INTO kiosk (kiosk_id, name, port, former_id, adopted_ms, audience)"
                         " VALUES (7, 'Office', 'x', 0, 0, 'internal'); DELETE FROM tally WHERE kiosk = 0");
    for (size_t i = 0; i < 6; i++) {
        json_t *apart =
            fixture_report(fixture, (struct report_query){.report = names[i], .from = "2026-11-02T13:00"});

        json_object_del(apart, "audiences");
        assert_true(json_equal(apart, whole[i]));
        json_decref(apart);
        json_decref(whole[i]);
    }
    fixture_run(fixture, "DELETE FROM kiosk WHERE kiosk_id = 7; INSERT INTO tally SELECT * FROM of_store");
}

static void test_a_summary_adds_up_all_kiosks_of_an_audience(void **state)
{
    struct fixture *fixture = *state;
    json_t *result;

    fixture_run(fixture, "WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 100)"
                         " INSERT INTO kiosk (kiosk_id, name, port, former_id, adopted_ms)"
                         " SELECT i, 'K' || i, 'port' || i, 0, 0 FROM n");
    result = fixture_report(fixture, (struct report_query){.report = "summary"});
    assert_int_equal(integer(json_array_get(fixture_at(result, "audiences"), 0), "kiosks"), 100);
    json_decref(result);
}

static void test_reports_read_100000_tallies_or_refuse(void **state)
{
    struct fixture *fixture = *state;
    json_t *result;

    /* The report reads each twice: for the whole, and by hour. */
    tally_put(fixture, TALLY_HOUR_OF_STORE, 0, 0, (struct count){TALLY_RATING_5, 1},
              (struct count){TALLY_RATING_1, 0});
    fixture_run(fixture,
                "CREATE TEMP TABLE one AS SELECT * FROM tally WHERE level = 11 AND start_ms = 0;"
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000)"
                " UPDATE temp.one SET kiosk = 0;"
                "CREATE TEMP TABLE n AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                " WHERE i < 50000) SELECT i FROM n");
    fixture_run(fixture, "CREATE TEMP TABLE many AS SELECT one.* FROM n, one;"
                         "UPDATE many SET start_ms = 1790000000000 + rowid;"
                         "INSERT INTO tally SELECT * FROM many");
    result = fixture_report(
        fixture,
        (struct report_query){.report = "hours", .from = "2026-09-21T15:00", .to = "2026-09-21T17:00"});
    json_decref(result);
    fixture_run(fixture,
                "UPDATE many SET start_ms = 1790000200000 + rowid; INSERT INTO tally SELECT * FROM many");
    refused(fixture,
            (struct report_query){.report = "hours", .from = "2026-09-21T15:00", .to = "2026-09-21T17:00"},
            "more than 100000 counts");
}

static void test_same_data_gives_the_same_bytes(void **state)
{
    static const char *const names[] = {"overview", "summary", "staff",  "causes", "strengths",
                                        "hours",    "days",    "kiosks", "help"};
    struct fixture *fixture = *state;

    for (int i = 0; i < 30; i++)
        visit(fixture, (uint16_t)(1 + i % 5));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        json_t *first = fixture_report(fixture, (struct report_query){.report = names[i], .since = "7d"});
        json_t *second = fixture_report(fixture, (struct report_query){.report = names[i], .since = "7d"});
        char *one = json_dumps(first, JSON_PRESERVE_ORDER), *other = json_dumps(second, JSON_PRESERVE_ORDER);

        assert_string_equal(one, other);
        assert_string_equal(text(first, "store"), "Test Street");
        assert_string_equal(text(first, "policy.attribute"), "all");
        free(one);
        free(other);
        json_decref(first);
        json_decref(second);
    }
}

static void test_archive_of_an_older_byname_is_refused_with_a_remedy(void **state)
{
    struct fixture *fixture = *state;

    const int64_t version = fixture_integer(fixture, "PRAGMA user_version");
    char back[48];

    snprintf(back, sizeof back, "PRAGMA user_version = %d", (int)version);
    fixture_run(fixture, "PRAGMA user_version = 2");
    refused(fixture, (struct report_query){.report = "summary"}, "let bynamed open it once");
    fixture_run(fixture, back);
}

/* The ratings that a name stands with are no measure of a person when only good ones have names. */
static void test_policy_is_stated_and_hides_what_it_makes_meaningless(void **state)
{
    struct fixture *fixture = *state;
    json_t *result, *row;

    fixture_run(fixture, "INSERT INTO staff VALUES (1, 'Dan', 1, NULL, 0, NULL)");
    for (int i = 0; i < 10; i++) {
        visit(fixture, 5);
        fixture_press(fixture, QUESTION_STAFF, 1);
        fixture_press(fixture, QUESTION_MENTION, MENTION_ASKED);
    }
    result = fixture_report(fixture, (struct report_query){.report = "staff", .from = "2026-11-02"});
    is_real(json_array_get(fixture_at(result, "staff"), 0), "csat.value", 1);
    json_decref(result);
    fixture_run(fixture, "INSERT INTO policy VALUES (1793620800000, 1)"); /* 13:00 */
    result = fixture_report(fixture, (struct report_query){.report = "staff", .from = "2026-11-02"});
    row = json_array_get(fixture_at(result, "staff"), 0);
    assert_string_equal(text(result, "policy.attribute"), "all");
    assert_string_equal(text(json_array_get(fixture_at(result, "policy.changes"), 0), "since"),
                        "2026-11-02T13:00:00+01:00");
    assert_string_equal(text(json_array_get(fixture_at(result, "policy.changes"), 0), "attribute"),
                        "positive");
    assert_true(json_is_null(fixture_at(row, "csat.value")));
    assert_true(json_is_null(fixture_at(row, "ratings.5")));
    assert_true(json_is_null(fixture_at(row, "unhappy")));
    assert_true(json_is_null(fixture_at(row, "own_past.csat.baseline")));
    is_real(row, "mentions.asked_rate.value", 1);
    json_decref(result);
    result = fixture_report(fixture, (struct report_query){.report = "summary", .from = "2026-11-02"});
    is_real(result, "csat.value", 1); /* of the store as a whole it is one */
    json_decref(result);
    result = fixture_report(fixture,
                            (struct report_query){.report = "days", .from = "2026-11-02", .staff = "Dan"});
    assert_true(json_is_null(fixture_at(json_array_get(fixture_at(result, "days"), 0), "csat.value")));
    json_decref(result);
    result = fixture_report(fixture, (struct report_query){.report = "staff", .to = "2026-11-02"});
    assert_int_equal(json_array_size(fixture_at(result, "policy.changes")), 0);
    json_decref(result);
}

/* Help ---------------------------------------------------------------------------------------------------------- */

static void test_help_tells_what_came_of_each_call(void **state)
{
    struct fixture *fixture = *state;
    json_t *result, *call;

    for (int i = 0; i < 4; i++) {
        visit(fixture, 1);
        fixture_press(fixture, QUESTION_HELP, i == 3 ? HELP_NO : HELP_YES);
        fixture_press(fixture, QUESTION_CAUSE, CAUSE_RULES);
    }
    fixture_run(fixture,
                "UPDATE help_call SET state = 3, outcome = 2, closed_ms = called_ms + 60000 WHERE id = 1;"
                "UPDATE help_call SET state = 3, outcome = 1, closed_ms = called_ms + 180000 WHERE id = 2");
    result = fixture_report(fixture, (struct report_query){.report = "help"});
    assert_int_equal(integer(result, "help.offered"), 4);
    assert_int_equal(integer(result, "help.yes"), 3);
    is_real(result, "help.rate.value", 0.75);
    assert_int_equal(integer(result, "follow_up.open"), 1);
    assert_int_equal(integer(result, "follow_up.closed"), 2);
    assert_int_equal(integer(result, "follow_up.solved"), 1);
    assert_int_equal(integer(result, "follow_up.handed_on"), 1);
    is_real(result, "follow_up.recovery_median_s", 120);
    is_real(result, "follow_up.recovery_p90_s", 180);
    assert_int_equal(json_array_size(fixture_at(result, "calls")), 3);
    call = json_array_get(fixture_at(result, "calls"), 2); /* the oldest */
    assert_string_equal(text(call, "state"), "closed");
    assert_string_equal(text(call, "outcome"), "handed_on");
    assert_string_equal(text(call, "cause"), "rules");
    assert_int_equal(integer(call, "recovery_s"), 60);
    json_decref(result);
    result = fixture_report(fixture, (struct report_query){.report = "overview", .since = "1d"});
    assert_int_equal(integer(result, "open_calls.count"), 1);
    json_decref(result);
}

/* Bad runs, and calls of visits that are left out, are listed and counted apart: in no figure of who was asked. */
static void test_help_lists_what_is_in_no_figure(void **state)
{
    struct fixture *fixture = *state;
    json_t *result, *call;

    fixture_run(fixture, "INSERT INTO staff VALUES (1, 'Dan', 1, NULL, 0, NULL)");
    visit(fixture, 1);
    fixture_press(fixture, QUESTION_STAFF, 1);
    fixture_press(fixture, QUESTION_HELP, HELP_YES);
    fixture_press(fixture, QUESTION_FLAG, FLAG_WITHDRAWN);
    fixture_run(fixture,
                "INSERT INTO help_call (kind, journal, seq, visit, kiosk, called_ms, arrived_ms, state,"
                " acknowledged_ms, ratings, unhappy) SELECT 2, journal, seq, visit, kiosk, called_ms + 1000,"
                " arrived_ms, 2, called_ms + 61000, 6, 4 FROM help_call");
    result = fixture_report(fixture, (struct report_query){.report = "help", .since = "24h"});
    assert_int_equal(integer(result, "help.offered"), 0);
    assert_int_equal(integer(result, "follow_up.open"), 0);
    assert_int_equal(integer(result, "calls_left_out"), 1);
    assert_int_equal(integer(result, "bad_runs.count"), 1);
    assert_int_equal(integer(result, "bad_runs.acknowledged"), 1);
    assert_int_equal(integer(result, "bad_runs.open"), 0);
    assert_int_equal(json_array_size(fixture_at(result, "calls")), 2);
    call = json_array_get(fixture_at(result, "calls"), 0); /* the newest */
    assert_string_equal(text(call, "event"), "bad_run");
    assert_true(json_is_null(fixture_at(call, "rating")));
    assert_int_equal(integer(call, "ratings"), 6);
    assert_int_equal(integer(call, "unhappy"), 4);
    assert_int_equal(integer(call, "acknowledged_s"), 60);
    call = json_array_get(fixture_at(result, "calls"), 1);
    assert_string_equal(text(call, "event"), "help");
    assert_string_equal(text(call, "left_out"), "withdrawn");
    assert_string_equal(text(call, "state"), "open");
    json_decref(result);
    /* neither is told of one staff member */
    result = fixture_report(fixture, (struct report_query){.report = "help", .since = "24h", .staff = "Dan"});
    assert_true(json_is_null(fixture_at(result, "bad_runs")) &&
                json_is_null(fixture_at(result, "calls_left_out")));
    assert_int_equal(json_array_size(fixture_at(result, "calls")), 0);
    json_decref(result);
}

/* Three a second, of which one each is rated 1, 2 and 3, in the order in which they were pressed; and a bad run within a
 * second of which there is room for a part. */
static void test_help_lists_the_newest_calls_and_those_of_one_instant_as_they_came(void **state)
{
    struct fixture *fixture = *state;
    json_t *result, *calls;

    fixture_run(
        fixture,
        "WITH RECURSIVE one (seq) AS (SELECT 0 UNION ALL SELECT seq + 1 FROM one WHERE seq < 299)"
        " INSERT INTO visit (journal, seq, instant_ms, span_ms, boot, uptime_s, rating, flag, is_burst, help)"
        " SELECT journal.id, 1000 + seq, 1793620800000 - seq / 3 * 1000, 0, 1, 0, 1 + seq % 3, 0, 0, 1"
        " FROM one, journal;"
        "INSERT INTO help_call (kind, journal, seq, visit, kiosk, called_ms, arrived_ms, state, ratings, "
        "unhappy)"
        " SELECT 2, id, 1, 1, kiosk, 1793620800000 - 66000, 0, 4, 6, 4 FROM journal");
    result = fixture_report(fixture, (struct report_query){.report = "help"});
    calls = json_object_get(result, "calls");
    assert_int_equal(json_array_size(calls), 200);
    for (size_t i = 0; i < 198; i++)
        assert_int_equal(integer(json_array_get(calls, i), "rating"), 1 + i % 3);
    assert_string_equal(text(json_array_get(calls, 0), "at"), "2026-11-02T13:00:00+01:00");
    assert_string_equal(text(json_array_get(calls, 197), "at"), "2026-11-02T12:58:55+01:00");
    assert_string_equal(text(json_array_get(calls, 198), "event"), "bad_run");
    assert_string_equal(text(json_array_get(calls, 199), "at"), "2026-11-02T12:58:54+01:00");
    assert_int_equal(integer(json_array_get(calls, 199), "rating"), 1);
    assert_int_equal(integer(result, "bad_runs.missed"), 1);
    json_decref(result);
}

/* Pages --------------------------------------------------------------------------------------------------------- */

static char *page_of(const json_t *report, unsigned columns)
{
    const struct render_options options = {.format = RENDER_TEXT, .columns = columns};
    char *page = NULL;
    size_t size;
    FILE *out = open_memstream(&page, &size);

    assert_true(render(out, report, &options));
    fclose(out);
    return page;
}

static unsigned widest(const char *page)
{
    unsigned width = 0, most = 0;

    for (; *page != '\0'; page++) {
        width = *page == '\n' ? 0 : width + ((*page & 0xC0) != 0x80 ? 1 : 0);
        most = width > most ? width : most;
    }
    return most;
}

static void test_pages_fit_their_width_and_use_it(void **state)
{
    static const char *const names[] = {"overview", "summary", "staff",  "causes", "strengths",
                                        "hours",    "days",    "kiosks", "help"};
    struct fixture *fixture = *state;

    fixture_run(fixture, "INSERT INTO staff VALUES (1, 'Łukasz Ściegień!', 1, NULL, 0, NULL)");
    for (int i = 0; i < 120; i++) {
        visit(fixture, (uint16_t)(1 + i % 5));
        if (i % 5 < 2)
            fixture_press(fixture, QUESTION_HELP, HELP_YES);
        fixture_press(fixture, QUESTION_CAUSE, (uint16_t)(1 + i % 5));
        fixture_press(fixture, QUESTION_STAFF, 1);
        fixture_press(fixture, QUESTION_MENTION, (uint16_t)(1 + i % 3));
        fixture_press(fixture, QUESTION_STRENGTH, (uint16_t)(1 + i % 5));
        fixture_wait(fixture, 20 * MINUTE_MS);
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        json_t *reply = fixture_report(fixture, (struct report_query){.report = names[i], .since = "3d"});
        char *narrow = page_of(reply, 80), *wide = page_of(reply, 120);

        if (widest(narrow) > 80 || widest(wide) > 120)
            fail_msg("%s is too wide:\n%s%s", names[i], narrow, wide);
        if (strcmp(names[i], "kiosks") != 0 && strcmp(names[i], "help") != 0)
            assert_true(widest(wide) > 85);
        free(narrow);
        free(wide);
        json_decref(reply);
    }
}

/* As much as there can be: 24 people, 12 kiosks that are unwell, every reason of leaving out. */
static void test_one_page_has_at_most_24_lines(void **state)
{
    struct fixture *fixture = *state;
    json_t *reply, *people, *unwell, *left_out;
    char *page;
    unsigned lines = 0;

    for (int i = 0; i < 40; i++) {
        visit(fixture, (uint16_t)(1 + i % 5));
        fixture_press(fixture, QUESTION_CAUSE, CAUSE_PROCESS);
        fixture_press(fixture, QUESTION_MENTION, MENTION_ASKED);
    }
    reply = fixture_report(fixture, (struct report_query){.report = "overview", .since = "1d"});
    people = fixture_at(reply, "asked_for");
    for (int i = 0; i < 24; i++)
        json_array_append_new(people,
                              json_pack("{s:s, s:i, s:{s:i}, s:b}", "name", "Łukasz Ściegień!", "asked", 1234,
                                        "asked_rate", "n", 5678, "is_own_best", i % 2));
    unwell = fixture_at(reply, "kiosks.unwell");
    for (int i = 0; i < 12; i++)
        json_array_append_new(unwell, json_pack("{s:s, s:s, s:[s, s]}", "name", "Counter", "last_heard",
                                                "2026-11-02T12:00:00+01:00", "reasons", "silent", "lost"));
    left_out = fixture_at(reply, "left_out");
    json_object_set_new(left_out, "withdrawn", json_integer(10));
    json_object_set_new(left_out, "burst", json_integer(10));
    page = page_of(reply, 80);
    for (const char *at_line = page; *at_line != '\0'; at_line++)
        lines += *at_line == '\n' ? 1 : 0;
    if (lines > 24 || widest(page) > 80)
        fail_msg("%u lines, %u columns:\n%s", lines, widest(page), page);
    free(page);
    json_decref(reply);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_newcombe_and_its_verdicts_as_in_the_product),
        cmocka_unit_test(test_what_is_neither_good_nor_bad_is_higher_or_lower),
        cmocka_unit_test(test_too_few_cannot_be_compared),
        WITH_STORE(test_period_before_is_as_long_as_the_period),
        WITH_STORE(test_one_page_is_of_the_last_full_week_by_its_first_day),
        WITH_STORE(test_own_past_is_judged_by_a_p_chart),
        WITH_STORE(test_own_best_is_the_best_week_of_ten_answers),
        cmocka_unit_test(test_a_single_small_part_takes_the_smallest_other_with_it),
        cmocka_unit_test(test_a_single_small_line_takes_the_smallest_other_with_it),
        WITH_STORE(test_small_hours_are_hidden_with_their_complement),
        WITH_STORE(test_days_of_23_and_25_hours),
        WITH_STORE(test_hour_that_happens_twice_counts_twice),
        WITH_STORE(test_signed_on_is_counted_until_sign_off),
        WITH_STORE(test_signs_of_one_instant_count_as_they_came),
        WITH_STORE(test_audiences_are_kept_apart),
        WITH_STORE(test_the_stores_tallies_say_what_those_of_its_kiosks_do),
        WITH_STORE(test_a_summary_adds_up_all_kiosks_of_an_audience),
        WITH_STORE(test_reports_read_100000_tallies_or_refuse),
        WITH_STORE(test_same_data_gives_the_same_bytes),
        WITH_STORE(test_archive_of_an_older_byname_is_refused_with_a_remedy),
        WITH_STORE(test_policy_is_stated_and_hides_what_it_makes_meaningless),
        WITH_STORE(test_help_tells_what_came_of_each_call),
        WITH_STORE(test_help_lists_what_is_in_no_figure),
        WITH_STORE(test_help_lists_the_newest_calls_and_those_of_one_instant_as_they_came),
        WITH_STORE(test_pages_fit_their_width_and_use_it),
        WITH_STORE(test_one_page_has_at_most_24_lines),
    };

    return cmocka_run_group_tests_name("report_rules", tests, NULL, NULL);
}
