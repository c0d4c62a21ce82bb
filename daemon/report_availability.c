/* SPDX-License-Identifier: MIT
 *
 * report_availability.c - how much of a period a kiosk was heard, and its longest silence.
 *
 * Of all hours, for opening hours are not known; of the part of the period that is recorded and over. What nobody listened to
 * is taken out of that time and out of silences. What remains of a silence counts from STORE_SILENCE_MS on.
 */
#include "report_internal.h"

#include <stdlib.h>

struct span {
    int64_t from_ms, to_ms;
};

struct report_unheard {
    size_t count;
    struct span spans[]; /* in order, apart from each other */
};

struct availability {
    int64_t from_ms, to_ms;
    int64_t unknown_ms, silent_ms;
    int64_t done_ms; /* silences before are counted */
    int64_t silences;
    struct span longest;
    const struct report_unheard *unheard;
};

static int64_t later_of(int64_t one_ms, int64_t other_ms)
{
    return one_ms > other_ms ? one_ms : other_ms;
}

static int64_t earlier_of(int64_t one_ms, int64_t other_ms)
{
    return one_ms < other_ms ? one_ms : other_ms;
}

static const char silences_sql[] =
    "SELECT from_ms, to_ms FROM silence WHERE kiosk = ?1 AND to_ms > ?2 AND from_ms < ?3"
    " UNION ALL SELECT until_ms, ?4 FROM hearing"
    " WHERE kiosk = ?1 AND ?4 - until_ms >= ?5 AND until_ms < ?3 ORDER BY 1";

static sqlite3_stmt *silences_prepare(struct report *report, int64_t kiosk)
{
    sqlite3_stmt *row = report_prepare(report, silences_sql);

    if (row == NULL)
        return NULL;
    sqlite3_bind_int64(row, 1, kiosk);
    sqlite3_bind_int64(row, 2, report->figures.from_ms);
    sqlite3_bind_int64(row, 3, report->figures.to_ms);
    sqlite3_bind_int64(row, 4, report->now_ms);
    sqlite3_bind_int64(row, 5, STORE_SILENCE_MS);
    return row;
}

static bool unheard_add(struct report_unheard **unheard, struct span span)
{
    size_t count = *unheard == NULL ? 0 : (*unheard)->count;

    if (count > 0 && span.from_ms <= (*unheard)->spans[count - 1].to_ms) {
        (*unheard)->spans[count - 1].to_ms = later_of((*unheard)->spans[count - 1].to_ms, span.to_ms);
        return true;
    }
    struct report_unheard *larger = realloc(*unheard, sizeof *larger + (count + 1) * sizeof larger->spans[0]);
    if (larger == NULL)
        return false;
    larger->spans[count] = span;
    larger->count = count + 1;
    *unheard = larger;
    return true;
}

enum store_status report_unheard_read(struct report *report, struct report_unheard **unheard)
{
    sqlite3_stmt *row = silences_prepare(report, 0);
    enum store_status status = STORE_BROKEN;

    *unheard = NULL;
    while (row != NULL && report_step(report, row, &status)) {
        struct span span = {sqlite3_column_int64(row, 0), sqlite3_column_int64(row, 1)};

        if (!unheard_add(unheard, span)) {
            status = report_no_memory(report);
            break;
        }
    }
    sqlite3_finalize(row);
    return status;
}

void report_unheard_destroy(struct report_unheard *unheard)
{
    free(unheard);
}

static void piece_count(struct availability *availability, int64_t from_ms, int64_t to_ms)
{
    if (to_ms - from_ms < STORE_SILENCE_MS)
        return;
    availability->silences++;
    availability->silent_ms += to_ms - from_ms;
    if (to_ms - from_ms > availability->longest.to_ms - availability->longest.from_ms)
        availability->longest = (struct span){from_ms, to_ms};
}

