/* SPDX-License-Identifier: MIT
 *
 * render_tables.c - reports of many rows as a page: staff, kiosks, hours, days.
 */
#include "render_internal.h"

#include <math.h>
#include <string.h>

#define NAME_COLUMNS 17
#define RATE_COLUMNS 19
#define ASKED_COLUMNS 16
#define DAY_ROWS_MAX 62 /* more days are shown as months, a block for each day */
#define MONTH_DAYS 31
#define HOURS 24
#define WEEKDAYS 7
#define CELL_COLUMNS_MAX 8

/* Staff --------------------------------------------------------------------------------------------------------- */

static const char *asked_text(struct page *page, const json_t *mentions)
{
    if (json_is_null(page_at(mentions, "asked")))
        return page_word(page, WORD_TOO_FEW);
    return page_say(page, WORD_N_OF_M, page_number_at(page, mentions, "asked"),
                    page_number(page, page_count_at(mentions, "asked") + page_count_at(mentions, "will_ask") +
                                          page_count_at(mentions, "no")));
}

/* "5 of 40" of a week's asked rate, with its count. */
static const char *week_asked(struct page *page, const json_t *week)
{
    return page_say(page, WORD_N_OF_M, page_number_at(page, week, "asked"),
                    page_number_at(page, page_at(week, "asked_rate"), "n"));
}

static const char *own_past(struct page *page, const json_t *row)
{
    const json_t *last = page_at(row, "last_week"), *best = page_at(row, "own_best");
    const char *week = page_text_at(last, "week"), *line = "";
    enum style style;
    enum word verdict = page_verdict(page_at(page_at(row, "own_past"), "asked_rate"), &style);
    bool is_best = json_is_true(page_at(last, "is_best"));

    if (page_is_known(page_at(last, "asked_rate")))
        line = is_best ? page_say(page, WORD_STAFF_LAST_WEEK_BEST, week, week_asked(page, last))
                       : page_say(page, WORD_STAFF_LAST_WEEK, week, week_asked(page, last),
                                  page_word(page, verdict));
    if (page_is_known(page_at(best, "asked_rate")) && !is_best)
        line = page_join(
            page, line,
            page_say(page, WORD_STAFF_OWN_BEST, week_asked(page, best), page_text_at(best, "week")));
    return line;
}

static void put_staff_row(struct page *page, const json_t *row)
{
    const json_t *mentions = page_at(row, "mentions");
    bool is_nobody = page_count_at(row, "id") == 0;
    const char *line = "";
    enum style style, asked_style;
    enum word verdict = page_verdict(page_at(row, "comparison"), &style);
    enum word asked_verdict = page_verdict(page_at(mentions, "asked_comparison"), &asked_style);

    page_put_padded(page, is_nobody ? STYLE_QUIET : STYLE_STRONG,
                    is_nobody ? page_word(page, WORD_NO_NAME) : page_text_at(row, "name"), NAME_COLUMNS);
    page_put(page, STYLE_PLAIN, "%7" JSON_INTEGER_FORMAT "   ", page_count_at(row, "visits"));
    page_put_padded(page, STYLE_PLAIN, page_rate_wide(page, page_at(row, "csat")), RATE_COLUMNS);
    page_put_padded(page, STYLE_PLAIN, asked_text(page, mentions), ASKED_COLUMNS);
    page_put(page, STYLE_PLAIN, "%s\n", page_rate_wide(page, page_at(mentions, "asked_rate")));
    if (is_nobody)
        return;
    if (page_count_at(row, "unhappy") > 0)
        line = page_say(page, WORD_STAFF_UNHAPPY, page_number_at(page, row, "unhappy"),
                        page_number_at(page, row, "unhappy_people"), page_word(page, words_cause("people")));
    if (json_is_object(page_at(row, "comparison")) && page_is_known(page_at(row, "csat")))
        line = page_join(
            page, line,
            page_say(page, WORD_STAFF_BEFORE, page_word(page, verdict), page_word(page, asked_verdict)));
    line = page_join(page, line, own_past(page, row));
    if (line[0] != '\0')
        page_put_wrapped(page, STYLE_QUIET, 4, line);
}

