/* SPDX-License-Identifier: MIT
 *
 * report_staffing.c - how many were signed on, by hour of the week, from the sign-ons and sign-offs themselves.
 *
 * There are a few of them a day, whatever the number of visits. A sign-on ends at the sign-off, at the next sign-on
 * of the same person at the same kiosk, after 10 h, or at local midnight.
 */
#include "report_internal.h"

#include <stdlib.h>
#include <string.h>

#define OPEN_MAX 256 /* signed on at the same time, at all kiosks */
#define HOUR_S 3600
#define WEEK_S (7 * 24 * HOUR_S)
#define FIRST_WEEKDAY 3 /* 1970 began on a Thursday, and so did the week before */

struct sign_on {
    int64_t kiosk, since_ms;
    int32_t staff;
};

/* Whose journals count. */
struct place {
    int64_t journal, kiosk;
};

/* A sign-on or a sign-off. */
struct sign {
    int64_t at_ms, journal, seq, kiosk;
    int32_t staff;
    bool is_on;
};

struct count {
    struct report *report;
    const struct zone *zone;
    int64_t from_ms, to_ms;
    struct place *places; /* by journal */
    size_t place_count;
    struct sign *together; /* of one instant, in their order */
    size_t together_count, together_capacity;
    struct sign_on open[OPEN_MAX]; /* the first open_count of them, in no order */
    size_t open_count;
    struct zone_stretch
        stretch; /* where the newest instant was looked up, and its day: the next is near it */
    int64_t day_ms, next_day_ms;
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

static void stretch_add(struct count *count, int64_t from_ms, int64_t to_ms, int64_t *seconds)
{
    from_ms = from_ms > count->from_ms ? from_ms : count->from_ms;
    to_ms = to_ms < count->to_ms ? to_ms : count->to_ms;
    while (from_ms < to_ms) {
        int64_t from_s = from_ms / 1000, end_ms = to_ms;

        if (from_s < count->stretch.from_s || from_s >= count->stretch.to_s)
            count->stretch = zone_stretch(count->zone, from_s);
        if (to_ms / 1000 >= count->stretch.to_s)
            end_ms = count->stretch.to_s * 1000;
        hours_add(count->stretch.offset_s, from_ms, end_ms, seconds);
        from_ms = end_ms;
    }
}

static int64_t midnight_after(struct count *count, int64_t at_ms)
{
    if (at_ms < count->day_ms || at_ms >= count->next_day_ms) {
        count->day_ms = period_start(count->zone, PERIOD_DAY, at_ms);
        count->next_day_ms = period_next(count->zone, PERIOD_DAY, at_ms);
    }
    return count->next_day_ms;
}

static void sign_off(struct count *count, const struct sign_on *open, int64_t at_ms)
{
    int64_t midnight_ms = midnight_after(count, open->since_ms);
    int64_t end_ms = open->since_ms + STORE_SIGNED_ON_MS_MAX;

    end_ms = end_ms < midnight_ms ? end_ms : midnight_ms;
    end_ms = end_ms < at_ms ? end_ms : at_ms;
    stretch_add(count, open->since_ms, end_ms, count->staffing->signed_on_s);
}

static void sign_take(struct count *count, const struct sign *sign)
{
    size_t kept = 0;

    for (size_t i = 0; i < count->open_count; i++) {
        const struct sign_on open = count->open[i];

        /* Whoever forgot to sign off is over by now, and makes room. */
        if ((open.kiosk == sign->kiosk && open.staff == sign->staff) ||
            sign->at_ms - open.since_ms >= STORE_SIGNED_ON_MS_MAX)
            sign_off(count, &open, sign->at_ms);
        else
            count->open[kept++] = open;
    }
    count->open_count = kept;
    if (sign->is_on && kept < OPEN_MAX)
        count->open[count->open_count++] =
            (struct sign_on){.kiosk = sign->kiosk, .since_ms = sign->at_ms, .staff = sign->staff};
}

static void together_take(struct count *count)
{
    for (size_t i = 0; i < count->together_count; i++)
        sign_take(count, &count->together[i]);
    count->together_count = 0;
}

static bool is_before(const struct sign *sign, const struct sign *other)
{
    return sign->journal < other->journal || (sign->journal == other->journal && sign->seq < other->seq);
}

/* The index has those of one instant, which are nearly always a single one, in another order than they came. */
static bool together_add(struct count *count, const struct sign *sign)
{
    size_t i = count->together_count,
           capacity = count->together_capacity == 0 ? 16 : 2 * count->together_capacity;
    struct sign *grown = count->together;

    if (i > 0 && grown[0].at_ms != sign->at_ms) {
        together_take(count);
        i = 0;
    }
    if (i == count->together_capacity) {
        grown = realloc(count->together, capacity * sizeof *grown);
        if (grown == NULL)
            return false;
        count->together = grown;
        count->together_capacity = capacity;
    }
    for (; i > 0 && is_before(sign, &grown[i - 1]); i--)
        grown[i] = grown[i - 1];
    grown[i] = *sign;
    count->together_count++;
    return true;
}

/* The journals of the kiosks reported on. */
static enum store_status places_read(struct count *count)
{
    static const char sql[] = "SELECT journal.id, kiosk, (SELECT count(*) FROM journal) FROM journal"
                              " JOIN kiosk ON kiosk.id = kiosk WHERE (?1 = 0 OR kiosk = ?1) AND audience = ?2"
                              " ORDER BY journal.id";
    sqlite3_stmt *row = report_prepare(count->report, sql);
    enum store_status status = STORE_BROKEN;

