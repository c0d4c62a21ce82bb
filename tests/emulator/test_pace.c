/* SPDX-License-Identifier: MIT */
#include "tools/kiosk-emulator/core.h"
#include "tools/kiosk-emulator/pace.h"
#include "tests/unit/cmocka_first.h"

static const uint64_t ms = 1000000;

static uint64_t kiosk_ms(uint64_t cycle)
{
    return cycle / CORE_CYCLES_PER_MS;
}

static void test_speed_one_keeps_real_time(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 1, 7 * ms, 0);
    const uint64_t target = pace_target(&pace, 107 * ms, 0);
    assert_int_equal(kiosk_ms(target), 100);
    assert_int_equal(pace_due_ns(&pace, target), 107 * ms);
}

static void test_idle_line_runs_at_the_wanted_speed(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 50, 0, 0);
    const uint64_t target = pace_target(&pace, 100 * ms, 0);
    assert_int_equal(kiosk_ms(target), 5000);
    assert_int_equal(pace_due_ns(&pace, target), 100 * ms);
}

static void test_unanswered_byte_keeps_real_time_for_300_ms(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 50, 0, 0);
    pace_on_tx(&pace, 0);
    uint64_t cycle = pace_target(&pace, 100 * ms, 0);
    cycle = pace_target(&pace, 200 * ms, cycle);
    cycle = pace_target(&pace, 299 * ms, cycle);
    assert_in_range(kiosk_ms(cycle), 190, 300);
    cycle = pace_target(&pace, 301 * ms, cycle); /* fast again from here */
    const uint64_t later = pace_target(&pace, 311 * ms, cycle);
    assert_int_equal(kiosk_ms(later - cycle), 500);
}

static void test_answer_and_20_quiet_ms_allow_speed_again(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 50, 0, 0);
    pace_on_tx(&pace, 0);
    uint64_t cycle = pace_target(&pace, 4 * ms, 0);
    pace_on_rx(&pace, 4 * ms);
    cycle = pace_target(&pace, 23 * ms, cycle);
    assert_in_range(kiosk_ms(cycle), 15, 23);
    cycle = pace_target(&pace, 24 * ms, cycle);
    assert_int_equal(kiosk_ms(pace_target(&pace, 34 * ms, cycle) - cycle), 500);
}

static void test_hang_up_ends_the_wait_for_an_answer(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 50, 0, 0);
    pace_on_tx(&pace, 0);
    uint64_t cycle = pace_target(&pace, 1 * ms, 0);
    pace_on_hang_up(&pace);
    cycle = pace_target(&pace, 2 * ms, cycle);
    assert_int_equal(kiosk_ms(pace_target(&pace, 12 * ms, cycle) - cycle), 500);
}

static void test_kiosk_far_behind_gives_up_the_difference(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 1, 0, 0);
    assert_int_equal(kiosk_ms(pace_target(&pace, 240 * ms, 0)), 240);
    assert_int_equal(kiosk_ms(pace_target(&pace, 5000 * ms, 0)), 0);
    assert_int_equal(kiosk_ms(pace_target(&pace, 5010 * ms, 0)), 10);
}

static void test_target_never_lies_behind_the_kiosk(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 1, 0, 0);
    assert_int_equal(pace_target(&pace, 1 * ms, 99 * CORE_CYCLES_PER_MS), 99 * CORE_CYCLES_PER_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_speed_one_keeps_real_time),
        cmocka_unit_test(test_idle_line_runs_at_the_wanted_speed),
        cmocka_unit_test(test_unanswered_byte_keeps_real_time_for_300_ms),
        cmocka_unit_test(test_answer_and_20_quiet_ms_allow_speed_again),
        cmocka_unit_test(test_hang_up_ends_the_wait_for_an_answer),
        cmocka_unit_test(test_kiosk_far_behind_gives_up_the_difference),
        cmocka_unit_test(test_target_never_lies_behind_the_kiosk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
