/* SPDX-License-Identifier: MIT
 *
 * visit.h - how answers become visits: the one place that says what an answer does to a visit.
 *
 * The same code runs when answers arrive (store_answers.c) and when everything is counted again from the raw
 * answers (store_recount.c), so the two cannot drift apart. A window holds the recent visits of one journal,
 * fed with its answers in the order of their sequence numbers. The caller owns it; no allocation, no I/O, no
 * clock.
 *
 * Decided here: the last answer to a question stands. An answer whose rating is not there (its slot was lost,
 * or its value was no rating) does not invent a visit: it is reported as stray and counted as without rating.
 * A value that its question does not know changes no visit: it is counted as invalid. Codes of questions that
 * are not known change nothing.
 */
#ifndef BYNAME_VISIT_H
#define BYNAME_VISIT_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol/message.h"

/* When something happened: not before instant_ms, not after instant_ms + span_ms. */
struct visit_time {
    int64_t instant_ms;
    int64_t span_ms; /* 0: known */
};

/* The follow-ups of a visit, as an index into replies. */
#define VISIT_REPLY(question) ((question)-QUESTION_SERVED)
#define VISIT_REPLY_COUNT (VISIT_REPLY(QUESTION_HELP) + 1)
#define VISIT_NOT_SHOWN (-1)

/* Why a visit is left out of figures. The kiosk's own flags, the first three, win over a burst, and a burst over mash. */
enum visit_left_out {
    VISIT_COUNTED = 0,
    VISIT_WITHDRAWN = FLAG_WITHDRAWN,
    VISIT_STUCK = FLAG_STUCK,
    VISIT_FLAGGED_OTHER, /* a flag of a newer kiosk */
    VISIT_BURST,
    VISIT_MASH,
};

struct visit {
    uint32_t seq; /* of its rating; 0: no visit */
    uint32_t uptime_s;
    uint16_t boot;
    uint16_t flag; /* as the kiosk gave it; 0: none */
    uint8_t rating;
    bool is_burst;
    bool is_mash;
    bool is_changed; /* since the caller last cleared it */
    struct visit_time time;
    int32_t replies[VISIT_REPLY_COUNT]; /* ANSWER_SKIPPED, ANSWER_NONE, a code or VISIT_NOT_SHOWN */
};

#define VISIT_WINDOW_CAPACITY 64
_Static_assert(VISIT_WINDOW_CAPACITY > ANSWER_VISIT_BACK_MAX,
               "a visit stays as long as answers can refer to it");

#define VISIT_BURST_COUNT 5 /* equal ratings ... */
#define VISIT_BURST_S 30    /* ... within this kiosk time */

/* Mash: so many visits in a row, whatever their ratings, of whose time the kiosk itself took at least three quarters: it
 * is locked after a visit, and each press on a question waits for the choice before it and for the screen's guard. What is
 * left for stepping up, reading and pressing is a second or two a visit: that is one person, playing. */
#define VISIT_MASH_COUNT 5
#define VISIT_MASH_LOCKOUT_MS 3000
#define VISIT_MASH_PRESS_MS 800

enum visit_stray { VISIT_STRAY_INVALID, VISIT_STRAY_WITHOUT_RATING };

struct visit_listener {
    void *context;
    /* A visit's share in the figures: sign -1 before it changes, +1 after. A new visit comes with +1 only. */
    void (*on_change)(void *context, const struct visit *visit, int sign);
    /* An answer that counts for no visit. */
    void (*on_stray)(void *context, enum visit_stray reason, const struct visit_time *time);
    /* A visit is about to leave the window: nothing can refer to it any more. */
    void (*on_leave)(void *context, struct visit *visit);
};

struct visit_window {
    bool is_mash_unknown; /* as it was before version 4 of the tables: nothing is mash */
    struct visit visits[VISIT_WINDOW_CAPACITY]; /* at seq modulo capacity */
};

void visit_window_init(struct visit_window *window);

/* Put a visit back, as it was stored. Only for visits within VISIT_WINDOW_CAPACITY of the newest answer. */
void visit_window_restore(struct visit_window *window, const struct visit *visit);

/* Take the journal's next answer. */
void visit_window_apply(struct visit_window *window, const struct answer *answer,
                        const struct visit_time *time, const struct visit_listener *listener);

/* The visits that nothing changes any more once the answer `next` is due, one a call, in the order of their numbers: the
 * first after *through, which moves there; NULL when there is none yet. *through begins with 0. Asked before each answer is
 * applied, it has told every visit before that leaves the window; past the last answer, with
 * next = its seq + VISIT_WINDOW_CAPACITY, it tells the rest. */
struct visit *visit_window_settled(struct visit_window *window, uint64_t *through, uint64_t next);

/* Who served: the person named, else the one signed on; 0: nobody known. */
uint16_t visit_staff(const struct visit *visit);

enum visit_left_out visit_left_out(const struct visit *visit);

/* The same visit with the same contents; is_changed does not matter. */
bool visit_is_equal(const struct visit *a, const struct visit *b);

#endif
