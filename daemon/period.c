/* SPDX-License-Identifier: MIT */
#include "period.h"

#include <string.h>

#define HOUR_S 3600
#define DAY_S 86400

static int64_t floor_divide(int64_t value, int64_t by)
{
    int64_t quotient = value / by;

    return quotient - (value % by < 0 ? 1 : 0);
}

int64_t period_days_from_date(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = floor_divide(y, 400);
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1; /* from 1 March */
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * 146097 + day_of_era - 719468;
}

static void date_from_days(int64_t days, struct period_local *local)
{
    int64_t shifted = days + 719468;
    int64_t era = floor_divide(shifted, 146097);
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_index = (5 * day_of_year + 2) / 153; /* 0 is March */

    local->day = (int)(day_of_year - (153 * month_index + 2) / 5 + 1);
    local->month = (int)(month_index < 10 ? month_index + 3 : month_index - 9);
    local->year = (int)(year_of_era + era * 400 + (local->month <= 2 ? 1 : 0));
    local->weekday = (int)((days % 7 + 10) % 7) + 1; /* 1970-01-01 was a Thursday, 4 */
}

static int64_t wall_days(const struct zone *zone, int64_t at_ms)
{
    int64_t utc_s = floor_divide(at_ms, 1000);

    return floor_divide(utc_s + zone_stretch(zone, utc_s).offset_s, DAY_S);
}

static int64_t day_begins_ms(const struct zone *zone, int64_t days)
{
    return zone_first_instant(zone, days * DAY_S) * 1000;
}

/* The date whose day holds at_ms. It is what clocks show, but where they were set back across midnight, the
 * date that had begun before goes on: a day begins once. */
static int64_t day_of(const struct zone *zone, int64_t at_ms)
{
    int64_t days = wall_days(zone, at_ms);

    while (day_begins_ms(zone, days + 1) <= at_ms)
        days++;
    return days;
}

static int64_t month_begins_ms(const struct zone *zone, int year, int month)
{
    year += (int)floor_divide(month - 1, 12);
    month = (int)(month - 1 - 12 * floor_divide(month - 1, 12)) + 1;
    return day_begins_ms(zone, period_days_from_date(year, month, 1));
}

static int64_t hour_edge(const struct zone *zone, int64_t at_ms, bool is_next)
{
    int64_t utc_s = floor_divide(at_ms, 1000);
    struct zone_stretch stretch = zone_stretch(zone, utc_s);
    int64_t hour_s = floor_divide(utc_s + stretch.offset_s, HOUR_S) * HOUR_S - stretch.offset_s;

    if (is_next) {
        hour_s += HOUR_S;
        return (hour_s < stretch.to_s ? hour_s : stretch.to_s) * 1000;
    }
    return (hour_s > stretch.from_s ? hour_s : stretch.from_s) * 1000;
}

int64_t period_start(const struct zone *zone, enum period_level level, int64_t at_ms)
{
    struct period_local date;

    switch (level) {
    case PERIOD_HOUR:
        return hour_edge(zone, at_ms, false);
    case PERIOD_DAY:
        return day_begins_ms(zone, day_of(zone, at_ms));
    case PERIOD_MONTH:
        date_from_days(day_of(zone, at_ms), &date);
        return month_begins_ms(zone, date.year, date.month);
    case PERIOD_YEAR:
        date_from_days(day_of(zone, at_ms), &date);
        return month_begins_ms(zone, date.year, 1);
    case PERIOD_WEEK:
        return period_week(zone, at_ms, 0);
    case PERIOD_ALL:
        break;
    }
    return 0;
}

int64_t period_next(const struct zone *zone, enum period_level level, int64_t at_ms)
{
    struct period_local date;

    switch (level) {
    case PERIOD_HOUR:
        return hour_edge(zone, at_ms, true);
    case PERIOD_DAY:
        return day_begins_ms(zone, day_of(zone, at_ms) + 1);
    case PERIOD_MONTH:
        date_from_days(day_of(zone, at_ms), &date);
        return month_begins_ms(zone, date.year, date.month + 1);
    case PERIOD_YEAR:
        date_from_days(day_of(zone, at_ms), &date);
        return month_begins_ms(zone, date.year + 1, 1);
    case PERIOD_WEEK:
        return period_week(zone, at_ms, 1);
    case PERIOD_ALL:
        break;
    }
    return INT64_MAX;
}

