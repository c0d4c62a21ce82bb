/* SPDX-License-Identifier: MIT
 *
 * report_days.c - visits and satisfaction day by day, and their months. What has no certain day is in no row, and
 * its number is stated.
 */
#include "report_internal.h"

#include <stdlib.h>
#include <string.h>

#define DAYS_MAX 40000 /* a century */
#define HOUR_MS 3600000.0

struct day {
    int64_t start_ms;
    struct figures figures;
    bool is_hidden;
};

struct days {
    const struct zone *zone;
    struct day *days; /* from the first to the last that has a visit, none left out */
    size_t count, capacity;
    bool is_failed;
};

static struct day *day_append(struct days *days, int64_t start_ms)
{
    size_t capacity = days->capacity == 0 ? 64 : 2 * days->capacity;
    struct day *grown;

    if (days->count == days->capacity) {
        grown = capacity > DAYS_MAX ? NULL : realloc(days->days, capacity * sizeof *grown);
        days->is_failed = grown == NULL;
        if (grown == NULL)
            return NULL;
        days->days = grown;
        days->capacity = capacity;
    }
    grown = &days->days[days->count++];
    memset(grown, 0, sizeof *grown);
    grown->start_ms = start_ms;
    return grown;
}

/* Rows come in the order of their days. */
static void on_row(void *context, const struct figures_row *row)
{
    struct days *days = context;
    struct day *day;

    if (days->is_failed)
        return;
    day = days->count == 0 ? day_append(days, row->start_ms) : &days->days[days->count - 1];
    while (!days->is_failed && day->start_ms < row->start_ms)
        day = day_append(days, period_next(days->zone, PERIOD_DAY, day->start_ms));
    for (size_t i = 0; !days->is_failed && i < TALLY_MEASURE_COUNT; i++)
        day->figures.n[i] += row->n[i];
}

/* Whole days only: one that the period cuts has no row. */
static enum store_status days_read(struct report *report, struct days *days)
{
    struct figures_query query = report->figures;
    bool is_of_one = query.staff != FIGURES_ALL_STAFF;
    enum store_status status;

    query.measures = FIGURES_MEASURES(TALLY_RATING_1, TALLY_RATING_5) |
                     FIGURES_MEASURES(TALLY_MENTION_ASKED, TALLY_MENTION_NO) |
                     FIGURES_MEASURES(TALLY_LEFT_OUT_WITHDRAWN, TALLY_LEFT_OUT_MASH);
    query.from_ms = figures_round_up(days->zone, PERIOD_DAY, query.from_ms);
    query.to_ms = figures_round_down(days->zone, PERIOD_DAY, query.to_ms);
    status = figures_each(report->store, &query,
                          is_of_one ? (unsigned)PERIOD_DAY
                                    : figures_level(report->store, &query, TALLY_DAY_OF_ALL),
                          on_row, days, report->error);
    return status == STORE_OK && days->is_failed ? report_no_memory(report) : status;
}

static bool is_month_start(const struct days *days, size_t i)
{
    return i == 0 || period_start(days->zone, PERIOD_MONTH, days->days[i].start_ms) == days->days[i].start_ms;
}

struct month {
    size_t first, count; /* of its days */
    struct figures figures;
    bool is_hidden;
};

/* A day that could be worked out from its month and the other days is hidden with them, and so is a month from the
 * whole and the other months. NULL when there is no memory. */
static struct month *months_make(struct days *days, bool is_all_hidden, size_t *count)
{
    struct month *months = calloc(days->count + 1, sizeof *months);
    int64_t *visits = calloc(days->count + 1, sizeof *visits);
    bool *is_hidden = calloc(days->count + 1, sizeof *is_hidden);

    *count = 0;
    for (size_t i = 0; months != NULL && visits != NULL && is_hidden != NULL && i < days->count; i++) {
        if (is_month_start(days, i))
            months[(*count)++].first = i;
        months[*count - 1].count++;
        figures_add(&months[*count - 1].figures, &days->days[i].figures);
        visits[i] = figures_visits(&days->days[i].figures);
        is_hidden[i] = is_all_hidden;
    }
    for (size_t i = 0; visits != NULL && is_hidden != NULL && i < *count; i++)
        report_hide_small(visits + months[i].first, is_hidden + months[i].first, months[i].count, 1);
    for (size_t i = 0; *count > 0 && i < days->count; i++)
        days->days[i].is_hidden = is_hidden[i];
    for (size_t i = 0; i < *count; i++) {
        visits[i] = figures_visits(&months[i].figures);
        is_hidden[i] = is_all_hidden;
    }
    if (*count > 0)
        report_hide_small(visits, is_hidden, *count, 1);
    for (size_t i = 0; i < *count; i++)
        months[i].is_hidden = is_hidden[i];
    if (visits == NULL || is_hidden == NULL) {
        free(months);
        months = NULL;
    }
    free(visits);
    free(is_hidden);
    return months;
}

