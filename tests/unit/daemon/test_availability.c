/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#include "daemon/report.h"

/* A heartbeat of a kiosk, as the daemon has it stored. */
static void hear(struct fixture *fixture, int64_t kiosk, bool is_clock_good)
{
    const struct message_health health = {.uptime_s = 60};
    int64_t now_ms = fixture_now(fixture);

    assert_int_equal(store_begin(fixture->store, &fixture->error), STORE_OK);
    assert_int_equal(store_health(fixture->store, kiosk, &health, now_ms, &fixture->error), STORE_OK);
    assert_int_equal(store_heard(fixture->store, kiosk, now_ms, is_clock_good, &fixture->error), STORE_OK);
    assert_int_equal(store_commit(fixture->store, &fixture->error), STORE_OK);
}

static void hear_after(struct fixture *fixture, int64_t ms)
{
    fixture_wait(fixture, ms);
    hear(fixture, fixture->admitted.kiosk, true);
}

static int64_t second_kiosk(struct fixture *fixture)
{
    fixture_run(
        fixture,
        "INSERT INTO kiosk (kiosk_id, name, port, former_id, adopted_ms) VALUES (77, 'till', 'till', 0, 0)");
    return fixture_integer(fixture, "SELECT id FROM kiosk WHERE kiosk_id = 77");
}

/* The first kiosk's, of a period. */
static json_t *ask(struct fixture *fixture, const char *from, const char *to)
{
    json_t *reply = fixture_report(
        fixture, (struct report_query){.report = "kiosks", .from = from, .to = to, .kiosk = FIXTURE_KIOSK});
    json_t *out =
        json_incref(json_object_get(json_array_get(json_object_get(reply, "kiosks"), 0), "availability"));
    json_decref(reply);
    return out;
}

static const char *text(const json_t *availability, const char *key)
{
    const char *value = json_string_value(json_object_get(availability, key));

    return value == NULL ? "null" : value;
}

static json_int_t integer(const json_t *availability, const char *key)
{
    return json_integer_value(json_object_get(availability, key));
}

static void assert_share(const json_t *availability, double share)
{
    double value = json_number_value(json_object_get(availability, "value"));

    assert_true(json_is_real(json_object_get(availability, "value")));
    if (fabs(value - share) > 1e-6)
        fail_msg("%f, expected %f", value, share);
}

static void test_a_silence_counts_and_a_pause_of_heartbeats_does_not(void **state)
{
    struct fixture *fixture = *state;

    hear(fixture, fixture->admitted.kiosk, true);
    hear_after(fixture, STORE_SILENCE_MS - 1);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM silence"), 0);
    hear_after(fixture, HOUR_MS - STORE_SILENCE_MS + 1); /* at 13:00 */
    hear_after(fixture, MINUTE_MS);
    fixture_wait(fixture, 59 * MINUTE_MS - 1000);
    hear_after(fixture, 1000); /* at 14:00 */
    json_t *availability = ask(fixture, "2026-11-02", "2026-11-03");
    assert_string_equal(text(availability, "from"), "2026-11-02T12:00:00+01:00");
    assert_string_equal(text(availability, "to"), "2026-11-02T14:00:00+01:00");
    assert_string_equal(text(availability, "longest_from"), "2026-11-02T13:01:00+01:00");
    assert_int_equal(integer(availability, "longest_s"), 59 * 60);
    assert_int_equal(integer(availability, "silences"), 2);
    assert_int_equal(integer(availability, "unknown_s"), 0);
    assert_share(availability, (120 - 58 - 59) / 120.0);
    json_decref(availability);
}

static void test_the_period_cuts_silences_and_the_open_one_lasts_until_now(void **state)
{
    struct fixture *fixture = *state;

    hear(fixture, fixture->admitted.kiosk, true);
    hear_after(fixture, 4 * HOUR_MS);
    fixture_wait(fixture, 2 * HOUR_MS); /* 18:00, heard at 16:00 */
    json_t *availability = ask(fixture, "2026-11-02T15:00", "2026-11-02T17:00");
    assert_int_equal(integer(availability, "silences"), 2);
    assert_int_equal(integer(availability, "longest_s"), 3600);
    assert_string_equal(text(availability, "longest_from"), "2026-11-02T15:00:00+01:00");
    assert_share(availability, 0);
    json_decref(availability);
    availability = ask(fixture, "2026-11-02T17:00", "2026-11-03");
    assert_string_equal(text(availability, "to"), "2026-11-02T18:00:00+01:00");
    assert_int_equal(integer(availability, "longest_s"), 3600);
    json_decref(availability);
}

