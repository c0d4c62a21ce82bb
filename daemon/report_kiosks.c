/* SPDX-License-Identifier: MIT
 *
 * report_kiosks.c - each kiosk: how satisfied its visitors are, and how it does itself.
 */
#include "report_internal.h"

#include <string.h>

#define SILENT_MS 3600000 /* a kiosk that was not heard for that long is unwell */

enum column {
    COLUMN_ID,
    COLUMN_NAME,
    COLUMN_KIOSK_ID,
    COLUMN_AUDIENCE,
    COLUMN_HEARD,
    COLUMN_FIRMWARE,
    COLUMN_PENDING,
    COLUMN_REFUSED,
    COLUMN_BAD_SLOTS,
    COLUMN_BOOTS,
    COLUMN_RESENT,
    COLUMN_BAD_FRAMES,
    COLUMN_DISPLAY_FAULTS,
    COLUMN_STUCK_BUTTONS,
    COLUMN_LOST,
    COLUMN_RESTORED,
    COLUMN_DUPLICATES,
    COLUMN_CONFLICTS,
    COLUMN_RETIRED,
};

static const char kiosk_sql[] =
    "SELECT id, name, kiosk_id, audience, heard_ms, firmware, pending, refused, bad_slots, boots, resent, "
    "bad_frames,"
    " display_faults, stuck_buttons,"
    " (SELECT ifnull(sum(last - first + 1), 0) FROM lost JOIN journal j ON j.id = lost.journal"
    "  WHERE j.kiosk = kiosk.id AND cause <> 2),"
    " (SELECT ifnull(sum(last - first + 1), 0) FROM lost JOIN journal j ON j.id = lost.journal"
    "  WHERE j.kiosk = kiosk.id AND cause = 3),"
    " (SELECT ifnull(sum(duplicates), 0) FROM journal WHERE kiosk = kiosk.id),"
    " (SELECT count(*) FROM conflict JOIN journal j ON j.id = conflict.journal WHERE j.kiosk = kiosk.id),"
    " retired_ms FROM kiosk WHERE (?1 = 0 OR id = ?1) AND audience = ?2 AND " STORE_KIOSK_IS_SOMEBODY
    " ORDER BY name COLLATE names";

static int64_t time_at(sqlite3_stmt *row, enum column column)
{
    return sqlite3_column_type(row, (int)column) == SQLITE_NULL ? INT64_MIN
                                                                : sqlite3_column_int64(row, (int)column);
}

static json_t *row_make(struct report *report, sqlite3_stmt *row, const struct report_part *part)
{
    static const struct {
        const char *key;
        enum column column;
    } numbers[] = {
        {"pending", COLUMN_PENDING},
        {"refused", COLUMN_REFUSED},
        {"bad_slots", COLUMN_BAD_SLOTS},
        {"boots", COLUMN_BOOTS},
        {"lost", COLUMN_LOST},
        {"restored", COLUMN_RESTORED},
        {"duplicates", COLUMN_DUPLICATES},
        {"conflicts", COLUMN_CONFLICTS},
        {"resent", COLUMN_RESENT},
        {"bad_frames", COLUMN_BAD_FRAMES},
        {"display_faults", COLUMN_DISPLAY_FAULTS},
        {"stuck_buttons", COLUMN_STUCK_BUTTONS},
    };
    json_t *out = json_object();

    json_object_set_new(out, "name", report_column_text(row, COLUMN_NAME));
    json_object_set_new(out, "id", report_id(sqlite3_column_int64(row, COLUMN_KIOSK_ID)));
    json_object_set_new(out, "audience", report_column_text(row, COLUMN_AUDIENCE));
    json_object_set_new(out, "last_heard", report_moment(report, time_at(row, COLUMN_HEARD)));
    json_object_set_new(out, "retired", report_moment(report, time_at(row, COLUMN_RETIRED)));
    json_object_set_new(out, "firmware", report_column_text(row, COLUMN_FIRMWARE));
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        json_object_set_new(out, numbers[i].key, report_column_integer(row, (int)numbers[i].column));
    report_csat_set(out, part);
    json_object_set_new(out, "left_out", report_left_out(part->now));
    return out;
}

static sqlite3_stmt *kiosks_prepare(struct report *report, const char *sql)
{
    sqlite3_stmt *row = report_prepare(report, sql);

    if (row != NULL) {
        sqlite3_bind_int64(row, 1, report->figures.kiosk);
        sqlite3_bind_text(row, 2, report->audience, -1, SQLITE_STATIC);
    }
    return row;
}

/* Retired before the period, without figures in it, and not asked for. */
static bool is_past(const struct report *report, sqlite3_stmt *row, const struct report_breakdown *breakdown)
{
    int64_t retired_ms = time_at(row, COLUMN_RETIRED);

    return retired_ms != INT64_MIN && retired_ms < report->figures.from_ms && report->figures.kiosk == 0 &&
           figures_groups_find(&breakdown->groups, sqlite3_column_int64(row, COLUMN_ID)) == NULL;
}

