/* SPDX-License-Identifier: MIT */
#include "rig.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CYCLES_PER_US = CORE_CYCLES_PER_MS / 1000, MEASURING_ERROR_CYCLES = 40 };

static void assert_busy_us(const struct rig *rig, unsigned us)
{
    const unsigned cycles = rig_result_word(rig, 0);
    assert_in_range(cycles, us * CYCLES_PER_US - MEASURING_ERROR_CYCLES,
                    us * CYCLES_PER_US + MEASURING_ERROR_CYCLES);
}

static void test_erase_and_write_is_busy_3400_us(void **state)
{
    struct rig *rig = *state;
    rig->cells[0x123] = 0x0F;
    rig_eeprom_write(rig, 0x123, 0xA5, EEPROM_ERASE_AND_WRITE, 0);
    assert_busy_us(rig, 3400);
    assert_int_equal(rig->cells[0x123], 0xA5);
    assert_int_equal(rig_eeprom_read(rig, 0x123), 0xA5);
}

static void test_erase_only_is_busy_1800_us_and_leaves_ff(void **state)
{
    struct rig *rig = *state;
    rig->cells[0xFFF] = 0x0F;
    rig_eeprom_write(rig, 0xFFF, 0xA5, EEPROM_ERASE_ONLY, 0);
    assert_busy_us(rig, 1800);
    assert_int_equal(rig->cells[0xFFF], 0xFF);
}

static void test_write_only_is_busy_1800_us_and_clears_bits_only(void **state)
{
    struct rig *rig = *state;
    rig->cells[7] = 0x3C;
    rig_eeprom_write(rig, 7, 0xF6, EEPROM_WRITE_ONLY, 0);
    assert_busy_us(rig, 1800);
    assert_int_equal(rig->cells[7], 0x34);
}

static void test_cell_keeps_old_value_until_the_write_is_done(void **state)
{
    struct rig *rig = *state;
    rig->cells[9] = 0x11;
    rig_argument(rig, 0, 9);
    rig_argument(rig, 1, 0);
    rig_argument(rig, 2, 0x22);
    rig_argument(rig, 3, EEPROM_ERASE_AND_WRITE);
    rig_argument(rig, 4, 0);
    rig_start(rig, BENCH_EEPROM_WRITE);
    board_run_ms(rig->board, 3);
    assert_true(board_eeprom(rig->board)->is_busy);
    assert_int_equal(rig->cells[9], 0x11);
    assert_true(rig_finish(rig, 2));
    assert_int_equal(rig->cells[9], 0x22);
}

static void test_read_while_busy_gives_nothing_and_is_a_violation(void **state)
{
    struct rig *rig = *state;
    rig->cells[9] = 0x11;
    rig_eeprom_write(rig, 9, 0x22, EEPROM_ERASE_AND_WRITE, 0);
    assert_int_equal(rig_result(rig, 2), 0x77);
    assert_int_equal(board_eeprom(rig->board)->violations, 1);
}

static void test_write_four_cycles_after_its_permission_is_in_time(void **state)
{
    struct rig *rig = *state;
    rig_eeprom_write(rig, 5, 0x55, EEPROM_ERASE_AND_WRITE, 2);
    assert_int_equal(rig->cells[5], 0x55);
}

static void test_write_later_than_four_cycles_is_refused(void **state)
{
    struct rig *rig = *state;
    rig_eeprom_write(rig, 5, 0x55, EEPROM_ERASE_AND_WRITE, 5);
    assert_int_equal(rig_result_word(rig, 0), 0);
    assert_int_equal(rig->cells[5], 0xFF);
    assert_true(board_eeprom(rig->board)->violations > 0);
}

static void test_ready_interrupt_stands_while_nothing_is_written(void **state)
{
    struct rig *rig = *state;
    rig_argument(rig, 0, 0x40);
    rig_argument(rig, 1, 0);
    rig_argument(rig, 2, 5);
    rig_argument(rig, 3, 3);
    rig_do(rig, BENCH_EEPROM_STREAM);
    /* Three times for nothing, once for each of five writes, once after the last. */
    assert_int_equal(rig_result(rig, 0), 9);
    assert_memory_equal(rig->cells + 0x40, "\1\2\3\4\5\377", 6);
    assert_in_range(rig_result_word(rig, 1), 5 * 3400 * CYCLES_PER_US / 256,
                    5 * 3400 * CYCLES_PER_US / 256 + 4);
}

