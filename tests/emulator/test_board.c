/* SPDX-License-Identifier: MIT */
#include "rig.h"

#include <string.h>

enum {
    SRAM = 0x1800,
    SRAM_BYTES = 256,
    U2X = 0x02,
    MCUSR_POWER_ON = 1,
    MCUSR_EXTERNAL = 2,
    MCUSR_WATCHDOG = 8
};

static void read_sram(const struct rig *rig, uint8_t *bytes)
{
    for (unsigned i = 0; i < SRAM_BYTES; i++) {
        bytes[i] = board_peek(rig->board, (uint16_t)(SRAM + i));
    }
}

static void test_sram_is_random_at_power_up_and_the_same_for_the_same_seed(void **state)
{
    struct rig *rig = *state;
    uint8_t first[SRAM_BYTES];
    uint8_t again[SRAM_BYTES];
    uint8_t other[SRAM_BYTES];
    const uint8_t zeros[SRAM_BYTES] = {0};
    read_sram(rig, first);
    rig_power_cycle(rig, EEPROM_TEAR_OLD);
    read_sram(rig, again);
    rig->config.seed = 2;
    rig_power_cycle(rig, EEPROM_TEAR_OLD);
    read_sram(rig, other);
    assert_memory_not_equal(first, zeros, SRAM_BYTES);
    assert_memory_equal(first, again, SRAM_BYTES);
    assert_memory_not_equal(first, other, SRAM_BYTES);
}

static void test_power_up_is_told_from_a_watchdog_reset_and_from_the_reset_pin(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(board_peek(rig->board, BENCH_MAILBOX + BENCH_RESET_CAUSE), MCUSR_POWER_ON);
    rig_start(rig, BENCH_WATCHDOG);
    assert_true(rig_finish(rig, 30));
    assert_int_equal(board_peek(rig->board, BENCH_MAILBOX + BENCH_RESET_CAUSE), MCUSR_WATCHDOG);
    assert_int_equal(rig->last_value[BOARD_EVENT_RESET] & MCUSR_WATCHDOG, MCUSR_WATCHDOG);
    board_reset(rig->board);
    board_run_ms(rig->board, 1);
    assert_int_equal(board_peek(rig->board, BENCH_MAILBOX + BENCH_RESET_CAUSE), MCUSR_EXTERNAL);
    assert_int_equal(board_resets(rig->board), 2);
}

static void test_reset_keeps_sram(void **state)
{
    struct rig *rig = *state;
    uint8_t before[SRAM_BYTES];
    uint8_t after[SRAM_BYTES];
    read_sram(rig, before);
    rig_start(rig, BENCH_WATCHDOG);
    assert_true(rig_finish(rig, 30));
    read_sram(rig, after);
    assert_memory_equal(before, after, SRAM_BYTES);
}

static void test_time_goes_on_through_a_watchdog_reset(void **state)
{
    struct rig *rig = *state;
    const uint64_t begin = board_cycle(rig->board);
    rig_start(rig, BENCH_WATCHDOG);
    assert_int_equal(board_run_ms(rig->board, 25), BOARD_REACHED);
    assert_int_equal(board_resets(rig->board), 1);
    assert_in_range(board_cycle(rig->board) - begin, 25 * CORE_CYCLES_PER_MS, 25 * CORE_CYCLES_PER_MS + 16);
}

static void test_watchdog_reset_keeps_every_model_working(void **state)
{
    struct rig *rig = *state;
    rig_start(rig, BENCH_WATCHDOG);
    assert_true(rig_finish(rig, 30));
    rig_eeprom_write(rig, 3, 0x42, EEPROM_ERASE_AND_WRITE, 0);
    assert_int_equal(rig->cells[3], 0x42);
    rig_argument(rig, 0, 12);
    rig_argument(rig, 1, 0);
    rig_argument(rig, 2, 2);
    rig_argument(rig, 3, SSD1306_ADDRESS << 1);
    rig_argument(rig, 4, 0x40);
    rig_do(rig, BENCH_TWI_WRITE);
    assert_int_equal(rig_result(rig, 1), 0x18);
    rig_argument(rig, 0, U2X);
    rig_argument(rig, 1, 16);
    rig_argument(rig, 2, 0);
    rig_argument(rig, 3, 0x06);
    rig_argument(rig, 4, 2);
    rig_do(rig, BENCH_UART_SEND);
    assert_int_equal(rig->sent_count, 2);
}

static void test_bytes_the_host_has_queued_outlive_a_watchdog_reset(void **state)
{
    struct rig *rig = *state;
    static const uint8_t bytes[40];
    rig_start(rig, BENCH_WATCHDOG);
    board_run_ms(rig->board, 14);
    board_send(rig->board, bytes, sizeof bytes);
    board_run_ms(rig->board, 8);
    assert_int_equal(board_resets(rig->board), 1);
    assert_int_equal(uart_model_room(board_uart(rig->board)), UART_HOST_QUEUE_CAPACITY);
    assert_in_range(board_uart(rig->board)->deaf_bytes, sizeof bytes - 1, sizeof bytes);
}

static uint8_t read_pins(struct rig *rig)
{
    rig_do(rig, BENCH_READ_PINS);
    return rig_result(rig, 0);
}

