/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "fixture.h"

static struct store_verified verify(struct fixture *fixture)
{
    struct store_verified verified;

    if (store_verify(fixture->store, &verified, NULL, NULL, &fixture->error) != STORE_OK)
        fail_msg("%s", fixture->error.text);
    return verified;
}

static void some_visits(struct fixture *fixture)
{
    for (int i = 0; i < 70; i++) {
        fixture_wait(fixture, 61000);
        fixture_press(fixture, QUESTION_RATING, (uint16_t)(1 + i % 5));
        fixture_press(fixture, QUESTION_STAFF, (uint16_t)(i % 3));
    }
    fixture_verify(fixture);
}

static void says(const struct store_verified *verified, const char *part)
{
    if (strstr(verified->first_difference, part) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", verified->first_difference, part);
}

static void test_wrong_tally_is_named(void **state)
{
    struct fixture *fixture = *state;
    struct store_verified verified;

    some_visits(fixture);
    fixture_run(fixture, "UPDATE tally SET mention_no = 5 WHERE level = 2 AND staff = 1");
    verified = verify(fixture);
    assert_int_equal(verified.tallies_wrong, 1);
    assert_int_equal(verified.answers, 140);
    assert_int_equal(verified.visits, 70);
    says(&verified, "staff 1, the day from 2026-11-02T00:00:00+01:00: mention_no is 5, recounted 0");
}

static void test_wrong_and_missing_tallies_of_the_store_are_named(void **state)
{
    struct fixture *fixture = *state;
    struct store_verified verified;

    some_visits(fixture);
    fixture_run(fixture, "UPDATE tally SET mention_no = 5 WHERE level = 12");
    verified = verify(fixture);
    assert_int_equal(verified.tallies_wrong, 1);
    says(&verified, "kiosk 0, staff 0, the store's day from 2026-11-02T00:00:00+01:00: mention_no is 5,"
                    " recounted 0");
    fixture_run(fixture, "DELETE FROM tally WHERE level = 12");
    verified = verify(fixture);
    assert_int_equal(verified.tallies_wrong, 1);
    says(&verified, "the store's day from 2026-11-02T00:00:00+01:00: row is 0");
}

static void test_database_of_version_12_gets_tallies_of_the_store(void **state)
{
    struct fixture *fixture = *state;
    int64_t rows;

    some_visits(fixture);
    rows = fixture_integer(fixture, "SELECT count(*) FROM tally WHERE kiosk = 0");
    assert_int_equal(rows, 9); /* two hours, a day, two slots and two of the year, a month and a year */
    assert_int_equal(
        fixture_integer(fixture, "SELECT sum(rating_1 + 10 * rating_5) FROM tally WHERE level = 16"),
        fixture_integer(fixture, "SELECT sum(rating_1 + 10 * rating_5) FROM tally WHERE level = 4"));
    fixture_run(fixture, FIXTURE_BACK_TO_VERSION_12);
    fixture_reopen(fixture);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM tally WHERE kiosk = 0"), rows);
    fixture_verify(fixture);
}

static void test_missing_tally_is_named(void **state)
{
    struct fixture *fixture = *state;
    struct store_verified verified;

    some_visits(fixture);
    fixture_run(fixture, "DELETE FROM tally WHERE level = 4 AND staff = 2");
    verified = verify(fixture);
    assert_int_equal(verified.tallies_wrong, 1);
    says(&verified, "staff 2, all time");
}

static void test_wrong_visit_is_named(void **state)
{
    struct fixture *fixture = *state;
    struct store_verified verified;

    some_visits(fixture);
    fixture_run(fixture, "UPDATE visit SET rating = 6 - rating WHERE seq = 1");
    fixture_run(fixture, "DELETE FROM visit WHERE seq = 3");
    fixture_run(fixture,
                "INSERT INTO visit SELECT journal, 1000, instant_ms, span_ms, boot, uptime_s, rating, flag,"
                " is_burst, served, staff, mention, cause, strength, \"returning\", help, is_mash FROM visit "
                "LIMIT 1");
    verified = verify(fixture);
    assert_int_equal(verified.visits_wrong, 3);
    assert_int_equal(verified.tallies_wrong, 0);
    says(&verified, "of journal 1 ");
}

static void test_missing_answer_is_named(void **state)
{
    struct fixture *fixture = *state;
    struct store_verified verified;

    some_visits(fixture);
    fixture_press(fixture, QUESTION_BOOT, RESET_POWER_ON);
    fixture_run(fixture, "DELETE FROM answer WHERE seq = 141");
    verified = verify(fixture);
    assert_int_equal(verified.missing, 1);
    says(&verified, "should hold 141 answers and holds 140");
}

static bool never(void *context, unsigned done)
{
    (void)done;
    ++*(int *)context;
    return false;
}

static void test_check_can_be_ended(void **state)
{
    struct fixture *fixture = *state;
    struct store_verified verified;
    int calls = 0;

    some_visits(fixture);
    fixture_run(fixture, "WITH RECURSIVE n (i) AS (SELECT 141 UNION ALL SELECT i + 1 FROM n WHERE i < 30000)"
                         " INSERT INTO answer SELECT 1, i, 0, 0, 0, 1, 0, 0, 0, 0, 0 FROM n");
    assert_int_equal(store_verify(fixture->store, &verified, never, &calls, &fixture->error), STORE_REFUSED);
    assert_int_equal(calls, 1);
}

static bool interrupt_once(void *context, unsigned done)
{
    (void)done;
    store_interrupt(context);
    return true;
}

/* Whoever ends the daemon interrupts the connection that it knows, whichever ones are at work. */
static void test_interrupted_check_ends(void **state)
{
    struct fixture *fixture = *state;
    struct store_verified verified;

    some_visits(fixture);
    assert_int_equal(store_verify(fixture->store, &verified, interrupt_once, fixture->store, &fixture->error),
                     STORE_REFUSED);
    fixture_verify(fixture);
}

static bool press_some(void *context, unsigned done)
{
    (void)done;
    for (int i = 0; i < 20; i++) {
        fixture_wait(context, 61000);
        fixture_press(context, QUESTION_RATING, (uint16_t)(1 + i % 5));
    }
    return true;
}

/* All that is compared is of one moment. */
static void test_answers_that_come_meanwhile_are_no_differences(void **state)
{
    struct fixture *fixture = *state;
    const struct store_options options = {.path = fixture->path, .is_read_only = true};
    struct store_verified verified;
    struct store *reader;

    some_visits(fixture);
    assert_int_equal(store_open(&options, &reader, &fixture->error), STORE_OK);
    for (int i = 0; i < 5; i++) {
        uint64_t before = (uint64_t)fixture_integer(fixture, "SELECT count(*) FROM answer");

        if (store_verify(reader, &verified, press_some, fixture, &fixture->error) != STORE_OK)
            fail_msg("%s", fixture->error.text);
        assert_string_equal(verified.first_difference, "");
        assert_int_equal(verified.tallies_wrong + verified.visits_wrong + verified.missing, 0);
        assert_int_equal(verified.answers, before);
    }
    store_close(reader);
}

/* Kiosks 2 to 9 with the same answers as the first. */
static void more_kiosks(struct fixture *fixture)
{
    static const char *const tables[][2] = {{"answer", "journal"}, {"visit", "journal"}, {"tally", "kiosk"}};
    char sql[512];

    for (int kiosk = 2; kiosk <= 9; kiosk++) {
        snprintf(sql, sizeof sql,
                 "INSERT INTO kiosk (id, kiosk_id, name, port, former_id, adopted_ms)"
                 " VALUES (%d, %d, 'Kiosk %d', 'p', 0, 0);"
                 "INSERT INTO journal (id, journal_id, kiosk, issued_ms, begins_after, through)"
                 " SELECT %d, %d, %d, 0, begins_after, through FROM journal WHERE id = 1",
                 kiosk, 1000 + kiosk, kiosk, kiosk, 1000 + kiosk, kiosk);
        fixture_run(fixture, sql);
        for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
            snprintf(sql, sizeof sql,
                     "CREATE TEMP TABLE copy AS SELECT * FROM %s WHERE %s = 1; UPDATE copy SET %s = %d;"
                     " INSERT INTO %s SELECT * FROM copy; DROP TABLE copy",
                     tables[i][0], tables[i][1], tables[i][1], kiosk, tables[i][0]);
            fixture_run(fixture, sql);
        }
    }
    fixture_run(fixture, FIXTURE_BACK_TO_VERSION_12);
    fixture_reopen(fixture); /* which adds up the store's tallies */
}

