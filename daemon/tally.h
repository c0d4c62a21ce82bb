/* SPDX-License-Identifier: MIT
 *
 * tally.h - what is counted of a visit, and a book that adds it up by period, kiosk and staff member.
 *
 * A tally row has one counter for each measure below; the schema has a column of the same name for each. Rows
 * are kept at the levels below. A visit is counted at every level at which its time is certain: one that may lie
 * on either side of an hour's edge has no hour but may have a day, and all time has everything. The book lives
 * on the heap and is used by one thread.
 */
#ifndef BYNAME_TALLY_H
#define BYNAME_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/period.h"
#include "daemon/visit.h"

/* X(NAME, column). Visits = the sum of the five ratings: they need no measure of their own.
 *
 * returning_*           of visits that were prompted at random; after "asked today" the answers are
 * asked_returning (a loyal customer) and asked_new (word of mouth), skipped and none count here staff_* the
 * question "who helped you?", not who is known to have helped unhappy_people        ratings 1 and 2 with
 * cause people left_out_*            visits that the other measures leave out, by reason; left_out_happy:
 * those rated 4 or 5 invalid, without_rating   answers, see visit.h; always under staff 0
 */
#define TALLY_MEASURES(X)                               \
    X(RATING_1, rating_1)                               \
    X(RATING_2, rating_2)                               \
    X(RATING_3, rating_3)                               \
    X(RATING_4, rating_4)                               \
    X(RATING_5, rating_5)                               \
    X(STAFF_NAMED, staff_named)                         \
    X(STAFF_SKIPPED, staff_skipped)                     \
    X(STAFF_NONE, staff_none)                           \
    X(MENTION_ASKED, mention_asked)                     \
    X(MENTION_WILL_ASK, mention_will_ask)               \
    X(MENTION_NO, mention_no)                           \
    X(MENTION_SKIPPED, mention_skipped)                 \
    X(MENTION_NONE, mention_none)                       \
    X(CAUSE_PROCESS, cause_process)                     \
    X(CAUSE_RULES, cause_rules)                         \
    X(CAUSE_PRESENTATION, cause_presentation)           \
    X(CAUSE_PRODUCT, cause_product)                     \
    X(CAUSE_PEOPLE, cause_people)                       \
    X(CAUSE_SKIPPED, cause_skipped)                     \
    X(CAUSE_NONE, cause_none)                           \
    X(STRENGTH_EMPATHY, strength_empathy)               \
    X(STRENGTH_FOLLOW_THROUGH, strength_follow_through) \
    X(STRENGTH_RESPECT, strength_respect)               \
    X(STRENGTH_LISTENING, strength_listening)           \
    X(STRENGTH_FLEXIBILITY, strength_flexibility)       \
    X(STRENGTH_SKIPPED, strength_skipped)               \
    X(STRENGTH_NONE, strength_none)                     \
    X(RETURNING_YES, returning_yes)                     \
    X(RETURNING_NO, returning_no)                       \
    X(RETURNING_SKIPPED, returning_skipped)             \
    X(RETURNING_NONE, returning_none)                   \
    X(ASKED_RETURNING, asked_returning)                 \
    X(ASKED_NEW, asked_new)                             \
    X(HELP_YES, help_yes)                               \
    X(HELP_NO, help_no)                                 \
    X(HELP_SKIPPED, help_skipped)                       \
    X(HELP_NONE, help_none)                             \
    X(UNHAPPY_PEOPLE, unhappy_people)                   \
    X(LEFT_OUT_WITHDRAWN, left_out_withdrawn)           \
    X(LEFT_OUT_STUCK, left_out_stuck)                   \
    X(LEFT_OUT_BURST, left_out_burst)                   \
    X(LEFT_OUT_OTHER, left_out_other)                   \
    X(LEFT_OUT_HAPPY, left_out_happy)                   \
    X(INVALID, invalid)                                 \
    X(WITHOUT_RATING, without_rating)                   \
    X(LEFT_OUT_MASH, left_out_mash) /* since version 4 of the tables, so at their end */