void render_staff(struct page *page, const json_t *reply)
{
    const json_t *row;
    size_t index;

    page_put_title(page, WORD_REPORT_STAFF, reply);
    if (json_array_size(page_at(reply, "staff")) < 2 && page_count_at(reply, "visits") == 0 &&
        !json_is_string(page_at(page_at(reply, "filter"), "staff")))
        page_put_wrapped(page, STYLE_PLAIN, 0, page_word(page, WORD_STAFF_NONE_YET));
    page_put(page, STYLE_PLAIN, "%*s", NAME_COLUMNS, "");
    page_put_right(page, STYLE_QUIET, page_word(page, WORD_COLUMN_VISITS), 7);
    page_put(page, STYLE_PLAIN, "   ");
    page_put_padded(page, STYLE_QUIET, page_word(page, WORD_COLUMN_SATISFIED), RATE_COLUMNS);
    page_put_padded(page, STYLE_QUIET, page_word(page, WORD_COLUMN_ASKED), ASKED_COLUMNS);
    page_put(page, STYLE_QUIET, "%s\n", page_word(page, WORD_COLUMN_OF_ANSWERS));
    json_array_foreach(page_at(reply, "staff"), index, row) put_staff_row(page, row);
    page_put_padded(page, STYLE_PLAIN, page_word(page, WORD_ALL), NAME_COLUMNS);
    page_put(page, STYLE_PLAIN, "%7" JSON_INTEGER_FORMAT "\n\n", page_count_at(reply, "visits"));
    page_put_foot(page, reply);
}

/* Kiosks -------------------------------------------------------------------------------------------------------- */

static const char *duration_of(struct page *page, json_int_t seconds)
{
    const char *minutes = page_number(page, seconds / 60 % 60), *hours = page_number(page, seconds / 3600);

    return seconds < 3600 ? page_say(page, WORD_DURATION_MINUTES, minutes)
                          : page_say(page, WORD_DURATION_HOURS, hours, minutes);
}

/* Rounded down: what was silent is never heard 100 % of the time. */
static void put_availability(struct page *page, const json_t *availability, const json_t *period)
{
    const json_t *value = page_at(availability, "value");
    const char *from = page_text_at(availability, "from"), *extra = "";

    if (!json_is_number(value)) {
        page_put_wrapped(page, STYLE_QUIET, 4, page_word(page, WORD_KIOSK_UNRECORDED));
        return;
    }
    const char *share = page_decimal(page, floor(json_number_value(value) * 1000) / 10, 1);
    const char *text = page_count_at(availability, "silences") == 0
                           ? page_say(page, WORD_KIOSK_HEARD, share)
                           : page_say(page, WORD_KIOSK_SILENCE, share,
                                      duration_of(page, page_count_at(availability, "longest_s")),
                                      page_moment(page, page_text_at(availability, "longest_from"), false));
    if (strcmp(from, page_text_at(period, "from")) != 0)
        extra = page_say(page, WORD_KIOSK_RECORDED, page_moment(page, from, false));
    if (page_count_at(availability, "unknown_s") > 0)
        extra = page_join(
            page, extra,
            page_say(page, WORD_KIOSK_UNHEARD, duration_of(page, page_count_at(availability, "unknown_s"))));
    page_put_wrapped(page, STYLE_QUIET, 4, page_join(page, text, extra));
}