static void test_nothing_is_said_of_what_is_not_recorded(void **state)
{
    struct fixture *fixture = *state;
    json_t *availability = ask(fixture, "2026-11-02", "2026-11-03"); /* never heard since the record began */

    assert_true(json_is_null(json_object_get(availability, "value")));
    assert_string_equal(text(availability, "from"), "null");
    json_decref(availability);
    hear(fixture, fixture->admitted.kiosk, true);
    hear_after(fixture, HOUR_MS);
    availability = ask(fixture, "2026-11-01", "2026-11-02"); /* over before it began */
    assert_true(json_is_null(json_object_get(availability, "value")));
    assert_string_equal(text(availability, "to"), "null");
    json_decref(availability);
}

static void listen_after(struct fixture *fixture, int64_t ms)
{
    fixture_wait(fixture, ms);
    assert_int_equal(store_begin(fixture->store, &fixture->error), STORE_OK);
    assert_int_equal(store_listen(fixture->store, fixture_now(fixture), &fixture->error), STORE_OK);
    assert_int_equal(store_commit(fixture->store, &fixture->error), STORE_OK);
}

/* Nobody is heard, before and behind it; the daemon listened all the time but for half an hour. */
static void test_a_restart_excuses_no_more_than_itself_where_all_are_silent(void **state)
{
    struct fixture *fixture = *state;

    hear(fixture, fixture->admitted.kiosk, true); /* 12:00 */
    listen_after(fixture, HOUR_MS);
    fixture_reopen(fixture);
    listen_after(fixture, HOUR_MS / 2); /* 13:30 */
    listen_after(fixture, HOUR_MS);
    json_t *availability = ask(fixture, "2026-11-02T12:00", "2026-11-02T15:00"); /* it is 14:30 */
    assert_int_equal(integer(availability, "unknown_s"), 1800);
    assert_int_equal(integer(availability, "silences"), 2);
    assert_int_equal(integer(availability, "longest_s"), 3600);
    assert_share(availability, 0);
    json_decref(availability);
    hear_after(fixture, HOUR_MS / 2); /* 15:00 */
    availability = ask(fixture, "2026-11-02T12:00", "2026-11-02T15:00");
    assert_int_equal(integer(availability, "unknown_s"), 1800);
    assert_int_equal(integer(availability, "longest_s"), 5400);
    json_decref(availability);
}

static void test_a_retired_kiosk_is_silent_no_more(void **state)
{
    struct fixture *fixture = *state;

    hear(fixture, fixture->admitted.kiosk, true);
    hear_after(fixture, MINUTE_MS);
    fixture_wait(fixture, HOUR_MS - MINUTE_MS); /* 13:00 */
    assert_int_equal(store_begin(fixture->store, &fixture->error), STORE_OK);
    assert_int_equal(store_kiosk_retire(fixture->store, FIXTURE_KIOSK, fixture_now(fixture), &fixture->error),
                     STORE_OK);
    assert_int_equal(store_commit(fixture->store, &fixture->error), STORE_OK);
    fixture_wait(fixture, DAY_MS);
    json_t *availability = ask(fixture, "2026-11-02T12:00", "2026-11-03");
    assert_string_equal(text(availability, "to"), "2026-11-02T13:00:00+01:00");
    assert_int_equal(integer(availability, "longest_s"), 59 * 60);
    assert_share(availability, 1 / 60.0);
    json_decref(availability);
}

