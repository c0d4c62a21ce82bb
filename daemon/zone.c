/* SPDX-License-Identifier: MIT */
#include "zone.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "period.h"

#define ZONE_FOLDER "/usr/share/zoneinfo/"
#define ZONE_NAME_SIZE_MAX 64
#define ZONE_FILE_SIZE_MAX 65536
#define ZONE_CHANGES_MAX 4096
#define ZONE_LAST_YEAR 2199 /* changes by the footer's rule are written out up to here */
#define DAY_S 86400

struct zone {
    size_t count;                     /* of stretches, at least 1 */
    int64_t from_s[ZONE_CHANGES_MAX]; /* from_s[0] is INT64_MIN */
    int32_t offset_s[ZONE_CHANGES_MAX];
};

/* One line of a POSIX TZ rule: "M3.5.0/2", "J60", "59". */
struct rule_day {
    char kind; /* 'M', 'J' or '0' */
    int month, week, weekday, day;
    int32_t time_s;
};

struct rule {
    int32_t standard_s, daylight_s;
    bool has_daylight;
    struct rule_day start, end;
};

static void zone_append(struct zone *zone, int64_t from_s, int32_t offset_s)
{
    if (zone->count > 0 && zone->offset_s[zone->count - 1] == offset_s)
        return; /* only the abbreviation changed */
    if (zone->count >= ZONE_CHANGES_MAX)
        return;
    zone->from_s[zone->count] = zone->count == 0 ? INT64_MIN : from_s;
    zone->offset_s[zone->count] = offset_s;
    zone->count++;
}

static int64_t big_endian(const uint8_t *bytes, unsigned size)
{
    uint64_t value = size > 0 && bytes[0] & 0x80 ? UINT64_MAX : 0;

    for (unsigned i = 0; i < size; i++)
        value = value << 8 | bytes[i];
    return (int64_t)value;
}

/* The counts of a TZif header (RFC 8536, section 3.1). */
struct tzif_header {
    size_t isut, isstd, leap, time, type, abbreviation;
};

#define TZIF_HEADER_SIZE 44

static bool tzif_header_read(const uint8_t *data, size_t size, struct tzif_header *header)
{
    size_t *counts[] = {&header->isut, &header->isstd, &header->leap,
                        &header->time, &header->type,  &header->abbreviation};

    if (size < TZIF_HEADER_SIZE || memcmp(data, "TZif", 4) != 0 || data[4] < '2')
        return false; /* version 1 has 32-bit times only; no system of this century writes it */
    for (size_t i = 0; i < 6; i++) {
        int64_t count = big_endian(data + 20 + 4 * i, 4);

        if (count < 0 || count > ZONE_FILE_SIZE_MAX)
            return false;
        *counts[i] = (size_t)count;
    }
    return true;
}

static size_t tzif_body_size(const struct tzif_header *header, size_t time_size)
{
    return header->time * time_size + header->time + header->type * 6 + header->abbreviation +
           header->leap * (time_size + 4) + header->isstd + header->isut;
}

/* Times, then type indexes, then types of six bytes (offset, is daylight, abbreviation). */
static bool tzif_changes_read(const uint8_t *body, const struct tzif_header *header, struct zone *zone)
{
    const uint8_t *indexes = body + header->time * 8;
    const uint8_t *types = indexes + header->time;

    if (header->type == 0 || header->time >= ZONE_CHANGES_MAX)
        return false;
    zone_append(zone, INT64_MIN, (int32_t)big_endian(types, 4));
    for (size_t i = 0; i < header->time; i++) {
        if (indexes[i] >= header->type)
            return false;
        zone_append(zone, big_endian(body + 8 * i, 8),
                    (int32_t)big_endian(types + 6 * (size_t)indexes[i], 4));
    }
    return true;
}

static bool number_read(const char **text, long max, long *value)
{
    const char *digit = *text;

    if (!isdigit((unsigned char)*digit))
        return false;
    for (*value = 0; isdigit((unsigned char)*digit); digit++) {
        *value = *value * 10 + (*digit - '0');
        if (*value > max)
            return false;
    }
    *text = digit;
    return true;
}

/* "[+-]hh[:mm[:ss]]" */
static bool time_read(const char **text, int32_t *seconds)
{
    long hours, minutes = 0, rest = 0;
    int sign = 1;

    if (**text == '+' || **text == '-') {
        sign = **text == '-' ? -1 : 1;
        (*text)++;
    }
    if (!number_read(text, 167, &hours))
        return false;
    if (**text == ':') {
        (*text)++;
        if (!number_read(text, 59, &minutes))
            return false;
    }
    if (**text == ':') {
        (*text)++;
        if (!number_read(text, 59, &rest))
            return false;
    }
    *seconds = (int32_t)(sign * (hours * 3600 + minutes * 60 + rest));
    return true;
}

