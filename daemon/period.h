/* SPDX-License-Identifier: MIT
 *
 * period.h - the hours, days and months of a store, local to its time zone.
 *
 * A period is named by the UTC instant (milliseconds since 1970) at which it begins, and ends where the next
 * one begins: periods of one level neither overlap nor leave gaps, and each hour, day and month lies wholly
 * within one of every coarser level. So a day may have 23 or 25 hours, the hour that happens twice in autumn is two periods, and
 * in a zone at :45 hours begin at :15 UTC. An hour never spans a change of offset. A day begins at the first
 * instant at which local clocks show its date. Pure functions.
 */
#ifndef BYNAME_PERIOD_H
#define BYNAME_PERIOD_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/zone.h"

/* The ISO week (from Monday) lies in no month. The codes are stored; those between are tally.h's. */
enum period_level {
    PERIOD_HOUR = 1,
    PERIOD_DAY = 2,
    PERIOD_MONTH = 3,
    PERIOD_ALL = 4,
    PERIOD_WEEK = 5,
    PERIOD_YEAR = 9,
};

#define PERIOD_LEVEL_COUNT 10 /* the codes are less than that */
#define PERIOD_TEXT_SIZE 32

/* The beginning of the period that holds at_ms; 0 for PERIOD_ALL. */
int64_t period_start(const struct zone *zone, enum period_level level, int64_t at_ms);

/* The beginning of the period after the one that holds at_ms; INT64_MAX for PERIOD_ALL. */
int64_t period_next(const struct zone *zone, enum period_level level, int64_t at_ms);

/* Local midnight at which the day `days` days after (before, when negative) the day of at_ms begins. */
int64_t period_day(const struct zone *zone, int64_t at_ms, int days);

/* Local midnight of the Monday of the ISO week that holds at_ms, moved by `weeks` weeks. */
int64_t period_week(const struct zone *zone, int64_t at_ms, int weeks);

/* What a local calendar and clock show. */
struct period_local {
    int year, month, day, hour, minute, second;
    int weekday; /* 1 Monday to 7 Sunday */
    int32_t offset_s;
};

struct period_local period_local(const struct zone *zone, int64_t at_ms);

/* Days from 1970-01-01 to a date of the Gregorian calendar. (Hinnant, "chrono-compatible low-level date
 * algorithms".) */
int64_t period_days_from_date(int year, int month, int day);

/* "2026-11-02" (that midnight) or "2026-11-02T14:00", local: the first instant at which clocks show it. False
 * when it is neither, or no such date. */
bool period_parse(const struct zone *zone, const char *text, int64_t *at_ms);

/* "2026-11-02T14:00:00+01:00" */
void period_format(const struct zone *zone, int64_t at_ms, char text[PERIOD_TEXT_SIZE]);

#endif