/* Without a look at the keys, which are ours: of ten years there are 3,000 rows, with 90,000 values. */
static void figures_set(json_t *out, const struct figures *figures, bool is_hidden)
{
    struct report_share csat = report_csat_of(figures);
    struct report_share asked =
        report_share_of(figures, TALLY_MENTION_ASKED, TALLY_MENTION_ASKED, TALLY_MENTION_NO);

    json_object_set_new_nocheck(out, "visits", json_integer(csat.n));
    json_object_set_new_nocheck(out, "ratings", report_ratings(figures, is_hidden));
    json_object_set_new_nocheck(out, "csat",
                                is_hidden ? report_rate_suppressed(csat.n)
                                          : report_rate(csat.hits, csat.n, FIGURES_SMALL_GROUP));
    json_object_set_new_nocheck(
        out, "mean", is_hidden || csat.n < FIGURES_SMALL_GROUP ? json_null() : report_mean(figures));
    json_object_set_new_nocheck(out, "asked", report_count(asked.hits, is_hidden));
    json_object_set_new_nocheck(out, "asked_rate",
                                is_hidden ? report_rate_hidden()
                                          : report_rate(asked.hits, asked.n, FIGURES_SMALL_GROUP));
    json_object_set_new_nocheck(out, "left_out", json_integer(figures_left_out(figures)));
}

static json_t *days_list(struct report *report, const struct days *days)
{
    json_t *list = json_array();

    for (size_t i = 0; i < days->count; i++) {
        const struct day *day = &days->days[i];
        int64_t next_ms = period_next(days->zone, PERIOD_DAY, day->start_ms);
        json_t *row = json_object();

        json_object_set_new_nocheck(row, "date", report_date(report, day->start_ms));
        json_object_set_new_nocheck(row, "weekday",
                                    json_integer(period_local(days->zone, day->start_ms).weekday));
        json_object_set_new_nocheck(row, "length_h",
                                    report_real((double)(next_ms - day->start_ms) / HOUR_MS));
        figures_set(row, &day->figures, day->is_hidden);
        json_array_append_new(list, row);
    }
    return list;
}

static json_t *months_list(struct report *report, const struct days *days, const struct month *months,
                           size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++) {
        int64_t start_ms = period_start(days->zone, PERIOD_MONTH, days->days[months[i].first].start_ms);
        json_t *row = json_pack("{s:o}", "month", report_date(report, start_ms));

        figures_set(row, &months[i].figures, months[i].is_hidden);
        json_array_append_new(list, row);
    }
    return list;
}

static enum store_status days_fill(struct report *report, const struct report_part *part, struct days *days)
{
    size_t month_count;
    struct month *months = months_make(days, part->is_hidden || part->is_csat_hidden, &month_count);
    int64_t visits = figures_visits(part->now);

    if (months == NULL)
        return report_no_memory(report);
    for (size_t i = 0; i < days->count; i++)
        visits -= figures_visits(&days->days[i].figures);
    report_csat_set(report->out, part);
    json_object_set_new(report->out, "without_day", json_integer(visits));
    json_object_set_new(report->out, "week_start", json_integer(report->week_start));
    json_object_set_new(report->out, "months", months_list(report, days, months, month_count));
    json_object_set_new(report->out, "days", days_list(report, days));
    json_object_set_new(report->out, "left_out", report_left_out(part->now));
    free(months);
    return STORE_OK;
}

enum store_status report_days(struct report *report)
{
    struct report_breakdown breakdown;
    struct days days = {.zone = store_zone(report->store)};
    enum store_status status;

    report_measures_set(report, REPORT_CSAT_MEASURES);
    status = report_breakdown_read(report, FIGURES_TOGETHER, &breakdown);
    if (status == STORE_OK)
        status = days_read(report, &days);
    if (status == STORE_OK) {
        struct report_part part = report_whole_part(&breakdown);

        status = days_fill(report, &part, &days);
    }
    free(days.days);
    report_breakdown_free(&breakdown);
    return status;
}
