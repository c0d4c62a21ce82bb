/* SPDX-License-Identifier: MIT
 *
 * Compares every case of screen_cases.c with its picture in tests/golden. `test_screen --write` makes the
 * pictures anew; look at them with tests/golden/contact-sheet before they are committed.
 */
#include <stdio.h>
#include <string.h>

#include "firmware/core/screen.h"
#include "screen_cases.h"
#include "tests/unit/cmocka_first.h"

#define PBM_SIZE_MAX (sizeof "P1\n128 64\n" + CANVAS_HEIGHT * (CANVAS_WIDTH + 1))

static void make_pbm(const struct canvas *canvas, char pbm[PBM_SIZE_MAX])
{
    char *end = pbm + sprintf(pbm, "P1\n128 64\n");

    for (uint8_t y = 0; y < CANVAS_HEIGHT; y++) {
        for (uint8_t x = 0; x < CANVAS_WIDTH; x++)
            *end++ = canvas_is_set(canvas, x, y) ? '1' : '0';
        *end++ = '\n';
    }
    *end = '\0';
}

static void draw_case(const struct screen_case *screen_case, char pbm[PBM_SIZE_MAX])
{
    struct canvas canvas;

    memset(&canvas, 0xA5, sizeof canvas);
    screen_draw(&screen_case->screen, &canvas);
    make_pbm(&canvas, pbm);
}

static void path_of(const struct screen_case *screen_case, char *path, size_t size)
{
    int length = snprintf(path, size, "%s/%s.pbm", GOLDEN_DIR, screen_case->name);
    assert_true(length > 0 && (size_t)length < size);
}

static int write_all(void)
{
    for (size_t i = 0; i < screen_case_count; i++) {
        char path[512], pbm[PBM_SIZE_MAX];
        path_of(&screen_cases[i], path, sizeof path);
        draw_case(&screen_cases[i], pbm);
        FILE *file = fopen(path, "w");
        if (file == NULL || fputs(pbm, file) < 0 || fclose(file) != 0) {
            perror(path);
            return 1;
        }
    }
    printf("%zu pictures written to %s\n", screen_case_count, GOLDEN_DIR);
    return 0;
}

static void test_every_screen_is_its_golden_picture(void **state)
{
    size_t different = 0;

    (void)state;
    for (size_t i = 0; i < screen_case_count; i++) {
        char path[512], pbm[PBM_SIZE_MAX], golden[PBM_SIZE_MAX] = "";
        path_of(&screen_cases[i], path, sizeof path);
        draw_case(&screen_cases[i], pbm);
        FILE *file = fopen(path, "r");
        if (file != NULL) {
            golden[fread(golden, 1, sizeof golden - 1, file)] = '\0';
            fclose(file);
        }
        if (strcmp(golden, pbm) != 0) {
            print_error("%s differs from what is drawn now\n", path);
            different++;
        }
    }
    assert_int_equal(different, 0);
}

static void test_every_kind_has_a_picture(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < SCREEN_KIND_COUNT; kind++) {
        size_t count = 0;
        for (size_t i = 0; i < screen_case_count; i++)
            count += screen_cases[i].screen.kind == kind;
        if (count == 0)
            fail_msg("screen kind %u has no case", kind);
    }
}

static void assert_same_pixels(const struct canvas *a, const struct canvas *b)
{
    assert_memory_equal(a->pages, b->pages, sizeof a->pages);
}

/* Chosen or not, with less of the bar or none, other marks at the idle screen, and back again: as if drawn anew each time. */
static void test_an_update_equals_the_whole_picture(void **state)
{
    (void)state;
    for (size_t i = 0; i < screen_case_count; i++) {
        struct screen from = screen_cases[i].screen;
        for (uint8_t button = 0; button <= 5; button++) {
            struct screen to = from;
            struct canvas updated, whole = {.changed = 0}, before = whole;
            to.chosen = button;
            to.bar = button & 1 ? 0 : from.bar / 2;
            if (from.kind == SCREEN_IDLE)
                to.marks ^= 1u << button % 4;
            screen_draw(&from, &before);
            updated = before;
            assert_true(screen_update(&from, &to, &updated));
            screen_draw(&to, &whole);
            assert_same_pixels(&updated, &whole);
            assert_true(screen_update(&to, &from, &updated));
            assert_same_pixels(&updated, &before);
        }
    }
}

static void test_what_is_another_picture_is_not_updated(void **state)
{
    const struct screen from = {.kind = SCREEN_CALLING, .names = {"Dan"}, .name_count = 1};
    struct screen idle = {.kind = SCREEN_IDLE, .marks = 1}, with_bar = {.kind = SCREEN_IDLE, .bar = 9};
    struct screen others[] = {from, from, from, from, from, from, from, from};
    struct canvas canvas = {.changed = 0}, before;

    (void)state;
    others[0].kind = SCREEN_WHO;
    others[1].language = LANGUAGE_DE;
    others[2].marks = 1;
    others[3].name_count = 2;
    others[4].has_more = true;
    others[5].name = "Zoe";
    others[6].names[3] = "Zoe";
    others[7].number[0] = 1;
    screen_draw(&from, &canvas);
    before = canvas;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_false(screen_update(&from, &others[i], &canvas));
        assert_same_pixels(&canvas, &before);
    }
    assert_false(screen_update(&idle, &with_bar, &canvas)); /* a bar over marks hides some of them */
    assert_false(screen_update(&with_bar, &idle, &canvas));
    assert_same_pixels(&canvas, &before);
}

static void test_absurd_screen_draws_within_canvas(void **state)
{
    struct screen screen = {.name_count = 255, .marks = 0xFF, .bar = 255, .chosen = 200, .language = 99};
    struct canvas canvas = {.changed = 0};

    (void)state;
    for (uint8_t i = 0; i < SCREEN_NAME_COUNT; i++)
        screen.names[i] = "a name that is far too long for any display";
    for (uint8_t i = 0; i < SCREEN_NUMBER_COUNT; i++)
        screen.number[i] = UINT16_MAX;
    for (unsigned kind = 0; kind < 256; kind++) {
        screen.kind = (uint8_t)kind;
        screen.name = kind & 1 ? NULL : screen.names[0];
        screen_draw(&screen, &canvas);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_screen_is_its_golden_picture),
        cmocka_unit_test(test_every_kind_has_a_picture),
        cmocka_unit_test(test_an_update_equals_the_whole_picture),
        cmocka_unit_test(test_what_is_another_picture_is_not_updated),
        cmocka_unit_test(test_absurd_screen_draws_within_canvas),
    };

    if (argc == 2 && strcmp(argv[1], "--write") == 0)
        return write_all();
    return cmocka_run_group_tests_name("screen", tests, NULL, NULL);
}
