/* SPDX-License-Identifier: MIT
 *
 * report_help.c - who asked for somebody to come: how many of those who were offered it, each call, and what came of it.
 *
 * The figures are of calls whose visit is counted; calls of other visits, and bad runs, are listed and counted apart. What
 * the daemon did about them is in help_call, and an archived file may have none of that. report_follow_up.c counts it.
 */
#include "report_internal.h"

#include "daemon/store_help.h"

#define CALLS_MAX 200 /* the newest; all are counted */

/* Columns of the calls after those of a visit. */
enum {
    COLUMN_NAME = FIGURES_VISIT_COLUMN_COUNT,
    COLUMN_STATE,
    COLUMN_ACKNOWLEDGED,
    COLUMN_CLOSED,
    COLUMN_OUTCOME,
};

/* Columns of a bad run. The four from the state on stand in the same order as those of a call. */
enum { RUN_CALLED, RUN_SPAN, RUN_RATINGS, RUN_UNHAPPY, RUN_NAME, RUN_STATE };

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

#define NAME_AT(NAME, code, name) [code] = (name),
static const char *const cause_names[] = {CAUSES(NAME_AT)};
static const char *const kind_names[] = {CALL_KINDS(NAME_AT)};
static const char *const state_names[] = {CALL_STATES(NAME_AT)};
static const char *const outcome_names[] = {OUTCOMES(NAME_AT)};

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* NULL for a code that has no name. */
static const char *name_of(const char *const *names, size_t count, int64_t code)
{
    return code >= 1 && code < (int64_t)count ? names[code] : NULL;
}

/* Seconds from the call to a later moment; null when there was none. */
static json_t *seconds_to(sqlite3_stmt *row, int column, int64_t called_ms)
{
    return sqlite3_column_type(row, column) == SQLITE_NULL
               ? json_null()
               : json_integer((sqlite3_column_int64(row, column) - called_ms) / 1000);
}

const char *report_call_left_out(const struct report *report, const struct visit *visit)
{
    static const char *const reasons[] = {[VISIT_WITHDRAWN] = "withdrawn",
                                          [VISIT_STUCK] = "stuck",
                                          [VISIT_FLAGGED_OTHER] = "other",
                                          [VISIT_BURST] = "burst",
                                          [VISIT_MASH] = "mash"};
    enum visit_left_out reason = visit_left_out(visit);

    if (reason != VISIT_COUNTED)
        return reasons[reason];
    return visit->time.instant_ms + visit->time.span_ms < report->figures.to_ms ? NULL : "time_unknown";
}

/* Of one staff member only what is counted is listed: the rest would tell of fewer visits than may be shown. */
static bool is_of_all_staff(const struct report *report)
{
    return report->figures.staff == FIGURES_ALL_STAFF;
}

struct list {
    struct report *report;
    json_t *calls;
    json_t *texts; /* those in the calls, each by itself: all calls share it */
};

static json_t *text_share(const struct list *list, const char *text)
{
    json_t *shared = text == NULL ? json_null() : json_object_get(list->texts, text);

    if (shared != NULL)
        return json_incref(shared);
    shared = report_text(text);
    json_object_set(list->texts, text, shared);
    return shared;
}

/* What became of it; `first` is the column of its state. */
static void state_set(const struct list *list, json_t *out, sqlite3_stmt *row, int first, int64_t called_ms)
{
    const int acknowledged = first + COLUMN_ACKNOWLEDGED - COLUMN_STATE,
              closed = first + COLUMN_CLOSED - COLUMN_STATE, ended = first + COLUMN_OUTCOME - COLUMN_STATE;
    const char *state = name_of(state_names, COUNT(state_names), sqlite3_column_int64(row, first));
    const char *outcome = name_of(outcome_names, COUNT(outcome_names), sqlite3_column_int64(row, ended));

    json_object_set_new(out, "state", text_share(list, state));
    json_object_set_new(out, "outcome", text_share(list, outcome));
    json_object_set_new(out, "acknowledged_s", seconds_to(row, acknowledged, called_ms));
    json_object_set_new(out, "recovery_s", seconds_to(row, closed, called_ms));
}

