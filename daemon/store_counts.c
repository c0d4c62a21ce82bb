/* SPDX-License-Identifier: MIT
 *
 * store_counts.c - own counts: how often somebody was asked for by name, today, this week and in their best week.
 *
 * The best week is found among all weeks, and what the writer looks for so long every answer waits for. So what was found
 * is remembered, with the instant up to which weeks were looked at: of a new week the one that ended is compared with it.
 * What changes later in a week that is over takes that back (store_answers.c, store_retention.c).
 */
#include "store_internal.h"
#include "store_retention.h"

#include <string.h>

#define PIECE_ROWS 4000 /* of tallies, and the rest of a week: some 2 ms */

struct asked {
    int64_t asked, answered;
};

/* The weeks that are looked at: their beginnings, and what is summed up of the present one for each of bests. */
struct search {
    struct store_best *bests;
    size_t count;
    int64_t from_ms, to_ms;
    struct asked sums[STORE_BESTS_REMEMBERED];
};

static uint16_t u16_of(int64_t value)
{
    return value > UINT16_MAX ? UINT16_MAX : (uint16_t)value;
}

/* Compare asked/answered as fractions; of two equal weeks the later one stands. */
static void best_take(struct store_best *best, int64_t week_ms, const struct asked *week)
{
    if (week->answered < STORE_BEST_WEEK_ANSWERS_MIN)
        return;
    if (best->answered != 0 && week->asked * best->answered < (int64_t)best->asked * week->answered)
        return;
    best->week_ms = week_ms;
    best->asked = u16_of(week->asked);
    best->answered = u16_of(week->answered);
}

static struct store_best *best_find(struct store_best *bests, size_t count, uint16_t staff)
{
    for (size_t i = 0; i < count; i++)
        if (bests[i].staff == staff)
            return &bests[i];
    return NULL;
}

struct store_best *store_best_of(struct store *store, uint16_t staff)
{
    return staff == 0 ? NULL : best_find(store->bests, STORE_BESTS_REMEMBERED, staff);
}

/* The first week that still names people: what is left of the one in which a purge ended is not all of it. */
static enum store_status weeks_begin(struct store *store, int64_t *from_ms, struct store_error *error)
{
    enum store_status status = store_purged_before(store, from_ms, error);

    if (status == STORE_OK && *from_ms != INT64_MIN)
        *from_ms = period_week(store->zone, *from_ms - 1, 1);
    return status;
}

enum store_status store_bests_purged(struct store *store, struct store_error *error)
{
    int64_t from_ms;
    enum store_status status = weeks_begin(store, &from_ms, error);

    for (size_t i = 0; status == STORE_OK && i < STORE_BESTS_REMEMBERED; i++)
        if (store->bests[i].answered != 0 && store->bests[i].week_ms < from_ms)
            store->bests[i] = (struct store_best){.staff = 0};
    return status;
}

static void week_add(struct search *search, sqlite3_stmt *row)
{
    struct store_best *best = best_find(search->bests, search->count, (uint16_t)sqlite3_column_int(row, 1));

    if (best == NULL)
        return;
    search->sums[best - search->bests].asked += sqlite3_column_int64(row, 2);
    search->sums[best - search->bests].answered += sqlite3_column_int64(row, 3);
}

/* Whoever knew that week already takes it again, and those behind it, in the same order: that changes nothing. */
static void week_end(struct search *search, int64_t week_ms)
{
    for (size_t i = 0; i < search->count; i++) {
        best_take(&search->bests[i], week_ms, &search->sums[i]);
        search->bests[i].until_ms = week_ms + 1;
    }
    memset(search->sums, 0, sizeof search->sums);
}

/* Look at whole weeks until rows_max is passed, if there are more: *is_more. */
static enum store_status search_run(struct store *store, struct search *search, int64_t rows_max,
                                    bool *is_more, struct store_error *error)
{
    sqlite3_stmt *row = store_statement(store, STATEMENT_COUNTS_WEEKS);
    int64_t week_ms = INT64_MIN, rows = 0;
    enum store_status status;

    *is_more = false;
    memset(search->sums, 0, sizeof search->sums);
    store_bind_integers(row, (int64_t[]){search->from_ms, search->to_ms}, 2);
    for (bool has_row = true;; rows++) {
        status = store_row(store, row, &has_row, error);
        if (status != STORE_OK)
            return status;
        if (week_ms != INT64_MIN && (!has_row || sqlite3_column_int64(row, 0) != week_ms))
            week_end(search, week_ms);
        *is_more = has_row && rows >= rows_max && sqlite3_column_int64(row, 0) != week_ms;
        if (!has_row || *is_more)
            break;
        week_ms = sqlite3_column_int64(row, 0);
        week_add(search, row);
    }
    sqlite3_reset(row);
    for (size_t i = 0; !*is_more && i < search->count; i++)
        search->bests[i].until_ms = search->to_ms;
    return STORE_OK;
}

