/* SPDX-License-Identifier: MIT
 *
 * report_notes.c - what the manager changed, with the satisfaction before and after, or that it cannot be told yet.
 *
 * Compared are as many whole days after the day of the note as there are yet in the period, at most 28, and as many
 * before it; the day itself is in neither.
 */
#include "report_internal.h"

#include "daemon/store_help.h"

#define NOTES_MAX 8 /* the newest of the period */
#define DAYS_MAX 28

/* Whole days from the day after at_ms until end_ms. */
static int days_after(const struct zone *zone, int64_t at_ms, int64_t end_ms)
{
    int days = 0;

    while (days < DAYS_MAX && period_day(zone, at_ms, days + 2) <= end_ms)
        days++;
    return days;
}

static enum store_status effect_make(struct report *report, int64_t noted_ms, json_t *out)
{
    const struct zone *zone = store_zone(report->store);
    int64_t end_ms = report->figures.to_ms < report->now_ms ? report->figures.to_ms : report->now_ms;
    int days = days_after(zone, noted_ms, end_ms);
    struct report around = *report;
    struct report_breakdown breakdown;
    enum store_status status;

    json_object_set_new(out, "days", json_integer(days));
    around.has_before = true;
    around.before = report->figures;
    around.figures.from_ms = period_day(zone, noted_ms, 1);
    around.figures.to_ms = period_day(zone, noted_ms, 1 + days);
    around.before.from_ms = period_day(zone, noted_ms, -days);
    around.before.to_ms = period_day(zone, noted_ms, 0);
    status = report_breakdown_read(&around, FIGURES_TOGETHER, &breakdown);
    if (status == STORE_OK) {
        struct report_part part = report_whole_part(&breakdown);
        struct report_share after = report_csat_of(part.now);

        part.is_hidden = part.is_hidden || part.is_csat_hidden;
        part.is_before_hidden = part.is_before_hidden || part.is_csat_hidden;
        json_object_set_new(out, "after",
                            part.is_hidden ? report_rate_suppressed(after.n)
                                           : report_rate(after.hits, after.n, part.n_min));
        json_object_set_new(out, "comparison",
                            report_part_compare(&part, after, report_csat_of(part.before), REPORT_GOOD));
    }
    report_breakdown_free(&breakdown);
    return status;
}

enum store_status report_notes(struct report *report, json_t **out)
{
    struct store_note notes[NOTES_MAX];
    size_t count = 0;
    enum store_status status = STORE_OK;

    *out = json_array();
    if (store_knows_help(report->store))
        status = store_notes(report->store, report->figures.from_ms, report->figures.to_ms, notes, NOTES_MAX,
                             &count, report->error);
    for (size_t i = 0; status == STORE_OK && i < count; i++) {
        json_t *note = json_pack("{s:o, s:o}", "noted", report_moment(report, notes[i].noted_ms), "text",
                                 report_text(notes[i].text));

        status = effect_make(report, notes[i].noted_ms, note);
        json_array_append_new(*out, note);
    }
    return status;
}
