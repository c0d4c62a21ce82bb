/* SPDX-License-Identifier: MIT
 *
 * message.h - the bodies of frames: every message of the wire, written and read field by field.
 *
 * PROTOCOL.md, "Messages", is normative. Structs here are for the program, never for the wire. Encoders
 * return the body's size, or 0 when it does not fit; decoders return false when the body is too short or a
 * count or size in it exceeds its limit, and then the struct is not to be used. Bytes after the known fields
 * are skipped, so that a newer peer may append some. No allocation; any context.
 */
#ifndef BYNAME_MESSAGE_H
#define BYNAME_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/bytes.h"
#include "protocol/frame.h"
#include "protocol/seal.h"
#include "protocol/vocabulary.h"

#define PROTOCOL_MAJOR 1 /* peers with different majors do not talk */
#define PROTOCOL_MINOR 2 /* 1: knows keys; 2: NOTE, and the answer HERE */
#define PROTOCOL_MINOR_NOTE 2

/* X(NAME, type, name): the first half of the types travels to the daemon, the second (bit 6 set) to the
 * kiosk. */
#define MESSAGES(X)             \
    X(HELLO, 0x01, hello)       \
    X(ANSWERS, 0x02, answers)   \
    X(LOST, 0x03, lost)         \
    X(HEALTH, 0x04, health)     \
    X(RECEIVED, 0x05, received) \
    X(WELCOME, 0x41, welcome)   \
    X(WAIT, 0x42, wait)         \
    X(ADOPT, 0x43, adopt)       \
    X(ACK, 0x44, ack)           \
    X(NAK, 0x45, nak)           \
    X(HOLD, 0x46, hold)         \
    X(RENEW, 0x47, renew)       \
    X(TIME, 0x48, time)         \
    X(SETTINGS, 0x49, settings) \
    X(ROSTER, 0x4A, roster)     \
    X(COUNTS, 0x4B, counts)     \
    X(PRESENCE, 0x4C, presence) \
    X(HELP, 0x4D, help)         \
    X(NOTE, 0x4E, note)

#define MESSAGE_ENUMERATOR(NAME, type, name) MESSAGE_##NAME = (type),
enum message_type { MESSAGES(MESSAGE_ENUMERATOR) };

#define DATABASE_ID_SIZE 16
#define FIRMWARE_NAME_SIZE_MAX 16 /* as in "0.1.0" */
#define ANSWERS_CAPACITY 16       /* answers in one frame */
#define ANSWERS_HEAD_SIZE 5       /* what stands before them */
#define ANSWERS_COUNT_AT 4        /* there, how many they are */
#define ANSWER_WIRE_SIZE 10
#define ANSWER_VISIT_BACK_MAX 15 /* the journal packs it into four bits */

/* To the daemon ------------------------------------------------------------------------------------------- */

struct message_hello {
    uint8_t major, minor;
    uint64_t kiosk_id;   /* 0: not adopted */
    uint64_t journal_id; /* 0: needs one */
    uint32_t oldest;     /* oldest unacknowledged sequence number; == next when there is none */
    uint32_t next;       /* the sequence number that the next answer will take; at least 1 */
    uint16_t boot;
    uint32_t uptime_s;
    uint32_t roster_version; /* see message_roster_version */
    uint64_t nonce;
    uint8_t reset_causes;   /* enum reset_cause bits */
    uint8_t needs_presence; /* 1: has not been told since boot who is signed on */
    uint8_t capacity;       /* answers the journal can still take, 255 for more */
    uint8_t firmware_size;
    char firmware[FIRMWARE_NAME_SIZE_MAX + 1]; /* NUL-terminated here, not on the wire */
};

/* One stored tap. visit_back = seq - seq of the visit's rating; 0 for a rating and for what has no visit. */
struct answer {
    uint32_t seq;
    uint8_t visit_back;
    uint8_t question; /* enum question, or a newer peer's */
    uint16_t value;
    uint16_t boot;
    uint32_t uptime_s;
};

/* Consecutive sequence numbers from first_seq; answers[i].seq is filled in by the decoder. */
struct message_answers {
    uint32_t first_seq;
    uint8_t count; /* 1 to ANSWERS_CAPACITY */
    struct answer answers[ANSWERS_CAPACITY];
};

struct message_lost {
    uint32_t first, last;
    uint8_t cause; /* enum lost_cause */
};

/* The heartbeat. Counters start at 0 with a boot and do not wrap in practice. */
struct message_health {
    uint32_t uptime_s;
    uint32_t refused;    /* answers not taken because the journal was full */
    uint32_t bad_frames; /* received */
    uint32_t resent;     /* answers sent again */
    uint16_t pending;    /* answers in the journal, not acknowledged */
    uint16_t bad_slots;  /* journal slots that could not be written or read back */
    uint16_t display_faults;
    uint8_t stuck_buttons; /* bit 0 = button 1 */
    bool has_forged;       /* since minor 1 */
    uint32_t forged;       /* frames that were not verified, so not obeyed */
};

