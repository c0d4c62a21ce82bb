/* SPDX-License-Identifier: MIT */
#include "rig.h"

#include <string.h>

enum { DISPLAY_WRITE = SSD1306_ADDRESS << 1, COMMANDS = 0x00, DATA = 0x40 };

/* Send bytes after the address at this rate; the results are as bench.h says. */
static void write_bus(struct rig *rig, uint8_t rate, uint8_t prescaler, const uint8_t *bytes, uint8_t count)
{
    rig_argument(rig, 0, rate);
    rig_argument(rig, 1, prescaler);
    rig_argument(rig, 2, count);
    for (unsigned i = 0; i < count; i++) {
        rig_argument(rig, 3 + i, bytes[i]);
    }
    rig_do(rig, BENCH_TWI_WRITE);
}

static void test_statuses_tell_start_address_and_data_apart(void **state)
{
    struct rig *rig = *state;
    const uint8_t bytes[] = {DISPLAY_WRITE, DATA, 0x81, 0x42};
    write_bus(rig, 12, 0, bytes, sizeof bytes);
    assert_int_equal(rig_result(rig, 0), 0x08);
    assert_int_equal(rig_result(rig, 1), 0x18);
    assert_int_equal(rig_result(rig, 2), 0x28);
    assert_int_equal(rig_result(rig, 3), 0x28);
    assert_int_equal(rig_result(rig, 4), 0x28);
    assert_int_equal(board_display(rig->board)->data_bytes, 2);
    assert_int_equal(board_twi(rig->board)->violations, 0);
}

static void test_stop_clears_its_own_bit_and_raises_no_flag(void **state)
{
    struct rig *rig = *state;
    const uint8_t bytes[] = {DISPLAY_WRITE, DATA};
    write_bus(rig, 12, 0, bytes, sizeof bytes);
    assert_int_equal(rig_result(rig, 5), 0x04); /* TWEN alone */
}

static void assert_byte_takes(struct rig *rig, uint8_t rate, uint8_t prescaler, unsigned cycles)
{
    const uint8_t bytes[] = {DISPLAY_WRITE, DATA, 0x00};
    write_bus(rig, rate, prescaler, bytes, sizeof bytes);
    assert_in_range(rig_result_word(rig, 4), cycles, cycles + 40);
}

static void test_byte_at_400_khz_takes_nine_bits_of_40_cycles(void **state)
{
    assert_byte_takes(*state, 12, 0, 9 * 40);
}

static void test_byte_at_100_khz_takes_nine_bits_of_160_cycles(void **state)
{
    assert_byte_takes(*state, 72, 0, 9 * 160);
}

static void test_prescaler_multiplies_the_bit_time(void **state)
{
    assert_byte_takes(*state, 12, 1, 9 * (16 + 2 * 12 * 4));
}

static void test_rate_above_400_khz_is_counted_as_too_fast(void **state)
{
    struct rig *rig = *state;
    assert_byte_takes(rig, 12, 0, 9 * 40);
    assert_int_equal(board_twi(rig->board)->too_fast_bytes, 0);
    assert_byte_takes(rig, 2, 0, 9 * 20);
    assert_int_equal(board_twi(rig->board)->too_fast_bytes, 3);
}

static void test_other_address_is_not_acknowledged(void **state)
{
    struct rig *rig = *state;
    const uint8_t bytes[] = {0x3D << 1, 0x55};
    write_bus(rig, 12, 0, bytes, sizeof bytes);
    assert_int_equal(rig_result(rig, 1), 0x20);
    assert_int_equal(rig_result(rig, 2), 0x30);
}

static void test_absent_display_is_not_acknowledged(void **state)
{
    struct rig *rig = *state;
    const uint8_t bytes[] = {DISPLAY_WRITE, DATA};
    board_set_display(rig->board, false);
    write_bus(rig, 12, 0, bytes, sizeof bytes);
    assert_int_equal(rig_result(rig, 1), 0x20);
    assert_int_equal(rig_result(rig, 2), 0x30);
    board_set_display(rig->board, true);
    write_bus(rig, 12, 0, bytes, sizeof bytes);
    assert_int_equal(rig_result(rig, 1), 0x18);
}

