/* SPDX-License-Identifier: MIT
 *
 * ledger.h - what the customers pressed, what the display acknowledged, and whether the rows agree.
 *
 * Written down by who presses, from the customer's side alone: nothing in it comes from the kiosk but the
 * number of each boot, as its HELLO said it. Plain data; the caller owns it.
 */
#ifndef BYNAME_IMAGE_LEDGER_H
#define BYNAME_IMAGE_LEDGER_H

#include "collector.h"

#define LEDGER_ENTRIES_MAX 64
#define LEDGER_POWERS_MAX 8
#define LEDGER_NONE LEDGER_ENTRIES_MAX

struct ledger_entry {
    uint8_t question;
    uint16_t value;
    uint8_t power;  /* pressed after this power-up, from 0 */
    uint8_t rating; /* entry of the visit's rating, or LEDGER_NONE */
    /* Since that power-up: the press, or the start of the silence that is an answer, too. */
    uint32_t begun_ms;
    uint32_t ended_ms;    /* the answer was pressed by then */
    bool is_acknowledged; /* the display has shown it */
};

struct ledger {
    struct ledger_entry entries[LEDGER_ENTRIES_MAX]; /* in the order of the presses */
    uint8_t count;
    uint16_t boots[LEDGER_POWERS_MAX]; /* number of the boot of each power-up; 0: no HELLO came */
    uint8_t power;                     /* the present one */
    uint8_t cuts;
    const char *wrong; /* the ledger itself is too small */
};

/* What a check found, beside what is wrong. */
struct ledger_sums {
    unsigned acknowledged, rows, unacknowledged, voids;
};

/* A customer presses, or begins to be silent. Returns the entry. */
uint8_t ledger_begin(struct ledger *ledger, uint8_t question, uint16_t value, uint32_t now_ms);

/* The display shows the answer. */
void ledger_acknowledge(struct ledger *ledger, uint8_t entry, uint32_t now_ms);

/* Acknowledged is a part of rows is a part of pressed, each once and with the same content; at most one row
 * for each power cut that no display acknowledged. With is_drained everything acknowledged has to be there;
 * without, the newest may be missing. NULL, or the sentence that does not hold. */
const char *ledger_check(const struct ledger *ledger, const struct collector *collector, bool is_drained,
                         struct ledger_sums *sums);

#endif