/* A reliable message arrived: ROSTER, COUNTS, PRESENCE, SETTINGS, HELP, NOTE carry the token. is_taken 0: not now,
 * ask again (a roster is taken only while no visit is under way). */
struct message_received {
    uint8_t token;
    uint8_t is_taken;
};

/* To the kiosk -------------------------------------------------------------------------------------------- */

struct message_welcome {
    uint8_t major, minor;
    uint8_t database_id[DATABASE_ID_SIZE];
    uint64_t kiosk_id;
    uint64_t journal_id;
    uint32_t through;       /* everything up to here is committed; 0: nothing */
    uint32_t midnight_in_s; /* seconds to the store's next local midnight */
    uint64_t nonce;
};

enum wait_reason { WAIT_ADOPTION = 1, WAIT_OTHER_DATABASE = 2, WAIT_VERSION = 3, WAIT_IN_USE = 4 };

struct message_wait {
    uint8_t major, minor; /* the daemon's */
    uint8_t reason;       /* enum wait_reason */
};

struct message_adopt {
    uint8_t database_id[DATABASE_ID_SIZE];
    uint64_t kiosk_id;
    uint64_t journal_id;
    bool has_key;
    uint8_t key[SEAL_KEY_SIZE]; /* for a kiosk without ids only; never in a sealed frame */
};

struct message_ack {
    uint64_t journal_id;
    uint32_t through;
};

struct message_nak {
    uint64_t journal_id;
    uint32_t expected;
};

struct message_hold {
    uint16_t seconds;
};

struct message_time {
    uint32_t midnight_in_s;
};

struct message_settings {
    uint8_t token;
    uint8_t is_help_on;
};

#define STAFF_ON_DUTY 0x01

struct staff_entry {
    uint16_t id;
    uint8_t flags; /* STAFF_ON_DUTY */
    uint16_t pin;  /* 0 to PIN_MAX, or PIN_NONE */
    uint8_t name_size;
    char name[STAFF_NAME_SIZE_MAX + 1]; /* UTF-8, NUL-terminated here, not on the wire */
};

/* Piece `index` of `count` of the roster with that version; count 0 empties the roster and has no entry. */
struct message_roster {
    uint8_t token;
    uint32_t version;
    uint8_t index, count;
    struct staff_entry entry;
};

/* Asked for by name, of those who were asked the question: today, this week, and the best week so far. */
struct message_counts {
    uint8_t token;
    uint16_t staff_id;
    uint16_t asked_today, answered_today;
    uint16_t asked_week, answered_week;
    uint16_t asked_best, answered_best; /* both 0: no best week yet */
};

struct presence {
    uint16_t staff_id;
    uint16_t minutes_left; /* until the sign-on ends by itself */
};

struct message_presence {
    uint8_t token;
    uint8_t count;
    struct presence present[PRESENCE_CAPACITY];
};

enum help_state { HELP_STATE_OPEN = 1, HELP_STATE_ON_THE_WAY = 2, HELP_STATE_CLOSED = 3 };

struct message_help {
    uint8_t token;
    uint32_t visit; /* seq of the visit's rating */
    uint8_t state;  /* enum help_state */
};

/* What the manager wants the idle screen to say; size 0: nothing. */
struct message_note {
    uint8_t token;
    uint8_t size;
    char text[NOTE_SIZE_MAX + 1]; /* UTF-8, NUL-terminated here, not on the wire */
};

/* Encoders and decoders: message_NAME_encode(message, body, capacity) and message_NAME_decode(body, size,
 * message) for each line of MESSAGES but RENEW, which has no body. */
#define MESSAGE_CODEC(name)                                                                               \
    size_t message_##name##_encode(const struct message_##name *message, uint8_t *body, size_t capacity); \
    bool message_##name##_decode(const uint8_t *body, size_t size, struct message_##name *message);

MESSAGE_CODEC(hello)
MESSAGE_CODEC(answers)
MESSAGE_CODEC(lost)
MESSAGE_CODEC(health)
MESSAGE_CODEC(received)
MESSAGE_CODEC(welcome)
MESSAGE_CODEC(wait)
MESSAGE_CODEC(adopt)
MESSAGE_CODEC(ack)
MESSAGE_CODEC(nak)
MESSAGE_CODEC(hold)
MESSAGE_CODEC(time)
MESSAGE_CODEC(settings)
MESSAGE_CODEC(roster)
MESSAGE_CODEC(counts)
MESSAGE_CODEC(presence)
MESSAGE_CODEC(help)
MESSAGE_CODEC(note)

/* The same ANSWERS body, one answer at a time, for a sender with little memory: begin a fresh writer, then
 * add answers in order. writer->failed tells that one did not fit; the body then holds those before it. */
void message_answers_begin(struct bytes_writer *writer, uint32_t first_seq);
void message_answers_add(struct bytes_writer *writer, const struct answer *answer);

/* Fold one more entry into a roster's version. A roster's version is the CRC-32 of its entries as they stand
 * on the wire, in order, beginning with 0 (an empty roster has version 0). */
uint32_t message_roster_version(uint32_t version, const struct staff_entry *entry);

#endif