static void test_stuck_bus_never_completes_and_recovers_when_freed(void **state)
{
    struct rig *rig = *state;
    const uint8_t bytes[] = {DISPLAY_WRITE, DATA};
    board_set_bus_stuck(rig->board, true);
    write_bus(rig, 12, 0, bytes, sizeof bytes);
    assert_int_equal(rig_result(rig, 0), 0xFF);
    assert_int_equal(rig_result(rig, 1), 0xFF);
    board_set_bus_stuck(rig->board, false);
    write_bus(rig, 12, 0, bytes, sizeof bytes);
    assert_int_equal(rig_result(rig, 0), 0x08);
    assert_int_equal(rig_result(rig, 2), 0x28);
}

static void test_interrupt_follows_every_operation_but_stop(void **state)
{
    struct rig *rig = *state;
    rig_argument(rig, 0, 12);
    rig_argument(rig, 1, 0);
    rig_argument(rig, 2, 4);
    rig_argument(rig, 3, DISPLAY_WRITE);
    rig_argument(rig, 4, DATA);
    rig_argument(rig, 5, 0x11);
    rig_argument(rig, 6, 0x22);
    rig_do(rig, BENCH_TWI_WRITE_BY_INTERRUPT);
    assert_int_equal(rig_result(rig, 0), 5);
    assert_int_equal(rig_result(rig, 1), 0x28);
    assert_int_equal(board_display(rig->board)->data_bytes, 2);
}

static uint8_t start_bus(struct rig *rig)
{
    rig_do(rig, BENCH_TWI_START);
    return rig_result(rig, 0);
}

static void test_watchdog_reset_frees_the_bus(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(start_bus(rig), 0x08);
    assert_int_equal(start_bus(rig), 0x10);
    rig_start(rig, BENCH_WATCHDOG);
    assert_true(rig_finish(rig, 30));
    assert_int_equal(start_bus(rig), 0x08);
}

static void test_display_starts_dark_and_shows_what_is_written(void **state)
{
    struct rig *rig = *state;
    struct ssd1306_picture picture;
    const uint8_t commands[] = {DISPLAY_WRITE, COMMANDS, 0xA1, 0xC8, 0x8D, 0x14, 0x20, 0x00,
                                0x21,          0,        127,  0x22, 0,    7,    0xAF};
    const uint8_t data[] = {DISPLAY_WRITE, DATA, 0x01};
    board_look(rig->board, &picture);
    assert_false(ssd1306_picture_is_lit(&picture, 0, 0));
    write_bus(rig, 12, 0, commands, sizeof commands);
    write_bus(rig, 12, 0, data, sizeof data);
    board_look(rig->board, &picture);
    assert_true(ssd1306_picture_is_lit(&picture, 0, 0));
    assert_false(ssd1306_picture_is_lit(&picture, 0, 1));
}

static void test_first_picture_byte_after_a_press_is_told_once(void **state)
{
    struct rig *rig = *state;
    const uint8_t data[] = {DISPLAY_WRITE, DATA, 0x01, 0x02};
    board_press(rig->board, 0x01);
    board_run_ms(rig->board, 10);
    write_bus(rig, 12, 0, data, sizeof data);
    write_bus(rig, 12, 0, data, sizeof data);
    assert_int_equal(rig->events[BOARD_EVENT_DISPLAY], 1);
    assert_in_range(rig->last_value[BOARD_EVENT_DISPLAY], 10 * CORE_CYCLES_PER_MS, 11 * CORE_CYCLES_PER_MS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_statuses_tell_start_address_and_data_apart),
        TEST(test_stop_clears_its_own_bit_and_raises_no_flag),
        TEST(test_byte_at_400_khz_takes_nine_bits_of_40_cycles),
        TEST(test_byte_at_100_khz_takes_nine_bits_of_160_cycles),
        TEST(test_prescaler_multiplies_the_bit_time),
        TEST(test_rate_above_400_khz_is_counted_as_too_fast),
        TEST(test_other_address_is_not_acknowledged),
        TEST(test_absent_display_is_not_acknowledged),
        TEST(test_stuck_bus_never_completes_and_recovers_when_freed),
        TEST(test_interrupt_follows_every_operation_but_stop),
        TEST(test_watchdog_reset_frees_the_bus),
        TEST(test_display_starts_dark_and_shows_what_is_written),
        TEST(test_first_picture_byte_after_a_press_is_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
