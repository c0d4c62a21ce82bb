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
#include <string.h>

#define WEEK_ROWS_MAX 15000 /* the newest; older weeks are not looked at */
#define BASELINE_WEEKS_MIN 8
#define LIMIT_SIGMAS 3
#define TREND_WEEKS 13 /* a quarter */

/* What one person had in a week, at the kiosks reported on. */
struct share {
    struct report_share csat, asked;
};

/* One week of everybody. */
struct week {
    int64_t start_ms;
    struct report_lines people; /* visits by staff number */
    struct share *shares;       /* of the same people, room for `capacity` */
    size_t capacity;
    struct report_lines cells; /* of a report of one kiosk: everybody's visits at every kiosk */
};

struct report_past {
    struct report *report;
    struct week *weeks; /* those that have anything, in their order */
    size_t count, capacity;
    int64_t last_ms;               /* beginning of the last full week */
    int64_t trend_ms[TREND_WEEKS]; /* beginnings of the last full weeks, the oldest first */
    bool is_failed;
};

/* Rows come in the order of their weeks. NULL when there is no memory. */
static struct week *week_of(struct report_past *past, int64_t start_ms)
{
    size_t capacity = past->capacity == 0 ? 64 : 2 * past->capacity;
    struct week *grown;

    if (past->count > 0 && past->weeks[past->count - 1].start_ms == start_ms)
        return &past->weeks[past->count - 1];
    if (past->count == past->capacity) {
        grown = realloc(past->weeks, capacity * sizeof *grown);
        if (grown == NULL)
            return NULL;
        past->weeks = grown;
        past->capacity = capacity;
    }
    past->weeks[past->count] = (struct week){.start_ms = start_ms};
    return &past->weeks[past->count++];
}

static bool week_add(struct week *week, const struct figures_row *row, int64_t visits)
{
    size_t i = report_lines_add(&week->people, row->staff, visits);
    struct share *grown = week->shares;

    if (i == SIZE_MAX)
        return false;
    if (week->people.capacity > week->capacity) {
        grown = realloc(week->shares, week->people.capacity * sizeof *grown);
        if (grown == NULL)
            return false;
        memset(grown + week->capacity, 0, (week->people.capacity - week->capacity) * sizeof *grown);
        week->shares = grown;
        week->capacity = week->people.capacity;
    }
    grown[i].csat.n += visits;
    grown[i].csat.hits += row->n[TALLY_RATING_4] + row->n[TALLY_RATING_5];
    grown[i].asked.hits += row->n[TALLY_MENTION_ASKED];
    grown[i].asked.n +=
        row->n[TALLY_MENTION_ASKED] + row->n[TALLY_MENTION_WILL_ASK] + row->n[TALLY_MENTION_NO];
    return true;
}

static void on_row(void *context, const struct figures_row *row)
{
    struct report_past *past = context;
    struct week *week = past->is_failed ? NULL : week_of(past, row->start_ms);
    int64_t kiosk = past->report->figures.kiosk, visits = 0;
    bool is_added = week != NULL;

    for (unsigned i = TALLY_RATING_1; i <= TALLY_RATING_5; i++)
        visits += row->n[i];
    if (is_added && kiosk != 0)
        is_added = report_lines_add(&week->cells, figures_cell(row->kiosk, row->staff), visits) != SIZE_MAX;
    if (is_added && (kiosk == 0 || kiosk == row->kiosk))
        is_added = week_add(week, row, visits);
    past->is_failed = !is_added;
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
    for (size_t i = 0; i < past->count; i++) {
        report_lines_free(&past->weeks[i].people);
        report_lines_free(&past->weeks[i].cells);
        free(past->weeks[i].shares);
    }
    free(past->weeks);
    free(past);
}

static int by_start(const void *a, const void *b)
{
    const struct week *first = a, *second = b;

    return (first->start_ms > second->start_ms) - (first->start_ms < second->start_ms);
}

/* NULL when nobody had anything in it. */
static const struct week *week_find(const struct report_past *past, int64_t start_ms)
{
    const struct week key = {.start_ms = start_ms};

    return past->count == 0 ? NULL : bsearch(&key, past->weeks, past->count, sizeof key, by_start);
}

static const struct share no_share;

