/* SPDX-License-Identifier: MIT
 *
 * report_figures.c - the reports that are made of tallies: summary, staff, kiosks.
 */
#include "report_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAUSE_SET(NAME, code, name) \
    json_object_set_new(causes, name, report_count(figures->n[TALLY_CAUSE_##NAME], is_suppressed));

static json_t *causes_make(const struct figures *figures, bool is_suppressed)
{
    json_t *causes = json_object();

    CAUSES(CAUSE_SET)
    return causes;
}

static json_t *left_out_make(const struct figures *figures)
{
    const int64_t *n = figures->n;

    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "withdrawn",
                     (json_int_t)n[TALLY_LEFT_OUT_WITHDRAWN], "stuck", (json_int_t)n[TALLY_LEFT_OUT_STUCK],
                     "burst", (json_int_t)n[TALLY_LEFT_OUT_BURST], "mash", (json_int_t)n[TALLY_LEFT_OUT_MASH],
                     "other", (json_int_t)n[TALLY_LEFT_OUT_OTHER], "time_unknown",
                     (json_int_t)figures->time_unknown, "invalid_answers", (json_int_t)n[TALLY_INVALID],
                     "answers_without_rating", (json_int_t)n[TALLY_WITHOUT_RATING]);
}

static json_t *response_make(const struct figures *figures, enum tally_measure first, enum tally_measure none,
                             int64_t more, bool is_suppressed)
{
    int64_t shown = figures_sum(figures, first, none) + more;
    json_t *response = json_object();

    json_object_set_new(response, "answered", report_count(shown - figures->n[none], is_suppressed));
    json_object_set_new(response, "shown", report_count(shown, is_suppressed));
    return response;
}

/* How many of those who were asked answered, for each question: the measures of its answers, and last that of
 * none. */
static json_t *responses_make(const struct figures *figures, bool is_suppressed)
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
        int64_t more = is_returning ? figures_sum(figures, TALLY_ASKED_RETURNING, TALLY_ASKED_NEW) : 0;

        json_object_set_new(
            responses, questions[i].question,
            response_make(figures, questions[i].first, questions[i].none, more, is_suppressed));
    }
    return responses;
}

/* Sequence numbers that are gone, noticed within the period. */
static enum store_status lost_make(struct report *report, json_t **out)
{
    static const char sql[] = "SELECT ifnull(sum(iif(cause = 1, last - first + 1, 0)), 0), "
                              "ifnull(sum(iif(cause = 2, last - first + 1, 0)),"
                              " 0), ifnull(sum(iif(cause NOT IN (1, 2), last - first + 1, 0)), 0) FROM lost"
                              " JOIN journal ON journal.id = lost.journal"
                              " WHERE noticed_ms >= ?1 AND noticed_ms < ?2 AND (?3 = 0 OR kiosk = ?3)";
    sqlite3_stmt *row = report_prepare(report, sql);
    enum store_status status = STORE_BROKEN;

    if (row == NULL)
        return status;
    sqlite3_bind_int64(row, 1, report->figures.from_ms);
    sqlite3_bind_int64(row, 2, report->figures.to_ms);
    sqlite3_bind_int64(row, 3, report->figures.kiosk);
    if (report_step(report, row, &status))
        *out = json_pack("{s:I, s:I, s:I}", "damaged", (json_int_t)sqlite3_column_int64(row, 0), "restored",
                         (json_int_t)sqlite3_column_int64(row, 2), "dead_slot",
                         (json_int_t)sqlite3_column_int64(row, 1));
    sqlite3_finalize(row);
    return status;
}

static void satisfaction_fill(json_t *out, const struct figures *figures, int64_t n_min, bool is_suppressed)
{
    int64_t visits = figures_visits(figures), left_out = figures_left_out(figures);
    int64_t happy = figures_happy(figures);

    json_object_set_new(out, "visits", json_integer(visits));
    json_object_set_new(out, "ratings", report_ratings(figures, is_suppressed));
    json_object_set_new(out, "csat",
                        is_suppressed ? report_rate_suppressed(visits) : report_rate(happy, visits, n_min));
    json_object_set_new(
        out, "csat_with_left_out",
        is_suppressed ? report_rate_suppressed(visits + left_out)
                      : report_rate(happy + figures->n[TALLY_LEFT_OUT_HAPPY], visits + left_out, n_min));
    json_object_set_new(out, "mean", is_suppressed ? json_null() : report_mean(figures));
}

