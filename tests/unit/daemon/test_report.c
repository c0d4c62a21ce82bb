/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "daemon/report.h"
#include "fixture.h"

static json_int_t integer(json_t *object, const char *path)
{
    return json_integer_value(fixture_at(object, path));
}

static long percent(json_t *object, const char *path)
{
    return lround(100 * json_number_value(fixture_at(object, path)));
}

static json_int_t visits(struct fixture *fixture, struct report_query query)
{
    json_t *result;
    json_int_t count;

    query.report = "summary";
    result = fixture_report(fixture, query);
    count = integer(result, "visits");
    json_decref(result);
    return count;
}

static void visit(struct fixture *fixture, uint16_t rating, uint16_t staff)
{
    fixture_wait(fixture, 61000);
    fixture_press(fixture, QUESTION_RATING, rating);
    fixture_press(fixture, QUESTION_STAFF, staff);
}

static void interval_check(double hits, double n, long low, long high)
{
    double real_low, real_high;

    report_wilson(hits, n, &real_low, &real_high);
    assert_int_equal(lround(100 * real_low), low);
    assert_int_equal(lround(100 * real_high), high);
}

static void test_wilson_as_in_the_product(void **state)
{
    (void)state;
    interval_check(2, 2, 34, 100);
    interval_check(9, 10, 60, 98);
    interval_check(90, 100, 83, 94);
    interval_check(0, 1, 0, 79);
}

static void test_summary_counts_what_was_pressed(void **state)
{
    struct fixture *fixture = *state;
    json_t *result;

    for (int i = 0; i < 10; i++)
        visit(fixture, i == 0 ? 1 : 5, 3);
    fixture_press(fixture, QUESTION_MENTION, MENTION_ASKED);
    fixture_press(fixture, QUESTION_RETURNING, RETURNING_YES);
    visit(fixture, 4, 3);
    fixture_press(fixture, QUESTION_MENTION, ANSWER_SKIPPED);
    fixture_press(fixture, QUESTION_FLAG, FLAG_WITHDRAWN);
    visit(fixture, 2, ANSWER_NONE);
    fixture_press(fixture, QUESTION_HELP, HELP_YES);
    fixture_press(fixture, QUESTION_CAUSE, CAUSE_RULES);
    fixture_press(fixture, QUESTION_FLAG, FLAG_STUCK);
    visit(fixture, 4, 3);
    fixture_press(fixture, QUESTION_MENTION, ANSWER_NONE);
    result = fixture_report(fixture, (struct report_query){.report = "summary"});
    assert_string_equal(json_string_value(fixture_at(result, "store")), "Test Street");
    assert_int_equal(integer(result, "visits"), 11);
    assert_int_equal(integer(result, "ratings.5"), 9);
    assert_int_equal(integer(result, "csat.n"), 11);
    assert_int_equal(percent(result, "csat.value"), 91);
    assert_int_equal(integer(result, "csat_with_left_out.n"), 13);
    assert_int_equal(percent(result, "csat_with_left_out.value"), 85);
    assert_int_equal(integer(result, "mentions.asked"), 1);
    assert_int_equal(integer(result, "mentions.shown"), 2);
    assert_int_equal(integer(result, "mentions.loyal"), 1);
    assert_int_equal(integer(result, "returning.yes"), 0);
    assert_int_equal(integer(result, "help_calls"), 0); /* of a visit that is left out */
    assert_int_equal(integer(result, "left_out.withdrawn"), 1);
    assert_int_equal(integer(result, "left_out.stuck"), 1);
    json_decref(result);
}

static void test_nothing_yet_is_null_not_zero(void **state)
{
    struct fixture *fixture = *state;
    json_t *result = fixture_report(fixture, (struct report_query){.report = "summary", .since = "7d"});

    assert_int_equal(integer(result, "visits"), 0);
    assert_true(json_is_null(fixture_at(result, "csat.value")));
    assert_true(json_is_null(fixture_at(result, "csat.low")));
    assert_true(json_is_null(fixture_at(result, "mean")));
    assert_string_equal(json_string_value(fixture_at(result, "period.from")), "2026-10-26T00:00:00+01:00");
    assert_true(json_is_null(fixture_at(result, "period.to")));
    json_decref(result);

    result = fixture_report(fixture, (struct report_query){.report = "staff", .since = "7d"});
    assert_int_equal(json_array_size(json_object_get(result, "staff")), 1); /* nobody, with nothing */
    json_decref(result);
}

