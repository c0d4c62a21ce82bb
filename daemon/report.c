/* SPDX-License-Identifier: MIT
 *
 * report.c - which report, of which period, kiosk, staff member and audience; and what it is compared with.
 */
#include "report_internal.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/utf8.h"

#define SINCE_MAX 40000
#define WEEK_DAYS 7
#define REPORT_VERSION_MIN 3 /* of the tables */

static const struct {
    const char *name;
    report_function *run;
    bool has_period;
} reports[] = {
    {"overview", report_overview, true},
    {"summary", report_summary, true},
    {"staff", report_staff, true},
    {"causes", report_causes, true},
    {"strengths", report_strengths, true},
    {"hours", report_hours, true},
    {"days", report_days, true},
    {"kiosks", report_kiosks, true},
    {"help", report_help, true},
    {"moments", report_moments, true},
    {"staff_list", report_staff_list, false},
    {"kiosk_list", report_kiosk_list, false},
    {"token_list", report_token_list, false},
    {"help_call_list", report_help_call_list, false},
    {"note_list", report_note_list, false},
    {"policy", report_policy, false},
    {"access_log", report_access_log, false},
    {"export", report_export, true},
};

#define REPORT_COUNT (sizeof reports / sizeof reports[0])

enum store_status report_no_memory(struct report *report)
{
    return store_refuse(report->error, "out of memory");
}

static enum store_status read_failed(struct report *report)
{
    sqlite3 *db = store_connection(report->store);

    if (sqlite3_errcode(db) == SQLITE_INTERRUPT)
        return store_refuse(report->error, "it took too long: ask for a shorter period");
    store_refuse(report->error, "reading the database: %.200s", sqlite3_errmsg(db));
    return STORE_BROKEN;
}

sqlite3_stmt *report_prepare(struct report *report, const char *sql)
{
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(store_connection(report->store), sql, -1, &statement, NULL) != SQLITE_OK)
        read_failed(report);
    return statement;
}

bool report_step(struct report *report, sqlite3_stmt *statement, enum store_status *status)
{
    int code = sqlite3_step(statement);

    *status = code == SQLITE_ROW || code == SQLITE_DONE ? STORE_OK : read_failed(report);
    return code == SQLITE_ROW;
}

json_t *report_text(const char *text)
{
    char clean[STORE_TEXT_MAX * 4];
    size_t used = 0;
    uint32_t code;

    if (utf8_is_valid(text))
        return json_string(text);
    while (*text != '\0' && used + UTF8_SIZE_MAX < sizeof clean) {
        size_t size = utf8_character(text, &code);

        if (size == 0)
            clean[used++] = '?';
        memcpy(clean + used, text, size);
        used += size;
        text += size == 0 ? 1 : size;
    }
    return json_stringn(clean, used);
}

json_t *report_column_text(sqlite3_stmt *row, int column)
{
    const char *text = (const char *)sqlite3_column_text(row, column);

    return text == NULL ? json_null() : report_text(text);
}

json_t *report_column_integer(sqlite3_stmt *row, int column)
{
    return sqlite3_column_type(row, column) == SQLITE_NULL ? json_null()
                                                           : json_integer(sqlite3_column_int64(row, column));
}

/* "7d", "24h", "4w" */
static enum store_status since_read(struct report *report, const char *text)
{
    const struct zone *zone = store_zone(report->store);
    char *unit;
    long number = isdigit((unsigned char)text[0]) ? strtol(text, &unit, 10) : 0;

    if (number < 1 || number > SINCE_MAX || strlen(unit) != 1 || strchr("hdw", *unit) == NULL)
        return store_refuse(report->error,
                            "\"since %.40s\" is not understood: give days, weeks or hours, as in 7d, 4w or"
                            " 24h",
                            text);
    if (*unit == 'h')
        report->figures.from_ms = period_start(zone, PERIOD_HOUR, report->now_ms - number * 3600 * 1000);
    else
        report->figures.from_ms =
            period_day(zone, report->now_ms, (int)-(*unit == 'w' ? 7 * number : number));
    return STORE_OK;
}

