/* SPDX-License-Identifier: MIT */
#include "tally.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MIN 64

struct period {
    int64_t from_ms, to_ms; /* from == to: unknown */
};

struct tally_book {
    const struct zone *zone;
    struct tally_row *rows;
    size_t count, capacity;                   /* capacity is a power of two */
    uint32_t *slots;                          /* twice the capacity: row index + 1, open addressing */
    struct period recent[PERIOD_LEVEL_COUNT]; /* answers come in the order of time: the last period again */
    int64_t recent_slot;                      /* of recent[PERIOD_HOUR], 0 to 167 */
    bool is_failed;
};

#define COLUMN_NAME(NAME, column) #column,
static const char *const columns[] = {TALLY_MEASURES(COLUMN_NAME)};

const char *tally_column(unsigned measure)
{
    assert(measure < TALLY_MEASURE_COUNT);
    return columns[measure];
}

/* Which measure a reply to a question counts under; codes are consecutive from 1 in the vocabulary. */
static void reply_measure(int32_t reply, unsigned first, unsigned skipped, unsigned none, int64_t *n)
{
    if (reply == VISIT_NOT_SHOWN)
        return;
    if (reply == ANSWER_SKIPPED)
        n[skipped]++;
    else if (reply == ANSWER_NONE)
        n[none]++;
    else
        n[first + (unsigned)reply - 1]++;
}

static void returning_measure(const struct visit *visit, int64_t *n)
{
    int32_t returning = visit->replies[VISIT_REPLY(QUESTION_RETURNING)];
    bool is_asked = visit->replies[VISIT_REPLY(QUESTION_MENTION)] == MENTION_ASKED;

    if (is_asked && returning == RETURNING_YES)
        n[TALLY_ASKED_RETURNING]++;
    else if (is_asked && returning == RETURNING_NO)
        n[TALLY_ASKED_NEW]++;
    else
        reply_measure(returning, TALLY_RETURNING_YES, TALLY_RETURNING_SKIPPED, TALLY_RETURNING_NONE, n);
}

static void staff_measure(int32_t reply, int64_t *n)
{
    if (reply == ANSWER_SKIPPED)
        n[TALLY_STAFF_SKIPPED]++;
    else if (reply == ANSWER_NONE)
        n[TALLY_STAFF_NONE]++;
    else if (reply != VISIT_NOT_SHOWN)
        n[TALLY_STAFF_NAMED]++;
}

static void counted_measure(const struct visit *visit, int64_t *n)
{
    const int32_t *replies = visit->replies;

    n[TALLY_RATING_1 + visit->rating - 1]++;
    staff_measure(replies[VISIT_REPLY(QUESTION_STAFF)], n);
    reply_measure(replies[VISIT_REPLY(QUESTION_MENTION)], TALLY_MENTION_ASKED, TALLY_MENTION_SKIPPED,
                  TALLY_MENTION_NONE, n);
    reply_measure(replies[VISIT_REPLY(QUESTION_CAUSE)], TALLY_CAUSE_PROCESS, TALLY_CAUSE_SKIPPED,
                  TALLY_CAUSE_NONE, n);
    reply_measure(replies[VISIT_REPLY(QUESTION_STRENGTH)], TALLY_STRENGTH_EMPATHY, TALLY_STRENGTH_SKIPPED,
                  TALLY_STRENGTH_NONE, n);
    reply_measure(replies[VISIT_REPLY(QUESTION_HELP)], TALLY_HELP_YES, TALLY_HELP_SKIPPED, TALLY_HELP_NONE,
                  n);
    returning_measure(visit, n);
    if (visit->rating <= RATING_UNHAPPY_MAX && replies[VISIT_REPLY(QUESTION_CAUSE)] == CAUSE_PEOPLE)
        n[TALLY_UNHAPPY_PEOPLE]++;
}

void tally_measure(const struct visit *visit, int64_t n[TALLY_MEASURE_COUNT])
{
    static const enum tally_measure reasons[] = {
        [VISIT_WITHDRAWN] = TALLY_LEFT_OUT_WITHDRAWN, [VISIT_STUCK] = TALLY_LEFT_OUT_STUCK,
        [VISIT_FLAGGED_OTHER] = TALLY_LEFT_OUT_OTHER, [VISIT_BURST] = TALLY_LEFT_OUT_BURST,
        [VISIT_MASH] = TALLY_LEFT_OUT_MASH,
    };
    enum visit_left_out reason = visit_left_out(visit);

    memset(n, 0, TALLY_MEASURE_COUNT * sizeof *n);
    if (reason == VISIT_COUNTED) {
        counted_measure(visit, n);
        return;
    }
    n[reasons[reason]]++;
    if (visit->rating >= RATING_HAPPY_MIN)
        n[TALLY_LEFT_OUT_HAPPY]++;
}

struct tally_book *tally_book_create(const struct zone *zone)
{
    struct tally_book *book = calloc(1, sizeof *book);

