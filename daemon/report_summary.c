/* SPDX-License-Identifier: MIT
 *
 * report_summary.c - the whole, or one kiosk or staff member, with everything that was answered.
 */
#include "report_internal.h"

#include <stdlib.h>
#include <string.h>

static json_t *response_make(const struct figures *figures, enum tally_measure first, enum tally_measure none,
                             int64_t more, const struct report_part *part)
{
    int64_t shown = figures_sum(figures, first, none) + more;
    int64_t answered = shown - figures->n[none];
    json_t *response = json_object();

    json_object_set_new(response, "answered", report_count(answered, part->is_hidden));
    json_object_set_new(response, "shown", report_count(shown, part->is_hidden));
    json_object_set_new(response, "rate",
                        part->is_hidden ? report_rate_hidden() : report_rate(answered, shown, part->n_min));
    return response;
}

/* How many of those who were asked answered, for each question: the measures of its answers, and last that of
 * none. */
static json_t *responses_make(const struct report_part *part)
{
    static const struct {
        const char *question;
        enum tally_measure first, none;
    } questions[] = {
        {"staff", TALLY_STAFF_NAMED, TALLY_STAFF_NONE},
        {"mention", TALLY_MENTION_ASKED, TALLY_MENTION_NONE},
        {"cause", TALLY_CAUSE_PROCESS, TALLY_CAUSE_NONE},
        {"strength", TALLY_STRENGTH_EMPATHY, TALLY_STRENGTH_NONE},
        {"returning", TALLY_RETURNING_YES, TALLY_RETURNING_NONE},
        {"help", TALLY_HELP_YES, TALLY_HELP_NONE},
    };
    json_t *responses = json_object();

    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
        bool is_returning = questions[i].first == TALLY_RETURNING_YES;
        int64_t more = is_returning ? figures_sum(part->now, TALLY_ASKED_RETURNING, TALLY_ASKED_NEW) : 0;

        json_object_set_new(responses, questions[i].question,
                            response_make(part->now, questions[i].first, questions[i].none, more, part));
    }
    return responses;
}

static json_t *returning_make(const struct report_part *part)
{
    struct report_share now =
        report_share_of(part->now, TALLY_RETURNING_YES, TALLY_RETURNING_YES, TALLY_RETURNING_NO);
    struct report_share before =
        report_share_of(part->before, TALLY_RETURNING_YES, TALLY_RETURNING_YES, TALLY_RETURNING_NO);
    json_t *returning = json_object();

    json_object_set_new(returning, "yes", report_count(now.hits, part->is_hidden));
    json_object_set_new(returning, "no", report_count(now.n - now.hits, part->is_hidden));
    json_object_set_new(returning, "rate",
                        part->is_hidden ? report_rate_hidden() : report_rate(now.hits, now.n, part->n_min));
    json_object_set_new(returning, "comparison", report_part_compare(part, now, before, REPORT_NEUTRAL));
    return returning;
}

static void summary_fill(json_t *out, const struct report_part *part)
{
    report_csat_set(out, part);
    json_object_set_new(out, "mentions", report_mentions(part));
    json_object_set_new(out, "causes", report_causes_counts(part->now, part->is_hidden));
    json_object_set_new(out, "strengths", report_strengths_counts(part->now, part->is_hidden));
    json_object_set_new(out, "help_calls", report_count(part->now->n[TALLY_HELP_YES], part->is_hidden));
    json_object_set_new(out, "returning", returning_make(part));
    json_object_set_new(out, "responses", responses_make(part));
    json_object_set_new(out, "left_out", report_left_out(part->now));
}

