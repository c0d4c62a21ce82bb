/* SPDX-License-Identifier: MIT
 *
 * report_overview.c - Monday morning's page: the last full week against the one before. All of it comes from the
 * other reports' pieces.
 */
#include "report_internal.h"

#include <stdlib.h>

struct choice {
    const char *name;
    enum tally_measure measure;
};

#define CAUSE_ROW(NAME, code, name) {name, TALLY_CAUSE_##NAME},
static const struct choice causes[] = {CAUSES(CAUSE_ROW)};
#define CAUSE_COUNT (sizeof causes / sizeof causes[0])

static struct report_share cause_share(const struct figures *figures, const struct choice *cause)
{
    return report_share_of(figures, cause->measure, causes[0].measure, causes[CAUSE_COUNT - 1].measure);
}

/* Null when there was none, or when nothing may be shown. */
static json_t *cause_make(const struct report_part *part, const struct report_slots *slots)
{
    const struct choice *biggest = &causes[0];
    struct report_share share;
    json_t *out;

    for (size_t i = 1; i < CAUSE_COUNT; i++)
        if (part->now->n[causes[i].measure] > part->now->n[biggest->measure])
            biggest = &causes[i];
    share = cause_share(part->now, biggest);
    if (part->is_hidden || share.hits == 0)
        return json_null();
    out = json_pack("{s:s, s:I}", "cause", biggest->name, "count", (json_int_t)share.hits);
    json_object_set_new(out, "share", report_rate(share.hits, share.n, part->n_min));
    json_object_set_new(out, "comparison",
                        report_part_compare(part, share, cause_share(part->before, biggest), REPORT_NEUTRAL));
    json_object_set_new(out, "peak", report_cause_peak(slots, biggest->measure));
    return out;
}

/* Who was asked for, by name: of those whose figures may be shown. */
static json_t *asked_for_make(json_t *rows)
{
    json_t *out = json_array(), *row;
    size_t index;

    json_array_foreach(rows, index, row)
    {
        json_t *mentions = json_object_get(row, "mentions");
        json_t *last = json_object_get(row, "last_week");

        if (json_integer_value(json_object_get(mentions, "asked")) == 0 ||
            json_integer_value(json_object_get(row, "id")) == 0)
            continue;
        json_array_append_new(out,
                              json_pack("{s:O, s:O, s:O, s:O, s:O}", "name", json_object_get(row, "name"),
                                        "asked", json_object_get(mentions, "asked"), "asked_rate",
                                        json_object_get(mentions, "asked_rate"), "comparison",
                                        json_object_get(mentions, "asked_comparison"), "is_own_best",
                                        json_object_get(last, "is_best")));
    }
    return out;
}

static enum store_status people_set(struct report *report)
{
    struct report_breakdown breakdown;
    struct report_past *past = NULL;
    json_t *rows = NULL;
    enum store_status status;

    report_measures_set(report, REPORT_STAFF_MEASURES);
    status = report_breakdown_read(report, FIGURES_BY_STAFF, &breakdown);
    if (status == STORE_OK)
        status = report_past_read(report, &past);
    if (status == STORE_OK)
        status = report_staff_rows(report, &breakdown, past, &rows);
    json_object_set_new(report->out, "asked_for", asked_for_make(rows));
    json_decref(rows);
    report_past_destroy(past);
    report_breakdown_free(&breakdown);
    return status;
}

static enum store_status whole_set(struct report *report)
{
    struct report_breakdown breakdown;
    struct report_slots *slots = calloc(1, sizeof *slots);
    enum store_status status;

    if (slots == NULL)
        return report_no_memory(report);
    report_measures_set(report, REPORT_CSAT_MEASURES | REPORT_MENTION_MEASURES |
                                    FIGURES_MEASURES(TALLY_CAUSE_PROCESS, TALLY_CAUSE_PEOPLE) |
                                    FIGURES_MEASURES(TALLY_HELP_YES, TALLY_HELP_NONE));
    status = report_breakdown_read(report, FIGURES_TOGETHER, &breakdown);
    if (status == STORE_OK)
        status = report_slots_read(report, &report->figures, slots);
    if (status == STORE_OK) {
        struct report_part part = report_whole_part(&breakdown);

        report_csat_set(report->out, &part);
        json_object_set_new(report->out, "cause", cause_make(&part, slots));
        json_object_set_new(report->out, "mentions", report_mentions(&part));
        json_object_set_new(report->out, "help", report_help_counts(&part));
        json_object_set_new(report->out, "left_out", report_left_out(part.now));
    }
    free(slots);
    report_breakdown_free(&breakdown);
    return status;
}

enum store_status report_overview(struct report *report)
{
    json_t *kiosks = NULL, *lost = NULL, *open_calls = NULL;
    enum store_status status = whole_set(report);

    if (status == STORE_OK)
        status = people_set(report);
    if (status == STORE_OK)
        status = report_open_calls(report, &open_calls);
    if (status == STORE_OK)
        status = report_wellness(report, &kiosks);
    if (status == STORE_OK)
        status = report_lost(report, &lost);
    json_object_set_new(report->out, "open_calls", open_calls);
    json_object_set_new(report->out, "kiosks", kiosks);
    json_object_set_new(report->out, "lost", lost);
    return status;
}
