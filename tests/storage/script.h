/* SPDX-License-Identifier: MIT
 *
 * script.h - a day of one kiosk and its manager, as the batches that a writer would run: 50 ratings with follow-ups,
 * withdrawals, bursts, sign-ons, damaged slots, heartbeats, repeated and contradicting answers, changes of staff.
 *
 * The same seed gives the same script. What the store hands out (ids, row numbers) is filled in while it runs.
 */
#ifndef BYNAME_TEST_SCRIPT_H
#define BYNAME_TEST_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/work.h"

#define SCRIPT_RATINGS 50
#define SCRIPT_BATCHES_MAX 96
#define SCRIPT_ITEMS_MAX 4 /* of a batch */
#define SCRIPT_SEQ_MAX 400
#define SCRIPT_PORT "counter"

enum script_staff_action { SCRIPT_ADD, SCRIPT_PIN, SCRIPT_RENAME, SCRIPT_OFF_DUTY, SCRIPT_RETIRE };

struct script_staff {
    enum script_staff_action action;
    const char *name, *value;
};

struct script_item {
    struct work work;
    struct script_staff staff; /* of a WORK_CALL */
    bool is_repeat;            /* answers that were sent, or called lost, before */
};

struct script_batch {
    bool is_reopened_before; /* the daemon ends in peace and starts again */
    unsigned count;
    struct script_item items[SCRIPT_ITEMS_MAX];
};

struct script {
    unsigned batch_count;
    struct script_batch batches[SCRIPT_BATCHES_MAX];
    uint32_t last_seq;
    uint8_t is_lost[SCRIPT_SEQ_MAX];         /* by sequence number */
    struct answer answers[SCRIPT_SEQ_MAX];   /* likewise */
};

void script_make(struct script *script, uint64_t seed);

#endif
