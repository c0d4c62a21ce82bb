/* SPDX-License-Identifier: MIT
 *
 * report_privacy.c - whose names are kept and who may look; who did look; everything that is held about one person.
 */
#include "report_internal.h"

#include <stdio.h>
#include <string.h>

#include "daemon/store_privacy.h"
#include "protocol/vocabulary.h"

/* The rows of a statement as objects, in an array; NULL when there is no memory. `make` takes one row. */
typedef json_t *row_function(struct report *report, sqlite3_stmt *row);

static enum store_status rows_set(struct report *report, const char *key, const char *sql, row_function *make)
{
    sqlite3_stmt *row = report_prepare(report, sql);
    enum store_status status = STORE_BROKEN;
    json_t *out = json_array();

    if (row != NULL && sqlite3_bind_parameter_count(row) > 0)
        sqlite3_bind_int(row, 1, report->figures.staff);
    while (row != NULL && report_step(report, row, &status))
        json_array_append_new(out, make(report, row));
    sqlite3_finalize(row);
    json_object_set_new(report->out, key, out);
    return status;
}

/* An archived file of before version 7 of the tables has none of them. */
static enum store_status tables_look(struct report *report)
{
    sqlite3_stmt *row = report_prepare(report, "SELECT 1 FROM sqlite_schema WHERE name = 'access'");
    enum store_status status = STORE_BROKEN;
    bool is_known = row != NULL && report_step(report, row, &status);

    sqlite3_finalize(row);
    if (is_known || status != STORE_OK)
        return is_known ? STORE_OK : status;
    snprintf(report->error->text, sizeof report->error->text,
             "this database was written by an older byname, which kept nothing of that");
    return STORE_REFUSED;
}

static json_t *moment_at(struct report *report, sqlite3_stmt *row, int column)
{
    bool is_null = sqlite3_column_type(row, column) == SQLITE_NULL;

    return report_moment(report, is_null ? INT64_MIN : sqlite3_column_int64(row, column));
}

/* Policy --------------------------------------------------------------------------------------------------------- */

static json_t *change_make(struct report *report, sqlite3_stmt *row)
{
    return json_pack("{s:o, s:s}", "since", moment_at(report, row, 0), "attribute",
                     store_attribute_name((enum store_attribute)sqlite3_column_int(row, 1)));
}

static json_t *token_make_row(struct report *report, sqlite3_stmt *row)
{
    return json_pack("{s:s, s:o, s:o, s:o}", "scope",
                     token_scope_name((enum token_scope)sqlite3_column_int(row, 0)), "staff",
                     report_column_text(row, 1), "label", report_column_text(row, 2), "created",
                     moment_at(report, row, 3));
}

enum store_status report_policy(struct report *report)
{
    enum store_status status = tables_look(report);

    if (status == STORE_OK)
        status = rows_set(report, "changes", "SELECT since_ms, attribute FROM policy ORDER BY since_ms",
                          change_make);
    const json_t *changes = json_object_get(report->out, "changes");
    const json_t *last = json_array_get(changes, json_array_size(changes) - 1);

    json_object_set_new(report->out, "attribute",
                        json_string(last == NULL ? store_attribute_name(ATTRIBUTE_ALL)
                                                 : json_string_value(json_object_get(last, "attribute"))));
    if (status == STORE_OK)
        status = report_retention_set(report, report->out);
    if (status == STORE_OK)
        status = rows_set(
            report, "tokens",
            "SELECT scope, staff.name, label, created_ms FROM token LEFT JOIN staff ON staff.id = token.staff"
            " WHERE revoked_ms IS NULL AND scope BETWEEN 1 AND 3 ORDER BY token.id",
            token_make_row);
    return status;
}

/* Reads ---------------------------------------------------------------------------------------------------------- */

static json_t *read_make(struct report *report, sqlite3_stmt *row)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:I}", "first", moment_at(report, row, 0), "last",
                     moment_at(report, row, 1), "reader", report_column_text(row, 2), "what",
                     report_column_text(row, 3), "staff", report_column_text(row, 4), "reads",
                     (json_int_t)sqlite3_column_int64(row, 5));
}

#define READS                                                                                           \
    "SELECT first_ms, last_ms, reader || iif(token.label <> '', ' (' || token.label || ')', ''), what," \
    " iif(access.staff = 0, NULL, ifnull(staff.name, 'number ' || access.staff)), reads FROM access"    \
    " LEFT JOIN staff ON staff.id = access.staff LEFT JOIN token ON 'token ' || token.id = reader"

enum store_status report_access_log(struct report *report)
{
    enum store_status status = tables_look(report);

    if (status != STORE_OK)
        return status;
    return rows_set(report, "reads", READS " ORDER BY hour_ms, first_ms, reader, what, access.staff",
                    read_make);
}

/* One person ------------------------------------------------------------------------------------------------------ */

#define NAME_OF(NAME, code, name) [code] = (name),
static const char *const mention_names[] = {MENTIONS(NAME_OF)};
static const char *const cause_names[] = {CAUSES(NAME_OF)};
static const char *const strength_names[] = {STRENGTHS(NAME_OF)};
static const char *const returning_names[] = {RETURNINGS(NAME_OF)};

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* NULL: not shown. */
static json_t *reply_at(sqlite3_stmt *row, int column, const char *const names[], size_t count)
{
    int code = sqlite3_column_int(row, column);

    if (sqlite3_column_type(row, column) == SQLITE_NULL)
        return json_null();
    if (code == ANSWER_SKIPPED)
        return json_string("skipped");
    if (code == ANSWER_NONE)
        return json_string("none");
    return code > 0 && (size_t)code < count && names[code] != NULL ? json_string(names[code])
                                                                   : json_integer(code);
}