    if (book == NULL)
        return NULL;
    book->zone = zone;
    book->capacity = ROWS_MIN;
    book->rows = malloc(book->capacity * sizeof *book->rows);
    book->slots = calloc(2 * book->capacity, sizeof *book->slots);
    if (book->rows == NULL || book->slots == NULL) {
        tally_book_destroy(book);
        return NULL;
    }
    return book;
}

void tally_book_destroy(struct tally_book *book)
{
    if (book == NULL)
        return;
    free(book->rows);
    free(book->slots);
    free(book);
}

void tally_book_clear(struct tally_book *book)
{
    memset(book->slots, 0, 2 * book->capacity * sizeof *book->slots);
    book->count = 0;
    book->is_failed = false;
}

bool tally_book_failed(const struct tally_book *book)
{
    return book->is_failed;
}

size_t tally_book_count(const struct tally_book *book)
{
    return book->count;
}

const struct tally_row *tally_book_row(const struct tally_book *book, size_t index)
{
    assert(index < book->count);
    return &book->rows[index];
}

static bool keys_are_equal(const struct tally_key *a, const struct tally_key *b)
{
    return a->start_ms == b->start_ms && a->kiosk == b->kiosk && a->staff == b->staff && a->level == b->level;
}

/* The slot of the key, or the empty one where it belongs. (Mixing: the finalizer of SplitMix64.) */
static size_t slot_of(const struct tally_book *book, const struct tally_key *key)
{
    uint64_t hash = (uint64_t)key->start_ms * 0x9E3779B97F4A7C15u +
                    (uint64_t)key->kiosk * 0xD1B54A32D192ED03u +
                    ((uint64_t)key->staff << 8 | key->level) * 0x94D049BB133111EBu;
    size_t mask = 2 * book->capacity - 1;
    size_t slot;

    hash = (hash ^ hash >> 30) * 0xBF58476D1CE4E5B9u;
    slot = (size_t)(hash ^ hash >> 31) & mask;
    while (book->slots[slot] != 0 && !keys_are_equal(&book->rows[book->slots[slot] - 1].key, key))
        slot = (slot + 1) & mask;
    return slot;
}

const struct tally_row *tally_book_find(const struct tally_book *book, const struct tally_key *key)
{
    size_t slot = slot_of(book, key);

    return book->slots[slot] == 0 ? NULL : &book->rows[book->slots[slot] - 1];
}

static bool book_grow(struct tally_book *book)
{
    size_t capacity = book->capacity * 2; /* memory ends long before the 32 bits of a slot do */
    struct tally_row *rows;
    uint32_t *slots;

    rows = realloc(book->rows, capacity * sizeof *rows);
    if (rows == NULL)
        return false;
    book->rows = rows;
    slots = calloc(2 * capacity, sizeof *slots);
    if (slots == NULL)
        return false;
    free(book->slots);
    book->slots = slots;
    book->capacity = capacity;
    for (size_t i = 0; i < book->count; i++)
        slots[slot_of(book, &rows[i].key)] = (uint32_t)i + 1;
    return true;
}

static struct tally_row *row_of(struct tally_book *book, const struct tally_key *key)
{
    size_t slot = slot_of(book, key);
    struct tally_row *row;

    if (book->slots[slot] != 0)
        return &book->rows[book->slots[slot] - 1];
    if (book->count == book->capacity) {
        if (!book_grow(book)) {
            book->is_failed = true;
            return NULL;
        }
        slot = slot_of(book, key);
    }
    row = &book->rows[book->count++];
    memset(row, 0, sizeof *row);
    row->key = *key;
    book->slots[slot] = (uint32_t)book->count;
    return row;
}

void tally_book_add_row(struct tally_book *book, const struct tally_row *row)
{
    struct tally_row *sum = row_of(book, &row->key);

    for (size_t i = 0; sum != NULL && i < TALLY_MEASURE_COUNT; i++)
        sum->n[i] += row->n[i];
}

uint8_t tally_level_of_store(unsigned level)
{
    static const uint8_t levels[] = {
        [PERIOD_MONTH] = TALLY_MONTH_OF_STORE,     [PERIOD_YEAR] = TALLY_YEAR_OF_STORE,
        [TALLY_HOUR_OF_ALL] = TALLY_HOUR_OF_STORE, [TALLY_DAY_OF_ALL] = TALLY_DAY_OF_STORE,
        [TALLY_SLOT] = TALLY_SLOT_OF_STORE,        [TALLY_SLOT_OF_YEAR] = TALLY_SLOT_OF_YEAR_OF_STORE,
    };

    return level < sizeof levels / sizeof levels[0] ? levels[level] : 0;
}

void tally_book_add_store(struct tally_book *whole, const struct tally_book *part)
{
    size_t count = part->count; /* without those that are made here */

    for (size_t i = 0; i < count; i++) {
        struct tally_row row = part->rows[i]; /* a book that grows moves its rows */

        row.key.level = tally_level_of_store(row.key.level);
        row.key.kiosk = 0;
        row.key.staff = 0;
        if (row.key.level != 0)
            tally_book_add_row(whole, &row);
    }
    whole->is_failed = whole->is_failed || part->is_failed;
}

