/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../cmocka_first.h"
#include "daemon/period.h"
#include "seed.h"

#define HOUR_MS INT64_C(3600000)

static struct zone *zone_open(const char *name)
{
    char why[128];
    struct zone *zone = zone_create(name, why, sizeof why);

    if (zone == NULL)
        fail_msg("%s", why);
    return zone;
}

static int64_t instant(const struct zone *zone, const char *text)
{
    int64_t at_ms = 0;

    if (!period_parse(zone, text, &at_ms))
        fail_msg("%s was not understood", text);
    return at_ms;
}

static int64_t day_hours(const char *name, const char *day)
{
    struct zone *zone = zone_open(name);
    int64_t noon_ms = instant(zone, day) + 12 * HOUR_MS;
    int64_t length_ms = period_next(zone, PERIOD_DAY, noon_ms) - period_start(zone, PERIOD_DAY, noon_ms);

    assert_int_equal(period_start(zone, PERIOD_DAY, noon_ms), instant(zone, day));
    zone_destroy(zone);
    return length_ms / HOUR_MS;
}

static void test_days_of_daylight_saving_have_23_and_25_hours(void **state)
{
    (void)state;
    assert_int_equal(day_hours("Europe/Berlin", "2026-03-28"), 24);
    assert_int_equal(day_hours("Europe/Berlin", "2026-03-29"), 23);
    assert_int_equal(day_hours("Europe/Berlin", "2026-10-25"), 25);
    assert_int_equal(day_hours("America/St_Johns", "2026-03-08"), 23);
    assert_int_equal(day_hours("America/St_Johns", "2026-11-01"), 25);
    assert_int_equal(day_hours("Asia/Kathmandu", "2026-03-29"), 24);
    assert_int_equal(day_hours("America/Sao_Paulo", "2018-11-04"), 23); /* has no midnight */
    assert_int_equal(day_hours("America/Havana", "2026-11-01"), 25);    /* has two */
    assert_int_equal(day_hours("Europe/Berlin", "2101-03-27"), 23); /* beyond the file's table: its rule */
}

static void test_hour_that_happens_twice_is_two_periods(void **state)
{
    struct zone *berlin = zone_open("Europe/Berlin");
    int64_t first_ms = instant(berlin, "2026-10-25T02:00"); /* still daylight saving: 00:00 UTC */

    (void)state;
    assert_int_equal(first_ms, INT64_C(1792886400000));
    assert_int_equal(period_start(berlin, PERIOD_HOUR, first_ms + HOUR_MS / 2), first_ms);
    assert_int_equal(period_start(berlin, PERIOD_HOUR, first_ms + HOUR_MS + 1), first_ms + HOUR_MS);
    assert_int_equal(period_local(berlin, first_ms).hour, 2);
    assert_int_equal(period_local(berlin, first_ms + HOUR_MS).hour, 2);
    zone_destroy(berlin);
}

static void test_skipped_hour_is_the_moment_of_the_change(void **state)
{
    struct zone *berlin = zone_open("Europe/Berlin");

    (void)state;
    assert_int_equal(instant(berlin, "2026-03-29T02:30"), instant(berlin, "2026-03-29T03:00"));
    zone_destroy(berlin);
}

static void test_zones_off_the_hour_have_hours_off_the_hour(void **state)
{
    struct zone *kathmandu = zone_open("Asia/Kathmandu"), *st_johns = zone_open("America/St_Johns");
    int64_t noon_ms = INT64_C(1793617200000); /* 2026-11-02 11:00 UTC */

    (void)state;
    assert_int_equal(period_start(kathmandu, PERIOD_HOUR, noon_ms), noon_ms - 45 * 60000); /* 16:00 local */
    assert_int_equal(period_local(kathmandu, noon_ms).minute, 45);
    assert_int_equal(period_start(st_johns, PERIOD_HOUR, noon_ms), noon_ms - 30 * 60000); /* 07:00 local */
    assert_int_equal(period_start(st_johns, PERIOD_DAY, noon_ms), noon_ms - 7 * HOUR_MS - 30 * 60000);
    zone_destroy(kathmandu);
    zone_destroy(st_johns);
}

static void test_half_an_hour_of_change_cuts_the_hour(void **state)
{
    struct zone *lord_howe = zone_open("Australia/Lord_Howe"); /* 2026-04-05: 02:00 becomes 01:30 */
    int64_t change_ms = INT64_C(1775314800000);

    (void)state;
    assert_int_equal(period_local(lord_howe, change_ms - 1).hour, 1);
    assert_int_equal(period_local(lord_howe, change_ms).hour, 1);
    assert_int_equal(period_local(lord_howe, change_ms).minute, 30);
    assert_int_equal(period_next(lord_howe, PERIOD_HOUR, change_ms - 1), change_ms);
    assert_int_equal(period_next(lord_howe, PERIOD_HOUR, change_ms), change_ms + HOUR_MS / 2);
    zone_destroy(lord_howe);
}