static enum store_status row_add(struct report *report, sqlite3_stmt *row,
                                 const struct report_breakdown *breakdown,
                                 const struct report_unheard *unheard, json_t *rows)
{
    int64_t kiosk = sqlite3_column_int64(row, COLUMN_ID);

    if (is_past(report, row, breakdown))
        return STORE_OK;
    struct report_part part = report_kiosk_part(breakdown, kiosk);
    json_t *out = row_make(report, row, &part), *availability = NULL;
    enum store_status status = report_availability(report, unheard, kiosk, &availability);

    json_object_set_new(out, "availability", availability);
    json_array_append_new(rows, out);
    return status;
}

static enum store_status rows_add(struct report *report, const char *audience, json_t *out)
{
    struct report_unheard *unheard = NULL;
    struct report_breakdown breakdown = {0};
    enum store_status status = report_audience_set(report, audience);
    sqlite3_stmt *row = NULL;

    if (status == STORE_OK && report->figures.among_count == 0)
        return STORE_OK; /* nobody serves that audience */
    report_measures_set(report, REPORT_CSAT_MEASURES);
    if (status == STORE_OK)
        status = report_breakdown_read(report, FIGURES_BY_KIOSK, &breakdown);
    if (status == STORE_OK)
        status = report_unheard_read(report, &unheard);
    if (status == STORE_OK) {
        row = kiosks_prepare(report, kiosk_sql);
        status = row == NULL ? STORE_BROKEN : STORE_OK;
    }
    while (status == STORE_OK && row != NULL && report_step(report, row, &status))
        status = row_add(report, row, &breakdown, unheard, out);
    sqlite3_finalize(row);
    report_unheard_destroy(unheard);
    report_breakdown_free(&breakdown);
    return status;
}

/* Kiosks of both audiences stand beside each other here: they are not added up. */
enum store_status report_kiosks(struct report *report)
{
    const char *given = report->is_audience_given ? report->audience : NULL;
    json_t *out = json_array();
    enum store_status status = STORE_OK;

    if (given == NULL)
        json_object_set_new(json_object_get(report->out, "filter"), "audience", json_null());
    if (given == NULL || strcmp(given, "external") == 0)
        status = rows_add(report, "external", out);
    if (status == STORE_OK && (given == NULL || strcmp(given, "internal") == 0))
        status = rows_add(report, "internal", out);
    json_object_set_new(report->out, "kiosks", out);
    return status;
}

/* Whether they are well ----------------------------------------------------------------------------------------- */

/* How each is now; losses and conflicts count from the beginning of the period on: nothing mends them. */
static const char wellness_sql[] =
    "SELECT name, heard_ms, refused > 0, bad_slots > 0, display_faults > 0, stuck_buttons > 0,"
    " EXISTS (SELECT 1 FROM lost JOIN journal j ON j.id = lost.journal"
    "  WHERE j.kiosk = kiosk.id AND cause <> 2 AND noticed_ms >= ?3),"
    " EXISTS (SELECT 1 FROM conflict JOIN journal j ON j.id = conflict.journal"
    "  WHERE j.kiosk = kiosk.id AND arrived_ms >= ?3)"
    " FROM kiosk WHERE (?1 = 0 OR id = ?1) AND audience = ?2 AND retired_ms IS NULL "
    "AND " STORE_KIOSK_IS_SOMEBODY " ORDER BY name COLLATE names";

#define WELLNESS_HEARD 1
#define WELLNESS_FIRST 2

static void unwell_add(struct report *report, sqlite3_stmt *row, json_t *unwell)
{
    static const char *const reasons[] = {"refused",       "bad_slots", "display_faults",
                                          "stuck_buttons", "lost",      "conflicts"};
    json_t *list = json_array();
    bool is_heard = sqlite3_column_type(row, WELLNESS_HEARD) != SQLITE_NULL;
    int64_t heard_ms = is_heard ? sqlite3_column_int64(row, WELLNESS_HEARD) : INT64_MIN;

    if (!is_heard || report->now_ms - heard_ms >= SILENT_MS)
        json_array_append_new(list, json_string("silent"));
    for (int i = 0; i < (int)(sizeof reasons / sizeof reasons[0]); i++)
        if (sqlite3_column_int(row, WELLNESS_FIRST + i) != 0)
            json_array_append_new(list, json_string(reasons[i]));
    if (json_array_size(list) == 0) {
        json_decref(list);
        return;
    }
    json_array_append_new(unwell, json_pack("{s:o, s:o, s:o}", "name", report_column_text(row, 0),
                                            "last_heard", report_moment(report, heard_ms), "reasons", list));
}

enum store_status report_wellness(struct report *report, json_t **out)
{
    sqlite3_stmt *row = kiosks_prepare(report, wellness_sql);
    json_t *unwell = json_array();
    int count = 0;
    enum store_status status = STORE_BROKEN;

    if (row != NULL)
        sqlite3_bind_int64(row, 3, report->figures.from_ms);
    for (; row != NULL && report_step(report, row, &status); count++)
        unwell_add(report, row, unwell);
    *out = json_pack("{s:i, s:o}", "count", count, "unwell", unwell);
    sqlite3_finalize(row);
    return status;
}
