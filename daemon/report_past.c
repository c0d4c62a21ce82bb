/* SPDX-License-Identifier: MIT
 *
 * report_past.c - each person against their own past: the last full week, the own best week, and a p-chart.
 *
 * Weeks begin on Monday whatever --week-start says, as those on the kiosks do. A week in which the person's figures
 * would have to be hidden shows nothing here either.
 */
#include "report_internal.h"

#include <math.h>
#include <stdlib.h>

#define WEEK_ROWS_MAX 15000 /* the newest; older weeks are not looked at */
#define BASELINE_WEEKS_MIN 8
#define LIMIT_SIGMAS 3
#define TREND_WEEKS 13 /* a quarter */

struct week_row {
    int64_t start_ms, kiosk;
    int32_t staff;
    struct report_share csat, asked;
    int64_t visits;
};

struct report_past {
    struct report *report;
    struct week_row *rows; /* by beginning */
    size_t count, capacity;
    int64_t last_ms;               /* beginning of the last full week */
    int64_t trend_ms[TREND_WEEKS]; /* beginnings of the last full weeks, the oldest first */
    bool is_failed;
};

static void on_row(void *context, const struct figures_row *row)
{
    struct report_past *past = context;
    struct figures figures = {0};
    struct week_row *grown;
    size_t capacity = past->capacity == 0 ? 256 : 2 * past->capacity;

    if (past->is_failed)
        return;
    if (past->count == past->capacity) {
        grown = realloc(past->rows, capacity * sizeof *grown);
        past->is_failed = grown == NULL;
        if (grown == NULL)
            return;
        past->rows = grown;
        past->capacity = capacity;
    }
    for (size_t i = 0; i < TALLY_MEASURE_COUNT; i++)
        figures.n[i] = row->n[i];
    past->rows[past->count++] = (struct week_row){
        .start_ms = row->start_ms,
        .kiosk = row->kiosk,
        .staff = row->staff,
        .csat = report_csat_of(&figures),
        .asked = report_share_of(&figures, TALLY_MENTION_ASKED, TALLY_MENTION_ASKED, TALLY_MENTION_NO),
        .visits = figures_visits(&figures),
    };
}

/* The first week that is read whole when no more than WEEK_ROWS_MAX rows are. */
static enum store_status oldest_find(struct report *report, int64_t end_ms, int64_t *oldest_ms)
{
    sqlite3_stmt *row = report_prepare(report, "SELECT start_ms FROM tally WHERE level = 5 AND start_ms < ?1"
                                               " ORDER BY start_ms DESC LIMIT 1 OFFSET ?2");
    enum store_status status = STORE_BROKEN;

    *oldest_ms = INT64_MIN;
    if (row == NULL)
        return status;
    sqlite3_bind_int64(row, 1, end_ms);
    sqlite3_bind_int(row, 2, WEEK_ROWS_MAX);
    if (report_step(report, row, &status))
        *oldest_ms = period_next(store_zone(report->store), PERIOD_WEEK, sqlite3_column_int64(row, 0));
    sqlite3_finalize(row);
    return status;
}

enum store_status report_past_read(struct report *report, struct report_past **past)
{
    const struct zone *zone = store_zone(report->store);
    struct figures_query query = report->figures;
    int64_t end_ms = query.to_ms < report->now_ms ? query.to_ms : report->now_ms;
    enum store_status status;

    *past = calloc(1, sizeof **past);
    if (*past == NULL)
        return report_no_memory(report);
    (*past)->report = report;
    (*past)->last_ms = period_week(zone, end_ms, -1);
    for (int i = 0; i < TREND_WEEKS; i++)
        (*past)->trend_ms[i] = period_week(zone, end_ms, i - TREND_WEEKS);
    query.measures = FIGURES_MEASURES(TALLY_RATING_1, TALLY_RATING_5) |
                     FIGURES_MEASURES(TALLY_MENTION_ASKED, TALLY_MENTION_NO);
    query.kiosk = 0;
    query.staff = FIGURES_ALL_STAFF;
    query.to_ms = period_week(zone, end_ms, 0);
    status = oldest_find(report, query.to_ms, &query.from_ms);
    if (report->purged_before_ms !=
        INT64_MIN) { /* older weeks, or a part of them, do not name people any more */
        int64_t first_ms = period_week(zone, report->purged_before_ms - 1, 1);

        query.from_ms = query.from_ms > first_ms ? query.from_ms : first_ms;
    }
    if (status == STORE_OK)
        status = figures_each(report->store, &query, PERIOD_WEEK, on_row, *past, report->error);
    return status == STORE_OK && (*past)->is_failed ? report_no_memory(report) : status;
}