/* One visit an hour over 100 days, across the end of daylight saving; any cover of a period gives the same.
 */
static void test_periods_add_up(void **state)
{
    struct fixture *fixture = *state;

    fixture_wait(fixture, -40 * DAY_MS);
    fixture->origin.boot_started_ms -= 40 * DAY_MS; /* 2026-09-23 13:00 daylight saving time */
    for (int i = 0; i < 80 * 24; i++) {
        fixture_wait(fixture, HOUR_MS);
        fixture_press(fixture, QUESTION_RATING, 5);
    }
    assert_int_equal(visits(fixture, (struct report_query){0}), 80 * 24);
    assert_int_equal(visits(fixture, (struct report_query){.from = "2026-10-01", .to = "2026-11-01"}),
                     31 * 24 + 1);
    assert_int_equal(visits(fixture, (struct report_query){.from = "2026-10-25", .to = "2026-10-26"}), 25);
    assert_int_equal(
        visits(fixture, (struct report_query){.from = "2026-10-25T02:00", .to = "2026-10-25T03:00"}), 2);
    assert_int_equal(
        visits(fixture, (struct report_query){.from = "2026-10-02T05:00", .to = "2026-11-03T07:00"}),
        32 * 24 + 2 + 1);
    assert_int_equal(
        visits(fixture, (struct report_query){.from = "2026-10-02T05:00", .to = "2026-10-02T07:00"}), 2);
    assert_int_equal(
        visits(fixture, (struct report_query){.from = "2026-10-02T05:00", .to = "2026-10-03T07:00"}), 26);
    assert_int_equal(visits(fixture, (struct report_query){.to = "2026-10-25"}) +
                         visits(fixture, (struct report_query){.from = "2026-10-25"}),
                     80 * 24);
    fixture_verify(fixture);
}

static void test_uncertain_visits_count_where_they_lie_for_certain(void **state)
{
    struct fixture *fixture = *state;
    struct answer answer = {.seq = 1, .question = QUESTION_BOOT, .value = 1, .boot = 1, .uptime_s = 1};
    json_t *result;

    assert_int_equal(fixture_send(fixture, &answer, 1), STORE_OK); /* Monday 11:00 */
    fixture_wait(fixture, 2 * DAY_MS);
    fixture->origin.boot = 3;
    fixture->origin.boot_started_ms = fixture_now(fixture) - 60000;
    answer = (struct answer){.seq = 2, .question = QUESTION_RATING, .value = 5, .boot = 2, .uptime_s = 90};
    assert_int_equal(fixture_send(fixture, &answer, 1), STORE_OK); /* between Monday and Wednesday */
    assert_int_equal(visits(fixture, (struct report_query){0}), 1);
    assert_int_equal(visits(fixture, (struct report_query){.from = "2026-11-02", .to = "2026-11-05"}), 1);
    assert_int_equal(visits(fixture, (struct report_query){.from = "2026-11-01", .to = "2026-12-01"}), 1);
    assert_int_equal(visits(fixture, (struct report_query){.from = "2026-11-05"}), 0);
    result = fixture_report(fixture, (struct report_query){.report = "summary", .from = "2026-11-03"});
    assert_int_equal(integer(result, "visits"), 0);
    assert_int_equal(integer(result, "left_out.time_unknown"), 1);
    json_decref(result);
}

/* It is in no month's tally, and in no year's either, for a year is the sum of its months. */
static void test_a_visit_on_either_side_of_a_months_edge_is_counted(void **state)
{
    struct fixture *fixture = *state;
    struct answer answer = {.seq = 1, .question = QUESTION_BOOT, .value = 1, .boot = 1, .uptime_s = 1};

    assert_int_equal(fixture_send(fixture, &answer, 1), STORE_OK); /* 2 November */
    assert_int_equal(visits(fixture, (struct report_query){.from = "2026-11-01", .to = "2027-01-01"}), 0);
    fixture_wait(fixture, 31 * DAY_MS);
    fixture->origin.boot = 3;
    fixture->origin.boot_started_ms = fixture_now(fixture) - 60000;
    answer = (struct answer){.seq = 2, .question = QUESTION_RATING, .value = 5, .boot = 2, .uptime_s = 90};
    assert_int_equal(fixture_send(fixture, &answer, 1), STORE_OK); /* between that and 3 December */
    assert_int_equal(visits(fixture, (struct report_query){.from = "2026-11-01", .to = "2027-01-01"}), 1);
    assert_int_equal(visits(fixture, (struct report_query){.from = "2026-01-01", .to = "2027-01-01"}), 1);
    assert_int_equal(visits(fixture, (struct report_query){.from = "2026-11-02", .to = "2027-02-03"}), 1);
    assert_int_equal(visits(fixture, (struct report_query){.from = "2026-11-01", .to = "2026-12-01"}), 0);
    assert_int_equal(visits(fixture, (struct report_query){.from = "2026-12-01", .to = "2027-01-01"}), 0);
}

