/* SPDX-License-Identifier: MIT
 *
 * report_follow_up.c - what came of the help calls of a period: how many were closed, with which outcome, and how soon.
 *
 * Of the whole store that is added up from call_tally, which has years, months and days; what those do not have for certain,
 * the hours at either end, and a single kiosk or staff member are looked up in help_call. A visit is looked at in files that
 * are older than call_tally alone. The recovery times are counted by steps of a histogram: the step in which a rank lies is
 * found by counting, and only the times within that step are read, so that the median is exact to the millisecond.
 */
#include "report_internal.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/store_help.h"

#define STEP_COUNT 647 /* of help_call.recovery_step */
#define NO_STEP (-1)

/* Measures of call_tally. */
enum { MEASURE_STATE = 0, MEASURE_OUTCOME = 10, MEASURE_LEFT_OUT = 20, MEASURE_STEP = 100 };

#define NAME_AT(NAME, code, name) [code] = (name),
static const char *const state_names[] = {CALL_STATES(NAME_AT)};
static const char *const outcome_names[] = {OUTCOMES(NAME_AT)};

#define COUNT(array) (sizeof(array) / sizeof *(array))

struct follow_up {
    struct report *report;
    int64_t states[COUNT(state_names)], outcomes[COUNT(outcome_names)], unknown, left_out, closed;
    int64_t steps[STEP_COUNT];
    /* In their order once they are all there: of one step, or, where there are no steps, of all calls. */
    int64_t *recoveries_ms;
    size_t count, capacity;
    int step; /* whose they are */
};

static bool is_between(int64_t value, int64_t first, size_t count)
{
    return value > first && value < first + (int64_t)count;
}

/* Take calls that count under this measure, or, if they are negative, take them back. */
static void measure_add(struct follow_up *follow_up, int64_t measure, int64_t calls)
{
    if (measure == MEASURE_LEFT_OUT)
        follow_up->left_out += calls;
    else if (is_between(measure, MEASURE_STATE, COUNT(state_names)))
        follow_up->states[measure] += calls;
    else if (is_between(measure, MEASURE_OUTCOME, COUNT(outcome_names)))
        follow_up->outcomes[measure - MEASURE_OUTCOME] += calls;
    else if (is_between(measure, MEASURE_STEP - 1, STEP_COUNT + 1)) {
        follow_up->steps[measure - MEASURE_STEP] += calls;
        follow_up->closed += calls;
    }
}

static bool recovery_add(struct follow_up *follow_up, int64_t recovery_ms)
{
    int64_t *grown;

    if (follow_up->count == follow_up->capacity) {
        follow_up->capacity = follow_up->capacity == 0 ? 64 : 2 * follow_up->capacity;
        grown = realloc(follow_up->recoveries_ms, follow_up->capacity * sizeof *grown);
        if (grown == NULL)
            return false;
        follow_up->recoveries_ms = grown;
    }
    follow_up->recoveries_ms[follow_up->count++] = recovery_ms;
    return true;
}

static int by_value(const void *a, const void *b)
{
    const int64_t *left = a, *right = b;

    return (*left > *right) - (*left < *right);
}

static void recoveries_sort(struct follow_up *follow_up)
{
    if (follow_up->count > 0)
        qsort(follow_up->recoveries_ms, follow_up->count, sizeof *follow_up->recoveries_ms, by_value);
}

/* Files without call_tally -------------------------------------------------------------------------------------- */

enum {
    VISIT_INSTANT,
    VISIT_SPAN,
    VISIT_FLAG,
    VISIT_IS_BURST,
    VISIT_IS_MASH,
    VISIT_SERVED,
    VISIT_STAFF,
    VISIT_STATE,
    VISIT_CLOSED,
    VISIT_OUTCOME,
};

static void visit_read(sqlite3_stmt *row, struct visit *visit)
{
    static const int replies[][2] = {{VISIT_REPLY(QUESTION_SERVED), VISIT_SERVED},
                                     {VISIT_REPLY(QUESTION_STAFF), VISIT_STAFF}};

    *visit = (struct visit){
        .time = {sqlite3_column_int64(row, VISIT_INSTANT), sqlite3_column_int64(row, VISIT_SPAN)},
        .flag = (uint16_t)sqlite3_column_int(row, VISIT_FLAG),
        .is_burst = sqlite3_column_int(row, VISIT_IS_BURST) != 0,
        .is_mash = sqlite3_column_int(row, VISIT_IS_MASH) != 0,
    };
    for (size_t i = 0; i < COUNT(replies); i++)
        visit->replies[replies[i][0]] = sqlite3_column_type(row, replies[i][1]) == SQLITE_NULL
                                            ? VISIT_NOT_SHOWN
                                            : sqlite3_column_int(row, replies[i][1]);
}