static const struct share *share_find(const struct week *week, int32_t staff)
{
    for (size_t i = 0; week != NULL && i < week->people.count; i++)
        if (week->people.lines[i].id == staff)
            return &week->shares[i];
    return &no_share;
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

struct person {
    struct share last, best;
    int64_t best_ms; /* the beginning of the best week */
    struct baseline csat, asked;
};

/* Of two equal weeks the later one stands, as on the kiosk. */
static void best_take(struct person *person, const struct share *share, int64_t start_ms)
{
    const struct share *best = &person->best;

    if (share->asked.n < STORE_BEST_WEEK_ANSWERS_MIN)
        return;
    if (best->asked.n == 0 || share->asked.hits * best->asked.n >= best->asked.hits * share->asked.n) {
        person->best = *share;
        person->best_ms = start_ms;
    }
}

static struct person person_make(const struct report_past *past, int32_t staff)
{
    struct person person = {0};

    for (size_t i = 0; i < past->count; i++) {
        const struct week *week = &past->weeks[i];
        const struct share *share = share_find(week, staff);

        best_take(&person, share, week->start_ms);
        if (week->start_ms == past->last_ms) {
            person.last = *share;
        } else {
            baseline_add(&person.csat, share->csat);
            baseline_add(&person.asked, share->asked);
        }
    }
    return person;
}

/* The person's visits of that week by kiosk: whether those of the one reported on must be hidden. */
static bool is_hidden_at_kiosk(const struct week *week, int64_t kiosk, int32_t staff)
{
    struct report_lines kiosks = {0};
    bool is_hidden = false;

    for (size_t i = 0; !is_hidden && i < week->cells.count; i++) {
        const struct report_line *cell = &week->cells.lines[i];

        if (figures_cell_staff(cell->id) == staff) /* without memory nothing is told */
            is_hidden = report_lines_add(&kiosks, figures_cell_kiosk(cell->id), cell->visits) == SIZE_MAX;
    }
    is_hidden = is_hidden || report_is_hidden_among(&kiosks, kiosk);
    report_lines_free(&kiosks);
    return is_hidden;
}

static bool is_hidden_in(const struct report_past *past, const struct week *week, int32_t staff)
{
    int64_t kiosk = past->report->figures.kiosk;

    return week != NULL && (report_is_hidden_among(&week->people, staff) ||
                            (kiosk != 0 && is_hidden_at_kiosk(week, kiosk, staff)));
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
    return json_pack("{s:o, s:I, s:o}", "week", report_date(report, person->best_ms), "asked",
                     (json_int_t)person->best.asked.hits, "asked_rate",
                     share_rate(person->best.asked, false));
}

/* The last weeks, one after the other, from the first of them in which the person had a visit. */
static json_t *trend_make(struct report *report, const struct report_past *past, int32_t staff)
{
    json_t *out = json_array();

    for (int i = 0; i < TREND_WEEKS; i++) {
        const struct week *week = week_find(past, past->trend_ms[i]);
        const struct share *share = share_find(week, staff);
        bool is_hidden = is_hidden_in(past, week, staff);

        if (json_array_size(out) == 0 && share->csat.n == 0)
            continue;
        json_array_append_new(out,
                              json_pack("{s:o, s:o, s:o}", "week", report_date(report, past->trend_ms[i]),
                                        "asked", report_count(share->asked.hits, is_hidden), "asked_rate",
                                        share_rate(share->asked, is_hidden)));
    }
    return out;
}

void report_past_set(struct report *report, const struct report_past *past, int32_t staff, json_t *out)
{
    struct person person = person_make(past, staff);
    bool is_hidden = is_hidden_in(past, week_find(past, past->last_ms), staff);
    bool has_best = person.best.asked.n > 0, is_best_last = has_best && person.best_ms == past->last_ms;
    bool is_best_hidden = has_best && is_hidden_in(past, week_find(past, person.best_ms), staff);
    bool is_compared = has_best && !is_hidden && !is_best_hidden && !is_best_last;
    json_t *last = json_pack("{s:o, s:I}", "week", report_date(report, past->last_ms), "visits",
                             (json_int_t)person.last.csat.n);

    json_object_set_new(last, "asked", report_count(person.last.asked.hits, is_hidden));
    json_object_set_new(last, "asked_rate", share_rate(person.last.asked, is_hidden));
    json_object_set_new(last, "csat",
                        share_rate(person.last.csat, is_hidden || !report->was_always_fully_named));
    json_object_set_new(last, "is_best", json_boolean(!is_hidden && is_best_last));
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
