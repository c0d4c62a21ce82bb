/* SPDX-License-Identifier: MIT
 *
 * board.h - a kiosk's hardware in memory, as many in one process as a run wants, each with the real core on
 * it.
 *
 * port.h knows one board; the one that steps at the moment stands behind it. Within a step the board's own
 * time runs ahead of the run's: EEPROM writes, display writes and the core's own work take their time, and
 * power can fail in the middle of any of them. The caller owns struct board. One thread.
 */
#ifndef BYNAME_SIMULATED_BOARD_BOARD_H
#define BYNAME_SIMULATED_BOARD_BOARD_H

#include <setjmp.h>

#include "firmware/core/kiosk.h"
#include "firmware/port/port.h"
#include "tools/simulated-board/bench.h"
#include "tools/simulated-board/line.h"

#define BOARD_RX_SIZE 128 /* what port.h promises at least */

struct board {
    struct bench *bench;
    unsigned number;
    struct line *up; /* what the kiosk says goes here */
    void *observer;
    void (*on_shown)(void *observer, struct board *board); /* the screen may be another now */

    bool is_on;
    struct kiosk kiosk;
    uint64_t now_us;     /* the board's: not before the run's while it is on */
    uint64_t powered_us; /* when port_init was called */
    uint64_t wake_us;    /* when it wants to step next; NEVER_US while it is off */
    uint64_t lively_us;  /* a button was down: ticks come every 5 ms until then */
    uint8_t buttons;
    uint8_t reset_causes;

    uint8_t eeprom[PORT_EEPROM_SIZE];
    uint32_t haste;   /* its memory is so many times faster than a real one; 1, if nobody sets another */
    uint32_t byte_us; /* that a byte takes on its line; as at 115200 bit/s, if nobody sets another */

    bool is_writing;
    uint16_t address;
    uint8_t new_value;
    uint64_t written_us; /* when the write under way is done */

    uint64_t cut_us;         /* when it stops; NEVER_US: not planned */
    uint32_t cut_after;      /* ... or in the middle of that many EEPROM writes from now; 0: not planned */
    bool is_cut_by_watchdog; /* what the plan is: a reset, and not a power cut */
    uint32_t cuts;           /* power cuts and resets so far */
    jmp_buf stop;

    uint8_t rx[BOARD_RX_SIZE];
    unsigned rx_size, rx_at;
    uint64_t tx_done_us; /* when the line is idle again */
};

/* A blank EEPROM, no power. */
void board_init(struct board *board, struct bench *bench, unsigned number, struct line *up);

void board_power_on(struct board *board, uint8_t reset_causes);

/* One pass of the main loop, at the run's time. Sets wake_us. When the planned cut comes, the board is off
 * after. */
void board_step(struct board *board);

/* Nothing is under way in the loop at the run's time, but perhaps a write: stop there if that is planned. */
void board_check_cut(struct board *board);

void board_receive(struct board *board, const uint8_t *bytes, unsigned size);
void board_hold(struct board *board, uint8_t buttons);

/* Append to the journal what a visit would, without the visit. False: it is full. */
bool board_append(struct board *board, struct answer *answer, uint32_t visit);

#endif
