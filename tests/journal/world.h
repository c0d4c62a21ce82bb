/* SPDX-License-Identifier: MIT
 *
 * world.h - what a journal is held against: every answer that was given to it, and a daemon that remembers
 * all it was ever told.
 *
 * A world is one kiosk's past: its cells, the answers appended, which of them the display acknowledged
 * (JOURNAL_OK), and the daemon. It is plain data, so that a power cut is a copy of it. The struct journal is
 * not in it: a power cut wipes that. Functions return NULL, or a sentence about the promise that was broken.
 */
#ifndef BYNAME_TEST_WORLD_H
#define BYNAME_TEST_WORLD_H

#include "cells.h"
#include "firmware/core/journal.h"

#define WORLD_GIVEN_CAPACITY 720
#define WORLD_SEQ_CAPACITY 1600 /* numbers from first_seq on */

/* What the daemon holds under a number, beside the index of a given answer. */
#define KNOWN_NOTHING 0
#define KNOWN_VOID 0xFFFF
#define KNOWN_LOST 0xFFFE

struct given {
    uint32_t seq; /* where it was found; 0: nowhere yet */
    uint16_t boot;
    uint8_t visit_back;
    bool is_acknowledged;
    bool is_archived; /* the daemon has it under a journal id of before */
};

struct world {
    struct cells cells;
    uint16_t slot_count;
    uint16_t given_count; /* from index 1 */
    uint16_t seq_count;   /* first_seq + this many numbers may be in `known` */
    uint16_t rating;      /* the answer that follow-ups belong to; 0: none */
    uint32_t first_seq;
    uint32_t through;      /* the daemon has committed everything up to here */
    uint32_t begins_after; /* ... and nothing up to here is stored under the present journal id */
    bool is_connected;     /* since power came */
    uint8_t cuts;
    uint8_t lost_allowed; /* acknowledged answers that may be reported damaged: their cells died afterwards */
    struct given given[WORLD_GIVEN_CAPACITY];
    uint16_t known[WORLD_SEQ_CAPACITY]; /* by number - first_seq */
};

/* What happened, over all cases of a run. */
struct world_counts {
    uint64_t voids_torn, voids_damaged, damaged, dead, refused, resent, unacknowledged, renewed,
        reported_gaps, passed_over, faults;
};
extern struct world_counts world_counts;

void world_init(struct world *world, uint16_t slot_count, uint64_t seed);
void world_copy(struct world *to, const struct world *from);

/* The blank journal begins at this number instead of 1; the daemon has all before. */
void world_start_at(struct world *world, struct journal *journal, uint32_t seq);

/* These cells (at most 4, which outlive the world) can no longer change as they should. */
void world_break(struct world *world, const struct stuck_cell *cells, uint8_t count);

/* Power comes: the journal starts on the world's cells, which are in use from now on. */
const char *world_boot(struct world *world, struct journal *journal);

/* Do one step of a scenario; see the table in world.c. */
const char *world_do(struct world *world, struct journal *journal, char step);

/* Every promise that can be seen in the journal and the daemon at this moment. */
const char *world_check(struct world *world, const struct journal *journal);

/* Connect, deliver and acknowledge all, append one more and deliver that; then each acknowledged answer must
 * stand in the daemon exactly once. */
const char *world_finish(struct world *world, struct journal *journal);

#endif