static enum store_status edge_read(struct report *report, const char *which, const char *text,
                                   int64_t *edge_ms)
{
    const struct zone *zone = store_zone(report->store);

    if (!period_parse(zone, text, edge_ms))
        return store_refuse(report->error,
                            "\"%s %.40s\" is not understood: give a date or a full hour, as in 2026-11-02 or"
                            " 2026-11-02T14:00",
                            which, text);
    if (period_start(zone, PERIOD_HOUR, *edge_ms) != *edge_ms)
        return store_refuse(report->error,
                            "\"%s %.40s\" is within an hour, and counts are kept by the hour: give a full"
                            " hour, as in 2026-11-02T14:00",
                            which, text);
    return STORE_OK;
}

/* The last full week, when the one page is asked for without any period. */
static void last_week_set(struct report *report)
{
    const struct zone *zone = store_zone(report->store);
    int behind = (period_local(zone, report->now_ms).weekday - report->week_start + WEEK_DAYS) % WEEK_DAYS;

    report->figures.to_ms = period_day(zone, report->now_ms, -behind);
    report->figures.from_ms = period_day(zone, report->now_ms, -behind - WEEK_DAYS);
}

static enum store_status period_read(struct report *report, const struct report_query *query)
{
    enum store_status status = STORE_OK;

    if (query->since != NULL && query->from != NULL)
        return store_refuse(report->error,
                            "\"since\" and \"from\" both say where to begin: give one of them");
    if (query->since != NULL)
        status = since_read(report, query->since);
    else if (query->from == NULL && query->to == NULL && strcmp(query->report, "overview") == 0)
        last_week_set(report);
    if (status == STORE_OK && query->from != NULL)
        status = edge_read(report, "from", query->from, &report->figures.from_ms);
    if (status == STORE_OK && query->to != NULL)
        status = edge_read(report, "to", query->to, &report->figures.to_ms);
    if (status == STORE_OK && report->figures.from_ms >= report->figures.to_ms)
        return store_refuse(report->error,
                            "the period ends (%.40s) before it begins: \"to\" is the first moment that does"
                            " not belong to it",
                            query->to == NULL ? "" : query->to);
    return status;
}

static bool is_start_of(const struct zone *zone, enum period_level level, int64_t at_ms)
{
    return period_start(zone, level, at_ms) == at_ms;
}

static int local_days(const struct zone *zone, int64_t from_ms, int64_t to_ms)
{
    struct period_local from = period_local(zone, from_ms), to = period_local(zone, to_ms);

    return (int)(period_days_from_date(to.year, to.month, to.day) -
                 period_days_from_date(from.year, from.month, from.day));
}

/* The beginning of as many months, days or else hours as the period has, before it. One that goes on is as long as
 * its whole days so far, so that both have the same weekdays. */
static int64_t before_from(const struct report *report)
{
    const struct zone *zone = store_zone(report->store);
    int64_t from_ms = report->figures.from_ms, to_ms = report->figures.to_ms, at_ms = from_ms, end_ms;
    int days;

    if (to_ms == INT64_MAX)
        to_ms = report->now_ms > from_ms ? report->now_ms : from_ms + 1;
    if (report->figures.to_ms != INT64_MAX && is_start_of(zone, PERIOD_MONTH, from_ms) &&
        is_start_of(zone, PERIOD_MONTH, to_ms)) {
        for (end_ms = from_ms; end_ms < to_ms; end_ms = period_next(zone, PERIOD_MONTH, end_ms))
            at_ms = period_start(zone, PERIOD_MONTH, at_ms - 1);
        return at_ms;
    }
    days = local_days(zone, from_ms, to_ms);
    if (is_start_of(zone, PERIOD_DAY, from_ms) &&
        (report->figures.to_ms == INT64_MAX || is_start_of(zone, PERIOD_DAY, to_ms)))
        return period_day(zone, from_ms, days > 0 ? -days : -1);
    return period_start(zone, PERIOD_HOUR, from_ms - (to_ms - from_ms));
}

static void before_set(struct report *report)
{
    report->before = report->figures;
    report->has_before = report->figures.from_ms != INT64_MIN;
    if (!report->has_before)
        return;
    report->before.from_ms = before_from(report);
    report->before.to_ms = report->figures.from_ms;
}

