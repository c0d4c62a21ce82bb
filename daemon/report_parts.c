/* SPDX-License-Identifier: MIT
 *
 * report_parts.c - the pieces that reports are made of: rates with their intervals, comparisons with their verdicts,
 * and breakdowns with what of them may be shown.
 */
#include "report_internal.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define WILSON_Z 1.96
#define STEADY_WITHIN 0.1 /* a difference that lies within this for certain is steady */

static const struct figures no_figures;

/* Rates ------------------------------------------------------------------------------------------------------- */

void report_wilson(double hits, double n, double *low, double *high)
{
    double z2 = WILSON_Z * WILSON_Z;
    double p = hits / n;
    double middle = p + z2 / (2 * n);
    double reach = WILSON_Z * sqrt(p * (1 - p) / n + z2 / (4 * n * n));

    *low = fmax(0, (middle - reach) / (1 + z2 / n));
    *high = fmin(1, (middle + reach) / (1 + z2 / n));
}

/* Newcombe's 95 % interval of hits/n - hits_before/n_before (Newcombe 1998, method 10), in -1..1. */
static void newcombe(double hits, double n, double hits_before, double n_before, double *low, double *high)
{
    double p = hits / n, before = hits_before / n_before, difference = p - before;
    double p_low, p_high, before_low, before_high;

    report_wilson(hits, n, &p_low, &p_high);
    report_wilson(hits_before, n_before, &before_low, &before_high);
    *low = difference - hypot(p - p_low, before_high - before);
    *high = difference + hypot(p_high - p, before - before_low);
}

/* Six decimals: more would be noise, and bytes that differ between machines. Never -0. */
json_t *report_real(double value)
{
    return json_real(round(value * 1e6) / 1e6 + 0.0);
}

/* A report by days has thousands: json_pack takes twice the time. */
static json_t *rate_make(json_t *n, json_t *value, json_t *low, json_t *high)
{
    json_t *rate = json_object();

    json_object_set_new_nocheck(rate, "n", n);
    json_object_set_new_nocheck(rate, "value", value);
    json_object_set_new_nocheck(rate, "low", low);
    json_object_set_new_nocheck(rate, "high", high);
    return rate;
}

static json_t *rate_of_few(json_t *n, bool is_few)
{
    json_t *rate = rate_make(n, json_null(), json_null(), json_null());

    json_object_set_new_nocheck(rate, "too_few", json_boolean(is_few));
    return rate;
}

json_t *report_rate_suppressed(int64_t n)
{
    return rate_of_few(json_integer(n), n > 0);
}

json_t *report_rate_hidden(void)
{
    return rate_of_few(json_null(), true);
}

json_t *report_count(int64_t count, bool is_suppressed)
{
    return is_suppressed ? json_null() : json_integer(count);
}

json_t *report_rate(int64_t hits, int64_t n, int64_t n_min)
{
    double low, high;

    if (n < n_min || n < 1)
        return report_rate_suppressed(n);
    report_wilson((double)hits, (double)n, &low, &high);
    return rate_make(json_integer(n), report_real((double)hits / (double)n), report_real(low),
                     report_real(high));
}

struct report_share report_csat_of(const struct figures *figures)
{
    return (struct report_share){figures_happy(figures), figures_visits(figures)};
}

struct report_share report_share_of(const struct figures *figures, enum tally_measure hit,
                                    enum tally_measure first, enum tally_measure last)
{
    return (struct report_share){figures->n[hit], figures_sum(figures, first, last)};
}

static const char *verdict_of(double low, double high, enum report_meaning meaning)
{
    if (low > 0)
        return meaning == REPORT_GOOD ? "better" : "higher";
    if (high < 0)
        return meaning == REPORT_GOOD ? "worse" : "lower";
    return low >= -STEADY_WITHIN && high <= STEADY_WITHIN ? "steady" : "cannot_tell";
}

static json_t *cannot_tell(json_t *before)
{
    return json_pack("{s:o, s:{s:n, s:n, s:n}, s:s}", "before", before, "difference", "value", "low", "high",
                     "verdict", "cannot_tell");
}

json_t *report_compare(struct report_share now, struct report_share before, int64_t n_min,
                       enum report_meaning meaning)
{
    json_t *rate_before = report_rate(before.hits, before.n, n_min);
    double low, high;

    if (now.n < n_min || now.n < 1 || before.n < n_min || before.n < 1)
        return cannot_tell(rate_before);
    newcombe((double)now.hits, (double)now.n, (double)before.hits, (double)before.n, &low, &high);
    return json_pack("{s:o, s:{s:o, s:o, s:o}, s:s}", "before", rate_before, "difference", "value",
                     report_real((double)now.hits / (double)now.n - (double)before.hits / (double)before.n),
                     "low", report_real(low), "high", report_real(high), "verdict",
                     verdict_of(low, high, meaning));
}

json_t *report_part_compare(const struct report_part *part, struct report_share now,
                            struct report_share before, enum report_meaning meaning)
{
    if (!part->has_before)
        return json_null();
    if (part->is_before_hidden)
        return cannot_tell(report_rate_hidden());
    if (part->is_hidden)
        return cannot_tell(report_rate(before.hits, before.n, part->n_min));
    return report_compare(now, before, part->n_min, meaning);
}