static void put_kiosk_row(struct page *page, const json_t *row, const json_t *period)
{
    bool is_internal = strcmp(page_text_at(row, "audience"), "internal") == 0;
    enum style style;
    enum word verdict = page_verdict(page_at(row, "comparison"), &style);

    page_put_padded(page, STYLE_STRONG, page_text_at(row, "name"), NAME_COLUMNS);
    page_put_padded(page, STYLE_PLAIN, page_moment(page, page_text_at(row, "last_heard"), false), 17);
    page_put(page, STYLE_PLAIN, "%7" JSON_INTEGER_FORMAT " ", page_count_at(row, "visits"));
    page_put_padded(page, STYLE_PLAIN, page_rate_wide(page, page_at(row, "csat")), RATE_COLUMNS - 1);
    page_put(page, STYLE_PLAIN,
             "%5" JSON_INTEGER_FORMAT "%5" JSON_INTEGER_FORMAT "%5" JSON_INTEGER_FORMAT
             "%5" JSON_INTEGER_FORMAT "\n",
             page_count_at(row, "pending"), page_count_at(row, "refused"), page_count_at(row, "lost"),
             page_count_at(row, "boots"));
    if (is_internal)
        page_put(page, STYLE_QUIET, "    %s\n", page_word(page, WORD_AUDIENCE_INTERNAL));
    if (json_is_string(page_at(row, "retired")))
        page_put(page, STYLE_QUIET, "    %s\n",
                 page_say(page, WORD_KIOSK_RETIRED, page_moment(page, page_text_at(row, "retired"), false)));
    put_availability(page, page_at(row, "availability"), period);
    if (json_is_object(page_at(row, "comparison")) && page_is_known(page_at(row, "csat")))
        page_put(page, style, "    %s\n", page_say(page, WORD_KIOSK_BEFORE, page_word(page, verdict)));
    if (page_left_out(page, page_at(row, "left_out"))[0] != '\0')
        page_put_wrapped(page, STYLE_QUIET, 4,
                         page_say(page, WORD_LEFT_OUT, page_left_out(page, page_at(row, "left_out"))));
    if (page_count_at(row, "conflicts") + page_count_at(row, "bad_slots") +
            page_count_at(row, "display_faults") >
        0)
        page_put_wrapped(page, STYLE_BAD, 4,
                         page_say(page, WORD_KIOSK_FAULTS, page_number_at(page, row, "conflicts"),
                                  page_number_at(page, row, "bad_slots"),
                                  page_number_at(page, row, "display_faults")));
}

void render_kiosks(struct page *page, const json_t *reply)
{
    static const enum word columns[] = {WORD_COLUMN_QUEUE, WORD_COLUMN_FULL, WORD_COLUMN_LOST,
                                        WORD_COLUMN_BOOT};
    const json_t *row;
    size_t index;

    page_put_title(page, WORD_REPORT_KIOSKS, reply);
    if (json_array_size(page_at(reply, "kiosks")) == 0) {
        page_put_wrapped(page, STYLE_PLAIN, 0, page_word(page, WORD_KIOSK_NONE));
        return;
    }
    page_put(page, STYLE_PLAIN, "%*s", NAME_COLUMNS, "");
    page_put_padded(page, STYLE_QUIET, page_word(page, WORD_COLUMN_HEARD), 17);
    page_put_right(page, STYLE_QUIET, page_word(page, WORD_COLUMN_VISITS), 7);
    page_put(page, STYLE_PLAIN, " ");
    page_put_padded(page, STYLE_QUIET, page_word(page, WORD_COLUMN_SATISFIED), RATE_COLUMNS - 1);
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        page_put_right(page, STYLE_QUIET, page_word(page, columns[i]), 5);
    page_put(page, STYLE_PLAIN, "\n");
    json_array_foreach(page_at(reply, "kiosks"), index, row)
        put_kiosk_row(page, row, page_at(reply, "period"));
    page_put(page, STYLE_PLAIN, "\n");
    page_put_wrapped(page, STYLE_QUIET, 0, page_word(page, WORD_KIOSK_LEGEND));
    page_put_wrapped(page, STYLE_QUIET, 0, page_word(page, WORD_KIOSK_HEARD_LEGEND));
    page_put_foot(page, reply);
}

static json_int_t visits_max_of(const json_t *rows)
{
    const json_t *row;
    size_t index;
    json_int_t visits_max = 1;

    json_array_foreach(rows, index, row) visits_max =
        page_count_at(row, "visits") > visits_max ? page_count_at(row, "visits") : visits_max;
    return visits_max;
}

/* Hours --------------------------------------------------------------------------------------------------------- */

/* The cells of the week, borrowed; and which hours have anything. */
struct week {
    const json_t *cells[WEEKDAYS][HOURS];
    int first, last; /* hours */
    bool has_weekday[WEEKDAYS];
    json_int_t visits_max;
    unsigned cell_columns;
};