static enum store_status week_start_read(struct report *report, const char *text)
{
    static const struct {
        const char *name;
        int weekday;
    } starts[] = {{"monday", 1}, {"saturday", 6}, {"sunday", 7}};

    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        if (text == NULL || strcmp(text, starts[i].name) == 0) {
            report->week_start = starts[i].weekday;
            return STORE_OK;
        }
    }
    return store_refuse(report->error, "a week starts on monday, saturday or sunday, not on \"%.40s\"", text);
}

/* Look one name up; *id stays as it is when there is none. */
static enum store_status name_find(struct report *report, const char *sql, const char *name, int64_t *id)
{
    sqlite3_stmt *row = report_prepare(report, sql);
    enum store_status status = STORE_BROKEN;

    if (row == NULL)
        return status;
    sqlite3_bind_text(row, 1, name, -1, SQLITE_STATIC);
    if (report_step(report, row, &status))
        *id = sqlite3_column_int64(row, 0);
    sqlite3_finalize(row);
    return status;
}

static enum store_status filters_read(struct report *report, const struct report_query *query)
{
    enum store_status status = STORE_OK;
    int64_t staff = FIGURES_ALL_STAFF;

    if (query->kiosk != NULL) {
        status = name_find(report, "SELECT id FROM kiosk WHERE name = ?1 AND " STORE_KIOSK_IS_SOMEBODY,
                           query->kiosk, &report->figures.kiosk);
        if (status == STORE_OK && report->figures.kiosk == 0)
            return store_refuse(
                report->error, "there is no kiosk \"%.64s\": \"byname kiosk list\" shows them", query->kiosk);
    }
    if (status == STORE_OK && query->staff != NULL) {
        status = name_find(report,
                           "SELECT id FROM staff WHERE name = ?1 OR CAST(id AS TEXT) = ?1"
                           " ORDER BY name <> ?1, retired_ms IS NOT NULL, id DESC LIMIT 1",
                           query->staff, &staff);
        if (status == STORE_OK && staff == FIGURES_ALL_STAFF)
            return store_refuse(report->error,
                                "there is no staff member \"%.64s\": \"byname staff list\" shows them",
                                query->staff);
        report->figures.staff = (int32_t)staff;
    }
    return status;
}

/* How many kiosks serve each audience; that of the kiosk asked for, if any. */
struct audiences {
    int64_t external, internal;
    bool is_internal;
};

static enum store_status audiences_count(struct report *report, struct audiences *audiences)
{
    sqlite3_stmt *row =
        report_prepare(report, "SELECT id, audience = 'internal' FROM kiosk WHERE " STORE_KIOSK_IS_SOMEBODY);
    enum store_status status = STORE_BROKEN;

    memset(audiences, 0, sizeof *audiences);
    while (row != NULL && report_step(report, row, &status)) {
        bool is_internal = sqlite3_column_int(row, 1) != 0;

        audiences->external += is_internal ? 0 : 1;
        audiences->internal += is_internal ? 1 : 0;
        if (sqlite3_column_int64(row, 0) == report->figures.kiosk)
            audiences->is_internal = is_internal;
    }
    sqlite3_finalize(row);
    return status;
}

enum store_status report_audience_set(struct report *report, const char *audience)
{
    static const char sql[] =
        "SELECT id FROM kiosk WHERE audience = ?1 AND " STORE_KIOSK_IS_SOMEBODY " ORDER BY id LIMIT ?2";
    sqlite3_stmt *row = report_prepare(report, sql);
    enum store_status status = STORE_BROKEN;
    size_t count = 0;

    if (row == NULL)
        return status;
    report->audience = audience;
    sqlite3_bind_text(row, 1, audience, -1, SQLITE_STATIC);
    sqlite3_bind_int64(row, 2, (int64_t)report->kiosk_count);
    while (report_step(report, row, &status))
        report->among[count++] = sqlite3_column_int64(row, 0);
    sqlite3_finalize(row);
    report->figures.among =
        count == report->kiosk_count ? NULL : report->among; /* where all are, none is left out */
    report->figures.among_count = count;
    report->before.among = report->figures.among;
    report->before.among_count = count;
    return status;
}

/* Customers and colleagues are never added up: where there are both, a report is about customers, unless it is about
 * one kiosk or an audience is asked for. */
static enum store_status audience_read(struct report *report, const struct report_query *query)
{
    struct audiences audiences;
    const char *audience;
    bool is_internal;
    enum store_status status = audiences_count(report, &audiences);