static void summary_fill(json_t *out, const struct figures *figures, int64_t n_min, bool is_suppressed)
{
    const int64_t *n = figures->n;
    json_t *returning = json_object();

    satisfaction_fill(out, figures, n_min, is_suppressed);
    json_object_set_new(out, "mentions", report_mentions(figures, n_min, is_suppressed));
    json_object_set_new(out, "causes", causes_make(figures, is_suppressed));
    json_object_set_new(out, "strengths", report_strengths(figures, is_suppressed));
    json_object_set_new(out, "help_calls", report_count(n[TALLY_HELP_YES], is_suppressed));
    json_object_set_new(returning, "yes", report_count(n[TALLY_RETURNING_YES], is_suppressed));
    json_object_set_new(returning, "no", report_count(n[TALLY_RETURNING_NO], is_suppressed));
    json_object_set_new(out, "returning", returning);
    json_object_set_new(out, "responses", responses_make(figures, is_suppressed));
    json_object_set_new(out, "left_out", left_out_make(figures));
}

/* The whole period, whatever is asked for of it: what is suppressed depends on all. */
static enum store_status cells_read(struct report *report, struct figures_groups *cells)
{
    const struct figures_query query = {
        .from_ms = report->figures.from_ms,
        .to_ms = report->figures.to_ms,
        .staff = FIGURES_ALL_STAFF,
        .grouping = FIGURES_BY_CELL,
    };

    return figures_read(report->store, &query, cells, report->error);
}

/* One kiosk or staff member is a row of a breakdown, and shows no more here than there. */
static enum store_status part_fill(struct report *report)
{
    struct figures_groups cells, groups;
    enum store_status status = cells_read(report, &cells);

    if (status != STORE_OK)
        return status;
    status = figures_fold(&cells, &report->figures, &groups, report->error);
    if (status == STORE_OK) {
        summary_fill(report->out, &groups.groups[0].figures, FIGURES_SMALL_GROUP,
                     report_is_small(&cells, report->figures.kiosk, report->figures.staff));
        figures_groups_free(&groups);
    }
    figures_groups_free(&cells);
    return status;
}

static enum store_status whole_fill(struct report *report)
{
    struct figures_groups groups;
    enum store_status status = figures_read(report->store, &report->figures, &groups, report->error);

    if (status != STORE_OK)
        return status;
    summary_fill(report->out, &groups.groups[0].figures, 1, false);
    figures_groups_free(&groups);
    return STORE_OK;
}

enum store_status report_summary(struct report *report)
{
    bool is_whole = report->figures.kiosk == 0 && report->figures.staff == FIGURES_ALL_STAFF;
    json_t *lost = NULL;
    enum store_status status = is_whole ? whole_fill(report) : part_fill(report);

    if (status == STORE_OK)
        status = lost_make(report, &lost);
    json_object_set_new(report->out, "lost", lost);
    return status;
}

/* A row of a breakdown. */
struct row {
    int64_t id;
    const struct figures *figures;
    bool is_suppressed;
};

static void row_csat_set(json_t *out, const struct row *row)
{
    int64_t visits = figures_visits(row->figures);

    json_object_set_new(out, "visits", json_integer(visits));
    json_object_set_new(out, "ratings", report_ratings(row->figures, row->is_suppressed));
    json_object_set_new(out, "csat",
                        row->is_suppressed
                            ? report_rate_suppressed(visits)
                            : report_rate(figures_happy(row->figures), visits, FIGURES_SMALL_GROUP));
    json_object_set_new(out, "mean", row->is_suppressed ? json_null() : report_mean(row->figures));
}

static json_t *staff_row_make(const struct row *row, json_t *name, bool is_retired)
{
    const int64_t *n = row->figures->n;
    json_t *out =
        json_pack("{s:I, s:o, s:b}", "id", (json_int_t)row->id, "name", name, "retired", is_retired);

    row_csat_set(out, row);
    json_object_set_new(
        out, "unhappy",
        report_count(figures_sum(row->figures, TALLY_RATING_1, TALLY_RATING_2), row->is_suppressed));
    json_object_set_new(out, "unhappy_people", report_count(n[TALLY_UNHAPPY_PEOPLE], row->is_suppressed));
    json_object_set_new(out, "mentions",
                        report_mentions(row->figures, FIGURES_SMALL_GROUP, row->is_suppressed));
    json_object_set_new(out, "strengths", report_strengths(row->figures, row->is_suppressed));
    json_object_set_new(out, "left_out", json_integer(figures_left_out(row->figures)));
    json_object_set_new(out, "time_unknown", json_integer(row->figures->time_unknown));
    return out;
}

static const struct figures no_figures;

/* What the rows are of: those who have not retired, whoever has a visit, and last "no name". */
static size_t rows_collect(struct report *report, sqlite3_stmt *staff, const struct figures_groups *groups,
                           struct row *rows, json_t *names, enum store_status *status)
{
    size_t count = 0;