static bool visit_add(struct follow_up *follow_up, sqlite3_stmt *row)
{
    int64_t state = sqlite3_column_int64(row, VISIT_STATE);
    struct visit visit;

    visit_read(row, &visit);
    const char *left_out = report_call_left_out(follow_up->report, &visit);

    if (!report_call_is_asked_for(follow_up->report, &visit, left_out))
        return true;
    measure_add(follow_up, left_out != NULL ? MEASURE_LEFT_OUT : MEASURE_STATE + state, 1);
    if (left_out != NULL)
        return true;
    follow_up->unknown += state == 0; /* nobody followed it */
    measure_add(follow_up, MEASURE_OUTCOME + sqlite3_column_int64(row, VISIT_OUTCOME), 1);
    if (sqlite3_column_type(row, VISIT_CLOSED) == SQLITE_NULL)
        return true;
    follow_up->closed++;
    return recovery_add(follow_up, sqlite3_column_int64(row, VISIT_CLOSED) - visit.time.instant_ms);
}

/* A visit at a time, each with its call, if there is one. */
static enum store_status visits_add(struct follow_up *follow_up)
{
#define VISITS(calls, join)                                                                       \
    "SELECT instant_ms, span_ms, flag, is_burst, is_mash, served, staff, " calls                  \
    " FROM visit INDEXED BY visit_help" join                                                      \
    " WHERE visit.help = 1 AND instant_ms >= ?1 AND instant_ms < ?2 AND visit.journal IN"         \
    " (SELECT journal.id FROM journal JOIN kiosk ON kiosk.id = journal.kiosk WHERE audience = ?4" \
    " AND (?3 = 0 OR kiosk.id = ?3))"
    static const char known[] = VISITS("state, closed_ms, outcome", REPORT_CALL_JOIN);
    static const char unknown[] = VISITS("NULL, NULL, NULL", "");
    struct report *report = follow_up->report;
    sqlite3_stmt *row = report_prepare(report, store_knows_help(report->store) ? known : unknown);
    enum store_status status = row == NULL ? STORE_BROKEN : STORE_OK;

    if (row != NULL)
        report_calls_bind(report, row);
    while (status == STORE_OK && report_step(report, row, &status))
        if (!visit_add(follow_up, row))
            status = report_no_memory(report);
    sqlite3_finalize(row);
    recoveries_sort(follow_up);
    follow_up->step = NO_STEP;
    return status;
}

/* From call_tally and help_call ---------------------------------------------------------------------------------- */

enum { CALL_VISIT, CALL_SPAN, CALL_IS_COUNTED, CALL_STATE, CALL_OUTCOME, CALL_STEP };

#define CALLS "SELECT visit_ms, visit_span_ms, is_counted, state, outcome, recovery_step FROM "
#define OF_KIOSKS "kiosk CROSS JOIN help_call INDEXED BY help_call_counted ON help_call.kiosk = kiosk.id"
#define IN_STRETCH " WHERE visit_ms >= ?1 AND visit_ms < ?2 AND (?3 = 0 OR kiosk.id = ?3) AND "
#define AT_LEVEL "CASE ?5 WHEN 2 THEN day_ms WHEN 3 THEN month_ms ELSE year_ms END"

/* What counts anyway but for the calls of uncertain time, each way by itself: see call_measure in schema.sql. */
static void call_add(struct follow_up *follow_up, sqlite3_stmt *row, int64_t calls)
{
    const struct figures_query *query = &follow_up->report->figures;
    bool is_within =
        sqlite3_column_int64(row, CALL_VISIT) + sqlite3_column_int64(row, CALL_SPAN) < query->to_ms;

    if (sqlite3_column_int(row, CALL_IS_COUNTED) == 0 || !is_within) {
        measure_add(follow_up, MEASURE_LEFT_OUT, query->staff == FIGURES_ALL_STAFF ? calls : 0);
        return;
    }
    measure_add(follow_up, MEASURE_STATE + sqlite3_column_int64(row, CALL_STATE), calls);
    measure_add(follow_up, MEASURE_OUTCOME + sqlite3_column_int64(row, CALL_OUTCOME), calls);
    if (sqlite3_column_type(row, CALL_STEP) != SQLITE_NULL)
        measure_add(follow_up, MEASURE_STEP + sqlite3_column_int64(row, CALL_STEP), calls);
}

