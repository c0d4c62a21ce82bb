/* SPDX-License-Identifier: MIT */
#include "../cmocka_first.h"
#include "daemon/instant.h"

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS (60 * MINUTE_MS)
#define NOW_MS INT64_C(1793617200000)

/* A session in boot 7, which began an hour ago; nothing known of earlier boots. */
static struct instant_known known_now(void)
{
    return (struct instant_known){
        .boot = 7,
        .boot_started_ms = NOW_MS - HOUR_MS,
        .arrived_ms = NOW_MS,
        .is_clock_good = true,
        .newest_commit_ms = INSTANT_UNKNOWN,
        .anchor_ms = INSTANT_UNKNOWN,
        .heard_ms = INSTANT_UNKNOWN,
        .floor_ms = INSTANT_UNKNOWN,
    };
}

static struct instant map(uint16_t boot, uint32_t uptime_s, const struct instant_known *known)
{
    const struct answer answer = {.seq = 9, .boot = boot, .uptime_s = uptime_s};

    return instant_of(&answer, known);
}

static void check(struct instant instant, enum instant_quality quality, int64_t earliest_ms,
                  int64_t latest_ms)
{
    assert_int_equal(instant.quality, quality);
    assert_int_equal(instant.time.instant_ms, earliest_ms);
    assert_int_equal(instant.time.instant_ms + instant.time.span_ms, latest_ms);
}

static void test_present_boot_is_exact(void **state)
{
    struct instant_known known = known_now();

    (void)state;
    check(map(7, 600, &known), INSTANT_EXACT, NOW_MS - 50 * MINUTE_MS, NOW_MS - 50 * MINUTE_MS);
    check(map(7, 3602, &known), INSTANT_EXACT, NOW_MS, NOW_MS); /* never later than its arrival */
}

static void test_uptime_from_the_future_is_not_believed(void **state)
{
    struct instant_known known = known_now();

    (void)state;
    known.floor_ms = NOW_MS - HOUR_MS;
    known.floor_boot = 7;
    check(map(7, 1000000, &known), INSTANT_BOUNDED, NOW_MS - HOUR_MS, NOW_MS);
    known.floor_ms = INSTANT_UNKNOWN;
    check(map(7, UINT32_MAX, &known), INSTANT_BOUNDED, 0, NOW_MS);
}

static void test_anchored_boot_is_mapped(void **state)
{
    struct instant_known known = known_now();

    (void)state;
    known.anchor_ms = NOW_MS - 10 * HOUR_MS;
    check(map(6, 60, &known), INSTANT_MAPPED, NOW_MS - 10 * HOUR_MS + MINUTE_MS,
          NOW_MS - 10 * HOUR_MS + MINUTE_MS);
    check(map(6, 9 * 3600 + 3, &known), INSTANT_MAPPED, NOW_MS - HOUR_MS,
          NOW_MS - HOUR_MS); /* before this boot */
}

static void test_unknown_boot_is_bounded_by_its_neighbours(void **state)
{
    struct instant_known known = known_now();

    (void)state;
    known.heard_ms = NOW_MS - 8 * HOUR_MS;
    check(map(6, 100, &known), INSTANT_BOUNDED, NOW_MS - 8 * HOUR_MS + 99000, NOW_MS - HOUR_MS);
    known.floor_ms = NOW_MS - 5 * HOUR_MS; /* an answer of the same boot before it */
    known.floor_boot = 6;
    known.floor_uptime_s = 100;
    check(map(6, 200, &known), INSTANT_BOUNDED, NOW_MS - 5 * HOUR_MS + 99000, NOW_MS - HOUR_MS);
    check(map(6, 8 * 3600, &known), INSTANT_BOUNDED, NOW_MS - 5 * HOUR_MS,
          NOW_MS - HOUR_MS); /* cannot all be true */
}

static void test_order_of_the_journal_is_kept(void **state)
{
    struct instant_known known = known_now();

    (void)state;
    known.floor_ms = NOW_MS - 50 * MINUTE_MS + 800;
    known.floor_boot = 7;
    known.floor_uptime_s = 600;
    check(map(7, 600, &known), INSTANT_EXACT, known.floor_ms, known.floor_ms);
}

static void test_doubtful_clock_bounds_at_best(void **state)
{
    struct instant_known known = known_now();

    (void)state;
    known.is_clock_good = false;
    check(map(7, 600, &known), INSTANT_BOUNDED, NOW_MS - 55 * MINUTE_MS, NOW_MS - 45 * MINUTE_MS);
    check(map(7, 3600, &known), INSTANT_BOUNDED, NOW_MS - 5 * MINUTE_MS, NOW_MS);
    known.is_clock_good = true;
    known.newest_commit_ms = NOW_MS + HOUR_MS; /* the clock was set back */
    check(map(7, 3600, &known), INSTANT_BOUNDED, NOW_MS, NOW_MS + HOUR_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_present_boot_is_exact),
        cmocka_unit_test(test_uptime_from_the_future_is_not_believed),
        cmocka_unit_test(test_anchored_boot_is_mapped),
        cmocka_unit_test(test_unknown_boot_is_bounded_by_its_neighbours),
        cmocka_unit_test(test_order_of_the_journal_is_kept),
        cmocka_unit_test(test_doubtful_clock_bounds_at_best),
    };

    return cmocka_run_group_tests_name("instant", tests, NULL, NULL);
}