bool tally_is_nothing(const int64_t n[TALLY_MEASURE_COUNT])
{
    for (size_t i = 0; i < TALLY_MEASURE_COUNT; i++)
        if (n[i] != 0)
            return false;
    return true;
}

static void recent_set(struct tally_book *book, enum period_level level, int64_t at_ms)
{
    struct period *recent = &book->recent[level];
    struct period_local local;

    recent->from_ms = period_start(book->zone, level, at_ms);
    recent->to_ms = period_next(book->zone, level, at_ms);
    if (level == PERIOD_HOUR) {
        local = period_local(book->zone, at_ms);
        book->recent_slot = (local.weekday - 1) * 24 + local.hour;
    }
}

/* The period at a level; false when the time straddles an edge. */
static bool period_find(struct tally_book *book, enum period_level level, const struct visit_time *time,
                        int64_t *start_ms)
{
    const struct period *recent = &book->recent[level];

    *start_ms = 0;
    if (level == PERIOD_ALL)
        return true;
    if (time->instant_ms < recent->from_ms || time->instant_ms >= recent->to_ms)
        recent_set(book, level, time->instant_ms);
    *start_ms = recent->from_ms;
    return time->span_ms < recent->to_ms - time->instant_ms;
}

bool tally_is_certain(const struct zone *zone, enum period_level level, const struct visit_time *time)
{
    return level == PERIOD_ALL ||
           time->span_ms < period_next(zone, level, time->instant_ms) - time->instant_ms;
}

/* Most of what one visit could count it does not: these are the measures that it does. */
struct counted {
    unsigned count;
    uint8_t measures[TALLY_MEASURE_COUNT];
};

static void counted_find(const int64_t n[TALLY_MEASURE_COUNT], struct counted *counted)
{
    counted->count = 0;
    for (unsigned i = 0; i < TALLY_MEASURE_COUNT; i++)
        if (n[i] != 0)
            counted->measures[counted->count++] = (uint8_t)i;
}

static void row_add(struct tally_book *book, const struct tally_key *key, const struct counted *counted,
                    const int64_t n[TALLY_MEASURE_COUNT], int sign)
{
    struct tally_row *row = row_of(book, key);

    for (unsigned i = 0; row != NULL && i < counted->count; i++)
        row->n[counted->measures[i]] += sign * n[counted->measures[i]];
}

static void book_add(struct tally_book *book, int64_t kiosk, uint16_t staff, const struct visit_time *time,
                     const int64_t n[TALLY_MEASURE_COUNT], int sign)
{
    static const struct {
        uint8_t level;
        enum period_level certain; /* where the time must be certain */
        enum period_level start;   /* whose beginning is the row's */
        bool is_of_all;
    } levels[] = {
        {PERIOD_HOUR, PERIOD_HOUR, PERIOD_HOUR, false},
        {PERIOD_DAY, PERIOD_DAY, PERIOD_DAY, false},
        {PERIOD_MONTH, PERIOD_MONTH, PERIOD_MONTH, false},
        {PERIOD_ALL, PERIOD_ALL, PERIOD_ALL, false},
        {PERIOD_WEEK, PERIOD_WEEK, PERIOD_WEEK, false},
        {TALLY_HOUR_OF_ALL, PERIOD_HOUR, PERIOD_HOUR, true},
        {TALLY_DAY_OF_ALL, PERIOD_DAY, PERIOD_DAY, true},
        {TALLY_SLOT, PERIOD_HOUR, PERIOD_MONTH, true},
        {PERIOD_YEAR, PERIOD_MONTH, PERIOD_YEAR, false},
        {TALLY_SLOT_OF_YEAR, PERIOD_HOUR, PERIOD_YEAR, true},
    };
    struct counted counted;
    int64_t ignored;

    counted_find(n, &counted);
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        struct tally_key key = {
            .kiosk = kiosk, .staff = levels[i].is_of_all ? 0 : staff, .level = levels[i].level};

        if (!period_find(book, levels[i].certain, time, &ignored))
            continue;
        period_find(book, levels[i].start, time, &key.start_ms);
        if (levels[i].level == TALLY_SLOT || levels[i].level == TALLY_SLOT_OF_YEAR)
            key.start_ms += book->recent_slot;
        row_add(book, &key, &counted, n, sign);
    }
}

void tally_book_add_visit(struct tally_book *book, int64_t kiosk, const struct visit *visit, int sign)
{
    int64_t n[TALLY_MEASURE_COUNT];

    tally_measure(visit, n);
    book_add(book, kiosk, visit_staff(visit), &visit->time, n, sign);
}

void tally_book_add_stray(struct tally_book *book, int64_t kiosk, enum visit_stray reason,
                          const struct visit_time *time)
{
    int64_t n[TALLY_MEASURE_COUNT] = {0};

    n[reason == VISIT_STRAY_INVALID ? TALLY_INVALID : TALLY_WITHOUT_RATING] = 1;
    book_add(book, kiosk, 0, time, n, 1);
}
