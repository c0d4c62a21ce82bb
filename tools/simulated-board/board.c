/* SPDX-License-Identifier: MIT */
#include "board.h"

#include <string.h>

#include "tools/simulated-board/drawing.h"

#define WRITE_US 3400
#define ERASE_US 1800
#define BYTE_US 87 /* at 115200 bit/s */
#define PASS_US 150
#define SPIN_US 400
#define DISPLAY_BYTE_US 23
#define TX_SIZE 256

static struct board *current; /* the one behind port.h */

void board_init(struct board *board, struct bench *bench, unsigned number, struct line *up)
{
    memset(board, 0, sizeof *board);
    memset(board->eeprom, 0xFF, sizeof board->eeprom);
    board->bench = bench;
    board->number = number;
    board->up = up;
    board->wake_us = NEVER_US;
    board->cut_us = NEVER_US;
    board->haste = 1;
    board->byte_us = BYTE_US;
}

/* Stopping ----------------------------------------------------------------------------------------------- */

static uint8_t torn(struct board *board, uint8_t old)
{
    switch (bench_below(board->bench, 5)) {
    case 0:
        return old;
    case 1:
        return board->new_value;
    case 2:
        return 0xFF;
    case 3:
        return old & board->new_value;
    default:
        return (uint8_t)bench_draw(board->bench);
    }
}

/* A write under way ends by itself at a reset, and is torn when power fails. */
static void settle_write(struct board *board)
{
    uint8_t *cell = &board->eeprom[board->address];

    if (!board->is_writing)
        return;
    if (board->written_us > board->now_us && !board->is_cut_by_watchdog) {
        *cell = torn(board, *cell);
        bench_fault(board->bench, FAULT_TORN_CELL, "kiosk %u: cell %u is torn", board->number,
                    board->address);
    } else {
        *cell = board->new_value;
    }
    board->is_writing = false;
}

static void stop(struct board *board)
{
    settle_write(board);
    bench_fault(board->bench, board->is_cut_by_watchdog ? FAULT_WATCHDOG : FAULT_POWER_CUT,
                "kiosk %u: %s, %u.%03u s", board->number,
                board->is_cut_by_watchdog ? "watchdog" : "power cut", (unsigned)(board->now_us / SECOND_US),
                (unsigned)(board->now_us / 1000 % 1000));
    board->is_on = false;
    board->cuts++;
    board->wake_us = NEVER_US;
    board->cut_us = NEVER_US;
    board->cut_after = 0;
}

/* At least something, or the loop would turn without time going on. */
static uint32_t hurried(const struct board *board, uint32_t us)
{
    return us / board->haste > 0 ? us / board->haste : 1;
}

static void spend(uint64_t us)
{
    struct board *board = current;

    if (board->now_us + us >= board->cut_us) {
        if (board->now_us < board->cut_us)
            board->now_us = board->cut_us;
        stop(board);
        longjmp(board->stop, 1);
    }
    board->now_us += us;
}

/* Stepping ----------------------------------------------------------------------------------------------- */

static void plan_wake(struct board *board, bool is_busy)
{
    uint64_t tick_us = PORT_TICK_MS * 1000;

    if (board->is_writing && board->now_us >= board->written_us)
        settle_write(board);
    if (is_busy || board->rx_at < board->rx_size) {
        board->wake_us = board->now_us;
        return;
    }
    if (!board->is_writing && board->now_us >= board->lively_us)
        tick_us = PORT_REST_MS * 1000;
    board->wake_us = (board->now_us / tick_us + 1) * tick_us;
}

static bool run_core(struct board *board, bool is_boot)
{
    spend(PASS_US);
    if (!is_boot)
        return kiosk_step(&board->kiosk);
    kiosk_init(&board->kiosk);
    return true;
}

static void run(struct board *board, bool is_boot)
{
    current = board;
    if (board->now_us < board->bench->now_us)
        board->now_us = board->bench->now_us;
    if (setjmp(board->stop) != 0)
        return;
    plan_wake(board, run_core(board, is_boot));
    board->on_shown(board->observer, board);
}

void board_power_on(struct board *board, uint8_t reset_causes)
{
    board->is_on = true;
    board->is_writing = false;
    board->now_us = board->powered_us = board->bench->now_us;
    board->lively_us = board->now_us + PORT_SETTLE_MS * 1000;
    board->reset_causes = reset_causes;
    board->rx_size = board->rx_at = 0;
    board->tx_done_us = board->now_us;
    bench_trace(board->bench, "kiosk %u: on", board->number);
    memset(&board->kiosk, (int)bench_below(board->bench, 256), sizeof board->kiosk);
    run(board, true);
}

