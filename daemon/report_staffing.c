/* SPDX-License-Identifier: MIT
 *
 * report_staffing.c - how many were signed on, by hour of the week, from the sign-ons and sign-offs themselves.
 *
 * There are a few of them a day, whatever the number of visits. A sign-on ends at the sign-off, at the next sign-on
 * of the same person at the same kiosk, after 10 h, or at local midnight.
 */
#include "report_internal.h"

#include <string.h>

#define OPEN_MAX 256 /* signed on at the same time, at all kiosks */
#define HOUR_S 3600
#define WEEK_S (7 * 24 * HOUR_S)
#define FIRST_WEEKDAY 3 /* 1970 began on a Thursday, and so did the week before */

struct sign_on {
    int64_t kiosk, since_ms;
    int32_t staff;
};

struct count {
    struct report *report;
    const struct zone *zone;
    int64_t from_ms, to_ms;
    struct sign_on open[OPEN_MAX]; /* the first open_count of them, in no order */
    size_t open_count;
    struct report_staffing *staffing;
};

/* Hour by hour, while clocks are not changed. Ten years have a hundred thousand hours. */
static void hours_add(int32_t offset_s, int64_t from_ms, int64_t to_ms, int64_t *seconds)
{
    while (from_ms < to_ms) {
        /* Since a week before 1970, by the local clock: no less than 0 in any zone. */
        int64_t hour = (from_ms / 1000 + offset_s + WEEK_S) / HOUR_S;
        int64_t next_ms = ((hour + 1) * HOUR_S - offset_s - WEEK_S) * 1000;
        size_t weekday = (size_t)((hour / REPORT_HOURS + FIRST_WEEKDAY) % REPORT_WEEKDAYS);

        next_ms = next_ms < to_ms ? next_ms : to_ms;
        seconds[weekday * REPORT_HOURS + (size_t)(hour % REPORT_HOURS)] += (next_ms - from_ms) / 1000;
        from_ms = next_ms;
    }
}

static void stretch_add(const struct count *count, int64_t from_ms, int64_t to_ms, int64_t *seconds)
{
    from_ms = from_ms > count->from_ms ? from_ms : count->from_ms;
    to_ms = to_ms < count->to_ms ? to_ms : count->to_ms;
    while (from_ms < to_ms) {
        struct zone_stretch stretch = zone_stretch(count->zone, from_ms / 1000);
        int64_t end_ms = to_ms / 1000 < stretch.to_s ? to_ms : stretch.to_s * 1000;

        hours_add(stretch.offset_s, from_ms, end_ms, seconds);
        from_ms = end_ms;
    }
}

static void sign_off(struct count *count, const struct sign_on *open, int64_t at_ms)
{
    int64_t midnight_ms = period_next(count->zone, PERIOD_DAY, open->since_ms);
    int64_t end_ms = open->since_ms + STORE_SIGNED_ON_MS_MAX;

    end_ms = end_ms < midnight_ms ? end_ms : midnight_ms;
    end_ms = end_ms < at_ms ? end_ms : at_ms;
    stretch_add(count, open->since_ms, end_ms, count->staffing->signed_on_s);
}

static void sign(struct count *count, int64_t kiosk, int32_t staff, bool is_on, int64_t at_ms)
{
    size_t kept = 0;

    for (size_t i = 0; i < count->open_count; i++) {
        const struct sign_on open = count->open[i];

        /* Whoever forgot to sign off is over by now, and makes room. */
        if ((open.kiosk == kiosk && open.staff == staff) || at_ms - open.since_ms >= STORE_SIGNED_ON_MS_MAX)
            sign_off(count, &open, at_ms);
        else
            count->open[kept++] = open;
    }
    count->open_count = kept;
    if (is_on && kept < OPEN_MAX)
        count->open[count->open_count++] =
            (struct sign_on){.kiosk = kiosk, .since_ms = at_ms, .staff = staff};
}

static enum store_status signs_read(struct count *count)
{
    static const char sql[] = "SELECT kiosk, value, question, instant_ms FROM answer INDEXED BY answer_signed"
                              " JOIN journal ON journal.id = answer.journal"
                              " WHERE question IN (11, 12) AND instant_ms >= ?1 AND instant_ms < ?2"
                              " AND (?3 = 0 OR kiosk = ?3) AND (?4 < 0 OR value = ?4)"
                              " AND kiosk IN (SELECT id FROM kiosk WHERE audience = ?5)"
                              " ORDER BY instant_ms, answer.journal, seq";
    const struct figures_query *query = &count->report->figures;
    sqlite3_stmt *row = report_prepare(count->report, sql);
    enum store_status status = STORE_BROKEN;

    if (row == NULL)
        return status;
    sqlite3_bind_int64(row, 1, count->from_ms - STORE_SIGNED_ON_MS_MAX);
    sqlite3_bind_int64(row, 2, count->to_ms);
    sqlite3_bind_int64(row, 3, query->kiosk);
    sqlite3_bind_int64(row, 4, query->staff);
    sqlite3_bind_text(row, 5, count->report->audience, -1, SQLITE_STATIC);
    while (report_step(count->report, row, &status)) {
        bool is_on = sqlite3_column_int(row, 2) == QUESTION_SIGN_ON;

        count->staffing->is_used = true;
        sign(count, sqlite3_column_int64(row, 0), sqlite3_column_int(row, 1), is_on,
             sqlite3_column_int64(row, 3));
    }
    sqlite3_finalize(row);
    for (size_t i = 0; i < count->open_count; i++)
        sign_off(count, &count->open[i], count->to_ms);
    return status;
}

/* Of an open period: from the first day that has any count, and until now. */
static enum store_status edges_set(struct count *count)
{
    const struct figures_query *query = &count->report->figures;
    sqlite3_stmt *row = report_prepare(count->report, "SELECT min(start_ms) FROM tally WHERE level = 7");
    enum store_status status = STORE_BROKEN;

    count->from_ms = query->from_ms;
    count->to_ms = query->to_ms < count->report->now_ms ? query->to_ms : count->report->now_ms;
    if (row != NULL && report_step(count->report, row, &status) && query->from_ms == INT64_MIN)
        count->from_ms =
            sqlite3_column_type(row, 0) == SQLITE_NULL ? count->to_ms : sqlite3_column_int64(row, 0);
    sqlite3_finalize(row);
    return status;
}

enum store_status report_staffing_read(struct report *report, struct report_staffing *staffing)
{
    struct count count = {.report = report, .zone = store_zone(report->store), .staffing = staffing};
    enum store_status status = edges_set(&count);

    memset(staffing, 0, sizeof *staffing);
    if (status != STORE_OK)
        return status;
    stretch_add(&count, count.from_ms, count.to_ms, staffing->length_s);
    if (count.from_ms < report->purged_before_ms) /* sign-ons are raw answers: it is not known any more */
        return STORE_OK;
    return signs_read(&count);
}