static void test_bad_queries_are_refused_with_what_would_be_right(void **state)
{
    static const struct {
        struct report_query query;
        const char *says;
    } cases[] = {
        {{.report = "sumary"}, "there are summary, staff, causes"},
        {{.report = NULL}, "there are summary"},
        {{.report = "summary", .since = "7"}, "as in 7d"},
        {{.report = "summary", .since = "-7d"}, "as in 7d"},
        {{.report = "summary", .since = "99999999999d"}, "as in 7d"},
        {{.report = "summary", .since = "7 days"}, "as in 7d"},
        {{.report = "summary", .since = ""}, "as in 7d"},
        {{.report = "summary", .from = "monday"}, "as in 2026-11-02"},
        {{.report = "summary", .from = "2026-11-02T14:30"}, "full hour"},
        {{.report = "summary", .from = "2026-11-02", .to = "2026-11-02"}, "before it begins"},
        {{.report = "summary", .from = "2026-11-02", .since = "7d"}, "give one of them"},
        {{.report = "summary", .kiosk = "nowhere"}, "kiosk list"},
        {{.report = "staff", .staff = "nobody"}, "staff list"},
    };
    struct fixture *fixture = *state;
    json_t *result;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct report_query query = cases[i].query;

        query.now_ms = fixture_now(fixture);
        assert_int_equal(report_run(fixture->store, &query, &result, &fixture->error), STORE_REFUSED);
        assert_null(result);
        if (strstr(fixture->error.text, cases[i].says) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", fixture->error.text, cases[i].says);
    }
}

static void staff_add(struct fixture *fixture, const char *name)
{
    uint16_t id;

    store_begin(fixture->store, &fixture->error);
    assert_int_equal(store_staff_add(fixture->store, name, 0, &id, &fixture->error), STORE_OK);
    store_commit(fixture->store, &fixture->error);
}

static void test_staff_rows_sum_to_visits_and_end_with_no_name(void **state)
{
    struct fixture *fixture = *state;
    json_int_t sum = 0;
    json_t *result, *row;
    size_t index;

    staff_add(fixture, "Zoë");
    staff_add(fixture, "Dan");
    for (int i = 0; i < 24; i++)
        visit(fixture, (uint16_t)(5 - i % 2),
              (uint16_t)(i % 4)); /* nobody, Zoë, Dan, and an unknown number 3 */
    result = fixture_report(fixture, (struct report_query){.report = "staff"});
    json_array_foreach(fixture_at(result, "staff"), index, row) sum += integer(row, "visits");
    assert_int_equal(sum, 24);
    assert_int_equal(integer(result, "visits"), 24);
    assert_int_equal(json_array_size(fixture_at(result, "staff")), 4);
    assert_string_equal(json_string_value(fixture_at(json_array_get(fixture_at(result, "staff"), 0), "name")),
                        "Dan");
    assert_string_equal(json_string_value(fixture_at(json_array_get(fixture_at(result, "staff"), 2), "name")),
                        "number 3");
    assert_string_equal(json_string_value(fixture_at(json_array_get(fixture_at(result, "staff"), 3), "name")),
                        "no name");
    assert_int_equal(integer(json_array_get(fixture_at(result, "staff"), 3), "id"), 0);
    json_decref(result);
    result = fixture_report(fixture, (struct report_query){.report = "staff", .staff = "Dan"});
    assert_int_equal(json_array_size(fixture_at(result, "staff")), 1);
    assert_int_equal(integer(result, "visits"), 6);
    json_decref(result);
    assert_int_equal(visits(fixture, (struct report_query){.staff = "1", .kiosk = FIXTURE_KIOSK}), 6);
}