/* "CET" or "<+0330>" */
static bool abbreviation_skip(const char **text)
{
    const char *start = *text;

    if (**text == '<') {
        while (**text != '\0' && **text != '>')
            (*text)++;
        if (**text != '>')
            return false;
        (*text)++;
        return true;
    }
    while (isalpha((unsigned char)**text))
        (*text)++;
    return *text - start >= 3;
}

static bool rule_day_numbers_read(const char **text, struct rule_day *day)
{
    long month, week, weekday;

    if (!number_read(text, 12, &month) || *(*text)++ != '.' || !number_read(text, 5, &week) ||
        *(*text)++ != '.' || !number_read(text, 6, &weekday) || month < 1 || week < 1)
        return false;
    day->month = (int)month;
    day->week = (int)week;
    day->weekday = (int)weekday;
    return true;
}

static bool rule_day_read(const char **text, struct rule_day *day)
{
    long number;

    if (**text != ',')
        return false;
    (*text)++;
    day->kind = '0';
    if (**text == 'M' || **text == 'J')
        day->kind = *(*text)++;
    day->time_s = 2 * 3600;
    if (day->kind == 'M') {
        if (!rule_day_numbers_read(text, day))
            return false;
    } else {
        if (!number_read(text, 365, &number))
            return false;
        day->day = (int)number;
    }
    if (**text != '/')
        return true;
    (*text)++;
    return time_read(text, &day->time_s);
}

/* A POSIX TZ string, "CET-1CEST,M3.5.0,M10.5.0/3", with the extensions of RFC 8536, section 3.3.1. */
static bool rule_read(const char *text, struct rule *rule)
{
    memset(rule, 0, sizeof *rule);
    if (!abbreviation_skip(&text) || !time_read(&text, &rule->standard_s))
        return false;
    rule->standard_s = -rule->standard_s; /* POSIX counts westward */
    if (*text == '\0')
        return true;
    rule->has_daylight = true;
    if (!abbreviation_skip(&text))
        return false;
    rule->daylight_s = rule->standard_s + 3600;
    if (*text != ',' && *text != '\0') {
        if (!time_read(&text, &rule->daylight_s))
            return false;
        rule->daylight_s = -rule->daylight_s;
    }
    return rule_day_read(&text, &rule->start) && rule_day_read(&text, &rule->end) && *text == '\0';
}

/* Wall seconds of the change in a year. */
static int64_t rule_day_wall(const struct rule_day *day, int year)
{
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    int64_t days;

    if (day->kind == 'M') {
        int64_t first = period_days_from_date(year, day->month, 1);
        int64_t next = day->month == 12 ? period_days_from_date(year + 1, 1, 1)
                                        : period_days_from_date(year, day->month + 1, 1);
        int64_t first_weekday =
            (first + 4) % 7; /* 1970-01-01 was a Thursday; Sunday is 0; years here are later */

        days = first + (day->weekday - first_weekday + 7) % 7 + 7 * (day->week - 1);
        while (days >= next)
            days -= 7;
    } else {
        days = period_days_from_date(year, 1, 1) + day->day;
        if (day->kind == 'J') /* counted from 1, 29 February never counted */
            days += (is_leap && day->day >= 60 ? 1 : 0) - 1;
    }
    return days * DAY_S + day->time_s;
}

static void rule_write_out(const struct rule *rule, struct zone *zone)
{
    int64_t last_s = zone->count > 1 ? zone->from_s[zone->count - 1] : INT64_MIN;

    if (!rule->has_daylight) {
        zone_append(zone, last_s + 1, rule->standard_s);
        return;
    }
    for (int year = 1970; year <= ZONE_LAST_YEAR; year++) {
        int64_t start_s = rule_day_wall(&rule->start, year) - rule->standard_s;
        int64_t end_s = rule_day_wall(&rule->end, year) - rule->daylight_s;
        bool is_start_first = start_s < end_s;
        int64_t first_s = is_start_first ? start_s : end_s;
        int64_t second_s = is_start_first ? end_s : start_s;

        if (first_s > last_s)
            zone_append(zone, first_s, is_start_first ? rule->daylight_s : rule->standard_s);
        if (second_s > last_s)
            zone_append(zone, second_s, is_start_first ? rule->standard_s : rule->daylight_s);
    }
}

