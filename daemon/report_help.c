/* SPDX-License-Identifier: MIT
 *
 * report_help.c - who asked for somebody to come: how many of those who were offered it, and each call.
 */
#include "report_internal.h"

#define CALLS_MAX 200 /* the newest; all are counted */

/* Columns of `sql` after those of a visit. */
enum { COLUMN_NAME = FIGURES_VISIT_COLUMN_COUNT };

static struct report_share wanted_of(const struct figures *figures)
{
    return report_share_of(figures, TALLY_HELP_YES, TALLY_HELP_YES, TALLY_HELP_NO);
}

json_t *report_help_counts(const struct report_part *part)
{
    static const struct {
        const char *key;
        enum tally_measure measure;
    } counts[] = {{"yes", TALLY_HELP_YES},
                  {"no", TALLY_HELP_NO},
                  {"skipped", TALLY_HELP_SKIPPED},
                  {"none", TALLY_HELP_NONE}};
    struct report_share wanted = wanted_of(part->now);
    json_t *out = json_object();

    json_object_set_new(
        out, "offered",
        report_count(figures_sum(part->now, TALLY_HELP_YES, TALLY_HELP_NONE), part->is_hidden));
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        json_object_set_new(out, counts[i].key,
                            report_count(part->now->n[counts[i].measure], part->is_hidden));
    json_object_set_new(out, "rate",
                        part->is_hidden ? report_rate_hidden()
                                        : report_rate(wanted.hits, wanted.n, part->n_min));
    json_object_set_new(out, "comparison",
                        report_part_compare(part, wanted, wanted_of(part->before), REPORT_NEUTRAL));
    return out;
}

#define CAUSE_NAME(NAME, code, name) [code] = (name),
static const char *const cause_names[] = {CAUSES(CAUSE_NAME)};

static void call_add(struct report *report, sqlite3_stmt *row, json_t *out)
{
    struct visit visit;
    int32_t cause;

    figures_visit_read(row, &visit);
    if (visit_left_out(&visit) != VISIT_COUNTED ||
        visit.time.instant_ms + visit.time.span_ms >= report->figures.to_ms)
        return;
    if (report->figures.staff != FIGURES_ALL_STAFF && visit_staff(&visit) != report->figures.staff)
        return;
    cause = visit.replies[VISIT_REPLY(QUESTION_CAUSE)];
    json_array_append_new(
        out, json_pack("{s:o, s:b, s:o, s:i, s:s?}", "at", report_moment(report, visit.time.instant_ms),
                       "is_certain", visit.time.span_ms == 0, "kiosk", report_column_text(row, COLUMN_NAME),
                       "rating", (int)visit.rating, "cause",
                       cause >= 1 && cause < (int32_t)(sizeof cause_names / sizeof cause_names[0])
                           ? cause_names[cause]
                           : NULL));
}

static enum store_status calls_read(struct report *report, json_t *out)
{
    static const char sql[] =
        "SELECT " FIGURES_VISIT_COLUMNS ", kiosk.name FROM visit INDEXED BY visit_help"
        " JOIN journal ON journal.id = visit.journal JOIN kiosk ON kiosk.id = journal.kiosk"
        " WHERE help = 1 AND instant_ms >= ?1 AND instant_ms < ?2 AND (?3 = 0 OR kiosk.id = ?3)"
        " AND audience = ?4 ORDER BY instant_ms DESC, visit.journal, seq";
    sqlite3_stmt *row = report_prepare(report, sql);
    enum store_status status = STORE_BROKEN;

    if (row == NULL)
        return status;
    sqlite3_bind_int64(row, 1, report->figures.from_ms);
    sqlite3_bind_int64(row, 2, report->figures.to_ms);
    sqlite3_bind_int64(row, 3, report->figures.kiosk);
    sqlite3_bind_text(row, 4, report->audience, -1, SQLITE_STATIC);
    while (json_array_size(out) < CALLS_MAX && report_step(report, row, &status))
        call_add(report, row, out);
    sqlite3_finalize(row);
    return status;
}

enum store_status report_help(struct report *report)
{
    struct report_breakdown breakdown;
    json_t *calls = json_array();
    enum store_status status = report_breakdown_read(report, FIGURES_TOGETHER, &breakdown);

    if (status == STORE_OK) {
        struct report_part part = report_whole_part(&breakdown);

        json_object_set_new(report->out, "visits", json_integer(figures_visits(part.now)));
        json_object_set_new(report->out, "help", report_help_counts(&part));
        if (!part.is_hidden)
            status = calls_read(report, calls);
        json_object_set_new(report->out, "left_out", report_left_out(part.now));
    }
    json_object_set_new(report->out, "calls", calls);
    report_breakdown_free(&breakdown);
    return status;
}
