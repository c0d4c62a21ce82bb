/* SPDX-License-Identifier: MIT
 *
 * report_calls.c - help calls and notes: replies without a period. Codes become the names of vocabulary.h.
 */
#include "report_internal.h"

#include "daemon/store_help.h"

#define CALLS_LISTED_MAX 100
#define NOTES_LISTED_MAX 100

#define NAME_OF_CODE(NAME, code, name) [code] = (name),

static const char *const kind_names[] = {CALL_KINDS(NAME_OF_CODE)};
static const char *const state_names[] = {CALL_STATES(NAME_OF_CODE)};
static const char *const outcome_names[] = {OUTCOMES(NAME_OF_CODE)};

#define NAME_IN(names, row, column) name_in(names, sizeof(names) / sizeof((names)[0]), row, column)

/* null for NULL, and for a code of a newer byname. */
static json_t *name_in(const char *const *names, size_t count, sqlite3_stmt *row, int column)
{
    sqlite3_int64 code = sqlite3_column_int64(row, column);

    return code > 0 && (size_t)code < count ? json_string(names[code]) : json_null();
}

static json_t *moment_or_null(struct report *report, sqlite3_stmt *row, int column)
{
    return sqlite3_column_type(row, column) == SQLITE_NULL
               ? json_null()
               : report_moment(report, sqlite3_column_int64(row, column));
}

/* From the call on; null when it has not come to that. */
static json_t *seconds_to(sqlite3_stmt *row, int column, int64_t called_ms)
{
    return sqlite3_column_type(row, column) == SQLITE_NULL
               ? json_null()
               : json_integer((sqlite3_column_int64(row, column) - called_ms) / 1000);
}

static json_t *call_row(struct report *report, sqlite3_stmt *row)
{
    int64_t called_ms = sqlite3_column_int64(row, 4);
    json_t *call = json_object();

    json_object_set_new(call, "id", json_integer(sqlite3_column_int64(row, 0)));
    json_object_set_new(call, "event", NAME_IN(kind_names, row, 1));
    json_object_set_new(call, "kiosk", report_column_text(row, 2));
    json_object_set_new(call, "visit", json_integer(sqlite3_column_int64(row, 3)));
    json_object_set_new(call, "called", report_moment(report, called_ms));
    json_object_set_new(call, "state", NAME_IN(state_names, row, 5));
    json_object_set_new(call, "acknowledged", moment_or_null(report, row, 6));
    json_object_set_new(call, "acknowledged_by", report_column_text(row, 7));
    json_object_set_new(call, "acknowledged_s", seconds_to(row, 6, called_ms));
    json_object_set_new(call, "closed", moment_or_null(report, row, 8));
    json_object_set_new(call, "closed_by", report_column_text(row, 9));
    json_object_set_new(call, "recovery_s", seconds_to(row, 8, called_ms));
    json_object_set_new(call, "outcome", NAME_IN(outcome_names, row, 10));
    json_object_set_new(call, "remark", report_column_text(row, 11));
    json_object_set_new(call, "ratings", report_column_integer(row, 12));
    json_object_set_new(call, "unhappy", report_column_integer(row, 13));
    json_object_set_new(call, "waited_s", json_integer((report->now_ms - called_ms) / 1000));
    return call;
}

/* Those that wait for somebody first, then those under way, then the others, newest first. */
enum store_status report_help_call_list(struct report *report)
{
    static const char sql[] =
        "SELECT help_call.id, kind, kiosk.name, visit, called_ms, state, acknowledged_ms, a.name, closed_ms, "
        "c.name,"
        " outcome, remark, ratings, unhappy FROM help_call JOIN kiosk ON kiosk.id = kiosk"
        " LEFT JOIN staff a ON a.id = acknowledged_by LEFT JOIN staff c ON c.id = closed_by"
        " ORDER BY CASE state WHEN 1 THEN 1 WHEN 2 THEN 2 ELSE 3 END, called_ms DESC, help_call.id DESC "
        "LIMIT ?1";
    json_t *out = json_array();
    enum store_status status = STORE_OK;

    json_object_set_new(report->out, "help_calls", out);
    if (!store_knows_help(report->store))
        return STORE_OK;
    sqlite3_stmt *row = report_prepare(report, sql);
    if (row == NULL)
        return STORE_BROKEN;
    sqlite3_bind_int(row, 1, CALLS_LISTED_MAX);
    while (report_step(report, row, &status))
        json_array_append_new(out, call_row(report, row));
    sqlite3_finalize(row);
    return status;
}

enum store_status report_note_list(struct report *report)
{
    struct store_note notes[NOTES_LISTED_MAX];
    json_t *out = json_array();
    size_t count;
    enum store_status status =
        store_notes(report->store, INT64_MIN, INT64_MAX, notes, NOTES_LISTED_MAX, &count, report->error);

    json_object_set_new(report->out, "notes", out);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(out, json_pack("{s:I, s:o, s:o, s:b}", "id", (json_int_t)notes[i].id, "noted",
                                             report_moment(report, notes[i].noted_ms), "text",
                                             report_text(notes[i].text), "shown", notes[i].is_shown));
    return status;
}