static void week_read(const struct page *page, const json_t *reply, struct week *week)
{
    const json_t *cell;
    size_t index;

    memset(week, 0, sizeof *week);
    week->first = HOURS;
    week->last = -1;
    json_array_foreach(page_at(reply, "hours"), index, cell)
    {
        json_int_t weekday = page_count_at(cell, "weekday"), hour = page_count_at(cell, "hour");

        if (weekday < 1 || weekday > WEEKDAYS || hour < 0 || hour >= HOURS)
            continue;
        week->cells[weekday - 1][hour] = cell;
        week->has_weekday[weekday - 1] = true;
        week->first = hour < week->first ? (int)hour : week->first;
        week->last = hour > week->last ? (int)hour : week->last;
        if (page_count_at(cell, "visits") > week->visits_max)
            week->visits_max = page_count_at(cell, "visits");
    }
    if (week->last >= week->first) {
        unsigned hours = (unsigned)(week->last - week->first + 1);

        week->cell_columns = (page->columns > 8 ? page->columns - 6 : 2) / hours;
        week->cell_columns = week->cell_columns > CELL_COLUMNS_MAX ? CELL_COLUMNS_MAX : week->cell_columns;
        week->cell_columns = week->cell_columns < 3 ? 3 : week->cell_columns;
    }
}

static unsigned level_of(json_int_t visits, json_int_t visits_max)
{
    if (visits <= 0 || visits_max <= 0)
        return 0;
    return 1 + (unsigned)((4 * visits - 1) / visits_max > 3 ? 3 : (4 * visits - 1) / visits_max);
}

static void put_load_cell(struct page *page, const struct week *week, const json_t *cell)
{
    page_put_blocks(page, STYLE_PLAIN, level_of(page_count_at(cell, "visits"), week->visits_max),
                    week->cell_columns - 1);
}

static void put_csat_cell(struct page *page, const struct week *week, const json_t *cell)
{
    const json_t *csat = page_at(cell, "csat");
    double value = json_number_value(page_at(csat, "value"));
    unsigned level = value < 0.7 ? 1 : value < 0.8 ? 2 : value < 0.9 ? 3 : 4;

    if (page_is_known(csat))
        page_put_blocks(page,
                        level == 4   ? STYLE_GOOD
                        : level == 1 ? STYLE_BAD
                                     : STYLE_PLAIN,
                        level, week->cell_columns - 1);
    else
        page_put_padded(page, STYLE_QUIET, page_count_at(cell, "visits") > 0 ? "·" : "",
                        week->cell_columns - 1);
}

static void put_heat_map(struct page *page, const struct week *week, int week_start,
                         void (*put_cell)(struct page *page, const struct week *week, const json_t *cell))
{
    page_put(page, STYLE_PLAIN, "     ");
    for (int hour = week->first; hour <= week->last; hour++)
        page_put(page, STYLE_QUIET, hour == week->last ? "%02d" : "%-*.2d",
                 hour == week->last ? hour : (int)week->cell_columns, hour);
    page_put(page, STYLE_PLAIN, "\n");
    for (int i = 0; i < WEEKDAYS; i++) {
        int weekday = (week_start - 1 + i) % WEEKDAYS;

        if (!week->has_weekday[weekday])
            continue;
        page_put_padded(page, STYLE_PLAIN, page_word(page, page_weekday(weekday + 1)), 5);
        for (int hour = week->first; hour <= week->last; hour++) {
            put_cell(page, week, week->cells[weekday][hour]);
            page_put(page, STYLE_PLAIN, hour == week->last ? "\n" : " ");
        }
    }
}

