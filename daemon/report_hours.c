/* SPDX-License-Identifier: MIT
 *
 * report_hours.c - visits, how many were signed on, and satisfaction, by hour of the week.
 *
 * Whole years and months come from tallies that are kept by hour of the week, the rest from those of single hours. What has
 * no certain hour is in no row, and its number is stated. An hour that happens twice counts twice.
 */
#include "report_internal.h"

#include <stdlib.h>
#include <string.h>

#define SLOT_MARK 1000 /* months begin at full seconds; what start_ms has beyond is the slot, see tally.h */

struct filling {
    const struct zone *zone;
    struct report_slots *slots;
    bool is_by_slot;
};

static void on_row(void *context, const struct figures_row *row)
{
    struct filling *filling = context;
    struct period_local local;
    struct figures *slot;

    if (filling->is_by_slot) {
        slot = &filling->slots->slots[row->start_ms % SLOT_MARK % TALLY_SLOT_COUNT];
    } else {
        local = period_local(filling->zone, row->start_ms);
        slot = &filling->slots->slots[(local.weekday - 1) * REPORT_HOURS + local.hour];
    }
    for (size_t i = 0; i < TALLY_MEASURE_COUNT; i++)
        slot->n[i] += row->n[i];
}

static enum store_status slots_add(struct report *report, const struct figures_query *query, unsigned level,
                                   int64_t from_ms, int64_t to_ms, struct report_slots *slots)
{
    struct figures_query part = *query;
    struct filling filling = {.zone = store_zone(report->store),
                              .slots = slots,
                              .is_by_slot = level == TALLY_SLOT || level == TALLY_SLOT_OF_YEAR};

    part.from_ms = from_ms;
    part.to_ms = to_ms;
    level = level == PERIOD_HOUR ? level : figures_level(report->store, &part, (enum tally_level)level);
    return from_ms < to_ms ? figures_each(report->store, &part, level, on_row, &filling, report->error)
                           : STORE_OK;
}

/* What whole periods of the level leave at either end is read from the finer one. */
static enum store_status slots_of(struct report *report, const struct figures_query *query,
                                  enum period_level level, int64_t from_ms, int64_t to_ms,
                                  struct report_slots *slots)
{
    const struct zone *zone = store_zone(report->store);
    int64_t whole_from = figures_round_up(zone, level, from_ms);
    int64_t whole_to = figures_round_down(zone, level, to_ms);
    bool is_year = level == PERIOD_YEAR;
    enum store_status status;

    if (level == PERIOD_HOUR)
        return slots_add(report, query, TALLY_HOUR_OF_ALL, from_ms, to_ms, slots);
    if (whole_from >= whole_to)
        return slots_of(report, query, is_year ? PERIOD_MONTH : PERIOD_HOUR, from_ms, to_ms, slots);
    status = slots_of(report, query, is_year ? PERIOD_MONTH : PERIOD_HOUR, from_ms, whole_from, slots);
    if (status == STORE_OK)
        status =
            slots_add(report, query, is_year ? TALLY_SLOT_OF_YEAR : TALLY_SLOT, whole_from, whole_to, slots);
    if (status == STORE_OK)
        status = slots_of(report, query, is_year ? PERIOD_MONTH : PERIOD_HOUR, whole_to, to_ms, slots);
    return status;
}

enum store_status report_slots_read(struct report *report, const struct figures_query *query,
                                    struct report_slots *slots)
{
    enum period_level coarsest = store_knows_years(report->store) ? PERIOD_YEAR : PERIOD_MONTH;

    struct figures_query part = *query;

    part.measures = FIGURES_MEASURES(TALLY_RATING_1, TALLY_RATING_5) |
                    FIGURES_MEASURES(TALLY_CAUSE_PROCESS, TALLY_CAUSE_PEOPLE);
    memset(slots, 0, sizeof *slots);
    if (query->staff != FIGURES_ALL_STAFF)
        return slots_add(report, &part, PERIOD_HOUR, query->from_ms, query->to_ms, slots);
    return slots_of(report, &part, coarsest, query->from_ms, query->to_ms, slots);
}

static void sum_by_hour(const struct report_slots *slots, struct figures hours[REPORT_HOURS])
{
    memset(hours, 0, REPORT_HOURS * sizeof *hours);
    for (size_t i = 0; i < TALLY_SLOT_COUNT; i++)
        figures_add(&hours[i % REPORT_HOURS], &slots->slots[i]);
}

json_t *report_cause_peak(const struct report_slots *slots, enum tally_measure cause)
{
    struct figures hours[REPORT_HOURS];
    double low, high, low_max = 0;
    int peak = -1;

    sum_by_hour(slots, hours);
    for (int i = 0; i < REPORT_HOURS; i++) {
        int64_t visits = figures_visits(&hours[i]);

        if (visits < FIGURES_SMALL_GROUP || hours[i].n[cause] == 0)
            continue;
        report_wilson((double)hours[i].n[cause], (double)visits, &low, &high);
        if (low <= low_max)
            continue;
        low_max = low;
        peak = i;
    }
    if (peak < 0)
        return json_null();
    return json_pack("{s:i, s:I, s:o}", "hour", peak, "count", (json_int_t)hours[peak].n[cause], "rate",
                     report_rate(hours[peak].n[cause], figures_visits(&hours[peak]), FIGURES_SMALL_GROUP));
}

/* The report ---------------------------------------------------------------------------------------------------- */

/* What is shown of a slot, an hour of the day or a weekday. */
struct line {
    const struct figures *figures;
    int64_t signed_on_s, length_s;
    bool is_hidden, is_staffing_known;
};

