/* SPDX-License-Identifier: MIT
 *
 * vocabulary.h - the questions, their options and every other coded list of byname, once.
 *
 * Codes are what travels on the wire, what the journal keeps and what the database stores; names are what
 * JSON, CSV and SQL show. A code is never given a second meaning and never reused. Each list is an X-macro so
 * that a consumer can make an enum, a table of names or a check from the same lines.
 */
#ifndef BYNAME_VOCABULARY_H
#define BYNAME_VOCABULARY_H

/* X(NAME, code, "name"): what an answer answers.
 *
 *   VOID       takes the place of a number whose slot cannot be read; value = enum void_cause. It never contradicts an
 *              answer that the daemon has under that number already
 *   BOOT       the kiosk started; value = reset causes, see RESET_CAUSES
 *   RATING     1 to 5, 5 best; opens a visit
 *   SERVED     who served this visit: the one person signed on, stored without a press; value = staff id
 *   STAFF      "who helped you?"; value = staff id
 *   MENTION    "asked for by name?"; value = enum mention
 *   CAUSE, STRENGTH, RETURNING, HELP    value = enum cause, strength, returning, help
 *   FLAG       the visit is left out of figures; value = enum flag
 *   SIGN_ON, SIGN_OFF    a staff member starts or ends serving at this counter; value = staff id; no visit
 *   HERE       a staff member has come to whoever called for help here before; value = staff id; no visit
 */
#define QUESTIONS(X)             \
    X(VOID, 0, "void")           \
    X(BOOT, 1, "boot")           \
    X(RATING, 2, "rating")       \
    X(SERVED, 3, "served")       \
    X(STAFF, 4, "staff")         \
    X(MENTION, 5, "mention")     \
    X(CAUSE, 6, "cause")         \
    X(STRENGTH, 7, "strength")   \
    X(RETURNING, 8, "returning") \
    X(HELP, 9, "help")           \
    X(FLAG, 10, "flag")          \
    X(SIGN_ON, 11, "sign_on")    \
    X(SIGN_OFF, 12, "sign_off")  \
    X(HERE, 13, "here")

#define MENTIONS(X)            \
    X(ASKED, 1, "asked")       \
    X(WILL_ASK, 2, "will_ask") \
    X(NO, 3, "no")

/* In the order of the buttons. */
#define CAUSES(X)                      \
    X(PROCESS, 1, "process")           \
    X(RULES, 2, "rules")               \
    X(PRESENTATION, 3, "presentation") \
    X(PRODUCT, 4, "product")           \
    X(PEOPLE, 5, "people")

/* In the order of the buttons. */
#define STRENGTHS(X)                       \
    X(EMPATHY, 1, "empathy")               \
    X(FOLLOW_THROUGH, 2, "follow_through") \
    X(RESPECT, 3, "respect")               \
    X(LISTENING, 4, "listening")           \
    X(FLEXIBILITY, 5, "flexibility")

#define RETURNINGS(X) \
    X(YES, 1, "yes")  \
    X(NO, 2, "no")

#define HELPS(X)     \
    X(YES, 1, "yes") \
    X(NO, 2, "no")

/* Why the kiosk leaves a visit out: withdrawn by a second button at once; its button stuck for 10 s. */
#define FLAGS(X)                 \
    X(WITHDRAWN, 1, "withdrawn") \
    X(STUCK, 2, "stuck")

/* Bits of a reset cause; several may be set. */
#define RESET_CAUSES(X)          \
    X(POWER_ON, 1, "power_on")   \
    X(EXTERNAL, 2, "external")   \
    X(BROWN_OUT, 4, "brown_out") \
    X(WATCHDOG, 8, "watchdog")

/* Why sequence numbers are missing for good: their slots could not be read back; cells of the journal are
 * dead and never held anything; the database is older than what it had acknowledged. */
#define LOST_CAUSES(X)           \
    X(DAMAGED, 1, "damaged")     \
    X(DEAD_SLOT, 2, "dead_slot") \
    X(RESTORED, 3, "restored")

/* Torn: power failed before the answer was acknowledged on the display. Damaged: it may have been. */
#define VOID_CAUSES(X) \
    X(TORN, 0, "torn") \
    X(DAMAGED, 1, "damaged")

/* Why somebody is wanted at a kiosk. */
#define CALL_KINDS(X)  \
    X(HELP, 1, "help") \
    X(BAD_RUN, 2, "bad_run")

/* OPEN to ACKNOWLEDGED or CLOSED, ACKNOWLEDGED to CLOSED. MISSED: it arrived too late to be raised. */
#define CALL_STATES(X)                 \
    X(OPEN, 1, "open")                 \
    X(ACKNOWLEDGED, 2, "acknowledged") \
    X(CLOSED, 3, "closed")             \
    X(MISSED, 4, "missed")