static void put_lines(struct page *page, const json_t *rows, const char *key, int first, int last)
{
    const json_t *row;
    size_t index;
    json_int_t visits_max = visits_max_of(rows);
    unsigned bar = page_bar_columns(page, 6 + 8 + 2 + 11 + 3 + RATE_COLUMNS);
    bool is_hour = strcmp(key, "hour") == 0;

    json_array_foreach(rows, index, row)
    {
        json_int_t value = page_count_at(row, key);
        const char *signed_on = "";
        char label[16];

        if (value < first || value > last)
            continue;
        snprintf(label, sizeof label, "%02d:00", (int)value % 100);
        page_put_padded(page, STYLE_PLAIN, is_hour ? label : page_word(page, page_weekday(value)), 6);
        page_put(page, STYLE_PLAIN, "%8" JSON_INTEGER_FORMAT "  ", page_count_at(row, "visits"));
        page_put_bar(page, (double)page_count_at(row, "visits") / (double)visits_max, bar);
        if (is_hour && json_is_number(page_at(row, "signed_on")))
            signed_on = page_decimal(page, json_number_value(page_at(row, "signed_on")), 1);
        page_put_right(page, STYLE_PLAIN, signed_on, 11);
        page_put(page, STYLE_PLAIN, "   %s\n", page_rate_wide(page, page_at(row, "csat")));
    }
}

static void put_lines_head(struct page *page)
{
    unsigned bar = page_bar_columns(page, 6 + 8 + 2 + 11 + 3 + RATE_COLUMNS);

    page_put_padded(page, STYLE_QUIET, page_word(page, WORD_COLUMN_HOUR), 6);
    page_put_right(page, STYLE_QUIET, page_word(page, WORD_COLUMN_VISITS), 8);
    page_put(page, STYLE_PLAIN, "%*s", (int)bar + 2, "");
    page_put_right(page, STYLE_QUIET, page_word(page, WORD_COLUMN_SIGNED_ON), 11);
    page_put(page, STYLE_QUIET, "   %s\n", page_word(page, WORD_COLUMN_SATISFIED));
}

static void put_hours(struct page *page, const json_t *reply, const struct week *week)
{
    int week_start = (int)page_count_at(reply, "week_start");

    week_start = week_start >= 1 && week_start <= WEEKDAYS ? week_start : 1;
    page_put(page, STYLE_STRONG, "\n%s", page_word(page, WORD_HEAT_VISITS));
    page_put(page, STYLE_QUIET, "  %s\n",
             page_say(page, WORD_HEAT_VISITS_SCALE, page_number(page, week->visits_max)));
    put_heat_map(page, week, week_start, put_load_cell);
    page_put(page, STYLE_STRONG, "\n%s", page_word(page, WORD_HEAT_CSAT));
    page_put(page, STYLE_QUIET, "  %s\n", page_word(page, WORD_HEAT_CSAT_SCALE));
    put_heat_map(page, week, week_start, put_csat_cell);
    page_put(page, STYLE_PLAIN, "\n");
    put_lines_head(page);
    put_lines(page, page_at(reply, "by_hour"), "hour", week->first, week->last);
    page_put(page, STYLE_PLAIN, "\n");
    for (int i = 0; i < WEEKDAYS; i++) {
        int weekday = (week_start - 1 + i) % WEEKDAYS;

        if (week->has_weekday[weekday])
            put_lines(page, page_at(reply, "by_weekday"), "weekday", weekday + 1, weekday + 1);
    }
}

void render_hours(struct page *page, const json_t *reply)
{
    struct week week;

    page_put_title(page, WORD_REPORT_HOURS, reply);
    week_read(page, reply, &week);
    if (page_put_satisfied(page, reply) && week.last >= week.first) {
        put_hours(page, reply, &week);
        page_put(page, STYLE_PLAIN, "\n");
    }
    if (page_count_at(reply, "without_hour") > 0)
        page_put_wrapped(page, STYLE_PLAIN, 0,
                         page_say(page, WORD_WITHOUT_HOUR, page_number_at(page, reply, "without_hour")));
    page_put_foot(page, reply);
}

/* Days ---------------------------------------------------------------------------------------------------------- */

/* Clocks change on such a day. */
static bool is_odd(const json_t *day)
{
    double hours = json_number_value(page_at(day, "length_h"));

    return hours > 0 && fabs(hours - HOURS) > 0.001;
}

static bool has_odd(const json_t *days)
{
    const json_t *day;
    size_t index;

    json_array_foreach(days, index, day) if (is_odd(day)) return true;
    return false;
}