/* The footer: a rule between two newlines, for times after the last change in the file; may be empty. */
static bool tzif_footer_read(const uint8_t *footer, size_t size, struct zone *zone)
{
    char text[128];
    const uint8_t *end;
    struct rule rule;

    if (size < 2 || footer[0] != '\n')
        return false;
    end = memchr(footer + 1, '\n', size - 1);
    if (end == NULL || (size_t)(end - footer - 1) >= sizeof text)
        return false;
    memcpy(text, footer + 1, (size_t)(end - footer - 1));
    text[end - footer - 1] = '\0';
    if (text[0] == '\0')
        return true;
    if (!rule_read(text, &rule))
        return false;
    rule_write_out(&rule, zone);
    return true;
}

static bool tzif_read(const uint8_t *data, size_t size, struct zone *zone)
{
    struct tzif_header header;
    size_t skip, body;

    if (!tzif_header_read(data, size, &header))
        return false;
    skip = TZIF_HEADER_SIZE + tzif_body_size(&header, 4);
    if (skip > size || !tzif_header_read(data + skip, size - skip, &header))
        return false;
    body = skip + TZIF_HEADER_SIZE;
    if (body + tzif_body_size(&header, 8) > size)
        return false;
    return tzif_changes_read(data + body, &header, zone) &&
           tzif_footer_read(data + body + tzif_body_size(&header, 8),
                            size - body - tzif_body_size(&header, 8), zone);
}

static bool name_is_plain(const char *name)
{
    if (name[0] == '\0' || name[0] == '/' || strlen(name) > ZONE_NAME_SIZE_MAX || strstr(name, "..") != NULL)
        return false;
    for (; *name != '\0'; name++)
        if (!isalnum((unsigned char)*name) && strchr("_+-/", *name) == NULL)
            return false;
    return true;
}

static uint8_t *file_read(const char *path, size_t *size)
{
    uint8_t *data = NULL;
    FILE *file = fopen(path, "rbe");

    if (file == NULL)
        return NULL;
    data = malloc(ZONE_FILE_SIZE_MAX);
    if (data != NULL) {
        *size = fread(data, 1, ZONE_FILE_SIZE_MAX, file);
        if (ferror(file)) { /* a folder, as "Europe" is one */
            free(data);
            data = NULL;
        }
    }
    fclose(file);
    return data;
}

struct zone *zone_create(const char *name, char *why, size_t why_size)
{
    char path[sizeof ZONE_FOLDER + ZONE_NAME_SIZE_MAX];
    struct zone *zone = NULL;
    uint8_t *data = NULL;
    size_t size = 0;
    bool is_known = false;

    if (name != NULL && name_is_plain(name)) {
        snprintf(path, sizeof path, "%s%s", ZONE_FOLDER, name);
        data = file_read(path, &size);
    }
    if (data != NULL) {
        zone = calloc(1, sizeof *zone);
        is_known = zone != NULL && tzif_read(data, size, zone);
    }
    free(data);
    if (!is_known) {
        snprintf(why, why_size, "unknown time zone \"%.64s\": use a name below %s, as in Europe/Berlin",
                 name == NULL ? "" : name, ZONE_FOLDER);
        free(zone);
        return NULL;
    }
    return zone;
}

void zone_destroy(struct zone *zone)
{
    free(zone);
}

static size_t stretch_index(const struct zone *zone, int64_t utc_s)
{
    size_t low = 0, high = zone->count;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (zone->from_s[middle] <= utc_s)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static struct zone_stretch stretch_at(const struct zone *zone, size_t index)
{
    return (struct zone_stretch){
        .from_s = zone->from_s[index],
        .to_s = index + 1 < zone->count ? zone->from_s[index + 1] : INT64_MAX,
        .offset_s = zone->offset_s[index],
    };
}

struct zone_stretch zone_stretch(const struct zone *zone, int64_t utc_s)
{
    return stretch_at(zone, stretch_index(zone, utc_s));
}

int64_t zone_first_instant(const struct zone *zone, int64_t wall_s)
{
    /* No zone is or was more than 26 h from UTC: this stretch is not later than the one sought. */
    size_t index = stretch_index(zone, wall_s - 26 * 3600);

    for (; index + 1 < zone->count; index++) {
        struct zone_stretch stretch = stretch_at(zone, index);
        int64_t instant = wall_s - stretch.offset_s;

        if (instant < stretch.from_s)
            instant = stretch.from_s;
        if (instant < stretch.to_s)
            return instant;
    }
    wall_s -= zone->offset_s[index];
    return wall_s > zone->from_s[index] ? wall_s : zone->from_s[index];
}
