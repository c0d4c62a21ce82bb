/* SPDX-License-Identifier: MIT
 *
 * store_call_verify.c - what help calls keep of their visits against the visits, and their tallies against the calls.
 *
 * The calls are read once. What they count under is said here once more, in C: that is put into a sum which is the same for
 * the same counts, and only where the stored tallies have another are they compared with schema.sql's view row by row.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store_internal.h"

#define KEPT (STORE_HELP_VISIT_VALUES - 2) /* without journal and visit, which name the call */

/* Columns of calls_sql; those from COLUMN_KEPT on in the order of store_help_visit_values. */
enum {
    COLUMN_ID,
    COLUMN_STATE,
    COLUMN_OUTCOME,
    COLUMN_STEP,
    COLUMN_IS_STEP_WRONG,
    COLUMN_IS_PURGED,
    COLUMN_KEPT,
    COLUMN_VISIT = COLUMN_KEPT + KEPT,
};

/* Within what a call keeps. */
enum { KEPT_VISIT_MS, KEPT_IS_COUNTED = 3, KEPT_DAY };

static const char calls_sql[] =
    "SELECT help_call.id, state, outcome, recovery_step,"
    " recovery_step IS NOT (SELECT step FROM call_recovery WHERE call = help_call.id),"
    " ifnull(help_call.visit <= purged.through, 0), visit_ms, visit_span_ms, visit_staff, is_counted, day_ms,"
    " month_ms, year_ms, visit.* FROM help_call LEFT JOIN visit ON kind = 1"
    " AND visit.journal = help_call.journal AND visit.seq = help_call.visit"
    " AND help_call.seq > visit.seq AND help_call.seq <= visit.seq + 15"
    " LEFT JOIN purged ON purged.journal = help_call.journal";

static const uint8_t levels[] = {PERIOD_DAY, PERIOD_MONTH, PERIOD_YEAR};

static void difference(struct store_verified *verified, const char *text)
{
    verified->tallies_wrong++;
    if (verified->first_difference[0] == '\0')
        snprintf(verified->first_difference, sizeof verified->first_difference, "%s", text);
}

/* Where the visit is gone with its answers, nothing says what the call should keep. */
static void call_compare(struct store *store, sqlite3_stmt *row, struct store_verified *verified)
{
    struct visit visit = {.seq = 0};
    int64_t expected[STORE_HELP_VISIT_VALUES];
    char text[STORE_TEXT_MAX];
    bool is_equal = sqlite3_column_int(row, COLUMN_IS_STEP_WRONG) == 0;
    bool has_visit = sqlite3_column_type(row, COLUMN_VISIT) != SQLITE_NULL;

    if (has_visit)
        store_visit_read(row, COLUMN_VISIT, &visit);
    bool is_gone = !has_visit && sqlite3_column_int(row, COLUMN_IS_PURGED) != 0;
    store_help_visit_values(store->zone, 0, &visit, expected);
    for (int i = 0; i < KEPT && !is_gone; i++) {
        bool is_null = sqlite3_column_type(row, COLUMN_KEPT + i) == SQLITE_NULL;
        int64_t kept = is_null ? STORE_HELP_NULL : sqlite3_column_int64(row, COLUMN_KEPT + i);

        is_equal = is_equal && kept == expected[STORE_HELP_VISIT_VALUES - KEPT + i];
    }
    if (is_equal)
        return;
    snprintf(text, sizeof text, "help call %" PRId64 " differs from its visit",
             (int64_t)sqlite3_column_int64(row, COLUMN_ID));
    difference(verified, text);
}

/* What one call adds to the sum. (SplitMix64's mixing.) */
static uint64_t hash_of(int64_t level, int64_t start_ms, int64_t measure)
{
    uint64_t hash = (uint64_t)start_ms * 0x9E3779B97F4A7C15u + (uint64_t)(level << 16 | measure);

    hash = (hash ^ hash >> 30) * 0xBF58476D1CE4E5B9u;
    hash = (hash ^ hash >> 27) * 0x94D049BB133111EBu;
    return hash ^ hash >> 31;
}