    if (row == NULL)
        return status;
    sqlite3_bind_int64(row, 1, count->report->figures.kiosk);
    sqlite3_bind_text(row, 2, count->report->audience, -1, SQLITE_STATIC);
    while (report_step(count->report, row, &status)) {
        if (count->places == NULL)
            count->places = calloc((size_t)sqlite3_column_int64(row, 2), sizeof *count->places);
        if (count->places == NULL) {
            status = report_no_memory(count->report);
            break;
        }
        count->places[count->place_count++] =
            (struct place){sqlite3_column_int64(row, 0), sqlite3_column_int64(row, 1)};
    }
    sqlite3_finalize(row);
    return status;
}

static int by_journal(const void *a, const void *b)
{
    const struct place *left = a, *right = b;

    return (left->journal > right->journal) - (left->journal < right->journal);
}

static bool sign_read(const struct count *count, sqlite3_stmt *row, struct sign *sign)
{
    const struct place key = {.journal = sqlite3_column_int64(row, 0)};
    const struct place *place = count->place_count == 0 ? NULL
                                                        : bsearch(&key, count->places, count->place_count,
                                                                  sizeof *count->places, by_journal);

    if (place == NULL)
        return false;
    *sign = (struct sign){
        .at_ms = sqlite3_column_int64(row, 3),
        .journal = place->journal,
        .seq = sqlite3_column_int64(row, 4),
        .kiosk = place->kiosk,
        .staff = sqlite3_column_int(row, 1),
        .is_on = sqlite3_column_int(row, 2) == QUESTION_SIGN_ON,
    };
    return true;
}

/* All of it comes from the index, in its order: a search for each journal, and sorting, took three quarters of the time. */
static enum store_status signs_read(struct count *count)
{
    static const char sql[] =
        "SELECT journal, value, question, instant_ms, seq FROM answer INDEXED BY answer_signed"
        " WHERE question IN (11, 12) AND instant_ms >= ?1 AND instant_ms < ?2"
        " AND (?3 < 0 OR value = ?3) ORDER BY instant_ms";
    sqlite3_stmt *row = report_prepare(count->report, sql);
    enum store_status status = STORE_BROKEN;
    struct sign sign;

    if (row == NULL)
        return status;
    sqlite3_bind_int64(row, 1, count->from_ms - STORE_SIGNED_ON_MS_MAX);
    sqlite3_bind_int64(row, 2, count->to_ms);
    sqlite3_bind_int64(row, 3, count->report->figures.staff);
    while (report_step(count->report, row, &status)) {
        if (!sign_read(count, row, &sign))
            continue;
        count->staffing->is_used = true;
        if (!together_add(count, &sign)) {
            status = report_no_memory(count->report);
            break;
        }
    }
    sqlite3_finalize(row);
    together_take(count);
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
    status = places_read(&count);
    if (status == STORE_OK)
        status = signs_read(&count);
    free(count.places);
    free(count.together);
    return status;
}