static json_t *call_make(const struct list *list, sqlite3_stmt *row, const struct visit *visit,
                         const char *left_out)
{
    int32_t cause = visit->replies[VISIT_REPLY(QUESTION_CAUSE)];
    const char *kiosk = (const char *)sqlite3_column_text(row, COLUMN_NAME);
    json_t *out = json_object();

    json_object_set_new(out, "at", report_moment(list->report, visit->time.instant_ms));
    json_object_set_new(out, "is_certain", json_boolean(visit->time.span_ms == 0));
    json_object_set_new(out, "kiosk", text_share(list, kiosk));
    json_object_set_new(out, "rating", json_integer(visit->rating));
    json_object_set_new(out, "cause", text_share(list, name_of(cause_names, COUNT(cause_names), cause)));
    state_set(list, out, row, COLUMN_STATE, visit->time.instant_ms);
    json_object_set_new(out, "event", text_share(list, kind_names[CALL_KIND_HELP]));
    json_object_set_new(out, "left_out", text_share(list, left_out));
    json_object_set_new(out, "ratings", json_null());
    json_object_set_new(out, "unhappy", json_null());
    return out;
}

/* The bad runs of a period, newest first, and how many of them were passed. */
struct runs {
    sqlite3_stmt *row; /* NULL: none, or none left */
    json_int_t count, states[COUNT(state_names)];
};

/* The keys of call_make, in its order. */
static json_t *run_make(const struct list *list, sqlite3_stmt *row)
{
    int64_t called_ms = sqlite3_column_int64(row, RUN_CALLED);
    json_t *out =
        json_pack("{s:o, s:o, s:o, s:n, s:n}", "at", report_moment(list->report, called_ms), "is_certain",
                  sqlite3_column_type(row, RUN_SPAN) == SQLITE_NULL
                      ? json_null()
                      : json_boolean(sqlite3_column_int64(row, RUN_SPAN) == 0),
                  "kiosk", report_column_text(row, RUN_NAME), "rating", "cause");

    state_set(list, out, row, RUN_STATE, called_ms);
    json_object_set_new(out, "event", text_share(list, kind_names[CALL_KIND_BAD_RUN]));
    json_object_set_new(out, "left_out", json_null());
    json_object_set_new(out, "ratings", report_column_integer(row, RUN_RATINGS));
    json_object_set_new(out, "unhappy", report_column_integer(row, RUN_UNHAPPY));
    return out;
}

/* In the order of the index, backwards, which needs no sorting: those of one instant are turned round as they are listed. */
#define CALLS_FROM                                                                 \
    " FROM visit INDEXED BY visit_help JOIN journal ON journal.id = visit.journal" \
    " JOIN kiosk ON kiosk.id = journal.kiosk"
#define CALLS_WHERE                                                                                \
    " WHERE visit.help = 1 AND instant_ms >= ?1 AND instant_ms < ?2 AND (?3 = 0 OR kiosk.id = ?3)" \
    " AND audience = ?4 ORDER BY instant_ms DESC, visit.journal DESC, visit.seq DESC"

void report_calls_bind(const struct report *report, sqlite3_stmt *row)
{
    sqlite3_bind_int64(row, 1, report->figures.from_ms);
    sqlite3_bind_int64(row, 2, report->figures.to_ms);
    sqlite3_bind_int64(row, 3, report->figures.kiosk);
    sqlite3_bind_text(row, 4, report->audience, -1, SQLITE_STATIC);
}

static sqlite3_stmt *query_prepare(struct report *report, const char *known, const char *unknown)
{
    sqlite3_stmt *row = report_prepare(report, store_knows_help(report->store) ? known : unknown);

    if (row != NULL)
        report_calls_bind(report, row);
    return row;
}

