/* SPDX-License-Identifier: MIT */
#include <string.h>
#include "tools/kiosk-emulator/ssd1306_model.h"
#include "tests/unit/cmocka_first.h"

enum { COMMANDS = 0x00, DATA = 0x40, ONE_COMMAND = 0x80, ONE_DATA = 0xC0 };

static void write_bytes(struct ssd1306_model *model, uint8_t control, const uint8_t *bytes, size_t count)
{
    ssd1306_model_begin(model);
    ssd1306_model_write(model, control);
    for (size_t i = 0; i < count; i++) {
        ssd1306_model_write(model, bytes[i]);
    }
}

#define COMMAND(model, ...) \
    write_bytes(model, COMMANDS, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))
#define PAINT(model, ...) \
    write_bytes(model, DATA, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

/* The right initialisation for the module, and a blank RAM. */
static void init(struct ssd1306_model *model)
{
    struct noise noise;
    noise_init(&noise, 1);
    ssd1306_model_init(model, &noise);
    memset(model->ram, 0, sizeof model->ram);
    COMMAND(model, 0xAE, 0xD5, 0x80, 0xA8, 0x3F, 0xD3, 0x00, 0x40, 0x8D, 0x14, 0x20, 0x00, 0xA1, 0xC8, 0xDA,
            0x12, 0x81, 0x7F, 0xD9, 0xF1, 0xDB, 0x40, 0xA4, 0xA6, 0x21, 0, 127, 0x22, 0, 7, 0xAF);
}

static bool is_lit(const struct ssd1306_model *model, unsigned x, unsigned y)
{
    struct ssd1306_picture picture;
    ssd1306_model_look(model, &picture);
    return ssd1306_picture_is_lit(&picture, x, y);
}

static unsigned count_lit(const struct ssd1306_model *model)
{
    struct ssd1306_picture picture;
    unsigned count = 0;
    ssd1306_model_look(model, &picture);
    for (unsigned i = 0; i < SSD1306_WIDTH * SSD1306_HEIGHT; i++) {
        count += ssd1306_picture_is_lit(&picture, i % SSD1306_WIDTH, i / SSD1306_WIDTH);
    }
    return count;
}

static void assert_only_lit(const struct ssd1306_model *model, unsigned x, unsigned y)
{
    assert_true(is_lit(model, x, y));
    assert_int_equal(count_lit(model), 1);
}

static void test_right_initialisation_puts_the_first_bit_at_the_top_left(void **state)
{
    (void)state;
    struct ssd1306_model model;
    init(&model);
    PAINT(&model, 0x01);
    assert_only_lit(&model, 0, 0);
    assert_int_equal(model.unknown_commands, 0);
}

static void test_display_ram_starts_with_noise(void **state)
{
    (void)state;
    struct ssd1306_model model;
    struct noise noise;
    noise_init(&noise, 1);
    ssd1306_model_init(&model, &noise);
    assert_int_equal(count_lit(&model), 0);
    COMMAND(&model, 0x8D, 0x14, 0xAF);
    assert_in_range(count_lit(&model), 3500, 4700);
}

static void test_display_is_dark_without_charge_pump(void **state)
{
    (void)state;
    struct ssd1306_model model;
    init(&model);
    PAINT(&model, 0xFF);
    COMMAND(&model, 0x8D, 0x10);
    assert_int_equal(count_lit(&model), 0);
    COMMAND(&model, 0x8D, 0x14);
    assert_int_equal(count_lit(&model), 8);
}

static void test_display_off_is_dark_and_says_so_when_read(void **state)
{
    (void)state;
    struct ssd1306_model model;
    init(&model);
    PAINT(&model, 0xFF);
    assert_int_equal(ssd1306_model_read(&model), 0x00);
    COMMAND(&model, 0xAE);
    assert_int_equal(count_lit(&model), 0);
    assert_int_equal(ssd1306_model_read(&model), 0x40);
}

static void test_inverse_and_all_on(void **state)
{
    (void)state;
    struct ssd1306_model model;
    init(&model);
    PAINT(&model, 0x01);
    COMMAND(&model, 0xA7);
    assert_int_equal(count_lit(&model), 128 * 64 - 1);
    assert_false(is_lit(&model, 0, 0));
    COMMAND(&model, 0xA5);
    assert_int_equal(count_lit(&model), 128 * 64);
}

static void test_horizontal_addressing_wraps_to_the_next_page_of_its_window(void **state)
{
    (void)state;
    struct ssd1306_model model;
    init(&model);
    COMMAND(&model, 0x21, 10, 11, 0x22, 2, 3);
    PAINT(&model, 0, 0, 0, 0x01);
    assert_only_lit(&model, 11, 24);
    PAINT(&model, 0x80); /* wrapped to the window's first cell */
    assert_true(is_lit(&model, 10, 23));
}

static void test_vertical_addressing_goes_down_first(void **state)
{
    (void)state;
    struct ssd1306_model model;
    init(&model);
    COMMAND(&model, 0x20, 0x01, 0x21, 10, 11, 0x22, 2, 3);
    PAINT(&model, 0, 0, 0x01);
    assert_only_lit(&model, 11, 16);
}

static void test_page_addressing_stays_on_its_page(void **state)
{
    (void)state;
    struct ssd1306_model model;
    init(&model);
    COMMAND(&model, 0x20, 0x02, 0xB5, 0x0F, 0x17); /* page 5, column 0x7F */
    PAINT(&model, 0x00, 0x01);
    assert_only_lit(&model, 0, 40);
}

static void test_without_segment_remap_the_picture_is_mirrored(void **state)
{
    (void)state;
    struct ssd1306_model model;
    init(&model);
    COMMAND(&model, 0xA0);
    PAINT(&model, 0x01);
    assert_only_lit(&model, 127, 0);
}

static void test_segment_remap_leaves_what_is_stored(void **state)
{
    (void)state;
    struct ssd1306_model model;
    init(&model);
    PAINT(&model, 0x01);
    COMMAND(&model, 0xA0);
    assert_only_lit(&model, 0, 0);
}

static void test_without_com_reversal_the_picture_stands_on_its_head(void **state)
{
    (void)state;
    struct ssd1306_model model;
    init(&model);
    PAINT(&model, 0x01);
    COMMAND(&model, 0xC0);
    assert_only_lit(&model, 0, 63);
}

static void test_start_line_and_offset_move_the_picture_up(void **state)
{
    (void)state;
    struct ssd1306_model model;
    init(&model);
    PAINT(&model, 0x10);
    assert_only_lit(&model, 0, 4);
    COMMAND(&model, 0x43);
    assert_only_lit(&model, 0, 1);
    COMMAND(&model, 0x40, 0xD3, 0x03);
    assert_only_lit(&model, 0, 1);
}

static void test_sequential_com_pins_interlace_the_picture(void **state)
{
    (void)state;
    struct ssd1306_model model;
    init(&model);
    PAINT(&model, 0x03);
    COMMAND(&model, 0xDA, 0x02);
    assert_int_equal(count_lit(&model), 2);
    assert_true(is_lit(&model, 0, 0));
    assert_true(is_lit(&model, 0, 2));
}

static void test_small_multiplex_ratio_darkens_rows(void **state)
{
    (void)state;
    struct ssd1306_model model;
    init(&model);
    COMMAND(&model, 0xA5, 0xA8, 31);
    assert_int_equal(count_lit(&model), 128 * 32);
}

static void test_single_byte_control_alternates_commands_and_data(void **state)
{
    (void)state;
    struct ssd1306_model model;
    init(&model);
    ssd1306_model_begin(&model);
    const uint8_t bytes[] = {ONE_COMMAND, 0x21, ONE_COMMAND, 5, ONE_COMMAND, 9, ONE_DATA, 0x02, DATA, 0x01};
    for (size_t i = 0; i < sizeof bytes; i++) {
        ssd1306_model_write(&model, bytes[i]);
    }
    assert_true(is_lit(&model, 5, 1));
    assert_true(is_lit(&model, 6, 0));
    assert_int_equal(count_lit(&model), 2);
}

static void test_unknown_commands_are_counted(void **state)
{
    (void)state;
    struct ssd1306_model model;
    init(&model);
    COMMAND(&model, 0xE4, 0x2F);
    assert_int_equal(model.unknown_commands, 2);
    assert_int_equal(model.last_unknown, 0x2F);
}

static void test_command_cut_short_by_a_new_start_is_forgotten(void **state)
{
    (void)state;
    struct ssd1306_model model;
    init(&model);
    COMMAND(&model, 0x21, 64);
    PAINT(&model, 0x01);
    assert_only_lit(&model, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_right_initialisation_puts_the_first_bit_at_the_top_left),
        cmocka_unit_test(test_display_ram_starts_with_noise),
        cmocka_unit_test(test_display_is_dark_without_charge_pump),
        cmocka_unit_test(test_display_off_is_dark_and_says_so_when_read),
        cmocka_unit_test(test_inverse_and_all_on),
        cmocka_unit_test(test_horizontal_addressing_wraps_to_the_next_page_of_its_window),
        cmocka_unit_test(test_vertical_addressing_goes_down_first),
        cmocka_unit_test(test_page_addressing_stays_on_its_page),
        cmocka_unit_test(test_without_segment_remap_the_picture_is_mirrored),
        cmocka_unit_test(test_segment_remap_leaves_what_is_stored),
        cmocka_unit_test(test_without_com_reversal_the_picture_stands_on_its_head),
        cmocka_unit_test(test_start_line_and_offset_move_the_picture_up),
        cmocka_unit_test(test_sequential_com_pins_interlace_the_picture),
        cmocka_unit_test(test_small_multiplex_ratio_darkens_rows),
        cmocka_unit_test(test_single_byte_control_alternates_commands_and_data),
        cmocka_unit_test(test_unknown_commands_are_counted),
        cmocka_unit_test(test_command_cut_short_by_a_new_start_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
