/* SPDX-License-Identifier: MIT
 *
 * report.c - which report, of which period, kiosk and staff member; and the pieces that reports share.
 */
#include "report_internal.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/utf8.h"

#define WILSON_Z 1.96
#define SINCE_MAX 40000

static const struct {
    const char *name;
    report_function *run;
    bool has_period;
} reports[] = {
    {"summary", report_summary, true},        {"staff", report_staff, true},
    {"kiosks", report_kiosks, true},          {"staff_list", report_staff_list, false},
    {"kiosk_list", report_kiosk_list, false}, {"token_list", report_token_list, false},
    {"help_call_list", report_help_call_list, false}, {"note_list", report_note_list, false},
};

#define REPORT_COUNT (sizeof reports / sizeof reports[0])

static enum store_status refuse(struct store_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static enum store_status refuse(struct store_error *error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    return STORE_REFUSED;
}

void report_wilson(double hits, double n, double *low, double *high)
{
    double z2 = WILSON_Z * WILSON_Z;
    double p = hits / n;
    double middle = p + z2 / (2 * n);
    double reach = WILSON_Z * sqrt(p * (1 - p) / n + z2 / (4 * n * n));

    *low = fmax(0, (middle - reach) / (1 + z2 / n));
    *high = fmin(1, (middle + reach) / (1 + z2 / n));
}

/* Six decimals: more would be noise, and bytes that differ between machines. */
static json_t *real(double value)
{
    return json_real(round(value * 1e6) / 1e6);
}

json_t *report_rate_suppressed(int64_t n)
{
    return json_pack("{s:I, s:n, s:n, s:n, s:b}", "n", (json_int_t)n, "value", "low", "high", "too_few",
                     n > 0);
}

json_t *report_rate_hidden(void)
{
    return json_pack("{s:n, s:n, s:n, s:n, s:b}", "n", "value", "low", "high", "too_few", 1);
}

json_t *report_count(int64_t count, bool is_suppressed)
{
    return is_suppressed ? json_null() : json_integer(count);
}

json_t *report_rate(int64_t hits, int64_t n, int64_t n_min)
{
    double low, high;

    if (n < n_min || n < 1)
        return report_rate_suppressed(n);
    report_wilson((double)hits, (double)n, &low, &high);
    return json_pack("{s:I, s:o, s:o, s:o}", "n", (json_int_t)n, "value", real((double)hits / (double)n),
                     "low", real(low), "high", real(high));
}

json_t *report_ratings(const struct figures *figures, bool is_suppressed)
{
    json_t *ratings = json_object();
    char name[2] = "1";

    for (unsigned i = 0; i < RATING_MAX; i++, name[0]++)
        json_object_set_new(ratings, name, report_count(figures->n[TALLY_RATING_1 + i], is_suppressed));
    return ratings;
}

json_t *report_mean(const struct figures *figures)
{
    int64_t sum = 0, visits = figures_visits(figures);

    for (unsigned i = 0; i < RATING_MAX; i++)
        sum += (int64_t)(i + 1) * figures->n[TALLY_RATING_1 + i];
    return visits == 0 ? json_null() : real((double)sum / (double)visits);
}

static json_t *mention_rate(const struct figures *figures, enum tally_measure hits, int64_t n_min,
                            bool is_suppressed)
{
    if (is_suppressed)
        return report_rate_hidden();
    return report_rate(figures->n[hits], figures_sum(figures, TALLY_MENTION_ASKED, TALLY_MENTION_NO), n_min);
}

json_t *report_mentions(const struct figures *figures, int64_t n_min, bool is_suppressed)
{
    const int64_t *n = figures->n;
    int64_t shown = figures_sum(figures, TALLY_MENTION_ASKED, TALLY_MENTION_NONE);
    json_t *mentions = json_object();

    json_object_set_new(mentions, "asked", report_count(n[TALLY_MENTION_ASKED], is_suppressed));
    json_object_set_new(mentions, "will_ask", report_count(n[TALLY_MENTION_WILL_ASK], is_suppressed));
    json_object_set_new(mentions, "no", report_count(n[TALLY_MENTION_NO], is_suppressed));
    json_object_set_new(mentions, "shown", report_count(shown, is_suppressed));
    json_object_set_new(mentions, "asked_rate",
                        mention_rate(figures, TALLY_MENTION_ASKED, n_min, is_suppressed));
    json_object_set_new(mentions, "intent_rate",
                        mention_rate(figures, TALLY_MENTION_WILL_ASK, n_min, is_suppressed));
    json_object_set_new(mentions, "loyal", report_count(n[TALLY_ASKED_RETURNING], is_suppressed));
    json_object_set_new(mentions, "word_of_mouth", report_count(n[TALLY_ASKED_NEW], is_suppressed));
    return mentions;
}

#define STRENGTH_SET(NAME, code, name) \
    json_object_set_new(strengths, name, report_count(figures->n[TALLY_STRENGTH_##NAME], is_suppressed));

json_t *report_strengths(const struct figures *figures, bool is_suppressed)
{
    json_t *strengths = json_object();

    STRENGTHS(STRENGTH_SET)
    return strengths;
}

json_t *report_moment(struct report *report, int64_t at_ms)
{
    char text[PERIOD_TEXT_SIZE];

    if (at_ms == INT64_MIN || at_ms == INT64_MAX)
        return json_null();
    period_format(store_zone(report->store), at_ms, text);
    return json_string(text);
}

json_t *report_id(int64_t id)
{
    char text[17];

    snprintf(text, sizeof text, "%016" PRIx64, (uint64_t)id);
    return json_string(text);
}

static enum store_status read_failed(struct report *report)
{
    sqlite3 *db = store_connection(report->store);

    if (sqlite3_errcode(db) == SQLITE_INTERRUPT)
        return refuse(report->error, "it took too long: ask for a shorter period");
    refuse(report->error, "reading the database: %.200s", sqlite3_errmsg(db));
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
        return refuse(report->error,
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
        return refuse(report->error,
                      "\"%s %.40s\" is not understood: give a date or a full hour, as in 2026-11-02 or"
                      " 2026-11-02T14:00",
                      which, text);
    if (period_start(zone, PERIOD_HOUR, *edge_ms) != *edge_ms)
        return refuse(report->error,
                      "\"%s %.40s\" is within an hour, and counts are kept by the hour: give a full"
                      " hour, as in 2026-11-02T14:00",
                      which, text);
    return STORE_OK;
}

static enum store_status period_read(struct report *report, const struct report_query *query)
{
    enum store_status status = STORE_OK;

    if (query->since != NULL && query->from != NULL)
        return refuse(report->error, "\"since\" and \"from\" both say where to begin: give one of them");
    if (query->since != NULL)
        status = since_read(report, query->since);
    if (status == STORE_OK && query->from != NULL)
        status = edge_read(report, "from", query->from, &report->figures.from_ms);
    if (status == STORE_OK && query->to != NULL)
        status = edge_read(report, "to", query->to, &report->figures.to_ms);
    if (status == STORE_OK && report->figures.from_ms >= report->figures.to_ms)
        return refuse(report->error,
                      "the period ends (%.40s) before it begins: \"to\" is the first moment that does"
                      " not belong to it",
                      query->to == NULL ? "" : query->to);
    return status;
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
        status =
            name_find(report, "SELECT id FROM kiosk WHERE name = ?1", query->kiosk, &report->figures.kiosk);
        if (status == STORE_OK && report->figures.kiosk == 0)
            return refuse(report->error, "there is no kiosk \"%.64s\": \"byname kiosk list\" shows them",
                          query->kiosk);
    }
    if (status == STORE_OK && query->staff != NULL) {
        status = name_find(report,
                           "SELECT id FROM staff WHERE name = ?1 OR CAST(id AS TEXT) = ?1"
                           " ORDER BY name <> ?1, retired_ms IS NOT NULL, id DESC LIMIT 1",
                           query->staff, &staff);
        if (status == STORE_OK && staff == FIGURES_ALL_STAFF)
            return refuse(report->error,
                          "there is no staff member \"%.64s\": \"byname staff list\" shows them",
                          query->staff);
        report->figures.staff = (int32_t)staff;
    }
    return status;
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

static void head_set(struct report *report, const struct report_query *query, bool has_period)
{
    json_object_set_new(report->out, "kind", json_string(query->report));
    identity_set(report->out, report->store);
    if (!has_period)
        return;
    json_object_set_new(report->out, "period",
                        json_pack("{s:o, s:o}", "from", report_moment(report, report->figures.from_ms), "to",
                                  report_moment(report, report->figures.to_ms)));
    json_object_set_new(report->out, "filter",
                        json_pack("{s:s?, s:s?}", "kiosk", query->kiosk, "staff", query->staff));
}

static enum store_status report_fill(struct report *report, const struct report_query *query)
{
    size_t which = 0;
    enum store_status status = STORE_OK;

    while (which < REPORT_COUNT && (query->report == NULL || strcmp(reports[which].name, query->report) != 0))
        which++;
    if (which == REPORT_COUNT)
        return refuse(report->error, "there is no report \"%.40s\": there are summary, staff and kiosks",
                      query->report == NULL ? "" : query->report);
    if (reports[which].has_period)
        status = period_read(report, query);
    if (status == STORE_OK && reports[which].has_period)
        status = filters_read(report, query);
    if (status != STORE_OK)
        return status;
    head_set(report, query, reports[which].has_period);
    return reports[which].run(report);
}

enum store_status report_run(struct store *store, const struct report_query *query, json_t **result,
                             struct store_error *error)
{
    struct report report = {
        .store = store,
        .figures = {.from_ms = INT64_MIN, .to_ms = INT64_MAX, .staff = FIGURES_ALL_STAFF},
        .now_ms = query->now_ms,
        .out = json_object(),
        .error = error,
    };
    sqlite3 *db = store_connection(store);
    bool is_own_transaction = sqlite3_get_autocommit(db) != 0;
    enum store_status status;

    *result = NULL;
    error->text[0] = '\0';
    if (report.out == NULL)
        return refuse(error, "out of memory");
    if (is_own_transaction) /* one picture for all its statements */
        sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
    status = report_fill(&report, query);
    if (is_own_transaction)
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
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
    json_object_set_new(out, "first_difference", report_text(verified->first_difference));
    return out;
}
