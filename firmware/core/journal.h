/* SPDX-License-Identifier: MIT
 *
 * journal.h - answers the daemon has not yet acknowledged, kept through power loss.
 *
 * A ring of slots in the EEPROM: sequence number n lives in slot n % 202, so that nothing but the slots says
 * where the journal begins and ends, and no cell wears faster than the others. Fixed capacity, oldest first,
 * no allocation. Main loop only. The caller owns struct journal; its fields are private to journal.c.
 */
#ifndef BYNAME_JOURNAL_H
#define BYNAME_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "firmware/core/storage.h"
#include "protocol/message.h"

#define JOURNAL_CAPACITY 200 /* unacknowledged answers */
#define JOURNAL_RESERVED \
    (JOURNAL_CAPACITY - JOURNAL_CAPACITY * 3 / 4) /* free room below which only ratings are asked */

enum journal_status {
    JOURNAL_OK,
    JOURNAL_FULL,  /* JOURNAL_CAPACITY answers wait already */
    JOURNAL_FAULT, /* several slots in a row could not be written, or the answer is too far from its rating */
};

/* What stands at a sequence number between journal_oldest and journal_next. */
enum journal_entry {
    JOURNAL_ANSWER,  /* an answer to send, perhaps again */
    JOURNAL_DAMAGED, /* was acknowledged on the display and cannot be read any more */
    JOURNAL_DEAD,    /* the slot could not be written: nothing was ever in it */
};

struct journal {
    uint32_t oldest;   /* oldest unacknowledged; == next when none */
    uint32_t next;     /* the next answer's */
    uint32_t doubtful; /* the newest at the start, if its slot said that it was acknowledged; else 0 */
    uint32_t cleared;  /* slots below this are marked acknowledged in the EEPROM, too */
    uint16_t boot;     /* this boot's number */
    uint16_t bad_slots;
    uint16_t slot_count; /* STORAGE_SLOT_COUNT, or a test's small ring */
    uint32_t lap_start;  /* the number that slot 0 has, or had, in the lap of the oldest */
    uint8_t erase_left;  /* bytes of the next slot not yet known to be blank */
    bool may_be_torn;    /* ... and that slot may have a cell that reads differently each time */
    bool is_boot_claimed;
};

/* Read the ring and repair what a power cut left behind. Takes up to 30 ms, and up to 60 ms more when there
 * is something to repair. Never formats: a slot that makes no sense is reported, not wiped, until its turn
 * comes. */
void journal_init(struct journal *journal);

/* The same over the first slot_count slots (3 to STORAGE_SLOT_COUNT); the capacity is two less. For tests
 * that try everything on a small ring. */
void journal_init_ring(struct journal *journal, uint16_t slot_count);

/* Make an answer durable as the newest entry: when JOURNAL_OK is returned it has been written and read back.
 * Fills in answer->seq, visit_back and boot from visit: the sequence number of its rating, or 0 when it opens
 * or has no visit. Takes up to 30 ms when the next slot was erased in time, 60 ms else, more only when slots
 * are bad. On JOURNAL_FULL and JOURNAL_FAULT nothing was kept, and older entries stand. */
enum journal_status journal_append(struct journal *journal, struct answer *answer, uint32_t visit);

uint32_t journal_oldest(const struct journal *journal);
uint32_t journal_next(const struct journal *journal);
uint16_t journal_pending(const struct journal *journal);
uint16_t journal_free(const struct journal *journal);

/* Read one entry, journal_oldest <= seq < journal_next; *answer is valid for JOURNAL_ANSWER only. */
enum journal_entry journal_read(const struct journal *journal, uint32_t seq, struct answer *answer);

/* The same, as an answer stands in ANSWERS: a full journal goes out as fast as this is. */
enum journal_entry journal_copy(const struct journal *journal, uint32_t seq, uint8_t wire[ANSWER_WIRE_SIZE]);

/* The daemon has everything up to `through`, which is below journal_next. Takes effect at once; the slots are
 * marked by journal_step, and what a power cut leaves unmarked is sent again and recognised by the daemon. */
void journal_ack(struct journal *journal, uint32_t through);

/* The daemon has everything up to `through`, says WELCOME. When that is all but the newest answer at the start, the
 * acknowledged mark in its slot is what a power cut left of another mark: the answer is unacknowledged again, and
 * true is returned. */
bool journal_doubt(struct journal *journal, uint32_t through);

/* Do one byte of housekeeping if the EEPROM is ready: mark acknowledged slots (two bytes where the one behind them has to say
 * first that it is not), erase the next slot ahead of time. True while there is more to do. */
bool journal_step(struct journal *journal);

/* Of this housekeeping only what the next append needs, where reading shall not wait for the marks. */
bool journal_erase_ahead(struct journal *journal);

#endif