void report_past_destroy(struct report_past *past)
{
    if (past == NULL)
        return;
    free(past->rows);
    free(past);
}

/* One week of one person; after the last is all of the earlier ones. */
struct week {
    int64_t start_ms;
    struct report_share csat, asked;
    int64_t visits;
};

static void week_add(struct week *week, const struct week_row *row)
{
    week->start_ms = row->start_ms;
    week->csat.hits += row->csat.hits;
    week->csat.n += row->csat.n;
    week->asked.hits += row->asked.hits;
    week->asked.n += row->asked.n;
    week->visits += row->visits;
}

struct baseline {
    struct report_share sum;
    int64_t weeks;
};

static void baseline_add(struct baseline *baseline, struct report_share share)
{
    baseline->sum.hits += share.hits;
    baseline->sum.n += share.n;
    baseline->weeks += share.n > 0 ? 1 : 0;
}

/* Of two equal weeks the later one stands, as on the kiosk. */
static void best_take(struct week *best, const struct week *week)
{
    if (week->asked.n < STORE_BEST_WEEK_ANSWERS_MIN)
        return;
    if (best->asked.n == 0 || week->asked.hits * best->asked.n >= best->asked.hits * week->asked.n)
        *best = *week;
}

struct person {
    struct week last, best;
    struct baseline csat, asked;
};

static void week_end(const struct report_past *past, struct person *person, const struct week *week)
{
    best_take(&person->best, week);
    if (week->start_ms == past->last_ms) {
        person->last = *week;
    } else {
        baseline_add(&person->csat, week->csat);
        baseline_add(&person->asked, week->asked);
    }
}

static struct person person_make(const struct report_past *past, int32_t staff)
{
    int64_t kiosk = past->report->figures.kiosk;
    struct person person = {.last.start_ms = past->last_ms};
    struct week week = {0};

    for (size_t i = 0; i < past->count; i++) {
        const struct week_row *row = &past->rows[i];

        if (row->staff != staff || (kiosk != 0 && kiosk != row->kiosk))
            continue;
        if (week.visits + week.csat.n + week.asked.n > 0 && week.start_ms != row->start_ms) {
            week_end(past, &person, &week);
            week = (struct week){0};
        }
        week_add(&week, row);
    }
    if (week.csat.n > 0)
        week_end(past, &person, &week);
    return person;
}