/* What is counted ----------------------------------------------------------------------------------------------- */

json_t *report_ratings(const struct figures *figures, bool is_suppressed)
{
    json_t *ratings = json_object();
    char name[2] = "1";

    for (unsigned i = 0; i < RATING_MAX; i++, name[0]++)
        json_object_set_new_nocheck(ratings, name,
                                    report_count(figures->n[TALLY_RATING_1 + i], is_suppressed));
    return ratings;
}

json_t *report_mean(const struct figures *figures)
{
    int64_t sum = 0, visits = figures_visits(figures);

    for (unsigned i = 0; i < RATING_MAX; i++)
        sum += (int64_t)(i + 1) * figures->n[TALLY_RATING_1 + i];
    return visits == 0 ? json_null() : report_real((double)sum / (double)visits);
}

static json_t *with_left_out(const struct report_part *part)
{
    int64_t n = figures_visits(part->now) + figures_left_out(part->now);

    return part->is_hidden
               ? report_rate_suppressed(n)
               : report_rate(figures_happy(part->now) + part->now->n[TALLY_LEFT_OUT_HAPPY], n, part->n_min);
}

void report_csat_set(json_t *out, const struct report_part *part)
{
    struct report_share csat = report_csat_of(part->now);
    struct report_part shown = *part;

    shown.is_hidden = part->is_hidden || part->is_csat_hidden;
    shown.is_before_hidden = part->is_before_hidden || part->is_csat_hidden;
    part = &shown;
    json_object_set_new(out, "visits", json_integer(csat.n));
    json_object_set_new(out, "ratings", report_ratings(part->now, part->is_hidden));
    json_object_set_new(out, "csat",
                        part->is_hidden ? report_rate_suppressed(csat.n)
                                        : report_rate(csat.hits, csat.n, part->n_min));
    json_object_set_new(out, "csat_with_left_out", with_left_out(part));
    json_object_set_new(out, "comparison",
                        report_part_compare(part, csat, report_csat_of(part->before), REPORT_GOOD));
    json_object_set_new(out, "mean", part->is_hidden ? json_null() : report_mean(part->now));
}

static struct report_share mention_of(const struct figures *figures, enum tally_measure hit)
{
    return report_share_of(figures, hit, TALLY_MENTION_ASKED, TALLY_MENTION_NO);
}

static json_t *mention_rate(const struct report_part *part, enum tally_measure hit)
{
    struct report_share share = mention_of(part->now, hit);

    return part->is_hidden ? report_rate_hidden() : report_rate(share.hits, share.n, part->n_min);
}

static json_t *mention_compare(const struct report_part *part, enum tally_measure hit)
{
    return report_part_compare(part, mention_of(part->now, hit), mention_of(part->before, hit), REPORT_GOOD);
}

json_t *report_mentions(const struct report_part *part)
{
    static const struct {
        const char *key;
        enum tally_measure measure;
    } counts[] = {
        {"asked", TALLY_MENTION_ASKED}, {"will_ask", TALLY_MENTION_WILL_ASK}, {"no", TALLY_MENTION_NO}};
    const int64_t *n = part->now->n;
    int64_t shown = figures_sum(part->now, TALLY_MENTION_ASKED, TALLY_MENTION_NONE);
    json_t *mentions = json_object();

    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        json_object_set_new(mentions, counts[i].key, report_count(n[counts[i].measure], part->is_hidden));
    json_object_set_new(mentions, "shown", report_count(shown, part->is_hidden));
    json_object_set_new(mentions, "asked_rate", mention_rate(part, TALLY_MENTION_ASKED));
    json_object_set_new(mentions, "asked_comparison", mention_compare(part, TALLY_MENTION_ASKED));
    json_object_set_new(mentions, "intent_rate", mention_rate(part, TALLY_MENTION_WILL_ASK));
    json_object_set_new(mentions, "intent_comparison", mention_compare(part, TALLY_MENTION_WILL_ASK));
    json_object_set_new(mentions, "loyal", report_count(n[TALLY_ASKED_RETURNING], part->is_hidden));
    json_object_set_new(mentions, "word_of_mouth", report_count(n[TALLY_ASKED_NEW], part->is_hidden));
    return mentions;
}

