/* SPDX-License-Identifier: MIT
 *
 * link.h - who sends what when: the timers and sequence rules of both ends, without bytes, clock or I/O.
 *
 * PROTOCOL.md, "The link", is normative. The kiosk's end is struct link: it says which message is due, the
 * caller sends it and reports what came back. The daemon's end is one pure function, link_arrival(). Times
 * are milliseconds of a wrapping 32-bit clock that the caller passes in. Main loop only.
 */
#ifndef BYNAME_LINK_H
#define BYNAME_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol/vocabulary.h"

#define LINK_HELLO_MS 1000      /* between two HELLOs while nobody answers */
#define LINK_WAIT_HELLO_MS 5000 /* after a WAIT */
#define LINK_HEARTBEAT_MS 1000  /* from a HEALTH to the next while up ... */
#define LINK_REST_MS 5000       /* ... after one that said nothing waits, and was answered */
#define LINK_TIMEOUT_MS 12000   /* nothing heard for this long: the link is down */
#define LINK_RETRY_MS 200       /* without an ACK the oldest answers are sent again; doubles each time ... */
#define LINK_RETRY_MS_MAX 4000  /* ... up to this */
#define LINK_HOLD_S_MAX 60 /* a longer HOLD is shortened to this: a lost daemon must not silence a kiosk */

enum link_state {
    LINK_DOWN,    /* saying HELLO */
    LINK_WAITING, /* the daemon is there but has not admitted this kiosk */
    LINK_UP,      /* welcomed */
};

enum link_action { LINK_NOTHING, LINK_SEND_HELLO, LINK_SEND_ANSWERS, LINK_SEND_HEALTH };

struct link {
    enum link_state state;
    bool is_held;
    bool is_retry_armed;
    bool may_rest; /* the last HEALTH said that nothing waits, and TIME has not come yet */
    uint32_t heard_ms;
    uint32_t hello_due_ms;
    uint32_t health_due_ms;
    uint32_t hold_until_ms;
    uint32_t retry_due_ms;
    uint16_t retry_ms;
    uint32_t next_to_send; /* the sequence number that goes out next */
    uint32_t sent_through; /* the highest that went out since the link came up; 0: none */
    uint32_t resent;       /* answers sent more than once */
    uint32_t refused_acks; /* ACKs for what was never sent */
};

void link_init(struct link *link, uint32_t now_ms);

/* What is due now. oldest and next are the journal's: the oldest unacknowledged sequence number (== next when
 * there is none) and the one that the next answer will take. For LINK_SEND_ANSWERS link->next_to_send says
 * from where; call link_on_sent once it is on its way. A HELLO or HEALTH counts as sent by being returned. */
enum link_action link_step(struct link *link, uint32_t now_ms, uint32_t oldest, uint32_t next);

/* Sequence numbers first..last went out, as ANSWERS or LOST. */
void link_on_sent(struct link *link, uint32_t now_ms, uint32_t first, uint32_t last);

/* Any good frame from the daemon. */
void link_on_heard(struct link *link, uint32_t now_ms);

/* TIME, which answers HEALTH: with nothing to say the next one comes later. Another TIME for the same HEALTH, or one that
 * nothing asked for, changes nothing. */
void link_on_time(struct link *link);

/* WELCOME was checked and obeyed: the link is up and sends from the journal's oldest answer. */
void link_on_welcome(struct link *link, uint32_t now_ms, uint32_t oldest);

void link_on_wait(struct link *link, uint32_t now_ms);

/* The daemon asks for a HELLO, or this end's ids changed: say it at once. */
void link_on_renew(struct link *link, uint32_t now_ms);

/* An ACK for our journal. True when it may be obeyed: it does not exceed what was sent. */
bool link_on_ack(struct link *link, uint32_t now_ms, uint32_t through, uint32_t next);

/* The daemon misses `expected`: send from there at once. Ignored when that was never sent. */
void link_on_nak(struct link *link, uint32_t now_ms, uint32_t expected, uint32_t oldest);

void link_on_hold(struct link *link, uint32_t now_ms, uint16_t seconds);

/* The daemon's end: what to do with sequence numbers first..first+count-1 when `expected` comes next. */
enum link_arrival {
    LINK_ARRIVAL_NEW,       /* take all but the first *skip */
    LINK_ARRIVAL_DUPLICATE, /* all seen before: acknowledge again */
    LINK_ARRIVAL_GAP,       /* something before them is missing: one NAK, take nothing */
};
enum link_arrival link_arrival(uint32_t expected, uint32_t first, uint32_t count, uint32_t *skip);

#endif
