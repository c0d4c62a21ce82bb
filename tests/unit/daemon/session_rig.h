/* SPDX-License-Identifier: MIT
 *
 * session_rig.h - a session with its surroundings in the test's hands: the line, the store's answers and the time.
 */
#ifndef BYNAME_SESSION_RIG_H
#define BYNAME_SESSION_RIG_H

#include "daemon/session.h"

#define RIG_SENT_MAX 512
#define RIG_ASKED_MAX 64
#define RIG_KIOSK_ID 0xA1A2A3A4A5A6A7A8u
#define RIG_JOURNAL_ID 0xB1B2B3B4B5B6B7B8u

struct rig_frame {
    uint8_t type;
    uint8_t body[FRAME_TO_KIOSK_SIZE_MAX];
    size_t size;
};

struct rig {
    struct session session;
    struct session_clock clock;
    struct rig_frame sent[RIG_SENT_MAX]; /* what the kiosk was sent, since rig_forget */
    size_t sent_count;
    struct work asked[RIG_ASKED_MAX]; /* what the store was asked and has not answered */
    size_t asked_count;
    struct seal seal; /* the kiosk's end, once rig_challenge was called */
    uint64_t nonce;   /* the daemon's, of that conversation */
    uint8_t hello_body[FRAME_SIZE_MAX];
    size_t hello_size;
    uint32_t hello_count;
    uint8_t minor;   /* of the kiosk */
    uint8_t pending; /* answers that its HELLO has still to say, from 1 on */
    bool needs_presence;
    bool is_line_congested, is_store_congested, is_in_use, has_no_nonces;
    enum session_note last_note;
    size_t note_count;
};

void rig_init(struct rig *rig);

/* *state of each test is a struct rig, just initialised. */
int rig_setup(void **state);
int rig_teardown(void **state);
#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, rig_setup, rig_teardown)

void rig_forget(struct rig *rig);
void rig_pass(struct rig *rig, uint64_t ms); /* time passes, with a tick every 100 ms */

/* The kiosk says something. */
void rig_say(struct rig *rig, uint8_t type, const uint8_t *body, size_t size);
void rig_say_hello(struct rig *rig);
void rig_say_answers(struct rig *rig, uint32_t first, uint8_t count);
void rig_say_health(struct rig *rig, uint32_t uptime_s);
void rig_say_received(struct rig *rig, uint8_t token, bool is_taken);

/* The store answers the oldest question. */
void rig_answer(struct rig *rig, enum store_status status);
void rig_admit(struct rig *rig, uint32_t through); /* to a HELLO */
void rig_connect(struct rig *rig); /* HELLO, WELCOME, and SETTINGS received; then rig_forget */

/* The same of a kiosk that has a key: the store looks and knows the key, the WELCOME is verified; what the kiosk says
 * from then on is sealed. */
extern const uint8_t rig_key[SEAL_KEY_SIZE];
void rig_challenge(struct rig *rig, uint64_t journal_id, uint32_t through);
void rig_connect_keyed(struct rig *rig); /* and proved, confirmed, SETTINGS received; then rig_forget */
/* A frame as it stands, sealed by nobody. */
void rig_say_plainly(struct rig *rig, uint8_t type, uint8_t flags, const uint8_t *body, size_t size);

/* How many frames of a type were sent, and the last of them (NULL: none). */
size_t rig_count(const struct rig *rig, uint8_t type);
const struct rig_frame *rig_last(const struct rig *rig, uint8_t type);

#endif