#define TALLY_ENUMERATOR(NAME, column) TALLY_##NAME,
enum tally_measure { TALLY_MEASURES(TALLY_ENUMERATOR) TALLY_MEASURE_COUNT };

/* The column of a measure; measure < TALLY_MEASURE_COUNT. */
const char *tally_column(unsigned measure);

/* The levels of enum period_level have a row for each kiosk and staff member. Those below have one for each kiosk,
 * under staff 0, with everybody in it, so that a report by hours or days reads few rows however many people work
 * there. A slot is one hour of the week in one month ("Mondays at 14 in November"): its start_ms is the month's
 * beginning plus as many milliseconds as hours lie between Monday 0:00 and it, by the local clock. A slot of a year is
 * the same of all its months. A year, too, is the sum of its months: what may lie on either side of a month's edge is not
 * in it. */
enum tally_level {
    TALLY_HOUR_OF_ALL = 6,
    TALLY_DAY_OF_ALL = 7,
    TALLY_SLOT = 8,
    TALLY_SLOT_OF_YEAR = 10,
    /* The same of all kiosks together, under kiosk 0 and staff 0: what a report of the whole store reads does not depend
     * on how many kiosks and people there are. Each is the sum of rows of another level (tally_level_of_store). */
    TALLY_HOUR_OF_STORE = 11,
    TALLY_DAY_OF_STORE = 12,
    TALLY_SLOT_OF_STORE = 13,
    TALLY_SLOT_OF_YEAR_OF_STORE = 14,
    TALLY_MONTH_OF_STORE = 15,
    TALLY_YEAR_OF_STORE = 16,
};

#define TALLY_SLOT_COUNT 168

struct tally_key {
    int64_t start_ms; /* see period.h */
    int64_t kiosk;    /* row number; 0: all */
    uint16_t staff;   /* 0: no name */
    uint8_t level;    /* enum period_level or enum tally_level */
};

struct tally_row {
    struct tally_key key;
    int64_t n[TALLY_MEASURE_COUNT];
};

struct tally_book;

/* The zone must outlive the book. NULL when there is no memory. */
struct tally_book *tally_book_create(const struct zone *zone);
void tally_book_destroy(struct tally_book *book); /* book may be NULL */
void tally_book_clear(struct tally_book *book);

/* Add (sign 1) or take back (sign -1) a visit, or an answer that counts for none. Without memory the book is
 * marked failed and must not be used before it is cleared. */
void tally_book_add_visit(struct tally_book *book, int64_t kiosk, const struct visit *visit, int sign);
void tally_book_add_stray(struct tally_book *book, int64_t kiosk, enum visit_stray reason,
                          const struct visit_time *time);
bool tally_book_failed(const struct tally_book *book);

/* The rows so far, those that came back to nothing among them; the order is that of the first touch. */
size_t tally_book_count(const struct tally_book *book);
const struct tally_row *tally_book_row(const struct tally_book *book, size_t index);
/* NULL when there is none. */
const struct tally_row *tally_book_find(const struct tally_book *book, const struct tally_key *key);

/* Add a row as it was counted before. */
void tally_book_add_row(struct tally_book *book, const struct tally_row *row);

/* The store's level that adds up the rows of this one: those of everybody, and the months and years. 0: there is none. */
uint8_t tally_level_of_store(unsigned level);
/* Add the rows of part to the store's, in whole: another book, which may have such rows, or part itself, which has none. */
void tally_book_add_store(struct tally_book *whole, const struct tally_book *part);

/* Every measure is 0. */
bool tally_is_nothing(const int64_t n[TALLY_MEASURE_COUNT]);

/* What one visit adds to each measure, without a period. */
void tally_measure(const struct visit *visit, int64_t n[TALLY_MEASURE_COUNT]);

/* True when both ends of a time lie in one period of that level. */
bool tally_is_certain(const struct zone *zone, enum period_level level, const struct visit_time *time);

#endif