bool report_call_is_asked_for(const struct report *report, const struct visit *visit, const char *left_out)
{
    return is_of_all_staff(report) || (left_out == NULL && visit_staff(visit) == report->figures.staff);
}

/* Begins with the newest. A kiosk at a time, by its index: in a long period there are many calls and few bad runs. */
static enum store_status runs_begin(struct report *report, struct runs *runs)
{
    static const char sql[] =
        "SELECT called_ms, span_ms, ratings, unhappy, name, state, acknowledged_ms, closed_ms, outcome"
        " FROM kiosk CROSS JOIN help_call ON help_call.kiosk = kiosk.id AND kind = 2"
        " LEFT JOIN visit ON visit.journal = help_call.journal AND visit.seq = help_call.visit"
        " WHERE called_ms >= ?1 AND called_ms < ?2 AND (?3 = 0 OR kiosk.id = ?3) AND audience = ?4"
        " ORDER BY called_ms DESC, help_call.id DESC";
    enum store_status status = STORE_OK;

    *runs = (struct runs){0};
    if (!is_of_all_staff(report) || !store_knows_help(report->store))
        return STORE_OK;
    runs->row = report_prepare(report, sql);
    if (runs->row == NULL)
        return STORE_BROKEN;
    report_calls_bind(report, runs->row);
    if (!report_step(report, runs->row, &status)) {
        sqlite3_finalize(runs->row);
        runs->row = NULL;
    }
    return status;
}

/* Lists those not before at_ms. */
static enum store_status runs_pass(const struct list *list, struct runs *runs, int64_t at_ms)
{
    enum store_status status = STORE_OK;

    while (runs->row != NULL && sqlite3_column_int64(runs->row, RUN_CALLED) >= at_ms) {
        int64_t state = sqlite3_column_int64(runs->row, RUN_STATE);

        runs->count++;
        if (name_of(state_names, COUNT(state_names), state) != NULL)
            runs->states[state]++;
        if (json_array_size(list->calls) < CALLS_MAX)
            json_array_append_new(list->calls, run_make(list, runs->row));
        if (report_step(list->report, runs->row, &status))
            continue;
        sqlite3_finalize(runs->row);
        runs->row = NULL;
    }
    return status;
}

/* {"count", "open", "acknowledged", "closed", "missed"} */
static json_t *runs_make(const struct runs *runs)
{
    json_t *out = json_pack("{s:I}", "count", runs->count);

    for (size_t i = 1; i < COUNT(state_names); i++)
        json_object_set_new(out, state_names[i], json_integer(runs->states[i]));
    return out;
}

/* The newest CALLS_MAX calls and bad runs, the newest first; those of one instant as their journals have them. */
static enum store_status calls_list(const struct list *list, struct runs *runs)
{
    static const char known[] =
        "SELECT " FIGURES_VISIT_COLUMNS
        ", kiosk.name, state, acknowledged_ms, closed_ms, outcome" CALLS_FROM REPORT_CALL_JOIN CALLS_WHERE;
    static const char unknown[] =
        "SELECT " FIGURES_VISIT_COLUMNS ", kiosk.name, NULL, NULL, NULL, NULL" CALLS_FROM CALLS_WHERE;
    sqlite3_stmt *row = query_prepare(list->report, known, unknown);
    enum store_status status = row == NULL ? STORE_BROKEN : STORE_OK;
    int64_t instant_ms = INT64_MAX;
    size_t first_of_instant = 0;
    struct visit visit;

    while (status == STORE_OK && report_step(list->report, row, &status)) {
        figures_visit_read(row, &visit);
        const char *left_out = report_call_left_out(list->report, &visit);

        if (visit.time.instant_ms != instant_ms) {
            if (json_array_size(list->calls) >= CALLS_MAX)
                break;
            instant_ms = visit.time.instant_ms;
            status = runs_pass(list, runs, instant_ms);
            first_of_instant = json_array_size(list->calls);
        }
        if (status == STORE_OK && report_call_is_asked_for(list->report, &visit, left_out))
            json_array_insert_new(list->calls, first_of_instant, call_make(list, row, &visit, left_out));
    }
    sqlite3_finalize(row);
    while (json_array_size(list->calls) > CALLS_MAX)
        json_array_remove(list->calls, CALLS_MAX);
    return status == STORE_OK ? runs_pass(list, runs, INT64_MIN) : status;
}