    while (report_step(report, staff, status)) {
        int64_t id = sqlite3_column_int64(staff, 0);
        const struct figures *figures = figures_groups_find(groups, id);
        bool is_retired = sqlite3_column_int(staff, 2) != 0;

        if (report->figures.staff == FIGURES_ALL_STAFF ? is_retired && figures == NULL
                                                       : report->figures.staff != id)
            continue;
        rows[count++] = (struct row){.id = id, .figures = figures == NULL ? &no_figures : figures};
        json_array_append_new(
            names, json_pack("{s:o, s:b}", "name", report_column_text(staff, 1), "retired", is_retired));
    }
    return count;
}

static bool is_among(const struct row *rows, size_t count, int64_t id)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].id == id)
            return true;
    return false;
}

static int by_id(const void *a, const void *b)
{
    const struct figures_group *left = a, *right = b;

    return (left->id > right->id) - (left->id < right->id);
}

/* Numbers that the table of staff does not know (a restored database) keep their row; "no name" comes
 * last. */
static size_t rows_complete(const struct report *report, const struct figures_groups *groups,
                            struct row *rows, size_t count, json_t *names)
{
    char text[32];

    for (size_t i = 0; i < groups->count; i++) {
        if (groups->groups[i].id == 0 || is_among(rows, count, groups->groups[i].id))
            continue;
        rows[count++] = (struct row){.id = groups->groups[i].id, .figures = &groups->groups[i].figures};
        snprintf(text, sizeof text, "number %d", (int)groups->groups[i].id);
        json_array_append_new(names, json_pack("{s:s, s:b}", "name", text, "retired", 1));
    }
    if (report->figures.staff == FIGURES_ALL_STAFF) {
        const struct figures *figures = figures_groups_find(groups, 0);

        rows[count++] = (struct row){.id = 0, .figures = figures == NULL ? &no_figures : figures};
        json_array_append_new(names, json_pack("{s:s, s:b}", "name", "no name", "retired", 0));
    }
    return count;
}

static json_t *staff_rows_make(const struct row *rows, size_t count, json_t *names)
{
    json_t *out = json_array();

    for (size_t i = 0; i < count; i++) {
        json_t *name = json_array_get(names, i);

        json_array_append_new(out, staff_row_make(&rows[i], json_incref(json_object_get(name, "name")),
                                                  json_is_true(json_object_get(name, "retired"))));
    }
    return out;
}

static enum store_status staff_rows(struct report *report, const struct figures_groups *cells,
                                    const struct figures_groups *groups)
{
    sqlite3_stmt *staff =
        report_prepare(report, "SELECT id, name, retired_ms IS NOT NULL FROM staff ORDER BY name, id");
    json_t *names = json_array();
    struct row *rows = NULL;
    size_t count = 0;
    enum store_status status = staff == NULL ? STORE_BROKEN : STORE_OK;

    if (status == STORE_OK)
        rows = calloc((size_t)STAFF_ID_MAX + groups->count + 1, sizeof *rows);
    if (rows != NULL) {
        /* Before anything points into it. There is nothing to sort where nothing was allocated. */
        if (groups->count > 0)
            qsort(groups->groups, groups->count, sizeof groups->groups[0], by_id);
        count = rows_collect(report, staff, groups, rows, names, &status);
        count = rows_complete(report, groups, rows, count, names);
        for (size_t i = 0; i < count; i++)
            rows[i].is_suppressed = report_is_small(cells, report->figures.kiosk, (int32_t)rows[i].id);
        json_object_set_new(report->out, "staff", staff_rows_make(rows, count, names));
    }
    free(rows);
    json_decref(names);
    sqlite3_finalize(staff);
    return status;
}

/* Read by cells, then grouped: suppression needs them all. On failure both are empty. */
static enum store_status breakdown_read(struct report *report, enum figures_grouping grouping,
                                        struct figures_groups *cells, struct figures_groups *groups)
{
    enum store_status status = cells_read(report, cells);

    report->figures.grouping = grouping;
    memset(groups, 0, sizeof *groups);
    if (status != STORE_OK)
        return status;
    status = figures_fold(cells, &report->figures, groups, report->error);
    if (status != STORE_OK)
        figures_groups_free(cells);
    return status;
}

enum store_status report_staff(struct report *report)
{
    struct figures_groups cells, groups;
    struct figures total = {0};
    enum store_status status = breakdown_read(report, FIGURES_BY_STAFF, &cells, &groups);