static json_t *person_make(struct report *report, sqlite3_stmt *row)
{
    return json_pack("{s:I, s:o, s:b, s:b, s:o, s:o}", "id", (json_int_t)sqlite3_column_int64(row, 0), "name",
                     report_column_text(row, 1), "on_duty", sqlite3_column_int(row, 2), "has_pin",
                     sqlite3_column_int(row, 3), "added", moment_at(report, row, 4), "retired",
                     moment_at(report, row, 5));
}

static json_t *visit_make(struct report *report, sqlite3_stmt *row)
{
    return json_pack(
        "{s:o, s:o, s:I, s:b, s:o, s:o, s:o, s:o, s:b}", "at", moment_at(report, row, 0), "kiosk",
        report_column_text(row, 1), "rating", (json_int_t)sqlite3_column_int64(row, 2), "named",
        sqlite3_column_int(row, 3), "mention", reply_at(row, 4, mention_names, COUNT(mention_names)), "cause",
        reply_at(row, 5, cause_names, COUNT(cause_names)), "strength",
        reply_at(row, 6, strength_names, COUNT(strength_names)), "returning",
        reply_at(row, 7, returning_names, COUNT(returning_names)), "left_out", sqlite3_column_int(row, 8));
}

static json_t *sign_make(struct report *report, sqlite3_stmt *row)
{
    int question = sqlite3_column_int(row, 2);

    return json_pack("{s:o, s:o, s:s}", "at", moment_at(report, row, 0), "kiosk", report_column_text(row, 1),
                     "what",
                     question == QUESTION_SIGN_ON    ? "sign_on"
                     : question == QUESTION_SIGN_OFF ? "sign_off"
                                                     : "here");
}

static json_t *own_token_make(struct report *report, sqlite3_stmt *row)
{
    return json_pack("{s:I, s:o, s:o, s:o}", "id", (json_int_t)sqlite3_column_int64(row, 0), "label",
                     report_column_text(row, 1), "created", moment_at(report, row, 2), "revoked",
                     moment_at(report, row, 3));
}

static json_t *call_make(struct report *report, sqlite3_stmt *row)
{
    return json_pack("{s:o, s:o, s:o, s:o}", "called", moment_at(report, row, 0), "kiosk",
                     report_column_text(row, 1), "acknowledged", moment_at(report, row, 2), "closed",
                     moment_at(report, row, 3));
}

static json_t *month_make(struct report *report, sqlite3_stmt *row)
{
    static const char *const keys[] = {"rating_1", "rating_2", "rating_3", "rating_4",       "rating_5",
                                       "asked",    "will_ask", "no",       "unhappy_people", "left_out"};
    json_t *out =
        json_pack("{s:o, s:o}", "month", moment_at(report, row, 0), "kiosk", report_column_text(row, 1));

    for (size_t i = 0; i < COUNT(keys); i++)
        json_object_set_new(out, keys[i], json_integer((json_int_t)sqlite3_column_int64(row, 2 + (int)i)));
    return out;
}

enum store_status report_export(struct report *report)
{
    static const struct {
        const char *key, *sql;
        row_function *make;
    } parts[] = {
        {"person",
         "SELECT id, name, is_on_duty, pin IS NOT NULL, added_ms, retired_ms FROM staff WHERE id = ?1",
         person_make},
        {"visits",
         "SELECT instant_ms, kiosk.name, rating, staff IS ?1, mention, cause, strength, \"returning\","
         " flag <> 0 OR is_burst OR is_mash FROM visit JOIN journal ON journal.id = visit.journal JOIN kiosk "
         "ON"
         " kiosk.id = journal.kiosk WHERE staff = ?1 OR served = ?1 ORDER BY instant_ms",
         visit_make},
        {"signed",
         "SELECT instant_ms, kiosk.name, question FROM answer JOIN journal ON journal.id = answer.journal "
         "JOIN kiosk"
         " ON kiosk.id = journal.kiosk WHERE question IN (11, 12, 13) AND value = ?1 ORDER BY instant_ms",
         sign_make},
        {"help_calls",
         "SELECT called_ms, kiosk.name, iif(acknowledged_by = ?1, acknowledged_ms, NULL), iif(closed_by = ?1,"
         " closed_ms, NULL) FROM help_call JOIN kiosk ON kiosk.id = help_call.kiosk WHERE acknowledged_by = "
         "?1 OR"
         " closed_by = ?1 ORDER BY called_ms",
         call_make},
        {"months",
         "SELECT start_ms, kiosk.name, rating_1, rating_2, rating_3, rating_4, rating_5, mention_asked,"
         " mention_will_ask, mention_no, unhappy_people, left_out_withdrawn + left_out_stuck + "
         "left_out_burst +"
         " left_out_mash + left_out_other FROM tally JOIN kiosk ON kiosk.id = tally.kiosk WHERE level = 3 AND"
         " staff = ?1 ORDER BY start_ms, kiosk.name COLLATE names",
         month_make},
        {"tokens", "SELECT id, label, created_ms, revoked_ms FROM token WHERE staff = ?1 ORDER BY id",
         own_token_make},
        {"reads", READS " WHERE access.staff = ?1 ORDER BY hour_ms, first_ms, reader, what", read_make},
    };
    enum store_status status = tables_look(report);

    for (size_t i = 0; status == STORE_OK && i < COUNT(parts); i++)
        status = rows_set(report, parts[i].key, parts[i].sql, parts[i].make);
    return status;
}