static uint64_t call_sum(sqlite3_stmt *row)
{
    bool is_counted = sqlite3_column_int(row, COLUMN_KEPT + KEPT_IS_COUNTED) != 0;
    int64_t measures[] = {is_counted ? sqlite3_column_int64(row, COLUMN_STATE) : 20,
                          10 + sqlite3_column_int64(row, COLUMN_OUTCOME),
                          100 + sqlite3_column_int64(row, COLUMN_STEP)};
    bool is_there[] = {true, is_counted && sqlite3_column_type(row, COLUMN_OUTCOME) != SQLITE_NULL,
                       is_counted && sqlite3_column_type(row, COLUMN_STEP) != SQLITE_NULL};
    uint64_t sum = 0;

    if (sqlite3_column_type(row, COLUMN_KEPT + KEPT_VISIT_MS) == SQLITE_NULL)
        return 0;
    for (int i = 0; i < 3; i++) {
        int column = COLUMN_KEPT + KEPT_DAY + i;

        if (sqlite3_column_type(row, column) == SQLITE_NULL)
            continue;
        for (int k = 0; k < 3; k++)
            sum += is_there[k] ? hash_of(levels[i], sqlite3_column_int64(row, column), measures[k]) : 0;
    }
    return sum;
}

static enum store_status prepare(struct store *store, const char *sql, sqlite3_stmt **row,
                                 struct store_error *error)
{
    int code = sqlite3_prepare_v2(store->db, sql, -1, row, NULL);

    return code == SQLITE_OK ? STORE_OK : store_sql_failed(store, code, error);
}

static enum store_status calls_compare(struct store *store, uint64_t *sum, struct store_verified *verified,
                                       struct store_error *error)
{
    sqlite3_stmt *row = NULL;
    enum store_status status = prepare(store, calls_sql, &row, error);
    bool has_row = true;

    while (status == STORE_OK && (status = store_row(store, row, &has_row, error)) == STORE_OK && has_row) {
        call_compare(store, row, verified);
        *sum += call_sum(row);
    }
    sqlite3_finalize(row);
    return status;
}

static enum store_status tallies_sum(struct store *store, uint64_t *sum, struct store_error *error)
{
    sqlite3_stmt *row = NULL;
    enum store_status status =
        prepare(store, "SELECT level, start_ms, measure, calls FROM call_tally", &row, error);
    bool has_row = true;

    while (status == STORE_OK && (status = store_row(store, row, &has_row, error)) == STORE_OK && has_row)
        *sum += hash_of(sqlite3_column_int64(row, 0), sqlite3_column_int64(row, 1),
                        sqlite3_column_int64(row, 2)) *
                (uint64_t)sqlite3_column_int64(row, 3);
    sqlite3_finalize(row);
    return status;
}

static enum store_status tallies_compare(struct store *store, struct store_verified *verified,
                                         struct store_error *error)
{
    static const char sql[] =
        "SELECT level, start_ms, measure, sum(stored), sum(counted) FROM"
        " (SELECT level, start_ms, measure, calls AS stored, 0 AS counted FROM call_tally"
        " UNION ALL SELECT level, start_ms, measure, 0, 1 FROM call_measure)"
        " GROUP BY level, start_ms, measure HAVING sum(stored) <> sum(counted)";
    char text[STORE_TEXT_MAX], start[PERIOD_TEXT_SIZE];
    sqlite3_stmt *row = NULL;
    enum store_status status = prepare(store, sql, &row, error);
    bool has_row = true;

    while (status == STORE_OK && (status = store_row(store, row, &has_row, error)) == STORE_OK && has_row) {
        int level = sqlite3_column_int(row, 0);

        period_format(store->zone, sqlite3_column_int64(row, 1), start);
        snprintf(text, sizeof text,
                 "help calls of the %s from %s: measure %d is %" PRId64 ", recounted %" PRId64,
                 level == PERIOD_DAY     ? "day"
                 : level == PERIOD_MONTH ? "month"
                                         : "year",
                 start, sqlite3_column_int(row, 2), (int64_t)sqlite3_column_int64(row, 3),
                 (int64_t)sqlite3_column_int64(row, 4));
        difference(verified, text);
    }
    sqlite3_finalize(row);
    return status;
}

enum store_status store_call_verify(struct store *store, struct store_verified *verified,
                                    struct store_error *error)
{
    uint64_t counted = 0, stored = 0;
    enum store_status status;

    if (!store_knows_call_tallies(store))
        return STORE_OK;
    status = calls_compare(store, &counted, verified, error);
    if (status == STORE_OK)
        status = tallies_sum(store, &stored, error);
    return status == STORE_OK && counted != stored ? tallies_compare(store, verified, error) : status;
}