static void put_days(struct page *page, const json_t *days, int week_start)
{
    json_int_t visits_max = visits_max_of(days);
    unsigned bar = page_bar_columns(page, 4 + 10 + 7 + 2 + 2 + RATE_COLUMNS + (has_odd(days) ? 8 : 0));
    const json_t *day;
    size_t index;

    json_array_foreach(days, index, day)
    {
        double hours = json_number_value(page_at(day, "length_h"));

        if (index > 0 && page_count_at(day, "weekday") == week_start)
            page_put(page, STYLE_PLAIN, "\n");
        page_put_padded(page, STYLE_PLAIN, page_word(page, page_weekday(page_count_at(day, "weekday"))), 4);
        page_put_padded(page, STYLE_PLAIN, page_text_at(day, "date"), 10);
        page_put(page, STYLE_PLAIN, "%7" JSON_INTEGER_FORMAT "  ", page_count_at(day, "visits"));
        page_put_bar(page, (double)page_count_at(day, "visits") / (double)visits_max, bar);
        page_put(page, STYLE_PLAIN, "  ");
        if (is_odd(day))
            page_put_padded(page, STYLE_PLAIN, page_rate_wide(page, page_at(day, "csat")), RATE_COLUMNS);
        else
            page_put(page, STYLE_PLAIN, "%s", page_rate_wide(page, page_at(day, "csat")));
        if (is_odd(day))
            page_put(page, STYLE_QUIET, "  %s",
                     page_say(page, WORD_DAY_LENGTH, page_decimal(page, hours, fmod(hours, 1) > 0 ? 1 : 0)));
        page_put(page, STYLE_PLAIN, "\n");
    }
}

/* A row of blocks, one for each day of the month. Days are in their order and none is left out. */
static void put_month_blocks(struct page *page, const json_t *days, const char *month, json_int_t visits_max,
                             unsigned block_columns)
{
    unsigned levels[MONTH_DAYS] = {0};
    const json_t *day;
    size_t index;

    json_array_foreach(days, index, day)
    {
        const char *date = page_text_at(day, "date");

        if (strlen(date) == 10 && strncmp(date, month, 8) == 0) {
            unsigned number = (unsigned)((date[8] - '0') * 10 + (date[9] - '0'));

            if (number >= 1 && number <= MONTH_DAYS)
                levels[number - 1] = level_of(page_count_at(day, "visits"), visits_max);
        }
    }
    for (size_t i = 0; i < MONTH_DAYS; i++)
        page_put_blocks(page, STYLE_PLAIN, levels[i], block_columns);
}

static void put_months(struct page *page, const json_t *reply)
{
    json_int_t visits_max = visits_max_of(page_at(reply, "days"));
    unsigned blocks = page->columns >= 9 + 2 * MONTH_DAYS + 8 + 3 + RATE_COLUMNS ? 2 : 1;
    const json_t *month;
    size_t index;

    json_array_foreach(page_at(reply, "months"), index, month)
    {
        char label[8];

        snprintf(label, sizeof label, "%.7s", page_text_at(month, "month"));
        page_put_padded(page, STYLE_PLAIN, label, 9);
        put_month_blocks(page, page_at(reply, "days"), page_text_at(month, "month"), visits_max, blocks);
        page_put(page, STYLE_PLAIN, "%8" JSON_INTEGER_FORMAT "   %s\n", page_count_at(month, "visits"),
                 page_rate_wide(page, page_at(month, "csat")));
    }
    page_put(page, STYLE_QUIET, "%s\n", page_say(page, WORD_MONTH_SCALE, page_number(page, visits_max)));
}

void render_days(struct page *page, const json_t *reply)
{
    const json_t *days = page_at(reply, "days");

    page_put_title(page, WORD_REPORT_DAYS, reply);
    if (page_put_satisfied(page, reply)) {
        page_put(page, STYLE_PLAIN, "\n");
        if (json_array_size(days) > DAY_ROWS_MAX)
            put_months(page, reply);
        else
            put_days(page, days, (int)page_count_at(reply, "week_start"));
        page_put(page, STYLE_PLAIN, "\n");
    }
    if (page_count_at(reply, "without_day") > 0)
        page_put_wrapped(page, STYLE_PLAIN, 0,
                         page_say(page, WORD_WITHOUT_DAY, page_number_at(page, reply, "without_day")));
    page_put_foot(page, reply);
}