static enum store_status calls_add(struct follow_up *follow_up, const char *sql,
                                   const struct figures_stretch *stretch, int64_t calls)
{
    struct report *report = follow_up->report;
    sqlite3_stmt *row = report_prepare(report, sql);
    enum store_status status = row == NULL ? STORE_BROKEN : STORE_OK;

    if (row != NULL) {
        report_calls_bind(report, row);
        sqlite3_bind_int64(row, 1, stretch->from_ms);
        sqlite3_bind_int64(row, 2, stretch->to_ms);
        sqlite3_bind_int(row, 5, stretch->level == PERIOD_ALL ? PERIOD_YEAR : (int)stretch->level);
        sqlite3_bind_int(row, 6, report->figures.staff);
    }
    while (status == STORE_OK && report_step(report, row, &status))
        call_add(follow_up, row, calls);
    sqlite3_finalize(row);
    return status;
}

static enum store_status tallies_add(struct follow_up *follow_up, const struct figures_stretch *stretch)
{
    static const char sql[] =
        "SELECT measure, calls FROM call_tally WHERE level = ?1 AND start_ms >= ?2 AND start_ms < ?3";
    sqlite3_stmt *row = report_prepare(follow_up->report, sql);
    enum store_status status = row == NULL ? STORE_BROKEN : STORE_OK;

    sqlite3_bind_int(row, 1, stretch->level == PERIOD_ALL ? PERIOD_YEAR : (int)stretch->level);
    sqlite3_bind_int64(row, 2, stretch->from_ms);
    sqlite3_bind_int64(row, 3, stretch->to_ms);
    while (status == STORE_OK && report_step(follow_up->report, row, &status))
        measure_add(follow_up, sqlite3_column_int64(row, 0), sqlite3_column_int64(row, 1));
    sqlite3_finalize(row);
    return status;
}

/* Whole days, months or years: what they have is the whole store's, so that the calls of another audience, which are few, are
 * taken back; and they have no call of which they are not certain. */
static enum store_status stretch_add(struct follow_up *follow_up, const struct figures_stretch *stretch)
{
    static const char uncertain[] =
        CALLS "help_call INDEXED BY help_call_uncertain JOIN kiosk ON kiosk.id = help_call.kiosk" IN_STRETCH
              "day_ms IS NULL AND " AT_LEVEL " IS NULL AND audience = ?4";
    static const char of_others[] = CALLS OF_KIOSKS IN_STRETCH AT_LEVEL " IS NOT NULL AND audience <> ?4";
    static const char all[] = CALLS OF_KIOSKS IN_STRETCH "audience = ?4";
    enum store_status status;

    if (stretch->level == PERIOD_HOUR)
        return calls_add(follow_up, all, stretch, 1);
    status = tallies_add(follow_up, stretch);
    if (status == STORE_OK)
        status = calls_add(follow_up, uncertain, stretch, 1);
    if (status == STORE_OK && follow_up->report->figures.among != NULL)
        status = calls_add(follow_up, of_others, stretch, -1);
    return status;
}

/* Of an audience with fewer kiosks than the others have, its calls are fewer than what would be taken back. */
static bool is_of_few(const struct report *report)
{
    return report->figures.among != NULL && 2 * report->figures.among_count < report->kiosk_count;
}

static enum store_status period_add(struct follow_up *follow_up)
{
    static const char of_kiosks[] = CALLS OF_KIOSKS IN_STRETCH "audience = ?4";
    static const char of_staff[] =
        CALLS "help_call INDEXED BY help_call_of_staff JOIN kiosk ON kiosk.id = help_call.kiosk" IN_STRETCH
              "audience = ?4 AND visit_staff = ?6";
    const struct figures_query *query = &follow_up->report->figures;
    const struct figures_stretch whole = {PERIOD_HOUR, query->from_ms, query->to_ms};
    struct figures_cover cover;
    enum store_status status = STORE_OK;

    if (query->staff != FIGURES_ALL_STAFF)
        return calls_add(follow_up, of_staff, &whole, 1);
    if (query->kiosk != 0 || is_of_few(follow_up->report))
        return calls_add(follow_up, of_kiosks, &whole, 1);
    figures_cover(follow_up->report->store, query->from_ms, query->to_ms, &cover);
    for (size_t i = 0; status == STORE_OK && i < cover.count; i++)
        status = stretch_add(follow_up, &cover.stretches[i]);
    return status;
}

/* Visits of before there were help calls are nowhere else. */
static enum store_status is_in_tallies(struct report *report, bool *is_known)
{
    sqlite3_stmt *row;
    enum store_status status = STORE_BROKEN;

    *is_known = store_knows_call_tallies(report->store);
    if (!*is_known)
        return STORE_OK;
    row = report_prepare(report, "SELECT ifnull(calls_from_ms <= ?1, 1) FROM store");
    sqlite3_bind_int64(row, 1, report->figures.from_ms);
    if (row != NULL && report_step(report, row, &status))
        *is_known = sqlite3_column_int(row, 0) != 0;
    sqlite3_finalize(row);
    return status;
}