static void test_weeks_begin_on_monday(void **state)
{
    struct zone *berlin = zone_open("Europe/Berlin");
    int64_t monday_ms = instant(berlin, "2026-10-26"), sunday_ms = instant(berlin, "2026-11-01T23:00");

    (void)state;
    assert_int_equal(period_week(berlin, sunday_ms, 0), monday_ms);
    assert_int_equal(period_week(berlin, monday_ms, 0), monday_ms);
    assert_int_equal(period_week(berlin, monday_ms, -1), instant(berlin, "2026-10-19"));
    assert_int_equal(period_week(berlin, monday_ms, 1), instant(berlin, "2026-11-02"));
    assert_int_equal(period_local(berlin, monday_ms).weekday, 1);
    assert_int_equal(period_local(berlin, sunday_ms).weekday, 7);
    zone_destroy(berlin);
}

static void test_dates_are_parsed_and_shown(void **state)
{
    static const char *const bad[] = {"",
                                      "2026",
                                      "2026-13-01",
                                      "2026-02-30",
                                      "2026-1-1",
                                      "2026-11-02 14:00",
                                      "2026-11-02T24:00",
                                      "2026-11-02T14",
                                      "2026-11-02T14:00:00",
                                      "yesterday"};
    struct zone *berlin = zone_open("Europe/Berlin");
    char text[PERIOD_TEXT_SIZE];
    int64_t at_ms;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(period_parse(berlin, bad[i], &at_ms));
    period_format(berlin, instant(berlin, "2026-11-02T14:00"), text);
    assert_string_equal(text, "2026-11-02T14:00:00+01:00");
    period_format(berlin, instant(berlin, "2028-02-29"), text);
    assert_string_equal(text, "2028-02-29T00:00:00+01:00");
    zone_destroy(berlin);
}

static void test_unknown_zones_are_refused_by_name(void **state)
{
    static const char *const bad[] = {
        "", "Europe/Berlim", "Europe", "../../../etc/passwd", "/etc/localtime", "zone.tab", "Europe/Ber lin"};
    char why[128];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_null(zone_create(bad[i], why, sizeof why));
        assert_non_null(strstr(why, "unknown time zone"));
    }
    assert_null(zone_create(NULL, why, sizeof why));
}

static void periods_check(const struct zone *zone, int64_t at_ms)
{
    static const enum period_level levels[] = {PERIOD_YEAR, PERIOD_MONTH, PERIOD_DAY, PERIOD_HOUR};
    int64_t from_ms = INT64_MAX, to_ms = INT64_MIN;

    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        enum period_level level = levels[i];
        int64_t start_ms = period_start(zone, level, at_ms);
        int64_t next_ms = period_next(zone, level, at_ms);

        assert_true(start_ms <= at_ms && at_ms < next_ms);
        assert_int_equal(period_start(zone, level, start_ms), start_ms);
        assert_int_equal(period_start(zone, level, next_ms - 1), start_ms);
        assert_int_equal(period_start(zone, level, next_ms), next_ms);
        assert_true(level == PERIOD_YEAR || (start_ms >= from_ms && next_ms <= to_ms)); /* nested */
        from_ms = start_ms;
        to_ms = next_ms;
    }
}

static void test_periods_tile_time_and_offsets_agree_with_libc(void **state)
{
    static const char *const names[] = {"Europe/Berlin",       "Asia/Kathmandu",    "America/St_Johns",
                                        "Australia/Lord_Howe", "Africa/Casablanca", "Europe/Dublin",
                                        "America/Sao_Paulo",   "America/Havana",    "Pacific/Apia",
                                        "Asia/Beirut",         "Africa/Cairo",      "UTC",
                                        "America/Nuuk",        "Asia/Gaza",         "Antarctica/Troll"};
    struct seed seed = seed_init("periods tile time");

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct zone *zone = zone_open(names[i]);

        setenv("TZ", names[i], 1);
        tzset();
        for (int k = 0; k < 3000; k++) {
            int64_t at_ms = (int64_t)(seed_next(&seed) % UINT64_C(4100000000000)); /* up to 2099 */
            time_t at_s = (time_t)(at_ms / 1000);
            struct tm local;

            localtime_r(&at_s, &local);
            assert_int_equal(zone_stretch(zone, at_s).offset_s, local.tm_gmtoff);
            assert_int_equal(period_local(zone, at_ms).hour, local.tm_hour);
            assert_int_equal(period_local(zone, at_ms).day, local.tm_mday);
            assert_int_equal(period_local(zone, at_ms).weekday % 7, local.tm_wday);
            periods_check(zone, at_ms);
            if (zone_stretch(zone, at_s).from_s > 0) {
                periods_check(zone, zone_stretch(zone, at_s).from_s * 1000);
                periods_check(zone, zone_stretch(zone, at_s).from_s * 1000 - 1);
            }
        }
        zone_destroy(zone);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_days_of_daylight_saving_have_23_and_25_hours),
        cmocka_unit_test(test_hour_that_happens_twice_is_two_periods),
        cmocka_unit_test(test_skipped_hour_is_the_moment_of_the_change),
        cmocka_unit_test(test_zones_off_the_hour_have_hours_off_the_hour),
        cmocka_unit_test(test_half_an_hour_of_change_cuts_the_hour),
        cmocka_unit_test(test_weeks_begin_on_monday),
        cmocka_unit_test(test_dates_are_parsed_and_shown),
        cmocka_unit_test(test_unknown_zones_are_refused_by_name),
        cmocka_unit_test(test_periods_tile_time_and_offsets_agree_with_libc),
    };

    return cmocka_run_group_tests_name("period", tests, NULL, NULL);
}