/* The first row of that week or a later one: rows are in the order of their weeks. */
static size_t week_first(const struct report_past *past, int64_t start_ms)
{
    size_t low = 0, high = past->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (past->rows[middle].start_ms < start_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_hidden_in(const struct report_past *past, int64_t start_ms, int32_t staff)
{
    struct figures_groups cells = {0};
    bool is_hidden = false;

    for (size_t i = week_first(past, start_ms);
         !is_hidden && i < past->count && past->rows[i].start_ms == start_ms; i++) {
        const struct week_row *row = &past->rows[i];
        struct figures *figures;

        figures = figures_groups_get(&cells, figures_cell(row->kiosk, row->staff));
        if (figures == NULL)
            is_hidden = true; /* without memory nothing is told */
        else
            figures->n[TALLY_RATING_1] += row->visits; /* how many, is all that it is about */
    }
    is_hidden = is_hidden || report_is_small(&cells, past->report->figures.kiosk, staff);
    figures_groups_free(&cells);
    return is_hidden;
}

static json_t *share_rate(struct report_share share, bool is_hidden)
{
    return is_hidden ? report_rate_hidden() : report_rate(share.hits, share.n, FIGURES_SMALL_GROUP);
}

/* The p-chart: where the last week's rate would lie if nothing had changed. */
static json_t *chart_make(const struct baseline *baseline, struct report_share last, bool is_hidden)
{
    double p, reach, low, high, value;
    const char *verdict = "steady";

    if (baseline->weeks < BASELINE_WEEKS_MIN || is_hidden || last.n < FIGURES_SMALL_GROUP)
        return json_pack("{s:I, s:n, s:n, s:n, s:s}", "weeks", (json_int_t)baseline->weeks, "baseline", "low",
                         "high", "verdict", "cannot_tell");
    p = (double)baseline->sum.hits / (double)baseline->sum.n;
    reach = LIMIT_SIGMAS * sqrt(p * (1 - p) / (double)last.n);
    low = fmax(0, p - reach);
    high = fmin(1, p + reach);
    value = (double)last.hits / (double)last.n;
    if ((double)last.n * fmin(p, 1 - p) < 4)
        verdict = "cannot_tell";
    else if (value > high)
        verdict = "better";
    else if (value < low)
        verdict = "worse";
    return json_pack("{s:I, s:o, s:o, s:o, s:s}", "weeks", (json_int_t)baseline->weeks, "baseline",
                     report_real(p), "low", report_real(low), "high", report_real(high), "verdict", verdict);
}

static json_t *best_make(struct report *report, const struct person *person, bool is_hidden)
{
    if (person->best.asked.n == 0 || is_hidden)
        return json_pack("{s:n, s:n, s:o}", "week", "asked", "asked_rate", report_rate_suppressed(0));
    return json_pack("{s:o, s:I, s:o}", "week", report_date(report, person->best.start_ms), "asked",
                     (json_int_t)person->best.asked.hits, "asked_rate",
                     share_rate(person->best.asked, false));
}

static struct week week_find(const struct report_past *past, int64_t start_ms, int32_t staff)
{
    int64_t kiosk = past->report->figures.kiosk;
    struct week week = {0};

    for (size_t i = week_first(past, start_ms); i < past->count && past->rows[i].start_ms == start_ms; i++) {
        const struct week_row *row = &past->rows[i];

        if (row->staff == staff && (kiosk == 0 || kiosk == row->kiosk))
            week_add(&week, row);
    }
    return week;
}

/* The last weeks, one after the other, from the first of them in which the person had a visit. */
static json_t *trend_make(struct report *report, const struct report_past *past, int32_t staff)
{
    json_t *out = json_array();

    for (int i = 0; i < TREND_WEEKS; i++) {
        struct week week = week_find(past, past->trend_ms[i], staff);
        bool is_hidden = is_hidden_in(past, past->trend_ms[i], staff);

        if (json_array_size(out) == 0 && week.visits == 0)
            continue;
        json_array_append_new(out,
                              json_pack("{s:o, s:o, s:o}", "week", report_date(report, past->trend_ms[i]),
                                        "asked", report_count(week.asked.hits, is_hidden), "asked_rate",
                                        share_rate(week.asked, is_hidden)));
    }
    return out;
}

void report_past_set(struct report *report, const struct report_past *past, int32_t staff, json_t *out)
{
    struct person person = person_make(past, staff);
    bool is_hidden = is_hidden_in(past, past->last_ms, staff);
    bool is_best_hidden = person.best.asked.n > 0 && is_hidden_in(past, person.best.start_ms, staff);
    bool is_compared =
        person.best.asked.n > 0 && !is_hidden && !is_best_hidden && person.best.start_ms != past->last_ms;
    json_t *last = json_pack("{s:o, s:I}", "week", report_date(report, past->last_ms), "visits",
                             (json_int_t)person.last.visits);

    json_object_set_new(last, "asked", report_count(person.last.asked.hits, is_hidden));
    json_object_set_new(last, "asked_rate", share_rate(person.last.asked, is_hidden));
    json_object_set_new(last, "csat",
                        share_rate(person.last.csat, is_hidden || !report->was_always_fully_named));
    json_object_set_new(
        last, "is_best",
        json_boolean(!is_hidden && person.best.asked.n > 0 && person.best.start_ms == past->last_ms));
    json_object_set_new(out, "weeks", trend_make(report, past, staff));
    json_object_set_new(out, "last_week", last);
    json_object_set_new(out, "own_best", best_make(report, &person, is_best_hidden));
    json_object_set_new(
        out, "best_comparison",
        is_compared ? report_compare(person.last.asked, person.best.asked, FIGURES_SMALL_GROUP, REPORT_GOOD)
                    : json_null());
    json_object_set_new(
        out, "own_past",
        json_pack("{s:o, s:o}", "asked_rate", chart_make(&person.asked, person.last.asked, is_hidden), "csat",
                  chart_make(&person.csat, person.last.csat, is_hidden || !report->was_always_fully_named)));
}
