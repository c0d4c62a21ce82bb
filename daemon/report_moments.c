/* SPDX-License-Identifier: MIT
 *
 * report_moments.c - single visits that a staff member may be glad of, for nobody but them: who asked for them, or said
 * what was great. Of ratings of 4 and 5 only, so that nobody can tell from it who was unhappy.
 */
#include "report_internal.h"

#define MOMENTS_MAX 30
#define ANSWERS_LOOKED_AT_MAX 40000 /* the newest of each journal: there is no index by person */

#define NAME_OF_CODE(NAME, code, name) [code] = (name),

static const char *const mention_names[] = {MENTIONS(NAME_OF_CODE)};
static const char *const strength_names[] = {STRENGTHS(NAME_OF_CODE)};
static const char *const returning_names[] = {RETURNINGS(NAME_OF_CODE)};

#define NAME_IN(names, code) name_in(names, sizeof(names) / sizeof((names)[0]), code)

/* null for what was not asked or not said. */
static json_t *name_in(const char *const *names, size_t count, int32_t code)
{
    return code > 0 && (size_t)code < count ? json_string(names[code]) : json_null();
}

static json_t *moment_make(struct report *report, const struct visit *visit)
{
    const int32_t *replies = visit->replies;

    return json_pack("{s:o, s:o, s:o, s:o}", "at", report_moment(report, visit->time.instant_ms), "mention",
                     NAME_IN(mention_names, replies[VISIT_REPLY(QUESTION_MENTION)]), "strength",
                     NAME_IN(strength_names, replies[VISIT_REPLY(QUESTION_STRENGTH)]), "returning",
                     NAME_IN(returning_names, replies[VISIT_REPLY(QUESTION_RETURNING)]));
}

/* Asked for them, will, or named a strength: "happy" alone says nothing of the person. */
static bool is_moment(const struct report *report, const struct visit *visit)
{
    int32_t mention = visit->replies[VISIT_REPLY(QUESTION_MENTION)];
    int32_t strength = visit->replies[VISIT_REPLY(QUESTION_STRENGTH)];

    return visit->rating >= RATING_HAPPY_MIN && visit_left_out(visit) == VISIT_COUNTED &&
           visit_staff(visit) == report->figures.staff &&
           (mention == MENTION_ASKED || mention == MENTION_WILL_ASK ||
            (strength > 0 && strength != ANSWER_NONE));
}

static sqlite3_stmt *visits_prepare(struct report *report)
{
    static const char sql[] =
        "SELECT " FIGURES_VISIT_COLUMNS
        " FROM journal JOIN visit ON visit.journal = journal.id AND visit.seq > through - ?1"
        " WHERE ?2 IN (staff, served) AND rating >= ?3 AND instant_ms >= ?4 AND instant_ms < ?5"
        " ORDER BY instant_ms DESC";
    sqlite3_stmt *row = report_prepare(report, sql);

    if (row == NULL)
        return NULL;
    sqlite3_bind_int(row, 1, ANSWERS_LOOKED_AT_MAX);
    sqlite3_bind_int(row, 2, report->figures.staff);
    sqlite3_bind_int(row, 3, RATING_HAPPY_MIN);
    sqlite3_bind_int64(row, 4, report->figures.from_ms);
    sqlite3_bind_int64(row, 5, report->figures.to_ms);
    return row;
}

enum store_status report_moments(struct report *report)
{
    json_t *out = json_array();
    sqlite3_stmt *row = visits_prepare(report);
    enum store_status status = STORE_BROKEN;
    struct visit visit;

    json_object_set_new(report->out, "moments", out);
    while (row != NULL && json_array_size(out) < MOMENTS_MAX && report_step(report, row, &status)) {
        figures_visit_read(row, &visit);
        if (is_moment(report, &visit))
            json_array_append_new(out, moment_make(report, &visit));
    }
    sqlite3_finalize(row);
    return status;
}
