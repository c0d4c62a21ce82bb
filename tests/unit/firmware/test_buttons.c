/* SPDX-License-Identifier: MIT
 *
 * Time is made here, in milliseconds. The random tests print their seed; `test_buttons SEED` replays one.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "firmware/core/buttons.h"
#include "tests/unit/cmocka_first.h"

#define ONE 0x01
#define FOUR 0x08
#define BOUNCE_MS_MAX 160

static unsigned seed;

struct bench {
    struct buttons buttons;
    uint32_t now_ms;
    unsigned presses[PORT_BUTTON_COUNT];
};

static void sample(struct bench *bench, uint8_t raw, uint32_t pause_ms)
{
    bench->now_ms += pause_ms;
    buttons_step(&bench->buttons, raw, bench->now_ms);
    for (uint8_t i = 0; i < PORT_BUTTON_COUNT; i++)
        bench->presses[i] += bench->buttons.pressed >> i & 1;
}

static void hold(struct bench *bench, uint8_t raw, uint32_t duration_ms)
{
    for (uint32_t t = 0; t < duration_ms; t += PORT_TICK_MS)
        sample(bench, raw, PORT_TICK_MS);
}

/* At rest, and armed. The clock is about to wrap: nothing may care. */
static void begin(struct bench *bench)
{
    memset(bench, 0, sizeof *bench);
    bench->now_ms = UINT32_MAX - 400;
    buttons_init(&bench->buttons, bench->now_ms);
    hold(bench, 0, 300);
}

static void test_press_is_reported_once_after_25_ms(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench);
    hold(&bench, ONE, 25);
    assert_int_equal(bench.presses[0], 0); /* the first sample only says that it changed */
    sample(&bench, ONE, PORT_TICK_MS);
    assert_int_equal(bench.buttons.pressed, ONE);
    assert_int_equal(bench.buttons.down, ONE);
    hold(&bench, ONE, 3000);
    assert_int_equal(bench.presses[0], 1);
    hold(&bench, 0, 300);
    hold(&bench, ONE, 100);
    assert_int_equal(bench.presses[0], 2);
}

static void test_press_is_coming_until_it_is_reported(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench);
    assert_false(buttons_is_press_coming(&bench.buttons));
    for (uint32_t t = 0; t < BUTTONS_PRESS_MS; t += PORT_TICK_MS) {
        sample(&bench, FOUR, PORT_TICK_MS);
        assert_true(buttons_is_press_coming(&bench.buttons));
    }
    sample(&bench, FOUR, PORT_TICK_MS);
    assert_int_equal(bench.buttons.pressed, FOUR);
    assert_false(buttons_is_press_coming(&bench.buttons));
    hold(&bench, FOUR, BUTTONS_STUCK_MS); /* neither held nor stuck */
    assert_false(buttons_is_press_coming(&bench.buttons));
    sample(&bench, 0, PORT_TICK_MS);
    sample(&bench, FOUR, PORT_TICK_MS); /* nor bouncing */
    assert_false(buttons_is_press_coming(&bench.buttons));
}

static void test_press_is_new_until_it_is_sampled(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench);
    assert_false(buttons_is_press_new(&bench.buttons, 0));
    assert_true(buttons_is_press_new(&bench.buttons, FOUR));
    sample(&bench, FOUR, PORT_TICK_MS);
    assert_false(buttons_is_press_new(&bench.buttons, FOUR));
    assert_true(buttons_is_press_new(&bench.buttons, FOUR | ONE));
    hold(&bench, FOUR, 100);
    sample(&bench, 0, PORT_TICK_MS);
    assert_false(buttons_is_press_new(&bench.buttons, FOUR)); /* it is bouncing */
}

static void test_short_spike_is_no_press(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench);
    for (int i = 0; i < 100; i++) {
        hold(&bench, ONE, 20);
        hold(&bench, 0, 5);
    }
    assert_int_equal(bench.presses[0], 0);
}

static void test_buttons_are_independent(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench);
    hold(&bench, ONE, 50);
    hold(&bench, ONE | FOUR, 50);
    assert_int_equal(bench.presses[0], 1);
    assert_int_equal(bench.presses[3], 1);
    assert_int_equal(bench.buttons.down, ONE | FOUR);
}

static void test_down_time_stops_at_release(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench);
    hold(&bench, ONE, 900);
    assert_in_range(buttons_down_ms(&bench.buttons, 0, bench.now_ms), 890, 905);
    hold(&bench, 0, 150);
    assert_in_range(buttons_down_ms(&bench.buttons, 0, bench.now_ms), 890, 910);
    hold(&bench, 0, 50);
    assert_int_equal(buttons_down_ms(&bench.buttons, 0, bench.now_ms), 0);
    assert_int_equal(buttons_down_ms(&bench.buttons, 1, bench.now_ms), 0);
}

