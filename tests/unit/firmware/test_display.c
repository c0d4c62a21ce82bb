/* SPDX-License-Identifier: MIT
 *
 * port_display_write is a small SSD1306 here: page addressing only, that is all the kiosk uses.
 */
#include <stdbool.h>
#include <string.h>

#include "firmware/core/display.h"
#include "firmware/port/port.h"
#include "tests/unit/cmocka_first.h"

static struct {
    bool is_absent;
    bool is_on;
    uint8_t page;
    uint8_t pages[CANVAS_PAGE_COUNT][CANVAS_WIDTH];
    uint8_t order[64]; /* pages as they came */
    unsigned page_count;
    unsigned write_count;
} glass;

bool port_display_write(uint8_t control, const uint8_t *data, size_t size)
{
    glass.write_count++;
    if (glass.is_absent)
        return false;
    if (control == 0x40) {
        assert_int_equal(size, CANVAS_WIDTH);
        memcpy(glass.pages[glass.page], data, size);
        glass.order[glass.page_count++ % sizeof glass.order] = glass.page;
    } else if ((data[0] & 0xF8) == 0xB0) {
        assert_int_equal(size, 3);
        glass.page = data[0] & 7;
    } else if (data[0] == 0xAF) {
        glass.is_on = true;
    }
    return true;
}

static void lose_power(void)
{
    glass.is_on = false;
    memset(glass.pages, 0x5A, sizeof glass.pages);
}

struct bench {
    struct display display;
    struct canvas canvas;
    uint32_t now_ms;
};

static void begin(struct bench *bench)
{
    memset(&glass, 0, sizeof glass);
    memset(bench, 0, sizeof *bench);
    bench->now_ms = UINT32_MAX - 1500;
    lose_power();
    display_init(&bench->display, bench->now_ms);
}

static void run(struct bench *bench, uint32_t duration_ms)
{
    for (uint32_t t = 0; t < duration_ms; t += PORT_TICK_MS) {
        unsigned before = glass.page_count;
        bench->now_ms += PORT_TICK_MS;
        display_step(&bench->display, &bench->canvas, bench->now_ms);
        assert_in_range(glass.page_count - before, 0, 1);
    }
}

static void assert_shown(const struct bench *bench)
{
    assert_true(glass.is_on);
    assert_memory_equal(glass.pages, bench->canvas.pages, sizeof glass.pages);
}

static void test_picture_arrives_page_by_page_and_is_lit_last(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench);
    canvas_fill(&bench.canvas, 10, 10, 30, 30);
    display_show(&bench.display, &bench.canvas);
    run(&bench, 30);
    assert_false(glass.is_on);
    run(&bench, 70);
    assert_shown(&bench);
    assert_int_equal(glass.page_count, CANVAS_PAGE_COUNT);
    assert_int_equal(bench.display.faults, 0);
}

static void test_only_changed_pages_are_sent_the_brightest_change_first(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench);
    run(&bench, 100);
    glass.page_count = 0;
    canvas_fill(&bench.canvas, 0, 0, 3, 3);
    canvas_fill(&bench.canvas, 0, 32, 100, 6);
    display_show(&bench.display, &bench.canvas);
    run(&bench, 100);
    assert_int_equal(glass.page_count, 2);
    assert_int_equal(glass.order[0], 4);
    assert_int_equal(glass.order[1], 0);
    assert_shown(&bench);
}

static void test_a_small_change_is_sent_at_once(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench);
    run(&bench, 100);
    glass.page_count = 0;
    canvas_fill(&bench.canvas, 0, 32, 100, 6);
    display_show(&bench.display, &bench.canvas);
    canvas_fill(&bench.canvas, 0, 0, 3, 3);
    display_show_at_once(&bench.display, &bench.canvas);
    run(&bench, 100);
    assert_int_equal(glass.page_count, 2);
    assert_int_equal(glass.order[0], 0);
    assert_int_equal(glass.order[1], 4);
    assert_shown(&bench);
    display_show(&bench.display, &bench.canvas);
    run(&bench, 100);
    assert_int_equal(glass.page_count, 2);
}

static void test_unchanged_picture_sends_nothing(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench);
    run(&bench, 100);
    glass.page_count = 0;
    display_show(&bench.display, &bench.canvas);
    assert_false(display_step(&bench.display, &bench.canvas, bench.now_ms));
    assert_int_equal(glass.page_count, 0);
}

static void test_moved_pixel_is_noticed(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench);
    canvas_fill(&bench.canvas, 10, 10, 1, 1);
    display_show(&bench.display, &bench.canvas);
    run(&bench, 100);
    canvas_clear(&bench.canvas);
    canvas_fill(&bench.canvas, 11, 10, 1, 1);
    display_show(&bench.display, &bench.canvas);
    run(&bench, 100);
    assert_shown(&bench);
}

static void test_absent_display_is_tried_once_a_second_and_counted_once(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench);
    glass.is_absent = true;
    run(&bench, 10000);
    assert_in_range(glass.write_count, 9, 11);
    assert_int_equal(bench.display.faults, 1);
    assert_false(bench.display.is_ready);
    canvas_fill(&bench.canvas, 0, 0, 50, 50);
    display_show(&bench.display, &bench.canvas);
    glass.is_absent = false;
    run(&bench, 1200);
    assert_true(bench.display.is_ready);
    assert_shown(&bench);
    assert_int_equal(bench.display.faults, 1);
}

static void test_display_unplugged_for_a_while_is_redrawn(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench);
    canvas_fill(&bench.canvas, 5, 5, 50, 50);
    display_show(&bench.display, &bench.canvas);
    run(&bench, 100);
    lose_power();
    glass.is_absent = true;
    run(&bench, 3000);
    assert_int_equal(bench.display.faults, 1);
    glass.is_absent = false;
    run(&bench, 1200);
    assert_shown(&bench);
}

static void test_short_loss_of_power_is_repaired_by_the_refresh(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench);
    canvas_fill(&bench.canvas, 5, 5, 50, 50);
    display_show(&bench.display, &bench.canvas);
    run(&bench, 100);
    lose_power();
    run(&bench, DISPLAY_REFRESH_MS + 1200);
    assert_shown(&bench);
    assert_int_equal(bench.display.faults, 0);
}

static void test_change_while_sending_is_not_lost(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench);
    run(&bench, 100);
    canvas_fill(&bench.canvas, 0, 0, 128, 64);
    display_show(&bench.display, &bench.canvas);
    run(&bench, 15);
    canvas_erase(&bench.canvas, 0, 0, 128, 64);
    display_show(&bench.display, &bench.canvas);
    run(&bench, 100);
    assert_shown(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_picture_arrives_page_by_page_and_is_lit_last),
        cmocka_unit_test(test_only_changed_pages_are_sent_the_brightest_change_first),
        cmocka_unit_test(test_a_small_change_is_sent_at_once),
        cmocka_unit_test(test_unchanged_picture_sends_nothing),
        cmocka_unit_test(test_moved_pixel_is_noticed),
        cmocka_unit_test(test_absent_display_is_tried_once_a_second_and_counted_once),
        cmocka_unit_test(test_display_unplugged_for_a_while_is_redrawn),
        cmocka_unit_test(test_short_loss_of_power_is_repaired_by_the_refresh),
        cmocka_unit_test(test_change_while_sending_is_not_lost),
    };

    return cmocka_run_group_tests_name("display", tests, NULL, NULL);
}