/* Times to recovery --------------------------------------------------------------------------------------------- */

static enum store_status step_read(struct follow_up *follow_up, int step)
{
    static const char sql[] =
        "SELECT closed_ms - visit_ms FROM help_call INDEXED BY help_call_recovery WHERE recovery_step = ?5"
        " AND visit_ms >= ?1 AND visit_ms < ?2 AND visit_ms + visit_span_ms < ?2"
        " AND (?6 = -1 OR visit_staff = ?6)"
        " AND (?7 OR kiosk IN (SELECT id FROM kiosk WHERE audience = ?4 AND (?3 = 0 OR id = ?3)))";
    struct report *report = follow_up->report;
    sqlite3_stmt *row = report_prepare(report, sql);
    enum store_status status = row == NULL ? STORE_BROKEN : STORE_OK;

    if (row != NULL) {
        report_calls_bind(report, row);
        sqlite3_bind_int(row, 5, step);
        sqlite3_bind_int(row, 6, report->figures.staff);
        sqlite3_bind_int(row, 7, report->figures.kiosk == 0 && report->figures.among == NULL);
    }
    follow_up->count = 0;
    while (status == STORE_OK && report_step(report, row, &status))
        if (!recovery_add(follow_up, sqlite3_column_int64(row, 0)))
            status = report_no_memory(report);
    sqlite3_finalize(row);
    recoveries_sort(follow_up);
    follow_up->step = step;
    return status;
}

/* The time that so many others are not above. */
static enum store_status recovery_find(struct follow_up *follow_up, int64_t rank, int64_t *recovery_ms)
{
    enum store_status status = STORE_OK;
    int step = follow_up->step;

    if (step != NO_STEP) {
        for (step = 0; step < STEP_COUNT - 1 && rank >= follow_up->steps[step]; step++)
            rank -= follow_up->steps[step];
        if (step != follow_up->step)
            status = step_read(follow_up, step);
    }
    *recovery_ms = 0;
    if (status != STORE_OK)
        return status;
    if (rank >= (int64_t)follow_up->count) {
        snprintf(follow_up->report->error->text, sizeof follow_up->report->error->text,
                 "help calls and their tallies do not agree: \"byname verify\" says where");
        return STORE_REFUSED;
    }
    *recovery_ms = follow_up->recoveries_ms[rank];
    return STORE_OK;
}

/* The median is the mean of the middle two of an even number; the 90th percentile the least time within which nine
 * tenths of the calls were closed. In seconds. */
static enum store_status recovery_set(json_t *out, struct follow_up *follow_up)
{
    int64_t n = follow_up->closed;
    const int64_t ranks[] = {n / 2 - (n % 2 == 0 ? 1 : 0), n / 2, (9 * n + 9) / 10 - 1};
    int64_t found_ms[COUNT(ranks)] = {0};
    enum store_status status = STORE_OK;

    for (size_t i = 0; status == STORE_OK && n > 0 && i < COUNT(ranks); i++)
        status = recovery_find(follow_up, ranks[i], &found_ms[i]);
    json_object_set_new(out, "closed_n", json_integer(n));
    json_object_set_new(out, "recovery_median_s",
                        n == 0 ? json_null() : report_real((double)(found_ms[0] + found_ms[1]) / 2000));
    json_object_set_new(out, "recovery_p90_s",
                        n == 0 ? json_null() : report_real((double)found_ms[2] / 1000));
    return status;
}

enum store_status report_follow_up(struct report *report, json_t *out, int64_t *left_out)
{
    struct follow_up *follow_up = calloc(1, sizeof *follow_up);
    bool is_known = false;
    enum store_status status = follow_up == NULL ? report_no_memory(report) : STORE_OK;

    if (follow_up == NULL)
        return status;
    follow_up->report = report;
    follow_up->step = STEP_COUNT; /* none was read */
    status = is_in_tallies(report, &is_known);
    if (status == STORE_OK)
        status = is_known ? period_add(follow_up) : visits_add(follow_up);
    for (size_t i = 1; i < COUNT(state_names); i++)
        json_object_set_new(out, state_names[i], json_integer(follow_up->states[i]));
    for (size_t i = 1; i < COUNT(outcome_names); i++)
        json_object_set_new(out, outcome_names[i], json_integer(follow_up->outcomes[i]));
    json_object_set_new(out, "not_followed", json_integer(follow_up->unknown));
    if (status == STORE_OK)
        status = recovery_set(out, follow_up);
    *left_out = follow_up->left_out;
    free(follow_up->recoveries_ms);
    free(follow_up);
    return status;
}
