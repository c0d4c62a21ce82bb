/* SPDX-License-Identifier: MIT
 *
 * report_shares.c - what let people down, and what was great: each answer's share of the answers.
 */
#include "report_internal.h"

#include <stdlib.h>

struct choice {
    const char *name;
    enum tally_measure measure;
};

#define CAUSE_CHOICE(NAME, code, name) {name, TALLY_CAUSE_##NAME},
#define STRENGTH_CHOICE(NAME, code, name) {name, TALLY_STRENGTH_##NAME},
static const struct choice causes[] = {CAUSES(CAUSE_CHOICE)};
static const struct choice strengths[] = {STRENGTHS(STRENGTH_CHOICE)};

#define CAUSE_COUNT (sizeof causes / sizeof causes[0])
#define STRENGTH_COUNT (sizeof strengths / sizeof strengths[0])

struct asking {
    const char *list, *key; /* "causes", "cause" */
    const struct choice *choices;
    size_t count;
    enum tally_measure none, skipped;
};

static json_t *choice_make(const struct report_part *part, const struct asking *question,
                           const struct choice *choice)
{
    enum tally_measure first = question->choices[0].measure;
    enum tally_measure last = question->choices[question->count - 1].measure;
    struct report_share now = report_share_of(part->now, choice->measure, first, last);
    struct report_share before = report_share_of(part->before, choice->measure, first, last);
    json_t *out = json_pack("{s:s}", question->key, choice->name);

    json_object_set_new(out, "count", report_count(now.hits, part->is_hidden));
    json_object_set_new(out, "share",
                        part->is_hidden ? report_rate_hidden() : report_rate(now.hits, now.n, part->n_min));
    json_object_set_new(out, "comparison", report_part_compare(part, now, before, REPORT_NEUTRAL));
    return out;
}

static void question_fill(json_t *out, const struct report_part *part, const struct asking *question)
{
    const struct figures *figures = part->now;
    int64_t answers =
        figures_sum(figures, question->choices[0].measure, question->choices[question->count - 1].measure);
    int64_t skipped = figures->n[question->skipped], none = figures->n[question->none];

    json_object_set_new(out, "visits", json_integer(figures_visits(figures)));
    json_object_set_new(out, "answers", report_count(answers, part->is_hidden));
    json_object_set_new(out, "skipped", report_count(skipped, part->is_hidden));
    json_object_set_new(out, "none", report_count(none, part->is_hidden));
    json_object_set_new(out, "response",
                        part->is_hidden
                            ? report_rate_hidden()
                            : report_rate(answers + skipped, answers + skipped + none, part->n_min));
    json_object_set_new(out, "left_out", report_left_out(figures));
}

/* The causes of the whole by hour are a breakdown of their own: `slots` is NULL where nothing may be shown. */
static json_t *choices_make(const struct report_part *part, const struct asking *question,
                            const struct report_slots *slots, bool has_peak)
{
    json_t *list = json_array();

    for (size_t i = 0; i < question->count; i++) {
        json_t *choice = choice_make(part, question, &question->choices[i]);

        if (has_peak)
            json_object_set_new(choice, "peak",
                                slots == NULL ? json_null()
                                              : report_cause_peak(slots, question->choices[i].measure));
        json_array_append_new(list, choice);
    }
    return list;
}

enum store_status report_causes(struct report *report)
{
    static const struct asking question = {"causes",    "cause",          causes,
                                           CAUSE_COUNT, TALLY_CAUSE_NONE, TALLY_CAUSE_SKIPPED};
    struct report_breakdown breakdown;
    struct report_slots *slots = calloc(1, sizeof *slots);
    enum store_status status;

    if (slots == NULL)
        return report_no_memory(report);
    report_measures_set(report,
                        REPORT_CSAT_MEASURES | FIGURES_MEASURES(TALLY_CAUSE_PROCESS, TALLY_CAUSE_NONE));
    status = report_breakdown_read(report, FIGURES_TOGETHER, &breakdown);
    if (status == STORE_OK)
        status = report_slots_read(report, &report->figures, slots);
    if (status == STORE_OK) {
        struct report_part part = report_whole_part(&breakdown);

        question_fill(report->out, &part, &question);
        json_object_set_new(report->out, question.list,
                            choices_make(&part, &question, part.is_hidden ? NULL : slots, true));
    }
    free(slots);
    report_breakdown_free(&breakdown);
    return status;
}

enum store_status report_strengths(struct report *report)
{
    static const struct asking question = {"strengths",    "strength",          strengths,
                                           STRENGTH_COUNT, TALLY_STRENGTH_NONE, TALLY_STRENGTH_SKIPPED};
    struct report_breakdown breakdown;
    enum store_status status;

    report_measures_set(report,
                        REPORT_CSAT_MEASURES | FIGURES_MEASURES(TALLY_STRENGTH_EMPATHY, TALLY_STRENGTH_NONE));
    status = report_breakdown_read(report, FIGURES_TOGETHER, &breakdown);
    if (status == STORE_OK) {
        struct report_part part = report_whole_part(&breakdown);

        question_fill(report->out, &part, &question);
        json_object_set_new(report->out, question.list, choices_make(&part, &question, NULL, false));
    }
    report_breakdown_free(&breakdown);
    return status;
}