static void test_button_held_ten_seconds_is_stuck_until_released(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench);
    hold(&bench, FOUR, 9900);
    assert_int_equal(bench.buttons.stuck, 0);
    hold(&bench, FOUR, 200);
    assert_int_equal(bench.buttons.stuck, FOUR);
    assert_int_equal(bench.presses[3], 1);
    hold(&bench, 0, 300);
    assert_int_equal(bench.buttons.stuck, 0);
    hold(&bench, FOUR, 50);
    assert_int_equal(bench.presses[3], 2);
}

static void test_button_down_at_power_up_is_stuck_and_never_pressed(void **state)
{
    struct bench bench = {.now_ms = 0};

    (void)state;
    buttons_init(&bench.buttons, 0);
    hold(&bench, FOUR, 10100);
    assert_int_equal(bench.presses[3], 0);
    assert_int_equal(bench.buttons.stuck, FOUR);
    hold(&bench, 0, 300);
    hold(&bench, FOUR, 50);
    assert_int_equal(bench.presses[3], 1);
}

static void test_pause_between_samples_makes_no_press(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench);
    sample(&bench, ONE, 5);
    sample(&bench, ONE, 60); /* what was in between is not known */
    assert_int_equal(bench.presses[0], 0);
    hold(&bench, ONE, 25);
    assert_int_equal(bench.presses[0], 1);
}

static void test_pause_between_samples_does_not_rearm(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench);
    hold(&bench, ONE, 50);
    sample(&bench, 0, 5); /* a bounce, just before a pause */
    sample(&bench, 0, 400);
    hold(&bench, ONE, 100);
    assert_int_equal(bench.presses[0], 1);
}

/* A contact that goes to and fro at random for up to BOUNCE_MS_MAX, sampled about every 5 ms, now and then
 * only after a pause of up to 60 ms, as while an answer is being stored. */
static void bounce(struct bench *bench, uint8_t final)
{
    uint32_t end_ms = bench->now_ms + (uint32_t)(rand() % (BOUNCE_MS_MAX + 1));
    uint8_t raw = final;
    int dwell = 1 + rand() % 30; /* lively or sluggish: how many samples it stays, on average */

    while ((int32_t)(end_ms - bench->now_ms) > 0) {
        uint32_t pause_ms = rand() % 20 == 0 ? (uint32_t)(rand() % 60) : PORT_TICK_MS;
        if (rand() % dwell == 0)
            raw ^= ONE;
        if (pause_ms > end_ms - bench->now_ms)
            break;
        sample(bench, raw, pause_ms);
    }
    bench->now_ms = end_ms;
}

static void test_bouncing_contact_counts_each_press_once(void **state)
{
    struct bench bench;

    (void)state;
    print_message("seed %u\n", seed);
    srand(seed);
    begin(&bench);
    for (unsigned press = 1; press <= 20000; press++) {
        bounce(&bench, ONE);
        hold(&bench, ONE, 40 + (uint32_t)(rand() % 200));
        bounce(&bench, 0);
        hold(&bench, 0, 180 + (uint32_t)(rand() % 200));
        if (bench.presses[0] != press)
            fail_msg("%u presses were counted as %u, seed %u", press, bench.presses[0], seed);
    }
}

/* What 160 ms of bouncing on one edge can do at worst: open for almost all of it, then closed again. */
static void test_longest_gap_in_a_bounce_does_not_rearm(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench);
    hold(&bench, ONE, 30);
    hold(&bench, 0, BOUNCE_MS_MAX);
    hold(&bench, ONE, 500);
    hold(&bench, 0, 300);
    assert_int_equal(bench.presses[0], 1);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_press_is_reported_once_after_25_ms),
        cmocka_unit_test(test_press_is_coming_until_it_is_reported),
        cmocka_unit_test(test_press_is_new_until_it_is_sampled),
        cmocka_unit_test(test_short_spike_is_no_press),
        cmocka_unit_test(test_buttons_are_independent),
        cmocka_unit_test(test_down_time_stops_at_release),
        cmocka_unit_test(test_button_held_ten_seconds_is_stuck_until_released),
        cmocka_unit_test(test_button_down_at_power_up_is_stuck_and_never_pressed),
        cmocka_unit_test(test_pause_between_samples_makes_no_press),
        cmocka_unit_test(test_pause_between_samples_does_not_rearm),
        cmocka_unit_test(test_bouncing_contact_counts_each_press_once),
        cmocka_unit_test(test_longest_gap_in_a_bounce_does_not_rearm),
    };

    seed = argc == 2 ? (unsigned)strtoul(argv[1], NULL, 10) : (unsigned)time(NULL);
    return cmocka_run_group_tests_name("buttons", tests, NULL, NULL);
}