    if (status != STORE_OK)
        return status;
    for (size_t i = 0; i < groups.count; i++) {
        for (size_t k = 0; k < TALLY_MEASURE_COUNT; k++)
            total.n[k] += groups.groups[i].figures.n[k];
        total.time_unknown += groups.groups[i].figures.time_unknown;
    }
    json_object_set_new(report->out, "visits", json_integer(figures_visits(&total)));
    json_object_set_new(report->out, "left_out", left_out_make(&total));
    status = staff_rows(report, &cells, &groups);
    figures_groups_free(&groups);
    figures_groups_free(&cells);
    return status;
}

#define KIOSK_COLUMNS                                                                                      \
    "SELECT id, name, kiosk_id, heard_ms, firmware, pending, refused, bad_slots, boots,"                   \
    " (SELECT ifnull(sum(last - first + 1), 0) FROM lost JOIN journal j ON j.id = lost.journal"            \
    "  WHERE j.kiosk = kiosk.id AND cause <> 2),"                                                          \
    " (SELECT ifnull(sum(duplicates), 0) FROM journal WHERE kiosk = kiosk.id),"                            \
    " (SELECT count(*) FROM conflict JOIN journal j ON j.id = conflict.journal WHERE j.kiosk = kiosk.id)," \
    " resent, bad_frames, display_faults, stuck_buttons,"                                                  \
    " (SELECT ifnull(sum(last - first + 1), 0) FROM lost JOIN journal j ON j.id = lost.journal"            \
    "  WHERE j.kiosk = kiosk.id AND cause = 3)"                                                            \
    " FROM kiosk WHERE ?1 = 0 OR id = ?1 ORDER BY name"

static json_t *kiosk_row_make(struct report *report, sqlite3_stmt *row, const struct row *figures)
{
    json_t *out = json_object();
    int64_t heard_ms = sqlite3_column_type(row, 3) == SQLITE_NULL ? INT64_MIN : sqlite3_column_int64(row, 3);

    json_object_set_new(out, "name", report_column_text(row, 1));
    json_object_set_new(out, "id", report_id(sqlite3_column_int64(row, 2)));
    json_object_set_new(out, "last_heard", report_moment(report, heard_ms));
    json_object_set_new(out, "firmware", report_column_text(row, 4));
    json_object_set_new(out, "pending", report_column_integer(row, 5));
    json_object_set_new(out, "refused", report_column_integer(row, 6));
    json_object_set_new(out, "bad_slots", report_column_integer(row, 7));
    json_object_set_new(out, "boots", report_column_integer(row, 8));
    json_object_set_new(out, "lost", report_column_integer(row, 9));
    json_object_set_new(out, "restored", report_column_integer(row, 16));
    json_object_set_new(out, "duplicates", report_column_integer(row, 10));
    json_object_set_new(out, "conflicts", report_column_integer(row, 11));
    json_object_set_new(out, "resent", report_column_integer(row, 12));
    json_object_set_new(out, "bad_frames", report_column_integer(row, 13));
    json_object_set_new(out, "display_faults", report_column_integer(row, 14));
    json_object_set_new(out, "stuck_buttons", report_column_integer(row, 15));
    row_csat_set(out, figures);
    json_object_set_new(out, "left_out", left_out_make(figures->figures));
    return out;
}

static enum store_status kiosk_rows(struct report *report, const struct figures_groups *cells,
                                    const struct figures_groups *groups, sqlite3_stmt *statement, json_t *out)
{
    enum store_status status = STORE_OK;

    while (report_step(report, statement, &status)) {
        int64_t id = sqlite3_column_int64(statement, 0);
        const struct figures *figures = figures_groups_find(groups, id);
        const struct row row = {
            .id = id,
            .figures = figures == NULL ? &no_figures : figures,
            .is_suppressed = report_is_small(cells, id, report->figures.staff),
        };

        json_array_append_new(out, kiosk_row_make(report, statement, &row));
    }
    return status;
}

enum store_status report_kiosks(struct report *report)
{
    struct figures_groups cells, groups;
    sqlite3_stmt *row = report_prepare(report, KIOSK_COLUMNS);
    json_t *out = json_array();
    enum store_status status = row == NULL ? STORE_BROKEN : STORE_OK;

    if (status == STORE_OK)
        status = breakdown_read(report, FIGURES_BY_KIOSK, &cells, &groups);
    if (status == STORE_OK) {
        sqlite3_bind_int64(row, 1, report->figures.kiosk);
        status = kiosk_rows(report, &cells, &groups, row, out);
        figures_groups_free(&groups);
        figures_groups_free(&cells);
    }
    json_object_set_new(report->out, "kiosks", out);
    sqlite3_finalize(row);
    return status;
}