/* What of a silence is in the time reported on, was not counted before, and was listened to. */
static void silence_count(struct availability *availability, struct span span)
{
    int64_t from_ms = later_of(span.from_ms, availability->done_ms);
    int64_t to_ms = earlier_of(span.to_ms, availability->to_ms);
    size_t count = availability->unheard == NULL ? 0 : availability->unheard->count;

    availability->done_ms = later_of(availability->done_ms, to_ms);
    for (size_t i = 0; i < count && from_ms < to_ms; i++) {
        struct span hole = availability->unheard->spans[i];

        if (hole.to_ms <= from_ms || hole.from_ms >= to_ms)
            continue;
        piece_count(availability, from_ms, hole.from_ms);
        from_ms = hole.to_ms;
    }
    piece_count(availability, from_ms, to_ms);
}

static void unknown_count(struct availability *availability)
{
    size_t count = availability->unheard == NULL ? 0 : availability->unheard->count;

    for (size_t i = 0; i < count; i++) {
        int64_t from_ms = later_of(availability->unheard->spans[i].from_ms, availability->from_ms);
        int64_t to_ms = earlier_of(availability->unheard->spans[i].to_ms, availability->to_ms);

        availability->unknown_ms += to_ms > from_ms ? to_ms - from_ms : 0;
    }
}

static enum store_status silences_count(struct report *report, int64_t kiosk,
                                        struct availability *availability)
{
    sqlite3_stmt *row = silences_prepare(report, kiosk);
    enum store_status status = STORE_BROKEN;

    unknown_count(availability);
    while (row != NULL && report_step(report, row, &status))
        silence_count(availability,
                      (struct span){sqlite3_column_int64(row, 0), sqlite3_column_int64(row, 1)});
    sqlite3_finalize(row);
    return status;
}

/* From when to when there is a record of it. */
static enum store_status record_read(struct report *report, int64_t kiosk, struct span *record)
{
    static const char sql[] = "SELECT since_ms, ifnull(retired_ms, ?2) FROM hearing JOIN kiosk ON kiosk.id ="
                              " hearing.kiosk WHERE kiosk = ?1";
    sqlite3_stmt *row = report_prepare(report, sql);
    enum store_status status = STORE_BROKEN;

    *record = (struct span){INT64_MAX, INT64_MIN};
    if (row != NULL) {
        sqlite3_bind_int64(row, 1, kiosk);
        sqlite3_bind_int64(row, 2, INT64_MAX);
    }
    while (row != NULL && report_step(report, row, &status))
        *record = (struct span){sqlite3_column_int64(row, 0), sqlite3_column_int64(row, 1)};
    sqlite3_finalize(row);
    return status;
}

static json_t *availability_make(struct report *report, const struct availability *availability)
{
    bool is_recorded = availability->from_ms < availability->to_ms;
    int64_t known_ms =
        is_recorded ? availability->to_ms - availability->from_ms - availability->unknown_ms : 0;
    bool is_silent = availability->silences > 0;
    json_t *out = json_object();

    json_object_set_new(out, "from",
                        is_recorded ? report_moment(report, availability->from_ms) : json_null());
    json_object_set_new(out, "to", is_recorded ? report_moment(report, availability->to_ms) : json_null());
    json_object_set_new(out, "value",
                        known_ms > 0
                            ? report_real((double)(known_ms - availability->silent_ms) / (double)known_ms)
                            : json_null());
    json_object_set_new(out, "silences", json_integer(availability->silences));
    json_object_set_new(out, "longest_from",
                        is_silent ? report_moment(report, availability->longest.from_ms) : json_null());
    json_object_set_new(
        out, "longest_s",
        is_silent ? json_integer((availability->longest.to_ms - availability->longest.from_ms) / 1000)
                  : json_null());
    json_object_set_new(out, "unknown_s", json_integer(availability->unknown_ms / 1000));
    return out;
}

enum store_status report_availability(struct report *report, const struct report_unheard *unheard,
                                      int64_t kiosk, json_t **out)
{
    struct availability availability = {.unheard = unheard};
    struct span record;
    enum store_status status = record_read(report, kiosk, &record);

    availability.from_ms = later_of(record.from_ms, report->figures.from_ms);
    availability.to_ms = earlier_of(earlier_of(report->now_ms, record.to_ms), report->figures.to_ms);
    availability.done_ms = availability.from_ms;
    if (status == STORE_OK && availability.from_ms < availability.to_ms)
        status = silences_count(report, kiosk, &availability);
    *out = availability_make(report, &availability);
    return status;
}
