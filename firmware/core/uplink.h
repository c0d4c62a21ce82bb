/* SPDX-License-Identifier: MIT
 *
 * uplink.h - the kiosk's conversation with the daemon: line bytes on one side, journal, identity and roster
 * on the other.
 *
 * protocol/link.h decides what is due; this file says it and obeys what comes back. Main loop only. The
 * caller owns struct uplink and the parts it points to.
 */
#ifndef BYNAME_UPLINK_H
#define BYNAME_UPLINK_H

#include <stdbool.h>
#include <stdint.h>

#include "firmware/core/identity.h"
#include "firmware/core/journal.h"
#include "firmware/core/roster.h"
#include "protocol/frame.h"
#include "protocol/link.h"
#include "protocol/seal.h"

/* A frame of ANSWERS is filled so far: no other frame of a kiosk is larger. */
#define UPLINK_ANSWERS_MAX ANSWERS_CAPACITY
#define UPLINK_FRAME_SIZE_MAX                                                                    \
    (FRAME_HEADER_SIZE + ANSWERS_HEAD_SIZE + UPLINK_ANSWERS_MAX * ANSWER_WIRE_SIZE + SEAL_SIZE + \
     FRAME_CRC_SIZE)
_Static_assert(FRAME_ENCODED_SIZE(UPLINK_FRAME_SIZE_MAX) <= UINT8_MAX, "sizes are bytes");

/* What the rest of the kiosk contributes, brought up to date before each step. */
struct uplink_status {
    uint32_t refused;
    uint16_t display_faults;
    uint8_t stuck_buttons;
    bool is_visit_open; /* a roster is not taken now */
};

struct uplink {
    struct link link;
    struct frame_decoder decoder;
    struct journal *journal;
    struct identity *identity;
    struct roster *roster;
    struct uplink_status status;
    struct seal seal; /* of the conversation that the last HELLO began; used while identity holds a key */
    uint32_t hello_count;
    uint32_t forged;              /* frames not obeyed because they were not verified */
    uint32_t help_visit;          /* the help call that help_state is about */
    uint8_t help_state;           /* enum help_state; 0: nothing heard */
    char note[NOTE_SIZE_MAX + 1]; /* for the idle screen; "": none */
    uint8_t wait_reason;          /* enum wait_reason while link.state is LINK_WAITING */
    bool is_help_on;
    bool needs_journal; /* our journal's past is not the daemon's: ask for a new id */
    uint8_t rx[FRAME_TO_KIOSK_SIZE_MAX];
    uint8_t tx[FRAME_ENCODED_SIZE(
        UPLINK_FRAME_SIZE_MAX)]; /* a frame in the making, then on its way to the line */
    uint8_t tx_size, tx_sent;    /* on its way: all of it, and what the line has taken */
    uint8_t answer_count;        /* gathered in the body of ANSWERS that goes out next; 0: none */
};

void uplink_init(struct uplink *uplink, struct journal *journal, struct identity *identity,
                 struct roster *roster, uint32_t now_ms);

/* One step of at most 3 ms on an AVR, so that buttons are read in between: give the line what it has room for; else send the
 * answers that were gathered; else read what has arrived until a frame is complete, and obey it; else begin to send what is
 * due. Does nothing while an identity is being stored. */
void uplink_step(struct uplink *uplink, uint32_t now_ms, uint32_t uptime_s);

/* The identity that the daemon gave is durable: introduce ourselves under it. */
void uplink_on_adopted(struct uplink *uplink, uint32_t now_ms);

/* Store a boot answer if the daemon is there and no answer holds this boot's number yet: only then does the daemon tie
 * the boot to real time. Takes up to 30 ms, so to be called when nobody waits for a screen. */
void uplink_claim_boot(struct uplink *uplink, uint32_t uptime_s);

/* There is more to send at once: do not sleep. */
bool uplink_is_busy(const struct uplink *uplink);

/* Answers wait that were not sent since the link came up. */
bool uplink_is_behind(const struct uplink *uplink);

bool uplink_is_up(const struct uplink *uplink);

#endif
