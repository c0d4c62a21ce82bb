/* SPDX-License-Identifier: MIT */
#include "customer.h"

#include <string.h>

#define MS_US 1000

void customer_init(struct customer *customer, struct bench *bench, struct board *board, struct ledger *ledger)
{
    memset(customer, 0, sizeof *customer);
    customer->bench = bench;
    customer->board = board;
    customer->ledger = ledger;
    customer->is_hasty = bench_is(bench, 200000);
    customer->next_us = bench_between(bench, SECOND_US / 2, 10 * SECOND_US);
}

static uint64_t pause_us(struct customer *customer)
{
    struct bench *bench = customer->bench;

    if (customer->board->kiosk.shown.kind == SCREEN_IDLE && !customer->is_hasty)
        return bench_between(bench, 300 * MS_US, 12 * SECOND_US);
    if (bench_is(bench, customer->is_hasty ? 10000 : 120000))
        return bench_between(bench, 4 * SECOND_US, 14 * SECOND_US); /* left without a word */
    return bench_between(bench, 100 * MS_US, customer->is_hasty ? SECOND_US : 3 * SECOND_US);
}

static uint64_t hold_us(struct bench *bench)
{
    if (bench_is(bench, 20000))
        return bench_between(bench, 1100 * MS_US, 2500 * MS_US); /* wants another language */
    if (bench_is(bench, 3000))
        return bench_between(bench, 10500 * MS_US, 13000 * MS_US); /* the button is stuck */
    return bench_between(bench, 20 * MS_US, 300 * MS_US);
}

static uint8_t choose(struct customer *customer)
{
    uint8_t button = (uint8_t)(1u << bench_below(customer->bench, PORT_BUTTON_COUNT));

    switch (customer->board->kiosk.shown.kind) {
    case SCREEN_STAFF_PIN:
    case SCREEN_STAFF_MENU:
        return bench_is(customer->bench, 900000) ? 0x01 : button;
    default:
        return button;
    }
}

static void put_down(struct customer *customer, uint8_t buttons, uint64_t held_us)
{
    customer->is_pressing = true;
    customer->next_us = customer->bench->now_us + held_us;
    ledger_on_press(customer->ledger, customer->board, buttons);
    board_hold(customer->board, customer->board->buttons | buttons);
}

static void begin(struct customer *customer)
{
    struct bench *bench = customer->bench;

    if (bench_is(bench, 40000)) { /* staff: the outer two for two seconds */
        put_down(customer, 0x11, bench_between(bench, 2100 * MS_US, 2600 * MS_US));
        return;
    }
    uint8_t button = choose(customer);
    if (bench_is(bench, 50000)) {
        customer->second = (uint8_t)(1u << bench_below(bench, PORT_BUTTON_COUNT)) & (uint8_t)~button;
        put_down(customer, button, bench_between(bench, 0, 350 * MS_US));
        return;
    }
    put_down(customer, button, hold_us(bench));
}

void customer_step(struct customer *customer)
{
    if (!customer->is_pressing) {
        begin(customer);
        return;
    }
    if (customer->second != 0) {
        uint8_t second = customer->second;
        customer->second = 0;
        put_down(customer, second, hold_us(customer->bench));
        return;
    }
    board_hold(customer->board, 0);
    customer->is_pressing = false;
    customer->next_us = customer->is_last ? NEVER_US : customer->bench->now_us + pause_us(customer);
}

void customer_leave(struct customer *customer)
{
    if (customer->is_pressing)
        board_hold(customer->board, 0);
    customer->is_pressing = false;
    customer->second = 0;
    customer->next_us = NEVER_US;
}

void customer_hold(struct customer *customer, uint8_t buttons, uint64_t held_us)
{
    board_hold(customer->board, 0);
    customer->second = 0;
    put_down(customer, buttons, held_us);
}

void customer_press_once(struct customer *customer, uint8_t button)
{
    customer->is_last = true;
    put_down(customer, (uint8_t)(1u << (button - 1)), 120 * MS_US);
}