/* Cut the power half-way through a write of 0xA6 over 0x3C, and read what is left after the next power-up. */
static uint8_t cut_and_read(struct rig *rig, enum eeprom_tear tear)
{
    rig->cells[0x200] = 0x3C;
    board_plan_cut(rig->board, 1, tear);
    rig_eeprom_write(rig, 0x200, 0xA6, EEPROM_ERASE_AND_WRITE, 0);
    assert_int_equal(board_run_ms(rig->board, 1), BOARD_POWER_LOST);
    assert_int_equal(rig->events[BOARD_EVENT_POWER_LOST], 1);
    rig_power_cycle(rig, EEPROM_TEAR_OLD);
    return rig_eeprom_read(rig, 0x200);
}

static void test_write_torn_half_way_may_leave_old(void **state)
{
    assert_int_equal(cut_and_read(*state, EEPROM_TEAR_OLD), 0x3C);
}

static void test_write_torn_half_way_may_leave_new(void **state)
{
    assert_int_equal(cut_and_read(*state, EEPROM_TEAR_NEW), 0xA6);
}

static void test_write_torn_half_way_may_leave_an_erased_cell(void **state)
{
    assert_int_equal(cut_and_read(*state, EEPROM_TEAR_ERASED), 0xFF);
}

static void test_write_torn_half_way_leaves_old_and_new(void **state)
{
    assert_int_equal(cut_and_read(*state, EEPROM_TEAR_AND), 0x3C & 0xA6);
}

static void test_write_torn_half_way_leaves_noise_that_stays_the_same(void **state)
{
    struct rig *rig = *state;
    const uint8_t noise = cut_and_read(rig, EEPROM_TEAR_NOISE);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(rig_eeprom_read(rig, 0x200), noise);
    }
}

static void test_unstable_cell_reads_differently_until_it_is_written(void **state)
{
    struct rig *rig = *state;
    unsigned old = 0;
    unsigned new = 0;
    cut_and_read(rig, EEPROM_TEAR_UNSTABLE);
    for (int i = 0; i < 40; i++) {
        const uint8_t value = rig_eeprom_read(rig, 0x200);
        old += value == 0x3C;
        new += value == 0xA6;
    }
    assert_int_equal(old + new, 40);
    assert_true(old > 0 && new > 0);
    rig_eeprom_write(rig, 0x200, 0x42, EEPROM_ERASE_AND_WRITE, 0);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(rig_eeprom_read(rig, 0x200), 0x42);
    }
}

static void test_cut_falls_into_the_third_write_and_spares_the_others(void **state)
{
    struct rig *rig = *state;
    rig_argument(rig, 0, 0x10);
    rig_argument(rig, 1, 0);
    rig_argument(rig, 2, 9);
    rig_argument(rig, 3, 0);
    board_plan_cut(rig->board, 3, EEPROM_TEAR_ERASED);
    rig_start(rig, BENCH_EEPROM_STREAM);
    assert_false(rig_finish(rig, 100));
    assert_int_equal(board_eeprom(rig->board)->writes_begun, 3);
    assert_memory_equal(rig->cells + 0x10, "\1\2\377\377", 4);
}

static void test_power_lost_outside_a_write_tears_nothing(void **state)
{
    struct rig *rig = *state;
    uint8_t before[EEPROM_SIZE];
    rig_eeprom_write(rig, 1, 0x42, EEPROM_ERASE_AND_WRITE, 0);
    memcpy(before, rig->cells, sizeof before);
    rig_power_cycle(rig, EEPROM_TEAR_NOISE);
    assert_memory_equal(rig->cells, before, sizeof before);
}