static void test_of_several_kiosks_the_first_difference_is_named(void **state)
{
    struct fixture *fixture = *state;
    struct store_verified verified;

    some_visits(fixture);
    more_kiosks(fixture);
    fixture_verify(fixture);
    fixture_run(fixture, "UPDATE tally SET mention_no = 5 WHERE level = 4 AND staff = 1 AND kiosk IN (3, 8)");
    fixture_run(fixture, "DELETE FROM answer WHERE journal = 9 AND seq = 140");
    for (int i = 0; i < 5; i++) {
        verified = verify(fixture);
        assert_int_equal(verified.answers, 9 * 140 - 1);
        assert_int_equal(verified.missing, 1);
        assert_int_equal(verified.visits_wrong, 1);
        assert_true(verified.tallies_wrong > 2);
        says(&verified, "kiosk 3, staff 1, all time: mention_no is 5, recounted 0");
    }
}

/* What is not committed yet is seen by the connection that wrote it alone. */
static void test_open_transaction_is_checked_as_it_stands(void **state)
{
    struct fixture *fixture = *state;
    struct store_verified verified;

    some_visits(fixture);
    fixture_run(fixture, "BEGIN; UPDATE tally SET mention_no = 5 WHERE level = 4 AND staff = 1");
    verified = verify(fixture);
    assert_int_equal(verified.tallies_wrong, 1);
    fixture_run(fixture, "ROLLBACK");
    fixture_verify(fixture);
}

