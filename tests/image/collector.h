/* SPDX-License-Identifier: MIT
 *
 * collector.h - the daemon's end of the keyed line, as PROTOCOL.md has it, with rows in memory.
 *
 * Bytes in, frames out; frames, messages, seals and the rule of arrival are protocol/'s own. What it takes is
 * committed at once. It holds no pointers to the outside, so that a process that forks has two of it. What a
 * kiosk may never say (a number that is used up, an answer that changed) is told as a sentence in `wrong`.
 */
#ifndef BYNAME_IMAGE_COLLECTOR_H
#define BYNAME_IMAGE_COLLECTOR_H

#include "protocol/message.h"

#define COLLECTOR_ROWS_MAX 96
#define COLLECTOR_OUT_MAX 8
#define COLLECTOR_STAFF_COUNT 3
#define COLLECTOR_STAFF_ID_MIN 11 /* of the first of them; the others follow */

struct collector_row {
    struct answer answer;
    bool is_lost; /* LOST stands here; only answer.seq and, as the cause, answer.value hold */
};

struct collector_frame {
    uint8_t type;
    uint8_t bytes[FRAME_ENCODED_SIZE(FRAME_TO_KIOSK_SIZE_MAX)];
    size_t size;
};

struct collector {
    bool is_away;      /* the daemon does not run: bytes go nowhere */
    bool is_confirmed; /* a frame has verified: the key is not sent again */
    uint32_t first;    /* the first seq that was ever to come: row 0's */
    uint32_t through;  /* all from first to here are in rows */
    struct collector_row rows[COLLECTOR_ROWS_MAX];

    struct frame_decoder decoder;
    uint8_t decoded[FRAME_TO_DAEMON_SIZE_MAX];
    struct seal seal;
    struct message_hello hello; /* of the conversation under way */
    bool has_hello;
    bool is_proven; /* a frame of this conversation has verified */
    uint32_t naked; /* the expected seq that was asked for last */
    uint64_t nonce;
    uint32_t renewed_ms;

    uint8_t telling; /* which of the reliable messages; its token is one more */
    uint8_t tell_count;
    uint32_t told_ms, tell_again_ms;
    bool is_told;

    struct collector_frame out[COLLECTOR_OUT_MAX]; /* for the caller to take, oldest first */
    unsigned out_count;

    uint32_t hellos, resent, forged;
    uint32_t health_count;
    uint16_t pending; /* as the last HEALTH said */
    const char *wrong;
};

void collector_init(struct collector *collector, uint64_t seed);

/* A byte from the kiosk. */
void collector_take(struct collector *collector, uint8_t byte, uint32_t now_ms);

/* What is due by time alone. */
void collector_step(struct collector *collector, uint32_t now_ms);

/* The daemon ends; or starts again, knowing what is committed and nothing of the conversation. */
void collector_set_away(struct collector *collector, bool is_away);

/* The kiosk was welcomed in the conversation under way, has proved itself and has been told all there is. */
bool collector_is_at_rest(const struct collector *collector);

#endif
