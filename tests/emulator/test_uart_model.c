/* SPDX-License-Identifier: MIT */
#include "rig.h"

#include <string.h>

enum { U2X = 0x02, DOR = 0x08, FE = 0x10, FORMAT_8N1 = 0x06, FORMAT_8N2 = 0x0E, FORMAT_8E1 = 0x26 };

static void set_up(struct rig *rig, uint8_t speed_bits, uint8_t divisor, uint8_t format)
{
    rig_argument(rig, 0, speed_bits);
    rig_argument(rig, 1, divisor);
    rig_argument(rig, 2, 0);
    rig_argument(rig, 3, format);
    rig_do(rig, BENCH_UART_SETUP);
}

static void set_host_baud(struct rig *rig, uint32_t baud)
{
    rig->config.host_baud = baud;
    rig_power_cycle(rig, EEPROM_TEAR_OLD);
}

/* Twenty bytes, timed on the line and by the kiosk's own timer. */
static void assert_byte_takes(struct rig *rig, uint8_t speed_bits, uint8_t divisor, uint8_t format,
                              unsigned cycles)
{
    enum { COUNT = 20 };
    set_up(rig, speed_bits, divisor, format);
    rig_argument(rig, 4, COUNT);
    rig->sent_count = 0;
    rig_do(rig, BENCH_UART_SEND);
    assert_int_equal(rig->sent_count, COUNT);
    for (unsigned i = 1; i < COUNT; i++) {
        assert_in_range(rig->sent_cycle[i] - rig->sent_cycle[i - 1], cycles - 3, cycles + 3);
    }
    assert_in_range(rig_result_word(rig, 0) * 8U, COUNT * cycles, COUNT * cycles + 200);
}

static void test_byte_at_115200_with_u2x_takes_1360_cycles(void **state)
{
    struct rig *rig = *state;
    assert_byte_takes(rig, U2X, 16, FORMAT_8N1, 1360);
    assert_memory_equal(rig->sent, "ABCDEFGHIJKLMNOPQRST", 20);
}

static void test_byte_at_250000_takes_640_cycles(void **state)
{
    set_host_baud(*state, 250000);
    assert_byte_takes(*state, 0, 3, FORMAT_8N1, 640);
    assert_byte_takes(*state, U2X, 7, FORMAT_8N1, 640);
}

static void test_byte_at_500000_takes_320_cycles(void **state)
{
    set_host_baud(*state, 500000);
    assert_byte_takes(*state, 0, 1, FORMAT_8N1, 320);
}

static void test_second_stop_bit_and_parity_lengthen_the_byte(void **state)
{
    assert_byte_takes(*state, U2X, 16, FORMAT_8N2, 1496);
    assert_byte_takes(*state, U2X, 16, FORMAT_8E1, 1496);
}

static void test_host_bytes_arrive_at_the_hosts_rate(void **state)
{
    struct rig *rig = *state;
    const uint8_t bytes[20] = {0};
    set_up(rig, U2X, 16, FORMAT_8N1);
    assert_int_equal(board_send(rig->board, bytes, sizeof bytes), sizeof bytes);
    const uint64_t begin = board_cycle(rig->board);
    board_run_to(rig->board, begin + 20 * 1388 - 100);
    assert_int_equal(uart_model_room(board_uart(rig->board)), UART_HOST_QUEUE_CAPACITY);
    assert_true(board_uart(rig->board)->is_receiving);
    board_run_to(rig->board, begin + 20 * 1388 + 100);
    assert_false(board_uart(rig->board)->is_receiving);
}

/* Send count bytes to a kiosk that does not read, then let it read. Returns how many it got. */
static unsigned receive_late(struct rig *rig, unsigned count)
{
    static const uint8_t bytes[] = {'1', '2', '3', '4', '5', '6'};
    set_up(rig, U2X, 16, FORMAT_8N1);
    board_send(rig->board, bytes, count);
    board_run_ms(rig->board, 2);
    rig_do(rig, BENCH_UART_READ_ALL);
    return rig_result(rig, 0);
}

static void assert_frame(const struct rig *rig, unsigned index, uint8_t flags, uint8_t byte)
{
    assert_int_equal(rig_result(rig, 1 + 2 * index), flags);
    assert_int_equal(rig_result(rig, 2 + 2 * index), byte);
}

static void test_one_two_and_three_unread_bytes_are_kept(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(receive_late(rig, 1), 1);
    assert_frame(rig, 0, 0, '1');
    assert_int_equal(receive_late(rig, 2), 2);
    assert_frame(rig, 1, 0, '2');
    assert_int_equal(receive_late(rig, 3), 3);
    assert_frame(rig, 2, 0, '3');
    assert_int_equal(board_uart(rig->board)->overruns, 0);
}