    if (status != STORE_OK)
        return status;
    is_internal =
        query->kiosk != NULL ? audiences.is_internal : audiences.external == 0 && audiences.internal > 0;
    audience = query->audience != NULL ? query->audience : is_internal ? "internal" : "external";
    if (strcmp(audience, "external") != 0 && strcmp(audience, "internal") != 0)
        return store_refuse(report->error,
                            "an audience is external (customers) or internal (colleagues), not \"%.40s\"",
                            audience);
    if (query->kiosk != NULL && is_internal != (strcmp(audience, "internal") == 0))
        return store_refuse(report->error, "kiosk \"%.64s\" serves the %s audience", query->kiosk,
                            is_internal ? "internal" : "external");
    report->is_audience_given = query->audience != NULL;
    report->kiosk_count = (size_t)(audiences.external + audiences.internal);
    report->among = calloc(report->kiosk_count + 1, sizeof *report->among);
    return report->among == NULL ? report_no_memory(report) : report_audience_set(report, audience);
}

static void identity_set(json_t *out, const struct store *store)
{
    char id[2 * DATABASE_ID_SIZE + 1];

    for (size_t i = 0; i < DATABASE_ID_SIZE; i++)
        snprintf(id + 2 * i, 3, "%02x", store_database_id(store)[i]);
    json_object_set_new(out, "store", report_text(store_name(store)));
    json_object_set_new(out, "database", json_string(id));
    json_object_set_new(out, "timezone", json_string(store_timezone(store)));
}

static json_t *period_make(struct report *report, const struct figures_query *query)
{
    return json_pack("{s:o, s:o}", "from", report_moment(report, query->from_ms), "to",
                     report_moment(report, query->to_ms));
}

/* By name, however they were asked for; null for all. */
static json_t *filter_staff(struct report *report, const char *asked)
{
    sqlite3_stmt *row = asked == NULL ? NULL : report_prepare(report, "SELECT name FROM staff WHERE id = ?1");
    enum store_status status;
    json_t *name = NULL;

    if (row == NULL)
        return json_pack("s?", asked);
    sqlite3_bind_int(row, 1, report->figures.staff);
    if (report_step(report, row, &status))
        name = report_column_text(row, 0);
    sqlite3_finalize(row);
    return name == NULL ? json_string(asked) : name;
}

static void head_set(struct report *report, const struct report_query *query, bool has_period)
{
    json_object_set_new(report->out, "kind", json_string(query->report));
    identity_set(report->out, report->store);
    if (!has_period)
        return;
    json_object_set_new(report->out, "period", period_make(report, &report->figures));
    json_object_set_new(report->out, "before",
                        report->has_before ? period_make(report, &report->before) : json_null());
    json_object_set_new(report->out, "filter",
                        json_pack("{s:s?, s:o, s:s}", "kiosk", query->kiosk, "staff",
                                  filter_staff(report, query->staff), "audience", report->audience));
}

/* An archived file of an older byname has not all that is read here. */
static enum store_status version_check(struct report *report)
{
    sqlite3_stmt *row = report_prepare(report, "PRAGMA user_version");
    enum store_status status = STORE_BROKEN;
    int version = 0;

    if (row != NULL && report_step(report, row, &status))
        version = sqlite3_column_int(row, 0);
    sqlite3_finalize(row);
    report->version = version;
    if (status == STORE_OK && version < REPORT_VERSION_MIN)
        return store_refuse(
            report->error, "this database is of an older byname: let bynamed open it once (or a copy of it)");
    return status;
}

static enum store_status prepare(struct report *report, const struct report_query *query)
{
    enum store_status status = version_check(report);

    if (status == STORE_OK)
        status = week_start_read(report, query->week_start);
    if (status == STORE_OK)
        status = period_read(report, query);
    if (status == STORE_OK)
        status = filters_read(report, query);
    if (status != STORE_OK)
        return status;
    before_set(report);
    return audience_read(report, query);
}

static enum store_status report_fill(struct report *report, const struct report_query *query)
{
    size_t which = 0;
    json_t *policy = NULL;
    enum store_status status = STORE_OK;

