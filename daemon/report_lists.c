/* SPDX-License-Identifier: MIT
 *
 * report_lists.c - who works here, and which kiosks there are: replies without a period.
 */
#include "report_internal.h"

/* "on_kiosks": among the first that a kiosk has room for, in the order of store_roster. */
enum store_status report_staff_list(struct report *report)
{
    sqlite3_stmt *row =
        report_prepare(report, "SELECT id, name, is_on_duty, pin IS NOT NULL, retired_ms IS NOT NULL,"
                               " retired_ms IS NULL AND ?1 >= row_number() OVER"
                               " (ORDER BY retired_ms IS NOT NULL, is_on_duty DESC, name COLLATE names, id)"
                               " FROM staff ORDER BY retired_ms IS NOT NULL, name COLLATE names, id");
    enum store_status status = STORE_BROKEN;
    json_t *out = json_array();

    if (row != NULL)
        sqlite3_bind_int(row, 1, ROSTER_CAPACITY);
    while (row != NULL && report_step(report, row, &status))
        json_array_append_new(
            out, json_pack("{s:I, s:o, s:b, s:b, s:b, s:b}", "id", (json_int_t)sqlite3_column_int64(row, 0),
                           "name", report_column_text(row, 1), "on_duty", sqlite3_column_int(row, 2),
                           "has_pin", sqlite3_column_int(row, 3), "retired", sqlite3_column_int(row, 4),
                           "on_kiosks", sqlite3_column_int(row, 5)));
    json_object_set_new(report->out, "staff", out);
    sqlite3_finalize(row);
    return status;
}

/* Adopted ones by name, then those that wait, by port, then retired ones. "connected" is null here: the store cannot know. */
enum store_status report_kiosk_list(struct report *report)
{
    sqlite3_stmt *row = report_prepare(
        report,
        "SELECT iif(retired_ms IS NULL, 0, 2) AS part, name, kiosk_id, iif(retired_ms IS NULL, 'adopted',"
        " 'retired'), port, firmware, heard_ms FROM kiosk WHERE " STORE_KIOSK_IS_SOMEBODY
        " UNION ALL SELECT 1, NULL, kiosk_id, iif(kiosk_id = 0, 'pending', 'other_database'), port, "
        "firmware, heard_ms"
        " FROM pending ORDER BY part, name COLLATE names, port COLLATE names");
    enum store_status status = STORE_BROKEN;
    json_t *out = json_array();

    while (row != NULL && report_step(report, row, &status)) {
        int64_t heard_ms =
            sqlite3_column_type(row, 6) == SQLITE_NULL ? INT64_MIN : sqlite3_column_int64(row, 6);

        json_array_append_new(
            out, json_pack("{s:o, s:o, s:o, s:o, s:n, s:o, s:o}", "name", report_column_text(row, 1), "id",
                           report_id(sqlite3_column_int64(row, 2)), "state", report_column_text(row, 3),
                           "port", report_column_text(row, 4), "connected", "firmware",
                           report_column_text(row, 5), "last_heard", report_moment(report, heard_ms)));
    }
    json_object_set_new(report->out, "kiosks", out);
    sqlite3_finalize(row);
    return status;
}

/* The newest last. A token's text is kept nowhere. */
enum store_status report_token_list(struct report *report)
{
    sqlite3_stmt *row =
        report_prepare(report, "SELECT token.id, scope, staff.name, label, created_ms, revoked_ms FROM token"
                               " LEFT JOIN staff ON staff.id = token.staff ORDER BY token.id");
    enum store_status status = STORE_BROKEN;
    json_t *out = json_array();

    while (row != NULL && report_step(report, row, &status)) {
        int scope = sqlite3_column_int(row, 1);
        bool is_revoked = sqlite3_column_type(row, 5) != SQLITE_NULL;

        if (scope <= TOKEN_LOCAL || scope >= TOKEN_SCOPE_COUNT)
            continue;
        json_array_append_new(
            out, json_pack("{s:I, s:s, s:o, s:o, s:o, s:o}", "id", (json_int_t)sqlite3_column_int64(row, 0),
                           "scope", token_scope_name((enum token_scope)scope), "staff",
                           report_column_text(row, 2), "label", report_column_text(row, 3), "created",
                           report_moment(report, sqlite3_column_int64(row, 4)), "revoked",
                           is_revoked ? report_moment(report, sqlite3_column_int64(row, 5)) : json_null()));
    }
    json_object_set_new(report->out, "tokens", out);
    sqlite3_finalize(row);
    return status;
}
