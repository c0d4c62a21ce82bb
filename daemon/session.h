/* SPDX-License-Identifier: MIT
 *
 * session.h - the daemon's end of one kiosk's line: bytes in, bytes and store requests out.
 *
 * Knows neither libevent nor SQLite nor a clock: time is an argument, and everything that leaves does so through
 * struct session_outputs, so that a test or a simulation drives it in virtual time. The caller owns struct session;
 * its fields are private to session.c. One thread. Nothing is allocated.
 *
 *   SILENT --HELLO--> ASKING --committed--> UP        WELCOME sent; answers are taken
 *      ^                 |----------------> WAITING   WAIT or ADOPT sent; the kiosk says HELLO again
 *      |                 '-- it has a key --> PROVING   WELCOME sent, sealed; nothing was changed for it yet
 *      |                                        |
 *      |                                 a verified frame --> CONFIRMING --committed--> UP, or ADOPT and WAITING
 *      '---- displaced, refused, connection opened anew
 *
 * A HELLO in any state starts again at ASKING. The daemon sends nothing before the first valid frame. Of a kiosk that
 * has a key, frames that are not verified are counted and change nothing, not even when it was heard.
 */
#ifndef BYNAME_SESSION_H
#define BYNAME_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/work.h"
#include "protocol/frame.h"
#include "protocol/message.h"
#include "protocol/seal.h"

#define SESSION_AWAY_MS 15000      /* nothing heard for this long: the kiosk counts as away */
#define SESSION_RENEW_MS 1000      /* at most one RENEW in this time */
/* A line on which nothing is heard for so long after it was opened: one RENEW, so that a kiosk at rest, which may have
 * outlived a daemon, is not waited for until it says HEALTH. A board that the opening reset is past its bootloader then. */
#define SESSION_OPENED_MS 1200
#define SESSION_RESEND_MS 300      /* a reliable message without RECEIVED */
#define SESSION_NOT_TAKEN_MS 1000  /* ... or with "not now" */
#define SESSION_REQUESTS_MAX 8     /* with the store at the same time; the kiosk sends again what was not taken */
#define SESSION_NAK_MS 100     /* a NAK is said again when nothing follows from it ... */
#define SESSION_DAMAGE_MS 30   /* ... or when another frame is damaged so long after it */
#define SESSION_NAK_FRAMES 3   /* ... or when so many came from beyond it: more than a kiosk that hears it still sends */
#define SESSION_NAKS_MAX 4     /* ... so often, with the first */
#define SESSION_KEPT_MAX 8 /* frames of ANSWERS that come while the proof is committed: 30 ms at 500000 baud */
#define SESSION_UNPROVEN_MAX 3 /* so many may be lost on the way; more are a stranger's */
/* That a kiosk was heard goes to the store so often, where its heartbeats say nothing new; the store leaves it when it has one
 * of the last minute: two that are kept are less than STORE_SILENCE_MS apart, also where the first was kept just before this
 * conversation. For all kiosks at the same moments, so that it is one commit. */
#define SESSION_NOTE_HEALTH_MS 30000
#define SESSION_HOLD_S_MIN 5
#define SESSION_HOLD_S_MAX 30

struct session_clock {
    uint64_t now_ms; /* monotonic */
    int64_t utc_ms;
    bool is_good; /* utc_ms can be trusted: synchronised, and has not stepped */
};

enum session_note {
    SESSION_NOTE_UP,      /* text: firmware */
    SESSION_NOTE_WAITING, /* text: why */
    SESSION_NOTE_ADOPTED,
    SESSION_NOTE_LOST,  /* text: which sequence numbers */
    SESSION_NOTE_HELD,  /* text: the store's */
    SESSION_NOTE_RESUMED,
    SESSION_NOTE_REFUSED, /* the store refused something that must not be refused; text: the store's */
    SESSION_NOTE_CONFLICT,
    SESSION_NOTE_UNVERIFIED, /* somebody says to be a kiosk that has a key, or speaks in its place, and does not prove
                                it */
};

/* Every function may be called from within any session function but session_init. */
struct session_outputs {
    void *context;
    /* Bytes to the kiosk, one whole frame. False: the line is congested, nothing was taken. */
    bool (*send)(void *context, const uint8_t *bytes, size_t size);
    /* A request to the store; the session is told the result with session_result. The callee copies it. False:
     * too much is queued already. */
    bool (*request)(void *context, const struct work *work);
    /* True when another session has this kiosk and heard it within SESSION_AWAY_MS. Otherwise any other session
     * that has it is displaced before this returns; but one that is verified only by one that is_verified, too: asked
     * at HELLO, and again when the kiosk has proved itself. */
    bool (*is_in_use)(void *context, uint64_t kiosk_id);
    /* 64 random bits; 0: there are none. */
    uint64_t (*nonce)(void *context);
    /* Something that a manager may want to know; once an occasion. */
    void (*note)(void *context, enum session_note note, const char *text);
};

struct session_options {
    uint16_t index;   /* echoed in struct work */
    const char *port; /* the config's section name; borrowed for the session's life */
    bool is_auto_adopt;
    bool is_help_on;
};

enum session_state {
    SESSION_SILENT,
    SESSION_ASKING,
    SESSION_WAITING,
    SESSION_UP,
    SESSION_PROVING,
    SESSION_CONFIRMING
};

struct session_counters {
    uint32_t unknown;    /* of a type that we do not know */
    uint32_t flagged;    /* with flags that we do not know */
    uint32_t malformed;  /* whose body could not be read */
    uint32_t duplicates; /* frames of answers seen before */
    uint32_t congested;  /* not sent, or not queued */
    uint32_t refused;    /* not verified, although the kiosk has a key */
};