/* Other names for the columns: what is read as seq, of rows in the order of their keys, goes up and down. */
static void test_answers_out_of_order_are_damage(void **state)
{
    struct fixture *fixture = *state;
    const struct store_options options = {.path = fixture->path, .is_read_only = true};
    struct store_verified verified;
    struct store *reader;

    some_visits(fixture);
    fixture_run(
        fixture,
        "PRAGMA writable_schema = ON;"
        "UPDATE sqlite_schema SET sql = replace(replace(replace(sql, 'seq', 'X'), 'uptime_s', 'seq'), 'X',"
        " 'uptime_s') WHERE name = 'answer'; PRAGMA writable_schema = OFF");
    assert_int_equal(store_open(&options, &reader, &fixture->error), STORE_OK);
    assert_int_equal(store_verify(reader, &verified, NULL, NULL, &fixture->error), STORE_BROKEN);
    assert_non_null(strstr(fixture->error.text, "the database is damaged: journal 1 holds answer "));
    assert_null(strstr(fixture->error.text, "purged"));
    store_close(reader);
}

static void test_answers_that_should_be_purged_are_damage(void **state)
{
    struct fixture *fixture = *state;
    struct store_verified verified;

    some_visits(fixture);
    fixture_run(fixture, "INSERT INTO purged VALUES (1, 9, 0, 0); DELETE FROM visit WHERE seq = 9");
    assert_int_equal(store_verify(fixture->store, &verified, NULL, NULL, &fixture->error), STORE_BROKEN);
    assert_string_equal(fixture->error.text,
                        "the database is damaged: journal 1 holds answer 1 behind number 9,"
                        " up to which its answers are said to be purged");
}

static void test_another_zone_has_other_days_and_the_same_total(void **state)
{
    struct fixture *fixture = *state;
    int64_t midnight;

    some_visits(fixture);
    midnight = fixture_integer(fixture, "SELECT min(start_ms) FROM tally WHERE level = 2");
    fixture->timezone = "Asia/Kathmandu";
    fixture_reopen(fixture);
    fixture_verify(fixture);
    assert_int_equal(fixture_integer(fixture, "SELECT min(start_ms) FROM tally WHERE level = 2"),
                     midnight - (4 * 60 + 45) * MINUTE_MS);
    assert_int_equal(fixture_integer(fixture,
                                     "SELECT sum(rating_1 + rating_2 + rating_3 + rating_4 + rating_5)"
                                     " FROM tally WHERE level = 4"),
                     70);
    fixture_reopen(fixture);
    assert_string_equal(store_timezone(fixture->store), "Asia/Kathmandu");
}