static void line_set(json_t *out, const struct line *line)
{
    struct report_share csat = report_csat_of(line->figures);

    json_object_set_new(out, "visits", json_integer(csat.n));
    json_object_set_new(out, "csat",
                        line->is_hidden ? report_rate_suppressed(csat.n)
                                        : report_rate(csat.hits, csat.n, FIGURES_SMALL_GROUP));
    json_object_set_new(out, "length_h", report_real((double)line->length_s / 3600));
    json_object_set_new(out, "signed_on",
                        line->is_staffing_known && line->length_s > 0
                            ? report_real((double)line->signed_on_s / (double)line->length_s)
                            : json_null());
}

struct picture {
    struct report_slots slots;
    struct report_staffing staffing;
    bool is_hidden[TALLY_SLOT_COUNT];
    bool is_all_hidden;
};

/* Rows and columns of the week are shown beside the slots: each slot that could be worked out from them is hidden
 * with the small ones. */
static void slots_hide(struct picture *picture)
{
    int64_t visits[TALLY_SLOT_COUNT];
    bool is_more = true;

    for (size_t i = 0; i < TALLY_SLOT_COUNT; i++) {
        visits[i] = figures_visits(&picture->slots.slots[i]);
        picture->is_hidden[i] = picture->is_all_hidden;
    }
    while (is_more) {
        is_more = false;
        for (size_t day = 0; day < REPORT_WEEKDAYS; day++)
            is_more |= report_hide_small(visits + day * REPORT_HOURS, picture->is_hidden + day * REPORT_HOURS,
                                         REPORT_HOURS, 1);
        for (size_t hour = 0; hour < REPORT_HOURS; hour++)
            is_more |=
                report_hide_small(visits + hour, picture->is_hidden + hour, REPORT_WEEKDAYS, REPORT_HOURS);
    }
}

static json_t *slots_make(const struct picture *picture)
{
    json_t *list = json_array();

    for (size_t i = 0; i < TALLY_SLOT_COUNT; i++) {
        const struct line line = {&picture->slots.slots[i], picture->staffing.signed_on_s[i],
                                  picture->staffing.length_s[i], picture->is_hidden[i],
                                  picture->staffing.is_used};
        json_t *row;

        if (figures_visits(line.figures) == 0 && line.signed_on_s == 0)
            continue;
        row =
            json_pack("{s:i, s:i}", "weekday", (int)(i / REPORT_HOURS) + 1, "hour", (int)(i % REPORT_HOURS));
        line_set(row, &line);
        json_array_append_new(list, row);
    }
    return list;
}

/* One row for each of `count` sums of the slots i with i / divisor % count == the row. */
static json_t *margin_make(const struct picture *picture, const char *key, size_t count, size_t divisor,
                           int first)
{
    struct figures sums[REPORT_HOURS] = {0};
    int64_t visits[REPORT_HOURS], signed_on_s[REPORT_HOURS] = {0}, length_s[REPORT_HOURS] = {0};
    bool is_hidden[REPORT_HOURS];
    json_t *list = json_array();

    for (size_t i = 0; i < TALLY_SLOT_COUNT; i++) {
        size_t row = i / divisor % count;

        figures_add(&sums[row], &picture->slots.slots[i]);
        signed_on_s[row] += picture->staffing.signed_on_s[i];
        length_s[row] += picture->staffing.length_s[i];
    }
    for (size_t i = 0; i < count; i++) {
        visits[i] = figures_visits(&sums[i]);
        is_hidden[i] = picture->is_all_hidden;
    }
    report_hide_small(visits, is_hidden, count, 1);
    for (size_t i = 0; i < count; i++) {
        const struct line line = {&sums[i], signed_on_s[i], length_s[i], is_hidden[i],
                                  picture->staffing.is_used};
        json_t *row = json_pack("{s:i}", key, (int)i + first);

        line_set(row, &line);
        json_array_append_new(list, row);
    }
    return list;
}

static int64_t slotted_visits(const struct report_slots *slots)
{
    int64_t visits = 0;

    for (size_t i = 0; i < TALLY_SLOT_COUNT; i++)
        visits += figures_visits(&slots->slots[i]);
    return visits;
}

static void hours_fill(struct report *report, const struct report_part *part, struct picture *picture)
{
    json_t *out = report->out;

    picture->is_all_hidden = part->is_hidden || part->is_csat_hidden;
    slots_hide(picture);
    report_csat_set(out, part);
    json_object_set_new(out, "without_hour",
                        json_integer(figures_visits(part->now) - slotted_visits(&picture->slots)));
    json_object_set_new(out, "week_start", json_integer(report->week_start));
    json_object_set_new(out, "by_weekday", margin_make(picture, "weekday", REPORT_WEEKDAYS, REPORT_HOURS, 1));
    json_object_set_new(out, "by_hour", margin_make(picture, "hour", REPORT_HOURS, 1, 0));
    json_object_set_new(out, "hours", slots_make(picture));
    json_object_set_new(out, "left_out", report_left_out(part->now));
}

enum store_status report_hours(struct report *report)
{
    struct report_breakdown breakdown;
    struct picture *picture = calloc(1, sizeof *picture);
    enum store_status status;

    if (picture == NULL)
        return report_no_memory(report);
    report_measures_set(report, REPORT_CSAT_MEASURES);
    status = report_breakdown_read(report, FIGURES_TOGETHER, &breakdown);
    if (status == STORE_OK)
        status = report_slots_read(report, &report->figures, &picture->slots);
    if (status == STORE_OK)
        status = report_staffing_read(report, &picture->staffing);
    if (status == STORE_OK) {
        struct report_part part = report_whole_part(&breakdown);

        hours_fill(report, &part, picture);
    }
    free(picture);
    report_breakdown_free(&breakdown);
    return status;
}