int64_t period_day(const struct zone *zone, int64_t at_ms, int days)
{
    return day_begins_ms(zone, day_of(zone, at_ms) + days);
}

int64_t period_week(const struct zone *zone, int64_t at_ms, int weeks)
{
    struct period_local date;
    int64_t days = day_of(zone, at_ms);

    date_from_days(days, &date);
    return day_begins_ms(zone, days - (date.weekday - 1) + 7 * (int64_t)weeks);
}

struct period_local period_local(const struct zone *zone, int64_t at_ms)
{
    struct period_local local;
    int64_t utc_s = floor_divide(at_ms, 1000);
    int32_t offset_s = zone_stretch(zone, utc_s).offset_s;
    int64_t days = floor_divide(utc_s + offset_s, DAY_S);
    int64_t second_of_day = utc_s + offset_s - days * DAY_S;

    date_from_days(days, &local);
    local.hour = (int)(second_of_day / HOUR_S);
    local.minute = (int)(second_of_day / 60 % 60);
    local.second = (int)(second_of_day % 60);
    local.offset_s = offset_s;
    return local;
}

static bool digits_read(const char **text, int count, int *value)
{
    *value = 0;
    for (int i = 0; i < count; i++, (*text)++) {
        if (**text < '0' || **text > '9')
            return false;
        *value = *value * 10 + (**text - '0');
    }
    return true;
}

static bool mark_read(const char **text, char mark)
{
    if (**text != mark)
        return false;
    (*text)++;
    return true;
}

bool period_parse(const struct zone *zone, const char *text, int64_t *at_ms)
{
    struct period_local given = {0}, real;
    int64_t days;

    if (!digits_read(&text, 4, &given.year) || !mark_read(&text, '-') ||
        !digits_read(&text, 2, &given.month) || !mark_read(&text, '-') || !digits_read(&text, 2, &given.day))
        return false;
    if (*text != '\0' && (!mark_read(&text, 'T') || !digits_read(&text, 2, &given.hour) ||
                          !mark_read(&text, ':') || !digits_read(&text, 2, &given.minute) || *text != '\0'))
        return false;
    if (given.year < 1970 || given.month < 1 || given.month > 12 || given.day < 1 || given.hour > 23 ||
        given.minute > 59)
        return false;
    days = period_days_from_date(given.year, given.month, given.day);
    date_from_days(days, &real);
    if (real.month != given.month || real.day != given.day)
        return false; /* 30 February */
    *at_ms = zone_first_instant(zone, days * DAY_S + given.hour * HOUR_S + given.minute * 60) * 1000;
    return true;
}

static void digits_write(char *text, int value, int count)
{
    for (int i = count; i > 0; i--, value /= 10)
        text[i - 1] = (char)('0' + value % 10);
}

void period_format(const struct zone *zone, int64_t at_ms, char text[PERIOD_TEXT_SIZE])
{
    static const char form[] = "YYYY-MM-DDThh:mm:ss+hh:mm";
    struct period_local local = period_local(zone, at_ms);
    int offset_minutes = (local.offset_s < 0 ? -local.offset_s : local.offset_s) / 60;

    memcpy(text, form, sizeof form);
    digits_write(text, local.year < 0 ? 0 : local.year, 4);
    digits_write(text + 5, local.month, 2);
    digits_write(text + 8, local.day, 2);
    digits_write(text + 11, local.hour, 2);
    digits_write(text + 14, local.minute, 2);
    digits_write(text + 17, local.second, 2);
    text[19] = local.offset_s < 0 ? '-' : '+';
    digits_write(text + 20, offset_minutes / 60, 2);
    digits_write(text + 23, offset_minutes % 60, 2);
}