/* The store's Monday, 2 November, from noon: its week, its hours of everybody, and Monday's 12th and 13th hour in
 * November. */
static void test_weeks_and_slots_are_counted_where_they_begin(void **state)
{
    struct fixture *fixture = *state;
    int64_t november_ms = FIXTURE_NOON_MS - 36 * HOUR_MS;

    some_visits(fixture);
    assert_int_equal(fixture_integer(fixture, "SELECT max(start_ms) FROM tally WHERE level = 5"),
                     FIXTURE_NOON_MS - 12 * HOUR_MS);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM tally WHERE level = 5"), 3); /* staff */
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM tally WHERE level = 6"), 2); /* hours */
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM tally WHERE level = 7"), 1);
    assert_int_equal(fixture_integer(fixture, "SELECT min(start_ms) FROM tally WHERE level = 8"),
                     november_ms + 12);
    assert_int_equal(fixture_integer(fixture, "SELECT max(start_ms) FROM tally WHERE level = 8"),
                     november_ms + 13);
    assert_int_equal(fixture_integer(fixture, "SELECT sum(staff_named) FROM tally WHERE level = 8"),
                     fixture_integer(fixture, "SELECT sum(staff_named) FROM tally WHERE level = 4"));
}

/* A year is the sum of its months, and so are its hours of the week. */
static void test_years_are_the_sums_of_their_months(void **state)
{
    struct fixture *fixture = *state;
    const int64_t year_ms = INT64_C(1767222000000); /* 2026-01-01, midnight in Berlin */

    some_visits(fixture);
    assert_int_equal(fixture_integer(fixture, "SELECT min(start_ms) FROM tally WHERE level = 9"), year_ms);
    assert_int_equal(fixture_integer(fixture, "SELECT max(start_ms) FROM tally WHERE level = 9"), year_ms);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM tally WHERE level = 9"), 3); /* staff */
    assert_int_equal(fixture_integer(fixture, "SELECT min(start_ms) FROM tally WHERE level = 10"),
                     year_ms + 12);
    assert_int_equal(fixture_integer(fixture, "SELECT max(start_ms) FROM tally WHERE level = 10"),
                     year_ms + 13);
    assert_int_equal(
        fixture_integer(fixture, "SELECT sum(rating_1 + 10 * rating_5) FROM tally WHERE level = 10"),
        fixture_integer(fixture, "SELECT sum(rating_1 + 10 * rating_5) FROM tally WHERE level = 8"));
}

static void test_database_of_version_7_gets_years_and_an_archive_is_read_without(void **state)
{
    struct fixture *fixture = *state;
    const struct store_options archived = {.path = fixture->path, .is_read_only = true};
    struct store_verified verified;
    struct store *reader = NULL;
    int64_t rows;

    some_visits(fixture);
    rows = fixture_integer(fixture, "SELECT count(*) FROM tally");
    fixture_run(fixture, FIXTURE_BACK_TO_VERSION_7);
    assert_true(fixture_integer(fixture, "SELECT count(*) FROM tally") < rows);
    assert_int_equal(store_open(&archived, &reader, &fixture->error), STORE_OK);
    assert_false(store_knows_years(reader));
    assert_int_equal(store_verify(reader, &verified, NULL, NULL, &fixture->error), STORE_OK);
    assert_int_equal(verified.tallies_wrong, 0);
    store_close(reader);
    fixture_reopen(fixture);
    assert_true(store_knows_years(fixture->store));
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM tally"), rows);
    fixture_verify(fixture);
}

static void test_database_of_version_2_is_counted_again(void **state)
{
    struct fixture *fixture = *state;
    int64_t rows;

    some_visits(fixture);
    rows = fixture_integer(fixture, "SELECT count(*) FROM tally");
    fixture_run(fixture, FIXTURE_BACK_TO_VERSION_2);
    fixture_reopen(fixture);
    assert_int_equal(fixture_integer(fixture, "PRAGMA user_version"), FIXTURE_VERSION);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM tally"), rows);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM kiosk WHERE audience = 'external'"), 1);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM sqlite_schema WHERE name IN"
                                              " ('answer_signed', 'visit_help', 'tally_of_staff_hour')"),
                     3);
    fixture_verify(fixture);
}