    while (which < REPORT_COUNT && (query->report == NULL || strcmp(reports[which].name, query->report) != 0))
        which++;
    if (which == REPORT_COUNT)
        return store_refuse(report->error, "there is no report \"%.40s\": there are " REPORT_NAMES,
                            query->report == NULL ? "" : query->report);
    if (reports[which].has_period)
        status = prepare(report, query);
    if (status != STORE_OK)
        return status;
    head_set(report, query, reports[which].has_period);
    if (reports[which].has_period)
        status = report_policy_read(report, &policy);
    if (status != STORE_OK)
        return status;
    if (reports[which].has_period)
        json_object_set_new(report->out, "policy", policy);
    return reports[which].run(report);
}

enum store_status report_run(struct store *store, const struct report_query *query, json_t **result,
                             struct store_error *error)
{
    struct report report = {
        .store = store,
        .figures = {.from_ms = INT64_MIN, .to_ms = INT64_MAX, .staff = FIGURES_ALL_STAFF},
        .now_ms = query->now_ms,
        .rows_left = FIGURES_ROWS_MAX,
        .out = json_object(),
        .error = error,
    };
    sqlite3 *db = store_connection(store);
    bool is_own_transaction = sqlite3_get_autocommit(db) != 0;
    enum store_status status;

    *result = NULL;
    error->text[0] = '\0';
    if (report.out == NULL)
        return store_refuse(error, "out of memory");
    report.figures.rows_left = &report.rows_left;
    if (is_own_transaction) /* one picture for all its statements */
        sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
    status = report_fill(&report, query);
    if (is_own_transaction)
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    free(report.among);
    if (status != STORE_OK) {
        json_decref(report.out);
        return status;
    }
    *result = report.out;
    return STORE_OK;
}

bool report_is_list(const char *name)
{
    for (size_t i = 0; i < REPORT_COUNT; i++)
        if (strcmp(reports[i].name, name) == 0)
            return !reports[i].has_period;
    return false;
}

/* null for INT64_MIN. */
static json_t *moment_of(const struct store *store, int64_t at_ms)
{
    char text[PERIOD_TEXT_SIZE];

    if (at_ms == INT64_MIN)
        return json_null();
    period_format(store_zone(store), at_ms, text);
    return json_string(text);
}

json_t *report_retention_preview(const struct store *store, int64_t days,
                                 const struct store_retention_preview *preview)
{
    json_t *out = json_pack("{s:s}", "kind", "retention_preview");

    identity_set(out, store);
    json_object_set_new(out, "days", json_integer(days));
    json_object_set_new(out, "before", moment_of(store, preview->before_ms));
    json_object_set_new(out, "first", moment_of(store, preview->first_ms));
    json_object_set_new(out, "last", moment_of(store, preview->last_ms));
    json_object_set_new(out, "answers", json_integer(preview->answers));
    json_object_set_new(out, "visits", json_integer(preview->visits));
    json_object_set_new(out, "help_calls", json_integer(preview->help_calls));
    json_object_set_new(out, "reads", json_integer(preview->reads));
    json_object_set_new(out, "kept_back", json_integer(preview->kept_back));
    return out;
}

json_t *report_verified(const struct store *store, const struct store_verified *verified)
{
    bool is_well = verified->tallies_wrong == 0 && verified->visits_wrong == 0 && verified->missing == 0;
    json_t *out = json_pack("{s:s}", "kind", "verify");

    identity_set(out, store);
    json_object_set_new(out, "is_well", json_boolean(is_well));
    json_object_set_new(out, "answers", json_integer((json_int_t)verified->answers));
    json_object_set_new(out, "visits", json_integer((json_int_t)verified->visits));
    json_object_set_new(out, "visits_wrong", json_integer((json_int_t)verified->visits_wrong));
    json_object_set_new(out, "tallies_wrong", json_integer((json_int_t)verified->tallies_wrong));
    json_object_set_new(out, "missing", json_integer((json_int_t)verified->missing));
    json_object_set_new(out, "lost", json_integer((json_int_t)verified->gaps));
    json_object_set_new(out, "conflicts", json_integer((json_int_t)verified->conflicts));
    json_object_set_new(out, "purged", json_integer((json_int_t)verified->purged));
    json_object_set_new(out, "purged_before", moment_of(store, verified->purged_before_ms));
    json_object_set_new(out, "first_difference", report_text(verified->first_difference));
    return out;
}