static void test_a_daemon_that_is_down_hears_nobody(void **state)
{
    struct fixture *fixture = *state;
    int64_t other = second_kiosk(fixture);

    hear(fixture, fixture->admitted.kiosk, true); /* 12:00; silent from here on */
    hear(fixture, other, true);
    fixture_wait(fixture, HOUR_MS);
    hear(fixture, other, true);
    fixture_reopen(fixture);
    fixture_wait(fixture, HOUR_MS);
    hear(fixture, other, true); /* 14:00: after an hour of which nothing is known */
    hear_after(fixture, 2 * HOUR_MS);
    json_t *availability = ask(fixture, "2026-11-02", "2026-11-03");
    assert_int_equal(integer(availability, "unknown_s"), 3600);
    assert_int_equal(integer(availability, "silences"), 2);
    assert_int_equal(integer(availability, "longest_s"), 7200);
    assert_string_equal(text(availability, "longest_from"), "2026-11-02T14:00:00+01:00");
    assert_share(availability, 0);
    json_decref(availability);
    availability = ask(fixture, "2026-11-02T13:00", "2026-11-02T14:00");
    assert_true(json_is_null(json_object_get(availability, "value"))); /* recorded, but nothing is known */
    assert_int_equal(integer(availability, "silences"), 0);
    json_decref(availability);
}

static void test_a_clock_that_is_not_good_makes_no_silence(void **state)
{
    struct fixture *fixture = *state;

    hear(fixture, fixture->admitted.kiosk, true);
    fixture_wait(fixture, HOUR_MS);
    hear(fixture, fixture->admitted.kiosk, false);
    hear_after(fixture, HOUR_MS);
    hear_after(fixture, 2 * HOUR_MS);
    json_t *availability = ask(fixture, "2026-11-02", "2026-11-03");
    assert_int_equal(integer(availability, "unknown_s"), 7200);
    assert_int_equal(integer(availability, "silences"), 1);
    assert_share(availability, 0);
    json_decref(availability);
}

static void test_a_clock_set_back_counts_no_time_twice(void **state)
{
    struct fixture *fixture = *state;

    hear(fixture, fixture->admitted.kiosk, true);
    hear_after(fixture, 2 * HOUR_MS);
    hear_after(fixture, -HOUR_MS); /* 13:00 again */
    hear_after(fixture, 3 * HOUR_MS);
    hear_after(fixture, MINUTE_MS);
    json_t *availability = ask(fixture, "2026-11-02T12:00", "2026-11-02T16:00");
    assert_int_equal(integer(availability, "longest_s"), 7200);
    assert_share(availability, 0); /* both silences meet: never less than nothing */
    json_decref(availability);
}

/* It adds no write to a heartbeat that the store would not keep. */
static void test_it_is_written_with_the_contact_or_not_at_all(void **state)
{
    struct fixture *fixture = *state;

    hear(fixture, fixture->admitted.kiosk, true);
    hear_after(fixture, 59000);
    assert_int_equal(fixture_integer(fixture, "SELECT until_ms FROM hearing"), FIXTURE_NOON_MS);
    hear_after(fixture, 1000);
    assert_int_equal(fixture_integer(fixture, "SELECT until_ms FROM hearing"), FIXTURE_NOON_MS + MINUTE_MS);
}

static void test_a_rollback_is_nobodys_silence(void **state)
{
    struct fixture *fixture = *state;

    hear(fixture, fixture->admitted.kiosk, true);
    fixture_wait(fixture, HOUR_MS);
    assert_int_equal(store_begin(fixture->store, &fixture->error), STORE_OK);
    store_rollback(fixture->store); /* a full disk keeps no contact */
    hear_after(fixture, HOUR_MS);
    json_t *availability = ask(fixture, "2026-11-02", "2026-11-03");
    assert_int_equal(integer(availability, "unknown_s"), 7200);
    assert_int_equal(integer(availability, "silences"), 0);
    json_decref(availability);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(test_a_silence_counts_and_a_pause_of_heartbeats_does_not),
        WITH_STORE(test_the_period_cuts_silences_and_the_open_one_lasts_until_now),
        WITH_STORE(test_nothing_is_said_of_what_is_not_recorded),
        WITH_STORE(test_a_restart_excuses_no_more_than_itself_where_all_are_silent),
        WITH_STORE(test_a_retired_kiosk_is_silent_no_more),
        WITH_STORE(test_a_daemon_that_is_down_hears_nobody),
        WITH_STORE(test_a_clock_that_is_not_good_makes_no_silence),
        WITH_STORE(test_a_clock_set_back_counts_no_time_twice),
        WITH_STORE(test_it_is_written_with_the_contact_or_not_at_all),
        WITH_STORE(test_a_rollback_is_nobodys_silence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