/* Whoever queries the file finds the same views in it, however old it is. */
static void test_database_of_version_9_gets_the_views(void **state)
{
    static const char views[] = "SELECT count(*) FROM sqlite_schema WHERE type = 'view'";
    static const char length[] = "SELECT sum(length(sql)) FROM sqlite_schema WHERE type = 'view'";
    static const char counted[] = "SELECT count(*) FROM v1_visit WHERE is_counted";
    struct fixture *fixture = *state;
    int64_t made, bytes, visits;

    some_visits(fixture);
    made = fixture_integer(fixture, views);
    bytes = fixture_integer(fixture, length);
    visits = fixture_integer(fixture, counted);
    assert_true(made > 0 && visits > 0);
    fixture_run(fixture, FIXTURE_BACK_TO_VERSION_9);
    assert_int_equal(fixture_integer(fixture, views), 0);
    fixture_reopen(fixture);
    assert_int_equal(fixture_integer(fixture, "PRAGMA user_version"), FIXTURE_VERSION);
    assert_int_equal(fixture_integer(fixture, views), made);
    assert_int_equal(fixture_integer(fixture, length), bytes);
    assert_int_equal(fixture_integer(fixture, counted), visits);
    fixture_verify(fixture);
}

/* What a customer says again takes the place of what was said before, also when it is the same. */
static void test_view_counts_the_last_answer_alone(void **state)
{
    struct fixture *fixture = *state;

    fixture_press(fixture, QUESTION_RATING, 2);
    fixture_press(fixture, QUESTION_CAUSE, CAUSE_RULES);
    fixture_press(fixture, QUESTION_CAUSE, CAUSE_PEOPLE);
    fixture_press(fixture, QUESTION_CAUSE, CAUSE_RULES);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM v1_answer WHERE question = 'cause'"), 3);
    assert_int_equal(
        fixture_integer(fixture, "SELECT count(*) FROM v1_answer WHERE question = 'cause' AND is_counted"),
        1);
    assert_int_equal(fixture_integer(fixture, "SELECT seq = (SELECT max(seq) FROM v1_answer) FROM v1_answer"
                                              " WHERE question = 'cause' AND is_counted"),
                     1);
    fixture_press(fixture, QUESTION_FLAG, FLAG_STUCK);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM v1_answer WHERE is_counted"), 0);
    assert_int_equal(fixture_integer(fixture, "SELECT left_out = 'stuck' FROM v1_visit"), 1);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(test_wrong_tally_is_named),
        WITH_STORE(test_wrong_and_missing_tallies_of_the_store_are_named),
        WITH_STORE(test_database_of_version_12_gets_tallies_of_the_store),
        WITH_STORE(test_missing_tally_is_named),
        WITH_STORE(test_wrong_visit_is_named),
        WITH_STORE(test_missing_answer_is_named),
        WITH_STORE(test_check_can_be_ended),
        WITH_STORE(test_interrupted_check_ends),
        WITH_STORE(test_answers_that_come_meanwhile_are_no_differences),
        WITH_STORE(test_of_several_kiosks_the_first_difference_is_named),
        WITH_STORE(test_open_transaction_is_checked_as_it_stands),
        WITH_STORE(test_answers_out_of_order_are_damage),
        WITH_STORE(test_answers_that_should_be_purged_are_damage),
        WITH_STORE(test_weeks_and_slots_are_counted_where_they_begin),
        WITH_STORE(test_years_are_the_sums_of_their_months),
        WITH_STORE(test_database_of_version_7_gets_years_and_an_archive_is_read_without),
        WITH_STORE(test_database_of_version_2_is_counted_again),
        WITH_STORE(test_database_of_version_9_gets_the_views),
        WITH_STORE(test_view_counts_the_last_answer_alone),
        WITH_STORE(test_another_zone_has_other_days_and_the_same_total),
    };

    return cmocka_run_group_tests_name("store_verify", tests, NULL, NULL);
}
