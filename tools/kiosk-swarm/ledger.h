/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ledger.h - what was tapped at one kiosk, what went over its line, and whether the database has just that.
 *
 * It knows of the kiosk only what a finger and the cable know. Times are microseconds of one clock, any. The caller owns
 * struct ledger; ledger_free gives back what it allocated. The first thing that is wrong stays in `failure`.
 */
#ifndef KIOSK_SWARM_LEDGER_H
#define KIOSK_SWARM_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/message.h"

#define LEDGER_TEXT_SIZE 240
#define LEDGER_MEANINGS 2
/* As a tap's value, where it would mean that nobody tapped: some staff member. */
#define LEDGER_ANYBODY ANSWER_NONE

/* What a tap may have to be stored as. */
struct ledger_meaning {
    uint8_t question;
    uint16_t value;
};

struct ledger_tap {
    struct ledger_meaning meanings[LEDGER_MEANINGS]; /* question 0: none */
    uint64_t at_us;
};

struct ledger_answer {
    struct answer answer;
    uint64_t sent_us;   /* when its frame had left for a daemon that listens; 0: not yet */
    uint64_t tapped_us; /* 0: nobody tapped it, as for a boot */
};

struct ledger {
    struct ledger_tap *taps;
    size_t tap_count, tap_capacity, taps_seen; /* seen on the line, as answers */
    struct ledger_answer *answers;
    size_t answer_count, answer_capacity, acked_count;
    uint64_t journal_id; /* of the newest acknowledgement */
    char failure[LEDGER_TEXT_SIZE];
};

void ledger_free(struct ledger *ledger);

/* Somebody tapped. */
void ledger_on_tap(struct ledger *ledger, const struct ledger_tap *tap);

/* The kiosk said these answers; heard: a daemon had the port open. */
void ledger_on_answers(struct ledger *ledger, const struct message_answers *answers, bool is_heard,
                       uint64_t now_us);

/* The daemon acknowledged. Returns how many answers more than before: the newest of the acknowledged. */
size_t ledger_on_ack(struct ledger *ledger, uint64_t journal_id, uint32_t through);

/* Every tap was said and acknowledged. */
bool ledger_is_settled(const struct ledger *ledger);

struct sqlite3;

/* Compare with the database, which must be at rest. Returns the number of rows that are as they must be; what is not is in
 * `failure`, also when not everything was settled. */
size_t ledger_check(struct ledger *ledger, struct sqlite3 *database);

#endif