static void test_buttons_pull_their_pins_low(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(read_pins(rig), 0x1F);
    for (unsigned i = 0; i < 5; i++) {
        board_press(rig->board, (uint8_t)(1U << i));
        assert_int_equal(read_pins(rig), 0x1F & ~(1U << i));
    }
    board_press(rig->board, 0);
    assert_int_equal(read_pins(rig), 0x1F);
}

static void test_button_held_at_power_up_is_seen_with_pull_ups_on(void **state)
{
    struct rig *rig = *state;
    rig->config.pressed = 0x04;
    rig_power_cycle(rig, EEPROM_TEAR_OLD);
    assert_int_equal(read_pins(rig), 0x1B);
}

static void test_held_button_is_still_held_after_a_watchdog_reset(void **state)
{
    struct rig *rig = *state;
    board_press(rig->board, 0x11);
    rig_start(rig, BENCH_WATCHDOG);
    assert_true(rig_finish(rig, 30));
    assert_int_equal(read_pins(rig), 0x0E);
}

static void test_piezo_edges_are_counted(void **state)
{
    struct rig *rig = *state;
    rig_do(rig, BENCH_PIEZO);
    assert_in_range(board_piezo(rig->board)->edges, 155, 165);
}

static void test_sleep_with_interrupts_off_is_a_fault(void **state)
{
    struct rig *rig = *state;
    rig_start(rig, BENCH_SLEEP_FOREVER);
    assert_int_equal(board_run_ms(rig->board, 2), BOARD_FAULTY);
    assert_int_equal(board_run_ms(rig->board, 2), BOARD_FAULTY);
    assert_int_equal(rig->events[BOARD_EVENT_FAULT], 1);
}

static void test_boards_in_one_process_do_not_disturb_each_other(void **state)
{
    struct rig *rig = *state;
    uint8_t cells[EEPROM_SIZE];
    memset(cells, 0xFF, sizeof cells);
    struct board_config config = rig->config;
    config.eeprom = cells;
    config.on_tx = NULL;
    config.on_event = NULL;
    struct board *other = board_create(&config);
    assert_non_null(other);
    board_press(other, 0x1F);
    board_run_ms(other, 5);
    rig_eeprom_write(rig, 0, 0x12, EEPROM_ERASE_AND_WRITE, 0);
    assert_int_equal(rig->cells[0], 0x12);
    assert_int_equal(cells[0], 0xFF);
    assert_int_equal(read_pins(rig), 0x1F);
    board_destroy(other);
    assert_int_equal(read_pins(rig), 0x1F);
}

static void test_stops_on_the_way_do_not_change_where_the_kiosk_gets(void **state)
{
    struct rig *rig = *state;
    uint64_t cycles[2];
    unsigned results[2];
    for (unsigned run = 0; run < 2; run++) {
        rig_power_cycle(rig, EEPROM_TEAR_OLD);
        rig_argument(rig, 0, 0);
        rig_argument(rig, 1, 0);
        rig_argument(rig, 2, 3);
        rig_argument(rig, 3, 0);
        rig_start(rig, BENCH_EEPROM_STREAM);
        const uint64_t begin = board_cycle(rig->board);
        for (unsigned stop = 1; run == 1 && stop < 20; stop++) {
            board_run_to(rig->board, begin + (uint64_t)stop * CORE_CYCLES_PER_MS);
        }
        board_run_to(rig->board, begin + 20 * CORE_CYCLES_PER_MS);
        cycles[run] = board_cycle(rig->board);
        results[run] = rig_result_word(rig, 1);
    }
    assert_int_equal(cycles[0], cycles[1]);
    assert_int_equal(results[0], results[1]);
}

static void test_what_is_not_an_image_is_refused(void **state)
{
    (void)state;
    const char *error = NULL;
    assert_null(image_open("/nonexistent", &error));
    assert_string_equal(error, "cannot be opened");
    assert_null(image_open(EMULATOR_IMAGES "/Makefile-that-is-not-there", &error));
    assert_null(image_open("/proc/self/exe", &error));
    assert_string_equal(error, "is not an ELF file for AVR");
    assert_null(image_open("/etc/passwd", &error));
    assert_string_equal(error, "is not an ELF file");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_sram_is_random_at_power_up_and_the_same_for_the_same_seed),
        TEST(test_power_up_is_told_from_a_watchdog_reset_and_from_the_reset_pin),
        TEST(test_reset_keeps_sram),
        TEST(test_time_goes_on_through_a_watchdog_reset),
        TEST(test_watchdog_reset_keeps_every_model_working),
        TEST(test_bytes_the_host_has_queued_outlive_a_watchdog_reset),
        TEST(test_buttons_pull_their_pins_low),
        TEST(test_button_held_at_power_up_is_seen_with_pull_ups_on),
        TEST(test_held_button_is_still_held_after_a_watchdog_reset),
        TEST(test_piezo_edges_are_counted),
        TEST(test_sleep_with_interrupts_off_is_a_fault),
        TEST(test_boards_in_one_process_do_not_disturb_each_other),
        TEST(test_stops_on_the_way_do_not_change_where_the_kiosk_gets),
        cmocka_unit_test(test_what_is_not_an_image_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