static void test_staff_rows_are_each_persons_own(void **state)
{
    struct fixture *fixture = *state;
    json_t *result;

    staff_add(fixture, "Anna");
    staff_add(fixture, "Ben");
    for (int i = 0; i < 7; i++)
        visit(fixture, 5, 2); /* the first day has only Ben, the second only Anna */
    fixture_wait(fixture, DAY_MS);
    for (int i = 0; i < 9; i++)
        visit(fixture, 1, 1);
    result = fixture_report(
        fixture,
        (struct report_query){.report = "staff", .from = "2026-11-02", .to = "2026-11-05"}); /* by days */
    assert_int_equal(integer(json_array_get(fixture_at(result, "staff"), 0), "visits"), 9);
    assert_int_equal(percent(json_array_get(fixture_at(result, "staff"), 0), "csat.value"), 0);
    assert_int_equal(integer(json_array_get(fixture_at(result, "staff"), 1), "visits"), 7);
    assert_int_equal(percent(json_array_get(fixture_at(result, "staff"), 1), "csat.value"), 100);
    json_decref(result);
}

static void test_small_groups_are_suppressed_with_their_complement(void **state)
{
    struct fixture *fixture = *state;
    json_t *result, *row;
    size_t index;

    staff_add(fixture, "Anna");
    staff_add(fixture, "Ben");
    staff_add(fixture, "Cem");
    for (int i = 0; i < 20; i++)
        visit(fixture, 5, 1);
    for (int i = 0; i < 8; i++)
        visit(fixture, 5, 2);
    for (int i = 0; i < 4; i++)
        visit(fixture, 1, 3);
    result = fixture_report(fixture, (struct report_query){.report = "staff"});
    json_array_foreach(fixture_at(result, "staff"), index, row)
    {
        bool is_shown = strcmp(json_string_value(fixture_at(row, "name")), "Anna") == 0;

        assert_true(json_is_null(fixture_at(row, "csat.value")) == !is_shown);
        if (integer(row, "visits") > 0)
            assert_true(json_is_null(fixture_at(row, "ratings.1")) == !is_shown);
    }
    assert_int_equal(integer(json_array_get(fixture_at(result, "staff"), 2), "visits"),
                     4); /* the count is shown */
    json_decref(result);
}

/* Dan has 2 visits, Zoë 6, and 20 are nobody's. */
static void few_of_dan(struct fixture *fixture)
{
    staff_add(fixture, "Dan");
    staff_add(fixture, "Zoë");
    for (int i = 0; i < 28; i++) {
        visit(fixture, 5, (uint16_t)(i < 2 ? 1 : i < 8 ? 2 : 0));
        fixture_press(fixture, QUESTION_MENTION, MENTION_ASKED);
        fixture_press(fixture, QUESTION_STRENGTH, 1);
    }
}

static void nothing_but_visits(json_t *part, json_int_t count)
{
    static const char *const paths[] = {
        "ratings.1",
        "ratings.5",
        "csat.value",
        "csat.low",
        "csat.high",
        "mean",
        "mentions.asked",
        "mentions.will_ask",
        "mentions.no",
        "mentions.shown",
        "mentions.loyal",
        "mentions.word_of_mouth",
        "mentions.asked_rate.n",
        "mentions.asked_rate.value",
        "mentions.intent_rate.n",
        "strengths.empathy",
    };

    assert_int_equal(integer(part, "visits"), count);
    assert_int_equal(integer(part, "csat.n"), count);
    assert_true(json_is_true(fixture_at(part, "csat.too_few")));
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        if (!json_is_null(fixture_at(part, paths[i])))
            fail_msg("%s is told", paths[i]);
    }
}

static void test_suppressed_row_gives_its_count_and_nothing_else(void **state)
{
    struct fixture *fixture = *state;
    json_t *result, *row;

    few_of_dan(fixture);
    result = fixture_report(fixture, (struct report_query){.report = "staff"});
    row = json_array_get(fixture_at(result, "staff"), 0);
    nothing_but_visits(row, 2);
    assert_true(json_is_null(fixture_at(row, "unhappy")));
    nothing_but_visits(json_array_get(fixture_at(result, "staff"), 1), 6);
    assert_int_equal(integer(json_array_get(fixture_at(result, "staff"), 2), "ratings.5"), 20);
    json_decref(result);
}

static void test_filter_by_number_is_stated_by_name(void **state)
{
    struct fixture *fixture = *state;

    few_of_dan(fixture);
    json_t *by_name = fixture_report(fixture, (struct report_query){.report = "summary", .staff = "Zoë"});
    char number[24];
    snprintf(number, sizeof number, "%" PRId64,
             fixture_integer(fixture, "SELECT id FROM staff WHERE name = 'Zoë'"));
    json_t *by_number = fixture_report(fixture, (struct report_query){.report = "summary", .staff = number});
    assert_string_equal(json_string_value(fixture_at(by_number, "filter.staff")), "Zoë");
    assert_true(json_equal(by_name, by_number));
    json_decref(by_name);
    json_decref(by_number);
}