static enum store_status calls_read(struct report *report, json_t *calls, json_t *follow_up,
                                    int64_t *left_out, struct runs *runs)
{
    const struct list list = {report, calls, json_object()};
    enum store_status status = runs_begin(report, runs);

    if (status == STORE_OK)
        status = calls_list(&list, runs);
    if (status == STORE_OK)
        status = report_follow_up(report, follow_up, left_out);
    sqlite3_finalize(runs->row);
    runs->row = NULL;
    json_decref(list.texts);
    return status;
}

enum store_status report_open_calls(struct report *report, json_t **out)
{
#define OPEN_CALLS(calls)                                                                          \
    "SELECT count(*), min(called_ms) FROM (" calls ") AS call JOIN kiosk ON kiosk.id = call.kiosk" \
    " WHERE kind = 1 AND (?1 = 0 OR kiosk.id = ?1) AND audience = ?2"
    static const char indexed[] =
        OPEN_CALLS("SELECT kind, kiosk, called_ms FROM help_call INDEXED BY help_call_open WHERE state = 1"
                   " UNION ALL SELECT kind, kiosk, called_ms FROM help_call INDEXED BY help_call_acknowledged"
                   " WHERE state = 2");
    static const char scanned[] =
        OPEN_CALLS("SELECT kind, kiosk, called_ms FROM help_call WHERE state IN (1, 2)");
    const char *sql = store_knows_totals(report->store) ? indexed : scanned; /* since the same version */
    sqlite3_stmt *row = store_knows_help(report->store) ? report_prepare(report, sql) : NULL;
    enum store_status status = store_knows_help(report->store) ? STORE_BROKEN : STORE_OK;
    json_int_t count = 0;
    int64_t since_ms = INT64_MIN;

    if (row != NULL) {
        sqlite3_bind_int64(row, 1, report->figures.kiosk);
        sqlite3_bind_text(row, 2, report->audience, -1, SQLITE_STATIC);
    }
    if (row != NULL && report_step(report, row, &status)) {
        count = sqlite3_column_int64(row, 0);
        since_ms = count == 0 ? INT64_MIN : sqlite3_column_int64(row, 1);
    }
    sqlite3_finalize(row);
    *out = json_pack("{s:I, s:o}", "count", count, "since", report_moment(report, since_ms));
    return status;
}

enum store_status report_help(struct report *report)
{
    struct report_breakdown breakdown;
    struct runs runs = {0};
    json_t *calls = json_array(), *follow_up = json_object();
    int64_t left_out = 0;
    enum store_status status = report_breakdown_read(report, FIGURES_TOGETHER, &breakdown);

    if (status == STORE_OK) {
        struct report_part part = report_whole_part(&breakdown);
        bool is_apart_told = !part.is_hidden && is_of_all_staff(report);

        json_object_set_new(report->out, "visits", json_integer(figures_visits(part.now)));
        json_object_set_new(report->out, "help", report_help_counts(&part));
        if (!part.is_hidden)
            status = calls_read(report, calls, follow_up, &left_out, &runs);
        json_object_set(report->out, "follow_up", part.is_hidden ? json_null() : follow_up);
        json_object_set_new(report->out, "calls_left_out",
                            is_apart_told ? json_integer(left_out) : json_null());
        json_object_set_new(report->out, "bad_runs", is_apart_told ? runs_make(&runs) : json_null());
        json_object_set_new(report->out, "left_out", report_left_out(part.now));
    }
    json_object_set_new(report->out, "calls", calls);
    json_decref(follow_up);
    report_breakdown_free(&breakdown);
    return status;
}