/* How a call ended. */
#define OUTCOMES(X)              \
    X(SOLVED, 1, "solved")       \
    X(HANDED_ON, 2, "handed_on") \
    X(COULD_NOT, 3, "could_not") \
    X(ABUSE, 4, "abuse")

#define VOCABULARY_ENUMERATOR_QUESTION(NAME, code, name) QUESTION_##NAME = (code),
#define VOCABULARY_ENUMERATOR_MENTION(NAME, code, name) MENTION_##NAME = (code),
#define VOCABULARY_ENUMERATOR_CAUSE(NAME, code, name) CAUSE_##NAME = (code),
#define VOCABULARY_ENUMERATOR_STRENGTH(NAME, code, name) STRENGTH_##NAME = (code),
#define VOCABULARY_ENUMERATOR_RETURNING(NAME, code, name) RETURNING_##NAME = (code),
#define VOCABULARY_ENUMERATOR_HELP(NAME, code, name) HELP_##NAME = (code),
#define VOCABULARY_ENUMERATOR_FLAG(NAME, code, name) FLAG_##NAME = (code),
#define VOCABULARY_ENUMERATOR_RESET(NAME, code, name) RESET_##NAME = (code),
#define VOCABULARY_ENUMERATOR_VOID(NAME, code, name) VOID_##NAME = (code),
#define VOCABULARY_ENUMERATOR_LOST(NAME, code, name) LOST_##NAME = (code),
#define VOCABULARY_ENUMERATOR_CALL_KIND(NAME, code, name) CALL_KIND_##NAME = (code),
#define VOCABULARY_ENUMERATOR_CALL_STATE(NAME, code, name) CALL_##NAME = (code),
#define VOCABULARY_ENUMERATOR_OUTCOME(NAME, code, name) OUTCOME_##NAME = (code),

enum question { QUESTIONS(VOCABULARY_ENUMERATOR_QUESTION) };
enum mention { MENTIONS(VOCABULARY_ENUMERATOR_MENTION) };
enum cause { CAUSES(VOCABULARY_ENUMERATOR_CAUSE) };
enum strength { STRENGTHS(VOCABULARY_ENUMERATOR_STRENGTH) };
enum returning { RETURNINGS(VOCABULARY_ENUMERATOR_RETURNING) };
enum help { HELPS(VOCABULARY_ENUMERATOR_HELP) };
enum flag { FLAGS(VOCABULARY_ENUMERATOR_FLAG) };
enum reset_cause { RESET_CAUSES(VOCABULARY_ENUMERATOR_RESET) };
enum void_cause { VOID_CAUSES(VOCABULARY_ENUMERATOR_VOID) };
enum lost_cause { LOST_CAUSES(VOCABULARY_ENUMERATOR_LOST) };
enum call_kind { CALL_KINDS(VOCABULARY_ENUMERATOR_CALL_KIND) };
enum call_state { CALL_STATES(VOCABULARY_ENUMERATOR_CALL_STATE) };
enum outcome { OUTCOMES(VOCABULARY_ENUMERATOR_OUTCOME) };

/* Values that every follow-up question shares. */
#define ANSWER_SKIPPED 0x0000u /* the customer pressed "skip" */
#define ANSWER_NONE 0xFFFFu    /* the question was shown and nothing was pressed */

#define RATING_MIN 1
#define RATING_MAX 5
#define RATING_HAPPY_MIN 4   /* 4 and 5 are satisfied (top-2-box) */
#define RATING_UNHAPPY_MAX 2 /* 1 and 2 are unhappy */

#define STAFF_ID_MIN 1
#define STAFF_ID_MAX 0xFFFE /* 0 and 0xFFFF are ANSWER_SKIPPED and ANSWER_NONE */
#define STAFF_NAME_CHARACTERS_MAX 16
#define STAFF_NAME_SIZE_MAX 32 /* UTF-8 bytes: U+0020..U+017E needs at most two a character */
#define NOTE_CHARACTERS_MAX 21 /* a line of the kiosk's display */
#define NOTE_SIZE_MAX 42       /* UTF-8 bytes, as for a name */
#define ROSTER_CAPACITY 24
#define PRESENCE_CAPACITY 8 /* staff members signed on at one kiosk at the same time */
#define PIN_NONE 0xFFFF
#define PIN_DIGITS 4 /* each 1 to 5; pin = ((d1-1)*5 + d2-1)*5 ... , 0 to 624 */
#define PIN_MAX 624

#endif