void board_step(struct board *board)
{
    run(board, false);
}

void board_check_cut(struct board *board)
{
    if (!board->is_on || board->bench->now_us < board->cut_us)
        return;
    if (board->now_us < board->cut_us)
        board->now_us = board->cut_us;
    stop(board);
}

void board_receive(struct board *board, const uint8_t *bytes, unsigned size)
{
    if (!board->is_on)
        return;
    if (board->rx_at == board->rx_size)
        board->rx_at = board->rx_size = 0;
    for (unsigned i = 0; i < size && board->rx_size < BOARD_RX_SIZE; i++)
        board->rx[board->rx_size++] = bytes[i];
    uint64_t soon_us = board->now_us > board->bench->now_us ? board->now_us : board->bench->now_us;
    if (board->wake_us > soon_us)
        board->wake_us = soon_us;
}

void board_hold(struct board *board, uint8_t buttons)
{
    board->buttons = buttons;
    board->lively_us = board->bench->now_us + (buttons != 0 ? 3600 * SECOND_US : PORT_SETTLE_MS * 1000);
    if (board->is_on && board->wake_us > board->bench->now_us)
        board->wake_us = board->now_us > board->bench->now_us ? board->now_us : board->bench->now_us;
}

bool board_append(struct board *board, struct answer *answer, uint32_t visit)
{
    current = board;
    board->lively_us = board->bench->now_us + PORT_SETTLE_MS * 1000; /* a finger was there */
    return journal_append(&board->kiosk.journal, answer, visit) == JOURNAL_OK;
}

/* port.h ------------------------------------------------------------------------------------------------- */

void port_init(void)
{
}

uint32_t port_now_ms(void)
{
    return (uint32_t)((current->now_us - current->powered_us) / 1000);
}

uint8_t port_reset_causes(void)
{
    return current->reset_causes;
}

uint8_t port_buttons(void)
{
    return current->buttons;
}

void port_sleep(void)
{
}

void port_watchdog_kick(void)
{
}

static void wait_for_write(void)
{
    struct board *board = current;

    if (!board->is_writing)
        return;
    if (board->written_us > board->now_us)
        spend(board->written_us - board->now_us);
    settle_write(board);
}

void port_eeprom_read(uint16_t address, void *data, size_t size)
{
    wait_for_write();
    memcpy(data, current->eeprom + address, size);
}

bool port_eeprom_is_ready(void)
{
    if (current->is_writing && current->now_us < current->written_us)
        spend(hurried(current, SPIN_US));
    if (current->is_writing && current->now_us >= current->written_us)
        settle_write(current);
    return !current->is_writing;
}

void port_eeprom_start(uint16_t address, uint8_t value, enum port_eeprom_mode mode)
{
    struct board *board = current;
    uint32_t takes_us = hurried(board, mode == PORT_EEPROM_WRITE ? WRITE_US : ERASE_US);

    wait_for_write();
    board->is_writing = true;
    board->address = address;
    board->new_value = mode == PORT_EEPROM_WRITE   ? value
                       : mode == PORT_EEPROM_ERASE ? 0xFF
                                                   : (uint8_t)(board->eeprom[address] & value);
    board->written_us = board->now_us + takes_us;
    if (board->cut_after > 0 && --board->cut_after == 0)
        board->cut_us = board->now_us + bench_below(board->bench, takes_us);
}

bool port_line_read(uint8_t *byte)
{
    if (current->rx_at == current->rx_size)
        return false;
    *byte = current->rx[current->rx_at++];
    return true;
}

size_t port_line_writable(void)
{
    const struct board *board = current;

    if (board->tx_done_us <= board->now_us)
        return TX_SIZE;
    uint64_t waiting = (board->tx_done_us - board->now_us) / board->byte_us;
    return waiting < TX_SIZE ? (size_t)(TX_SIZE - waiting) : 0;
}

void port_line_write(const uint8_t *data, size_t size)
{
    struct board *board = current;

    if (board->tx_done_us < board->now_us)
        board->tx_done_us = board->now_us;
    board->tx_done_us += size * board->byte_us;
    line_send(board->up, data, size, board->tx_done_us);
}

bool port_display_write(uint8_t control, const uint8_t *data, size_t size)
{
    (void)control;
    (void)data;
    current->on_shown(current->observer, current);
    spend((size + 2) * DISPLAY_BYTE_US);
    return true;
}

void port_beep(uint16_t frequency_hz, uint16_t duration_ms)
{
    (void)frequency_hz;
    (void)duration_ms;
}