static void test_filter_shows_no_more_than_the_whole_breakdown(void **state)
{
    static const struct {
        struct report_query query;
        const char *list;
        json_int_t visits;
    } cases[] = {
        {{.report = "summary", .staff = "Dan"}, NULL, 2},
        {{.report = "summary", .staff = "Zoë"}, NULL, 6},
        {{.report = "summary", .staff = "Dan", .kiosk = FIXTURE_KIOSK}, NULL, 2},
        {{.report = "staff", .staff = "Dan"}, "staff", 2},
        {{.report = "staff", .staff = "Zoë"}, "staff", 6},
        {{.report = "staff", .staff = "Zoë", .kiosk = FIXTURE_KIOSK}, "staff", 6},
    };
    struct fixture *fixture = *state;

    few_of_dan(fixture);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *result = fixture_report(fixture, cases[i].query);

        nothing_but_visits(cases[i].list == NULL ? result
                                                 : json_array_get(fixture_at(result, cases[i].list), 0),
                           cases[i].visits);
        json_decref(result);
    }
}

static void test_filtered_summary_of_few_tells_nothing_of_them(void **state)
{
    static const char *const paths[] = {"csat_with_left_out.value",
                                        "causes.people",
                                        "help_calls",
                                        "returning.yes",
                                        "responses.mention.shown",
                                        "responses.strength.answered"};
    struct fixture *fixture = *state;
    json_t *result;

    few_of_dan(fixture);
    result = fixture_report(fixture, (struct report_query){.report = "summary", .staff = "Dan"});
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        assert_true(json_is_null(fixture_at(result, paths[i])));
    json_decref(result);
}

static void test_kiosk_of_few_visits_shows_its_count_only(void **state)
{
    struct fixture *fixture = *state;
    json_t *result;

    staff_add(fixture, "Dan");
    for (int i = 0; i < 4; i++)
        visit(fixture, 5, 0);
    result = fixture_report(fixture, (struct report_query){.report = "summary", .kiosk = FIXTURE_KIOSK});
    nothing_but_visits(result, 4);
    json_decref(result);
    result = fixture_report(fixture, (struct report_query){.report = "kiosks", .kiosk = FIXTURE_KIOSK});
    assert_true(json_is_null(fixture_at(json_array_get(fixture_at(result, "kiosks"), 0), "ratings.5")));
    json_decref(result);
    result = fixture_report(fixture,
                            (struct report_query){.report = "summary"}); /* the whole store is no breakdown */
    assert_int_equal(integer(result, "ratings.5"), 4);
    assert_int_equal(percent(result, "csat.value"), 100);
    json_decref(result);
}

static void test_kiosks_and_lists(void **state)
{
    struct fixture *fixture = *state;
    json_t *result, *row;

    staff_add(fixture, "Dan");
    for (int i = 0; i < 6; i++)
        visit(fixture, 5, 1);
    result = fixture_report(fixture, (struct report_query){.report = "kiosks"});
    row = json_array_get(fixture_at(result, "kiosks"), 0);
    assert_string_equal(json_string_value(fixture_at(row, "name")), FIXTURE_KIOSK);
    assert_int_equal(integer(row, "visits"), 6);
    assert_int_equal(integer(row, "boots"), 1);
    assert_true(json_is_null(fixture_at(row, "pending"))); /* no heartbeat yet */
    assert_string_equal(json_string_value(fixture_at(row, "last_heard")), "2026-11-02T12:00:00+01:00");
    json_decref(result);
    result = fixture_report(fixture, (struct report_query){.report = "kiosk_list"});
    row = json_array_get(fixture_at(result, "kiosks"), 0);
    assert_string_equal(json_string_value(fixture_at(row, "state")), "adopted");
    assert_string_equal(json_string_value(fixture_at(row, "port")), FIXTURE_PORT);
    json_decref(result);
    result = fixture_report(fixture, (struct report_query){.report = "staff_list"});
    row = json_array_get(fixture_at(result, "staff"), 0);
    assert_string_equal(json_string_value(fixture_at(row, "name")), "Dan");
    assert_true(json_is_true(fixture_at(row, "on_duty")));
    assert_true(json_is_false(fixture_at(row, "has_pin")));
    json_decref(result);
}