#define CAUSE_SET(NAME, code, name) \
    json_object_set_new(causes, name, report_count(figures->n[TALLY_CAUSE_##NAME], is_suppressed));

json_t *report_causes_counts(const struct figures *figures, bool is_suppressed)
{
    json_t *causes = json_object();

    CAUSES(CAUSE_SET)
    return causes;
}

#define STRENGTH_SET(NAME, code, name) \
    json_object_set_new(strengths, name, report_count(figures->n[TALLY_STRENGTH_##NAME], is_suppressed));

json_t *report_strengths_counts(const struct figures *figures, bool is_suppressed)
{
    json_t *strengths = json_object();

    STRENGTHS(STRENGTH_SET)
    return strengths;
}

json_t *report_left_out(const struct figures *figures)
{
    const int64_t *n = figures->n;

    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "withdrawn",
                     (json_int_t)n[TALLY_LEFT_OUT_WITHDRAWN], "stuck", (json_int_t)n[TALLY_LEFT_OUT_STUCK],
                     "burst", (json_int_t)n[TALLY_LEFT_OUT_BURST], "mash", (json_int_t)n[TALLY_LEFT_OUT_MASH],
                     "other", (json_int_t)n[TALLY_LEFT_OUT_OTHER], "time_unknown",
                     (json_int_t)figures->time_unknown, "invalid_answers", (json_int_t)n[TALLY_INVALID],
                     "answers_without_rating", (json_int_t)n[TALLY_WITHOUT_RATING]);
}

json_t *report_moment(struct report *report, int64_t at_ms)
{
    char text[PERIOD_TEXT_SIZE];

    if (at_ms == INT64_MIN || at_ms == INT64_MAX)
        return json_null();
    period_format(store_zone(report->store), at_ms, text);
    return json_string(text);
}

json_t *report_date(struct report *report, int64_t at_ms)
{
    char text[PERIOD_TEXT_SIZE];

    period_format(store_zone(report->store), at_ms, text);
    return json_stringn(text, strlen("2026-11-02"));
}

json_t *report_id(int64_t id)
{
    char text[17];

    snprintf(text, sizeof text, "%016" PRIx64, (uint64_t)id);
    return json_string(text);
}

/* Reading ------------------------------------------------------------------------------------------------------- */

void report_measures_set(struct report *report, uint64_t measures)
{
    report->figures.measures = measures;
    report->before.measures = measures;
}

/* The whole period, whatever is asked for of it: what is suppressed depends on all. */
static enum store_status cells_read(struct report *report, const struct figures_query *query,
                                    struct figures_groups *cells)
{
    struct figures_query all = *query;

    all.kiosk = 0;
    all.staff = FIGURES_ALL_STAFF;
    all.grouping = FIGURES_BY_CELL;
    all.is_of_all_staff = query->staff == FIGURES_ALL_STAFF && query->grouping != FIGURES_BY_STAFF;
    return figures_read(report->store, &all, cells, report->error);
}

static enum store_status side_read(struct report *report, struct figures_query *query,
                                   enum figures_grouping grouping, struct figures_groups *cells,
                                   struct figures_groups *groups)
{
    enum store_status status;

    query->grouping = grouping;
    if (grouping == FIGURES_TOGETHER && query->kiosk == 0 && query->staff == FIGURES_ALL_STAFF)
        return figures_read(report->store, query, groups, report->error); /* nothing of it can be too small */
    status = cells_read(report, query, cells);
    return status == STORE_OK ? figures_fold(cells, query, groups, report->error) : status;
}

enum store_status report_breakdown_read(struct report *report, enum figures_grouping grouping,
                                        struct report_breakdown *breakdown)
{
    enum store_status status;

    memset(breakdown, 0, sizeof *breakdown);
    breakdown->has_before = report->has_before;
    breakdown->is_fully_named = report->is_fully_named;
    breakdown->kiosk = report->figures.kiosk;
    breakdown->staff = report->figures.staff;
    status = side_read(report, &report->figures, grouping, &breakdown->cells, &breakdown->groups);
    if (status == STORE_OK && report->has_before)
        status =
            side_read(report, &report->before, grouping, &breakdown->cells_before, &breakdown->groups_before);
    return status;
}

void report_breakdown_free(struct report_breakdown *breakdown)
{
    figures_groups_free(&breakdown->cells);
    figures_groups_free(&breakdown->groups);
    figures_groups_free(&breakdown->cells_before);
    figures_groups_free(&breakdown->groups_before);
}

static struct report_part part_of(const struct report_breakdown *breakdown, int64_t id, int64_t kiosk,
                                  int32_t staff)
{
    const struct figures *now = figures_groups_find(&breakdown->groups, id);
    const struct figures *before = figures_groups_find(&breakdown->groups_before, id);

    return (struct report_part){
        .id = id,
        .now = now == NULL ? &no_figures : now,
        .before = before == NULL ? &no_figures : before,
        .has_before = breakdown->has_before,
        .is_hidden = report_is_small(&breakdown->cells, kiosk, staff),
        .is_before_hidden = breakdown->has_before && report_is_small(&breakdown->cells_before, kiosk, staff),
        .is_csat_hidden = staff != FIGURES_ALL_STAFF && !breakdown->is_fully_named,
        .n_min = kiosk == 0 && staff == FIGURES_ALL_STAFF ? 1 : FIGURES_SMALL_GROUP,
    };
}

struct report_part report_kiosk_part(const struct report_breakdown *breakdown, int64_t kiosk)
{
    return part_of(breakdown, kiosk, kiosk, breakdown->staff);
}

struct report_part report_staff_part(const struct report_breakdown *breakdown, int32_t staff)
{
    return part_of(breakdown, staff, breakdown->kiosk, staff);
}

struct report_part report_whole_part(const struct report_breakdown *breakdown)
{
    return part_of(breakdown, 0, breakdown->kiosk, breakdown->staff);
}
