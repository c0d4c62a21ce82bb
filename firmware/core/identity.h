/* SPDX-License-Identifier: MIT
 *
 * identity.h - who this kiosk is and which database it belongs to, kept through power loss.
 *
 * Two copies, each with its own check, written in turn: a cut while one is written leaves the other. Main
 * loop only. The caller owns struct identity.
 */
#ifndef BYNAME_IDENTITY_H
#define BYNAME_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol/message.h"

struct identity {
    uint64_t kiosk_id;   /* 0: not adopted */
    uint64_t journal_id; /* 0: the journal needs one */
    uint8_t database_id[DATABASE_ID_SIZE];
    uint8_t serial; /* of the copy that holds this */
};

/* Read the newer good copy. Without one the kiosk is not adopted: all fields are 0. */
void identity_load(struct identity *identity);

/* Make *identity durable; it advances the serial. Takes about 120 ms. False when it could not be read back:
 * the identity before it still stands in the other copy. */
bool identity_store(struct identity *identity);

/* Forget the database: the next daemon may adopt. The journal is not touched. False when that could not be made
 * durable: *identity stands. */
bool identity_forget(struct identity *identity);

#endif