static void test_fourth_unread_byte_overruns_the_third(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(receive_late(rig, 4), 3);
    assert_frame(rig, 0, 0, '1');
    assert_frame(rig, 1, 0, '2');
    assert_frame(rig, 2, DOR, '4');
    assert_int_equal(board_uart(rig->board)->overruns, 1);
}

static void test_six_unread_bytes_lose_three(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(receive_late(rig, 6), 3);
    assert_frame(rig, 2, DOR, '6');
    assert_int_equal(board_uart(rig->board)->overruns, 3);
}

static void test_bytes_to_a_receiver_that_is_off_are_lost(void **state)
{
    struct rig *rig = *state;
    board_send(rig->board, (const uint8_t *)"abc", 3);
    board_run_ms(rig->board, 2);
    assert_int_equal(receive_late(rig, 1), 1);
    assert_frame(rig, 0, 0, '1');
    assert_int_equal(board_uart(rig->board)->deaf_bytes, 3);
}

static void test_wrong_rate_garbles_both_ways(void **state)
{
    struct rig *rig = *state;
    set_host_baud(rig, 250000);
    assert_int_equal(receive_late(rig, 1), 1);
    assert_int_equal(rig_result(rig, 1) & FE, FE);
    assert_int_not_equal(rig_result(rig, 2), '1');
    rig->sent_count = 0;
    rig_argument(rig, 4, 1);
    rig_argument(rig, 0, U2X);
    rig_argument(rig, 1, 16);
    rig_argument(rig, 3, FORMAT_8N1);
    rig_do(rig, BENCH_UART_SEND);
    assert_int_not_equal(rig->sent[0], 'A');
}

static void test_interrupts_echo_a_burst_at_full_rate_without_loss(void **state)
{
    struct rig *rig = *state;
    uint8_t bytes[50];
    for (unsigned i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)('!' + i);
    }
    bytes[sizeof bytes - 1] = 'q';
    set_up(rig, U2X, 16, FORMAT_8N1);
    rig->sent_count = 0;
    rig_argument(rig, 0, 0);
    rig_start(rig, BENCH_UART_ECHO);
    board_run_ms(rig->board, 1);
    board_send(rig->board, bytes, sizeof bytes);
    assert_true(rig_finish(rig, 20));
    board_run_ms(rig->board, 2);
    assert_int_equal(rig->sent_count, sizeof bytes);
    assert_memory_equal(rig->sent, bytes, sizeof bytes);
    assert_int_equal(board_uart(rig->board)->overruns, 0);
    assert_int_equal(board_uart(rig->board)->violations, 0);
}

static void test_receive_interrupt_stands_while_a_byte_is_unread(void **state)
{
    struct rig *rig = *state;
    set_up(rig, U2X, 16, FORMAT_8N1);
    rig_argument(rig, 0, 3);
    rig_start(rig, BENCH_UART_ECHO);
    board_run_ms(rig->board, 1);
    board_send(rig->board, (const uint8_t *)"q", 1);
    assert_true(rig_finish(rig, 20));
    assert_int_equal(rig_result(rig, 0), 1);
    assert_int_equal(rig_result(rig, 1), 4);
}

static void test_full_queue_takes_no_more(void **state)
{
    struct rig *rig = *state;
    static const uint8_t bytes[UART_HOST_QUEUE_CAPACITY + 10];
    assert_int_equal(board_send(rig->board, bytes, sizeof bytes), UART_HOST_QUEUE_CAPACITY);
    assert_in_range(board_send(rig->board, bytes, 10), 0, 1); /* one byte is on the line by now */
    uart_model_drop_queue(board_uart(rig->board));
    assert_int_equal(uart_model_room(board_uart(rig->board)), UART_HOST_QUEUE_CAPACITY);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_byte_at_115200_with_u2x_takes_1360_cycles),
        TEST(test_byte_at_250000_takes_640_cycles),
        TEST(test_byte_at_500000_takes_320_cycles),
        TEST(test_second_stop_bit_and_parity_lengthen_the_byte),
        TEST(test_host_bytes_arrive_at_the_hosts_rate),
        TEST(test_one_two_and_three_unread_bytes_are_kept),
        TEST(test_fourth_unread_byte_overruns_the_third),
        TEST(test_six_unread_bytes_lose_three),
        TEST(test_bytes_to_a_receiver_that_is_off_are_lost),
        TEST(test_wrong_rate_garbles_both_ways),
        TEST(test_interrupts_echo_a_burst_at_full_rate_without_loss),
        TEST(test_receive_interrupt_stands_while_a_byte_is_unread),
        TEST(test_full_queue_takes_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