static bool is_on_roster(const struct staff_entry *roster, uint8_t count, uint16_t staff)
{
    bool is_there = false;

    for (uint8_t i = 0; !is_there && i < count; i++)
        is_there = roster[i].id == staff;
    return is_there;
}

/* Who is on the roster is remembered, in the place of somebody who is not if need be. */
static void bests_want(struct store *store, const struct staff_entry *roster, uint8_t count)
{
    for (uint8_t i = 0; i < count; i++) {
        struct store_best *best = store->bests;

        if (store_best_of(store, roster[i].id) != NULL)
            continue;
        while (best->staff != 0 && is_on_roster(roster, count, best->staff))
            best++; /* there are more of them than the roster has */
        *best = (struct store_best){.staff = roster[i].id, .until_ms = INT64_MIN};
    }
}

/* The first instant of which somebody does not know the weeks; week_ms: everybody knows all. */
static int64_t bests_until(struct store *store, int64_t week_ms)
{
    int64_t until_ms = week_ms;

    for (size_t i = 0; i < STORE_BESTS_REMEMBERED; i++) {
        struct store_best *best = &store->bests[i];

        if (best->staff != 0 && best->until_ms > week_ms) /* the clock went back */
            *best = (struct store_best){.staff = best->staff, .until_ms = INT64_MIN};
        if (best->staff != 0 && best->until_ms < until_ms)
            until_ms = best->until_ms;
    }
    return until_ms;
}

static enum store_status flush(struct store *store, struct store_error *error)
{
    bool has_more = !store->is_read_only && !sqlite3_get_autocommit(store->db);

    error->text[0] = '\0';
    return has_more ? store_flush(store, error) : STORE_OK;
}

enum store_status store_counts_prepare(struct store *store, const struct staff_entry *roster, uint8_t count,
                                       int64_t now_ms, bool *is_more, struct store_error *error)
{
    struct search search = {.bests = store->bests, .count = STORE_BESTS_REMEMBERED};
    enum store_status status = flush(store, error);

    *is_more = false;
    if (status != STORE_OK)
        return status;
    bests_want(store, roster, count);
    search.to_ms = period_week(store->zone, now_ms, 0);
    int64_t until_ms = bests_until(store, search.to_ms);
    if (until_ms == search.to_ms)
        return STORE_OK;
    status = weeks_begin(store, &search.from_ms, error);
    if (status == STORE_OK && search.from_ms < until_ms)
        search.from_ms = until_ms;
    return status == STORE_OK ? search_run(store, &search, PIECE_ROWS, is_more, error) : status;
}

/* What is remembered, or a search among all weeks. */
static enum store_status best_week(struct store *store, uint16_t staff, int64_t week_ms,
                                   struct store_best *best, struct store_error *error)
{
    const struct store_best *remembered = store_best_of(store, staff);
    struct search search = {.bests = best, .count = 1, .to_ms = week_ms};
    bool is_more;

    if (remembered != NULL && remembered->until_ms == week_ms) {
        *best = *remembered;
        return STORE_OK;
    }
    *best = (struct store_best){.staff = staff, .until_ms = INT64_MIN};
    enum store_status status = weeks_begin(store, &search.from_ms, error);
    return status == STORE_OK ? search_run(store, &search, INT64_MAX, &is_more, error) : status;
}

static enum store_status period_count(struct store *store, uint16_t staff, enum period_level level,
                                      int64_t start_ms, uint16_t *asked, uint16_t *answered,
                                      struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_COUNTS);
    bool has_row = false;

    store_bind_integers(statement, (int64_t[]){level, start_ms, staff}, 3);
    enum store_status status = store_row(store, statement, &has_row, error);
    if (status == STORE_OK && has_row) {
        *asked = u16_of(sqlite3_column_int64(statement, 0));
        *answered = u16_of(sqlite3_column_int64(statement, 1));
    }
    sqlite3_reset(statement);
    return status;
}

enum store_status store_counts(struct store *store, uint16_t staff_id, int64_t now_ms,
                               struct message_counts *counts, struct store_error *error)
{
    int64_t week_ms = period_week(store->zone, now_ms, 0);
    struct store_best best;
    enum store_status status = flush(store, error);

    memset(counts, 0, sizeof *counts);
    counts->staff_id = staff_id;
    if (status == STORE_OK)
        status = best_week(store, staff_id, week_ms, &best, error);
    if (status != STORE_OK)
        return status;
    counts->asked_best = best.asked;
    counts->answered_best = best.answered;
    status = period_count(store, staff_id, PERIOD_WEEK, week_ms, &counts->asked_week, &counts->answered_week,
                          error);
    if (status == STORE_OK)
        status = period_count(store, staff_id, PERIOD_DAY, period_start(store->zone, PERIOD_DAY, now_ms),
                              &counts->asked_today, &counts->answered_today, error);
    return status;
}