enum store_status report_lost(struct report *report, json_t **out)
{
    static const char sql[] =
        "SELECT ifnull(sum(iif(cause = 1, last - first + 1, 0)), 0), "
        "ifnull(sum(iif(cause = 2, last - first + 1, 0)),"
        " 0), ifnull(sum(iif(cause NOT IN (1, 2), last - first + 1, 0)), 0) FROM lost"
        " JOIN journal ON journal.id = lost.journal JOIN kiosk ON kiosk.id = journal.kiosk"
        " WHERE noticed_ms >= ?1 AND noticed_ms < ?2 AND (?3 = 0 OR kiosk.id = ?3)"
        " AND audience = ?4";
    sqlite3_stmt *row = report_prepare(report, sql);
    enum store_status status = STORE_BROKEN;

    if (row == NULL)
        return status;
    sqlite3_bind_int64(row, 1, report->figures.from_ms);
    sqlite3_bind_int64(row, 2, report->figures.to_ms);
    sqlite3_bind_int64(row, 3, report->figures.kiosk);
    sqlite3_bind_text(row, 4, report->audience, -1, SQLITE_STATIC);
    if (report_step(report, row, &status))
        *out = json_pack("{s:I, s:I, s:I}", "damaged", (json_int_t)sqlite3_column_int64(row, 0), "restored",
                         (json_int_t)sqlite3_column_int64(row, 2), "dead_slot",
                         (json_int_t)sqlite3_column_int64(row, 1));
    sqlite3_finalize(row);
    return status;
}

/* One audience beside the other, never added up: whole are the figures of the report's own. A kiosk or a staff member
 * has its own report. */
static enum store_status audience_add(struct report *report, const char *audience,
                                      const struct figures *whole, json_t *out)
{
    struct report side = *report; /* with kiosks of its own */
    struct figures_groups groups = {0};
    bool is_own = strcmp(audience, report->audience) == 0;
    enum store_status status;

    side.among = calloc(report->kiosk_count + 1, sizeof *side.among);
    if (side.among == NULL)
        return report_no_memory(report);
    status = report_audience_set(&side, audience);
    report_measures_set(&side, REPORT_CSAT_MEASURES);
    side.figures.grouping = FIGURES_TOGETHER;
    if (status == STORE_OK && side.figures.among_count > 0 && !is_own)
        status = figures_read(report->store, &side.figures, &groups, report->error);
    if (status == STORE_OK && side.figures.among_count > 0) {
        struct report_share csat = report_csat_of(is_own ? whole : &groups.groups[0].figures);

        json_array_append_new(out, json_pack("{s:s, s:i, s:I, s:o}", "audience", audience, "kiosks",
                                             (int)side.figures.among_count, "visits", (json_int_t)csat.n,
                                             "csat", report_rate(csat.hits, csat.n, 1)));
    }
    figures_groups_free(&groups);
    free(side.among);
    return status;
}

/* Both, where the report is of the whole. */
static enum store_status audiences_add(struct report *report, const struct report_breakdown *breakdown,
                                       json_t *out)
{
    struct report_part part = report_whole_part(breakdown);
    enum store_status status;

    if (report->figures.kiosk != 0 || report->figures.staff != FIGURES_ALL_STAFF)
        return STORE_OK;
    status = audience_add(report, "external", part.now, out);
    return status == STORE_OK ? audience_add(report, "internal", part.now, out) : status;
}

enum store_status report_summary(struct report *report)
{
    struct report_breakdown breakdown;
    json_t *lost = NULL, *notes = NULL, *audiences = json_array();
    enum store_status status = report_breakdown_read(report, FIGURES_TOGETHER, &breakdown);

    if (status == STORE_OK) {
        struct report_part part = report_whole_part(&breakdown);

        summary_fill(report->out, &part);
        status = report_lost(report, &lost);
    }
    if (status == STORE_OK)
        status = report_notes(report, &notes);
    if (status == STORE_OK)
        status = audiences_add(report, &breakdown, audiences);
    json_object_set_new(report->out, "notes", notes);
    json_object_set_new(report->out, "lost", lost);
    json_object_set_new(report->out, "audiences", audiences);
    report_breakdown_free(&breakdown);
    return status;
}