/* A message that waits for RECEIVED. */
struct session_downlink {
    uint8_t kind;  /* enum message_type; 0: none is outstanding */
    uint8_t index; /* of the roster's piece, or of the member whose counts these are */
    uint8_t token; /* of the outstanding one, or of the one before */
    uint8_t size;
    uint8_t body[FRAME_TO_KIOSK_SIZE_MAX]; /* without a seal: each time it is sent it gets another */
    uint64_t due_ms;

    bool is_settings_due;
    bool is_presence_wanted; /* HELLO asked for it, and it is not known yet */
    bool is_presence_due;
    bool is_help_due;
    bool is_note_due; /* the note is part of `roster` */
    struct message_help help; /* of the newest call that the kiosk was told of; token unset */
    uint8_t present_count;
    struct presence present[PRESENCE_CAPACITY];

    bool has_roster;
    struct work_roster roster; /* the current one */
    uint32_t kiosk_version;    /* what the kiosk has */
    uint8_t next_piece;
    struct message_counts told[ROSTER_CAPACITY]; /* what this session's kiosk has; staff_id 0: nothing yet */
};

/* When the kiosk booted, in monotonic milliseconds: the least arrival - uptime of the last minute or two. A line
 * can only delay; a longer memory would turn a slow crystal into a growing error. */
struct session_boot {
    int64_t kiosk, journal; /* their rows: what others said does not count */
    uint16_t boot;
    bool is_known;
    int64_t least[2]; /* this minute, the one before */
    uint64_t turned_ms;
    uint32_t uptime_s; /* the latest */
};

struct session {
    struct session_options options;
    struct session_outputs outputs;
    struct frame_decoder decoder;
    uint8_t buffer[FRAME_TO_DAEMON_SIZE_MAX];

    enum session_state state;
    uint8_t wait_reason; /* enum wait_reason of the last WAIT; 0: none */
    uint32_t epoch;      /* changes when what was queued before is not to be believed any more */
    uint8_t request_count;
    bool has_heard, has_renewed;
    bool is_opened; /* the line was, and nothing was heard or said since */
    uint64_t heard_ms, renewed_ms, opened_ms;

    struct message_hello hello;
    uint8_t hello_body[FRAME_TO_DAEMON_SIZE_MAX]; /* as it came: the seal covers all of it */
    size_t hello_size;
    uint64_t hello_ms; /* when it came, monotonic */
    int64_t offered;   /* the row of the ids that whoever said this HELLO was offered; 0: none */
    struct seal seal; /* of the present conversation, if is_keyed */
    bool is_keyed, is_verified;
    bool has_dropped; /* answers that came while the proof was being committed, and more than could be kept */
    struct {
        size_t size;
        uint8_t body[FRAME_TO_DAEMON_SIZE_MAX];
    } kept[SESSION_KEPT_MAX]; /* ANSWERS that came then, all of them; taken when the kiosk is up */
    uint8_t kept_count;
    uint8_t unproven; /* WELCOMEs that nothing verified followed, and frames refused, since the kiosk was up */
    struct message_health health;
    bool has_health;
    struct message_health noted; /* the newest that the store has, or knew already */
    bool has_noted;              /* ... in this conversation */
    bool is_noting;              /* a heartbeat is with the store */
    uint64_t noted_ms;
    struct store_admitted admitted;
    uint32_t through;  /* committed */
    uint32_t compared; /* of what the kiosk has still to say, this was compared with what is committed */
    uint32_t expected; /* comes next; through < expected, what lies between is with the store */
    uint32_t naked;    /* the `expected` of the last NAK; 0: none since */
    uint64_t naked_ms; /* when that was said */
    uint8_t nak_count; /* how often */
    uint8_t behind_count; /* frames that came from beyond it since */
    uint32_t beyond;   /* the first seq of the last frame that came behind a gap */
    int64_t midnight_ms; /* UTC */
    bool is_held;
    uint16_t hold_s;
    uint64_t hold_until_ms;

    struct session_boot boot;
    struct session_downlink downlink;
    struct session_counters counters;
};

void session_init(struct session *session, const struct session_options *options,
                  const struct session_outputs *outputs);

/* The line was opened or closed: forget the kiosk. Counters stay. Results still to come are ignored. */
void session_open(struct session *session, const struct session_clock *clock);
void session_restart(struct session *session);

void session_receive(struct session *session, const uint8_t *bytes, size_t size,
                     const struct session_clock *clock);

/* Call at least every 100 ms while session_is_busy, otherwise once a second. */
void session_tick(struct session *session, const struct session_clock *clock);
bool session_is_busy(const struct session *session);

/* A request came back. Not for WORK_CALL. */
void session_result(struct session *session, const struct work *work, const struct session_clock *clock);

/* The roster or counts as they are now. Copied. */
void session_roster(struct session *session, const struct work_roster *roster, const struct session_clock *clock);

/* What became of a help call of this session's kiosk, if it is not an older one than it knows of. */
void session_help(struct session *session, uint32_t visit, enum help_state state,
                  const struct session_clock *clock);

/* Ask the kiosk for a HELLO (it was adopted just now), if it has been heard on this line. */
void session_renew(struct session *session, const struct session_clock *clock);

/* Another line has this kiosk now. */
void session_displace(struct session *session);

/* The kiosk this session is up with; 0: none. */
uint64_t session_kiosk_id(const struct session *session);
/* The kiosk has proved in this conversation that it has its key. */
bool session_is_verified(const struct session *session);
bool session_is_heard(const struct session *session, uint64_t now_ms);

#endif