static void test_board_can_stop_at_each_write_it_begins(void **state)
{
    struct rig *rig = *state;
    unsigned stops = 0;
    rig_argument(rig, 0, 0);
    rig_argument(rig, 1, 0);
    rig_argument(rig, 2, 4);
    rig_argument(rig, 3, 0);
    board_stop_at_writes(rig->board, true);
    rig_start(rig, BENCH_EEPROM_STREAM);
    const uint64_t end = board_cycle(rig->board) + 50 * CORE_CYCLES_PER_MS;
    while (board_run_to(rig->board, end) == BOARD_STOPPED) {
        stops++;
        assert_true(board_eeprom(rig->board)->is_busy);
    }
    assert_int_equal(stops, 4);
}

/* What a forked copy of the board leaves in the cell when its power goes now. */
static int cut_in_a_fork(struct rig *rig, enum eeprom_tear tear)
{
    int status = 0;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        board_lose_power(rig->board, tear);
        _exit(rig->cells[0x30]);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WEXITSTATUS(status);
}

static void test_board_can_be_forked_inside_a_write(void **state)
{
    struct rig *rig = *state;
    rig->cells[0x30] = 0x0F;
    board_stop_at_writes(rig->board, true);
    rig_argument(rig, 0, 0x30);
    rig_argument(rig, 1, 0);
    rig_argument(rig, 2, 0x35);
    rig_argument(rig, 3, EEPROM_ERASE_AND_WRITE);
    rig_argument(rig, 4, 0);
    rig_start(rig, BENCH_EEPROM_WRITE);
    assert_int_equal(board_run_ms(rig->board, 1), BOARD_STOPPED);
    assert_int_equal(cut_in_a_fork(rig, EEPROM_TEAR_OLD), 0x0F);
    assert_int_equal(cut_in_a_fork(rig, EEPROM_TEAR_NEW), 0x35);
    assert_int_equal(cut_in_a_fork(rig, EEPROM_TEAR_ERASED), 0xFF);
    assert_int_equal(cut_in_a_fork(rig, EEPROM_TEAR_AND), 0x05);
    assert_true(rig_finish(rig, 10));
    assert_int_equal(rig->cells[0x30], 0x35);
}

static void test_write_under_way_survives_a_watchdog_reset(void **state)
{
    struct rig *rig = *state;
    rig_argument(rig, 0, 0x21);
    rig_argument(rig, 1, 0);
    rig_argument(rig, 2, 0x5A);
    rig_start(rig, BENCH_WATCHDOG_IN_WRITE);
    for (int i = 0; i < 40 && board_resets(rig->board) == 0; i++) {
        board_run_ms(rig->board, 1);
    }
    assert_int_equal(board_resets(rig->board), 1);
    assert_int_equal(rig->cells[0x21], 0xFF);
    assert_true(board_eeprom(rig->board)->is_busy);
    board_run_ms(rig->board, 4);
    assert_int_equal(rig->cells[0x21], 0x5A);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_erase_and_write_is_busy_3400_us),
        TEST(test_erase_only_is_busy_1800_us_and_leaves_ff),
        TEST(test_write_only_is_busy_1800_us_and_clears_bits_only),
        TEST(test_cell_keeps_old_value_until_the_write_is_done),
        TEST(test_read_while_busy_gives_nothing_and_is_a_violation),
        TEST(test_write_four_cycles_after_its_permission_is_in_time),
        TEST(test_write_later_than_four_cycles_is_refused),
        TEST(test_ready_interrupt_stands_while_nothing_is_written),
        TEST(test_write_torn_half_way_may_leave_old),
        TEST(test_write_torn_half_way_may_leave_new),
        TEST(test_write_torn_half_way_may_leave_an_erased_cell),
        TEST(test_write_torn_half_way_leaves_old_and_new),
        TEST(test_write_torn_half_way_leaves_noise_that_stays_the_same),
        TEST(test_unstable_cell_reads_differently_until_it_is_written),
        TEST(test_cut_falls_into_the_third_write_and_spares_the_others),
        TEST(test_power_lost_outside_a_write_tears_nothing),
        TEST(test_board_can_stop_at_each_write_it_begins),
        TEST(test_board_can_be_forked_inside_a_write),
        TEST(test_write_under_way_survives_a_watchdog_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
