/* SPDX-License-Identifier: MIT
 *
 * visit.h - one customer after another: presses in, answers into the journal, screens out.
 *
 * PRODUCT rules of the counter live here: which question follows which, the guards against double and stray
 * presses, the time a question stays. An answer is in the journal before the screen that acknowledges it is
 * shown. Main loop only. The caller owns struct visit and the parts it points to.
 *
 *   IDLE ──rating──► CHOSEN ──0.3 s──► ASKING ──option──► CHOSEN ──0.3 s──► ASKING ... ENDING ──3 s──► IDLE
 *    │                 │                 │                                              ▲
 *    │                 │                 └── skip, or 8 s without a press ──────────────┤
 *    │                 └── another button: withdrawn ───────────────────────────────────┤
 *    └── journal full: refused ─────────────────────────────────────────────────────────┘
 *
 * From IDLE to COMING and back, for 8 s or until a press, when somebody has answered a help call whose visit is over.
 */
#ifndef BYNAME_VISIT_H
#define BYNAME_VISIT_H

#include <stdbool.h>
#include <stdint.h>

#include "firmware/core/buttons.h"
#include "firmware/core/journal.h"
#include "firmware/core/roster.h"
#include "firmware/core/screen.h"
#include "firmware/core/uplink.h"

#define VISIT_CHOICE_MS 300         /* how long a choice stays visible */
#define VISIT_WITHDRAW_MS 300       /* a second button within this withdraws a rating */
#define VISIT_GUARD_MS 500          /* a new screen ignores presses for this long ... */
#define VISIT_OPENER_GUARD_MS 1000  /* ... and the button that opened it for this long */
#define VISIT_QUESTION_MS 8000      /* a question without a press ends the visit */
#define VISIT_LOCKOUT_MS 3000       /* after a visit */
#define VISIT_LANGUAGE_HOLD_MS 1000 /* a rating button held for this long opens the languages */
#define VISIT_NOTE_MS 8000          /* idle: who serves and the manager's note take turns */
#define VISIT_COLLEAGUE_MS 3000     /* a call nobody answered so far: "please tell a colleague" beside it */

enum visit_state { VISIT_IDLE, VISIT_COMING, VISIT_CHOSEN, VISIT_ASKING, VISIT_ENDING };

struct visit {
    struct journal *journal;
    struct roster *roster;
    const struct uplink *uplink;

    enum visit_state state;
    uint32_t since_ms;      /* when the state, or the screen in it, began */
    uint8_t screen;         /* enum screen_kind on show */
    uint8_t next_screen;    /* CHOSEN: what follows */
    uint8_t first_screen;   /* what followed the rating; the list of languages goes back to it */
    bool is_withdrawal_due; /* several buttons at once: the rating is shown first, then taken back */
    uint8_t opener;         /* button that opened the screen, 1 to 5; 0: none */
    uint8_t chosen;         /* button shown as chosen; 0: none */
    uint8_t language;

    uint32_t called_seq; /* of the last visit that called for help and was not told that somebody comes; 0: none */
    uint32_t rating_seq; /* of the visit under way, or of the last one; 0: none since boot */
    uint8_t rating;
    uint8_t staff;           /* roster index of who served or helped, or ROSTER_NOBODY */
    bool is_served;          /* staff is the one signed on, and is to be stored as SERVED */
    bool may_open_languages; /* the rating button is held since the rating, and not for long yet */
    /* A rating button not released since its rating, to see whether it is stuck; 0: none. */
    uint8_t held_button;
    uint32_t held_seq; /* that rating */

    bool asks_returning;             /* which of the two alternating questions comes next */
    uint8_t first_name;              /* the list starts with this offered name, another one each visit */
    uint8_t page_start;              /* offered names before the page on show */
    uint8_t page[SCREEN_NAME_COUNT]; /* roster indexes on show */
    uint8_t page_count;
    bool has_more;

    uint32_t refused; /* ratings not taken because the journal was full or faulty, since boot */
};

void visit_init(struct visit *visit, struct journal *journal, struct roster *roster,
                const struct uplink *uplink);

/* Advance by what the buttons report. pressed is buttons->pressed without presses that belong to someone
 * else. Takes up to 30 ms when it stores an answer, 60 ms when slots had to be erased first. */
void visit_step(struct visit *visit, const struct buttons *buttons, uint8_t pressed, uint32_t now_ms,
                uint32_t uptime_s);

/* What to show. Names in it are the roster's: valid until the roster changes. */
void visit_screen(const struct visit *visit, uint32_t now_ms, struct screen *screen);

/* True from a rating to the end of the lockout. */
bool visit_is_open(const struct visit *visit);

/* End whatever is under way, without a word: the staff menu takes over. */
void visit_abandon(struct visit *visit);

#endif
