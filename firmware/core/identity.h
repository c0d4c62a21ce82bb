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
    uint8_t key[SEAL_KEY_SIZE]; /* of the line to that database; zeros: none */
    uint8_t serial;             /* of the copy that holds this */

    /* Private to identity.c. */
    bool is_storing;
    uint8_t written; /* bytes of the copy, while storing */
};

/* Read the newer good copy. Without one the kiosk is not adopted: all fields are 0. */
void identity_load(struct identity *identity);

/* Begin to make *identity durable, under the next serial. identity_step does it; what was before stands in the other copy
 * until then. */
void identity_store(struct identity *identity);
bool identity_is_storing(const struct identity *identity);

/* While it is being stored: write the next byte if the EEPROM is ready, 175 ms in all. True once, when everything has been
 * written and read back. When it cannot be read back, *identity is again what it was before, and not being stored. */
bool identity_step(struct identity *identity);

/* Forget the database and the key, in both copies: the next daemon may adopt. The journal is not touched. Takes about
 * 350 ms; a cut leaves the identity as it was, or none. False when not both could be made durable: *identity is what
 * stands. */
bool identity_forget(struct identity *identity);

#endif