static void hello_of_another(struct fixture *fixture, const struct message_hello *hello, bool is_auto_adopt,
                             struct store_admitted *admitted)
{
    const struct store_visitor visitor = {
        .hello = hello, .port = "till", .is_auto_adopt = is_auto_adopt, .now_ms = fixture_now(fixture)};

    assert_int_equal(store_begin(fixture->store, &fixture->error), STORE_OK);
    assert_int_equal(store_hello(fixture->store, &visitor, admitted, &fixture->error), STORE_OK);
    assert_int_equal(store_commit(fixture->store, &fixture->error), STORE_OK);
}

static void kiosks_are(struct fixture *fixture, size_t count)
{
    static const char *const reports[] = {"kiosk_list", "kiosks"};
    json_t *result;

    for (size_t i = 0; i < sizeof reports / sizeof reports[0]; i++) {
        result = fixture_report(fixture, (struct report_query){.report = reports[i]});
        assert_int_equal(json_array_size(fixture_at(result, "kiosks")), count);
        json_decref(result);
    }
    result = fixture_report(fixture, (struct report_query){.report = "overview"});
    assert_int_equal(integer(result, "kiosks.count"), count);
    json_decref(result);
    result = fixture_report(fixture, (struct report_query){.report = "summary"});
    assert_int_equal(integer(json_array_get(fixture_at(result, "audiences"), 0), "kiosks"), count);
    json_decref(result);
}

/* A daemon that dies after it has made up ids, and before the kiosk has them, leaves them to nobody. */
static void test_ids_that_were_offered_and_never_used_are_no_kiosk(void **state)
{
    struct fixture *fixture = *state;
    struct message_hello hello = {.oldest = 1, .next = 1, .boot = 1, .firmware = "0.1.0"};
    struct report_query query = {.report = "summary", .kiosk = "till", .now_ms = fixture_now(fixture)};
    struct store_admitted offered;
    json_t *result;

    hello_of_another(fixture, &hello, true, &offered);
    assert_int_equal(offered.admission, STORE_ADOPT);
    kiosks_are(fixture, 1);
    assert_int_equal(report_run(fixture->store, &query, &result, &fixture->error), STORE_REFUSED);
    assert_non_null(strstr(fixture->error.text, "there is no kiosk \"till\""));
    hello.kiosk_id = offered.kiosk_id;
    hello.journal_id = offered.journal_id;
    hello_of_another(fixture, &hello, true, &offered);
    assert_int_equal(offered.admission, STORE_ADMITTED);
    kiosks_are(fixture, 2);
}

static void test_a_kiosk_that_a_manager_adopted_is_shown_before_it_has_its_ids(void **state)
{
    struct fixture *fixture = *state;
    const struct message_hello hello = {.oldest = 1, .next = 1, .boot = 1, .firmware = "0.1.0"};
    struct store_admitted pending;

    hello_of_another(fixture, &hello, false, &pending);
    assert_int_equal(pending.admission, STORE_PENDING);
    store_begin(fixture->store, &fixture->error);
    assert_int_equal(store_kiosk_adopt(fixture->store, "till", "Till", 0, &fixture->error), STORE_OK);
    store_commit(fixture->store, &fixture->error);
    kiosks_are(fixture, 2);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wilson_as_in_the_product),
        WITH_STORE(test_summary_counts_what_was_pressed),
        WITH_STORE(test_nothing_yet_is_null_not_zero),
        WITH_STORE(test_periods_add_up),
        WITH_STORE(test_uncertain_visits_count_where_they_lie_for_certain),
        WITH_STORE(test_a_visit_on_either_side_of_a_months_edge_is_counted),
        WITH_STORE(test_bad_queries_are_refused_with_what_would_be_right),
        WITH_STORE(test_staff_rows_sum_to_visits_and_end_with_no_name),
        WITH_STORE(test_staff_rows_are_each_persons_own),
        WITH_STORE(test_small_groups_are_suppressed_with_their_complement),
        WITH_STORE(test_suppressed_row_gives_its_count_and_nothing_else),
        WITH_STORE(test_filter_by_number_is_stated_by_name),
        WITH_STORE(test_filter_shows_no_more_than_the_whole_breakdown),
        WITH_STORE(test_filtered_summary_of_few_tells_nothing_of_them),
        WITH_STORE(test_kiosk_of_few_visits_shows_its_count_only),
        WITH_STORE(test_kiosks_and_lists),
        WITH_STORE(test_ids_that_were_offered_and_never_used_are_no_kiosk),
        WITH_STORE(test_a_kiosk_that_a_manager_adopted_is_shown_before_it_has_its_ids),
    };

    return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
