/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "firmware/core/canvas.h"
#include "tests/unit/cmocka_first.h"

static unsigned count_lit(const struct canvas *canvas)
{
    unsigned count = 0;

    for (unsigned y = 0; y < CANVAS_HEIGHT; y++)
        for (unsigned x = 0; x < CANVAS_WIDTH; x++)
            count += canvas_is_set(canvas, (uint8_t)x, (uint8_t)y);
    return count;
}

static void test_fill_lights_exactly_the_rectangle(void **state)
{
    struct canvas canvas;

    (void)state;
    for (unsigned top = 0; top < CANVAS_HEIGHT; top += 5) {
        for (unsigned height = 0; top + height <= CANVAS_HEIGHT; height += 3) {
            canvas_clear(&canvas);
            canvas_fill(&canvas, 7, (uint8_t)top, 9, (uint8_t)height);
            assert_int_equal(count_lit(&canvas), 9 * height);
            if (height > 0) {
                assert_true(canvas_is_set(&canvas, 7, (uint8_t)top));
                assert_true(canvas_is_set(&canvas, 15, (uint8_t)(top + height - 1)));
            }
        }
    }
}

static void test_rectangles_are_clipped(void **state)
{
    struct canvas canvas;

    (void)state;
    canvas_clear(&canvas);
    canvas_fill(&canvas, 120, 60, 255, 255);
    assert_int_equal(count_lit(&canvas), 8 * 4);
    canvas_fill(&canvas, 128, 0, 1, 1);
    canvas_fill(&canvas, 0, 64, 1, 1);
    canvas_fill(&canvas, 255, 255, 255, 255);
    assert_int_equal(count_lit(&canvas), 8 * 4);
    canvas_erase(&canvas, 124, 0, 255, 255);
    assert_int_equal(count_lit(&canvas), 4 * 4);
}

static void test_invert_twice_is_nothing(void **state)
{
    struct canvas canvas, before;

    (void)state;
    canvas_clear(&canvas);
    canvas_text(&canvas, 3, 5, FONT_LARGE, "\u0141ukasz");
    before = canvas;
    canvas_invert(&canvas, 0, 3, 90, 20);
    assert_memory_not_equal(&canvas, &before, sizeof canvas);
    canvas_invert(&canvas, 0, 3, 90, 20);
    assert_memory_equal(&canvas, &before, sizeof canvas);
}

static void test_text_is_the_same_at_every_height(void **state)
{
    struct canvas high, low;

    (void)state;
    canvas_clear(&high);
    canvas_text(&high, 0, 0, FONT_LARGE, "G\u00FCnther & Zo\u00EB");
    for (unsigned y = 1; y + 13 <= CANVAS_HEIGHT; y++) {
        canvas_clear(&low);
        canvas_text(&low, 0, (uint8_t)y, FONT_LARGE, "G\u00FCnther & Zo\u00EB");
        for (unsigned row = 0; row < 13; row++)
            for (unsigned x = 0; x < CANVAS_WIDTH; x++)
                assert_int_equal(canvas_is_set(&high, (uint8_t)x, (uint8_t)row),
                                 canvas_is_set(&low, (uint8_t)x, (uint8_t)(row + y)));
        assert_int_equal(count_lit(&high), count_lit(&low));
    }
}

static void test_text_leaves_out_what_would_cross_the_edge(void **state)
{
    struct canvas canvas;

    (void)state;
    canvas_clear(&canvas);
    assert_int_equal(canvas_text(&canvas, 0, 0, FONT_SMALL, "0123456789012345678901234"), 21 * 6);
    assert_int_equal(canvas_text(&canvas, 0, 20, FONT_LARGE, "0123456789012345678901234"), 16 * 8);
    assert_int_equal(canvas_text(&canvas, 123, 40, FONT_SMALL, "A"), 123);
    assert_int_equal(canvas_text(&canvas, 0, 63, FONT_LARGE, "Ag"), 16);
}

static void test_damaged_text_shows_boxes(void **state)
{
    struct canvas damaged, boxes;

    (void)state;
    canvas_clear(&damaged);
    canvas_clear(&boxes);
    canvas_text(&damaged, 0, 0, FONT_SMALL,
                "A\xFF"
                "B\xC3");
    canvas_text(&boxes, 0, 0, FONT_SMALL,
                "A\u4F60"
                "B\u4F60");
    assert_memory_equal(&damaged, &boxes, sizeof boxes);
}

static void test_pictures_are_clipped(void **state)
{
    struct canvas canvas;

    (void)state;
    canvas_clear(&canvas);
    for (unsigned picture = 0; picture < PICTURE_COUNT; picture++) {
        canvas_picture(&canvas, 120, 60, (enum picture)picture);
        canvas_picture(&canvas, 250, 250, (enum picture)picture);
        assert_in_range(picture_width((enum picture)picture), 1, 24);
        assert_in_range(picture_height((enum picture)picture), 1, 24);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fill_lights_exactly_the_rectangle),
        cmocka_unit_test(test_rectangles_are_clipped),
        cmocka_unit_test(test_invert_twice_is_nothing),
        cmocka_unit_test(test_text_is_the_same_at_every_height),
        cmocka_unit_test(test_text_leaves_out_what_would_cross_the_edge),
        cmocka_unit_test(test_damaged_text_shows_boxes),
        cmocka_unit_test(test_pictures_are_clipped),
    };

    return cmocka_run_group_tests_name("canvas", tests, NULL, NULL);
}
