/* SPDX-License-Identifier: MIT
 *
 * render_page.c - what the texts of reports are put together from.
 */
#include "render_internal.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#define BAR_COLUMNS_MIN 4
#define BAR_COLUMNS_MAX 100

/* Putting ------------------------------------------------------------------------------------------------------- */

void page_put(struct page *page, enum style style, const char *format, ...)
{
    static const char *const codes[] = {"", "\033[1m", "\033[2m", "\033[32m", "\033[31m"};
    bool is_styled = page->is_color && style != STYLE_PLAIN;
    va_list arguments;

    if (is_styled)
        fputs(codes[style], page->out);
    va_start(arguments, format);
    vfprintf(page->out, format, arguments);
    va_end(arguments);
    if (is_styled)
        fputs("\033[0m", page->out);
}

static char *scratch(struct page *page)
{
    return page->scratch[page->scratch_next++ % PAGE_SCRATCH_COUNT];
}

const char *page_word(const struct page *page, enum word word)
{
    return words_text(page->language, word);
}

const char *page_say_list(struct page *page, enum word word, const char *const *parts)
{
    char *out = scratch(page);

    words_fill(out, PAGE_TEXT_SIZE, page->language, page_word(page, word), parts);
    return out;
}

unsigned page_width(const char *text)
{
    unsigned width = 0;

    for (; *text != '\0'; text++)
        width += (*text & 0xC0) != 0x80 ? 1 : 0;
    return width;
}

void page_put_padded(struct page *page, enum style style, const char *text, unsigned width)
{
    unsigned own = page_width(text);

    page_put(page, style, "%s", text);
    page_put(page, STYLE_PLAIN, "%*s", own < width ? (int)(width - own) : 0, "");
}

void page_put_right(struct page *page, enum style style, const char *text, unsigned width)
{
    unsigned own = page_width(text);

    page_put(page, STYLE_PLAIN, "%*s", own < width ? (int)(width - own) : 0, "");
    page_put(page, style, "%s", text);
}

/* A word ends at a single space; two spaces (as within a rate) do not part. */
static size_t word_size(const char *text)
{
    size_t size = strcspn(text, " ");

    while (text[size] == ' ' && text[size + 1] == ' ') {
        size += 2;
        size += strcspn(text + size, " ");
    }
    return size;
}

void page_put_wrapped(struct page *page, enum style style, unsigned indent, const char *text)
{
    unsigned column = 0;

    while (*text != '\0') {
        size_t size = word_size(text);
        char word[PAGE_TEXT_SIZE];
        unsigned width;

        snprintf(word, sizeof word, "%.*s", (int)size, text);
        width = page_width(word);
        if (column > 0 && column + 1 + width > page->columns) {
            page_put(page, STYLE_PLAIN, "\n");
            column = 0;
        }
        if (column == 0)
            page_put(page, STYLE_PLAIN, "%*s", (int)indent, "");
        page_put(page, style, "%s%s", column == 0 ? "" : " ", word);
        column = (column == 0 ? indent : column + 1) + width;
        text += size + (text[size] == ' ' ? 1 : 0);
    }
    page_put(page, STYLE_PLAIN, "\n");
}

unsigned page_bar_columns(const struct page *page, unsigned others)
{
    unsigned columns = page->columns > others + BAR_COLUMNS_MIN ? page->columns - others : BAR_COLUMNS_MIN;

    return columns < BAR_COLUMNS_MAX ? columns : BAR_COLUMNS_MAX;
}

void page_put_bar(struct page *page, double share, unsigned columns)
{
    static const char *const parts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    unsigned eighths = (unsigned)lround(fmin(fmax(share, 0), 1) * columns * 8);
    unsigned used = 0;

    if (share > 0 && eighths == 0)
        eighths = 1;
    for (; eighths >= 8; eighths -= 8, used++)
        page_put(page, STYLE_PLAIN, "█");
    if (eighths > 0) {
        page_put(page, STYLE_PLAIN, "%s", parts[eighths]);
        used++;
    }
    page_put(page, STYLE_PLAIN, "%*s", (int)(columns - used), "");
}

void page_put_blocks(struct page *page, enum style style, unsigned level, unsigned times)
{
    static const char *const blocks[] = {" ", "░", "▒", "▓", "█"};

    for (unsigned i = 0; i < times; i++)
        page_put(page, style, "%s", blocks[level < 5 ? level : 4]);
}

/* Reading and wording ------------------------------------------------------------------------------------------- */

json_t *page_at(const json_t *object, const char *key)
{
    return json_object_get(object, key);
}

json_int_t page_count_at(const json_t *object, const char *key)
{
    return json_integer_value(page_at(object, key));
}

const char *page_text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(page_at(object, key));

    return text == NULL ? "" : text;
}

bool page_is_known(const json_t *rate)
{
    return json_is_number(page_at(rate, "value"));
}

static const char *page_text(struct page *page, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static const char *page_text(struct page *page, const char *format, ...)
{
    char *out = scratch(page);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(out, PAGE_TEXT_SIZE, format, arguments);
    va_end(arguments);
    return out;
}

const char *page_join(struct page *page, const char *one, const char *other)
{
    if (one[0] != '\0' && other[0] != '\0')
        return page_say(page, WORD_JOINED, one, other);
    return one[0] != '\0' ? one : other;
}

const char *page_number(struct page *page, json_int_t number)
{
    return page_text(page, "%" JSON_INTEGER_FORMAT, number);
}

const char *page_number_at(struct page *page, const json_t *object, const char *key)
{
    return page_number(page, page_count_at(object, key));
}

const char *page_decimal(struct page *page, double number, int decimals)
{
    char digits[32];
    char *point;

    snprintf(digits, sizeof digits, "%.*f", decimals, number);
    point = strchr(digits, '.');
    if (point == NULL)
        return page_text(page, "%s", digits);
    *point = '\0';
    return page_text(page, "%s%s%s", digits, page_word(page, WORD_DECIMAL), point + 1);
}

static const char *percent_at(struct page *page, const json_t *object, const char *key, int width)
{
    return page_text(page, "%*ld", width, lround(100 * json_number_value(page_at(object, key))));
}

/* The lower end of an interval is never all of it: 99.96 is not rounded to 100. */
static const char *percent_low(struct page *page, const json_t *rate)
{
    long percent = lround(100 * json_number_value(page_at(rate, "low")));

    return page_number(page, percent > 99 ? 99 : percent);
}

static const char *rate_text(struct page *page, const json_t *rate, int width)
{
    if (page_is_known(rate))
        return page_say(page, WORD_RATE, percent_at(page, rate, "value", width), percent_low(page, rate),
                        percent_at(page, rate, "high", 0));
    return page_count_at(rate, "n") > 0 || json_is_true(page_at(rate, "too_few"))
               ? page_word(page, WORD_TOO_FEW)
               : "-";
}

const char *page_rate(struct page *page, const json_t *rate)
{
    return rate_text(page, rate, 0);
}

const char *page_rate_wide(struct page *page, const json_t *rate)
{
    return rate_text(page, rate, 3);
}

/* From "2026-11-02T14:00:00+01:00". */
const char *page_moment(struct page *page, const char *moment, bool is_midnight_bare)
{
    if (strlen(moment) < 16)
        return page_text(page, "%s", moment[0] == '\0' ? page_word(page, WORD_NEVER) : moment);
    if (is_midnight_bare && memcmp(moment + 11, "00:00", 5) == 0)
        return page_text(page, "%.10s", moment);
    return page_text(page, "%.10s %.5s", moment, moment + 11);
}

static const char *say_period(struct page *page, const json_t *period)
{
    const char *from = page_moment(page, page_text_at(period, "from"), true);
    const char *to = page_moment(page, page_text_at(period, "to"), true);
    bool has_from = json_is_string(page_at(period, "from")), has_to = json_is_string(page_at(period, "to"));

    if (has_from && has_to)
        return page_say(page, WORD_PERIOD_BOTH, from, to);
    if (has_from)
        return page_say(page, WORD_PERIOD_FROM, from);
    return has_to ? page_say(page, WORD_PERIOD_TO, to) : page_word(page, WORD_PERIOD_ALL);
}

enum word page_verdict(const json_t *comparison, enum style *style)
{
    static const struct {
        const char *name;
        enum word word;
        enum style style;
    } verdicts[] = {
        {"better", WORD_BETTER, STYLE_GOOD},   {"worse", WORD_WORSE, STYLE_BAD},
        {"higher", WORD_HIGHER, STYLE_STRONG}, {"lower", WORD_LOWER, STYLE_STRONG},
        {"steady", WORD_STEADY, STYLE_PLAIN},
    };
    const char *name = page_text_at(comparison, "verdict");

    for (size_t i = 0; i < sizeof verdicts / sizeof verdicts[0]; i++) {
        if (strcmp(name, verdicts[i].name) == 0) {
            *style = verdicts[i].style;
            return verdicts[i].word;
        }
    }
    *style = STYLE_QUIET;
    return WORD_CANNOT_TELL;
}

/* "+7", "-3", "0" */
static const char *points_at(struct page *page, const json_t *difference, const char *key)
{
    long points = lround(100 * json_number_value(page_at(difference, key)));

    return page_text(page, points > 0 ? "+%ld" : "%ld", points);
}

void page_put_comparison(struct page *page, const json_t *comparison, unsigned indent)
{
    const json_t *difference = page_at(comparison, "difference"), *before = page_at(comparison, "before");
    enum style style;
    const char *verdict = page_word(page, page_verdict(comparison, &style));

    if (!json_is_object(comparison))
        return;
    if (!page_is_known(difference))
        page_put_wrapped(page, style, indent, page_say(page, WORD_COMPARISON_NONE, verdict));
    else
        page_put_wrapped(page, style, indent,
                         page_say(page, WORD_COMPARISON, verdict, points_at(page, difference, "value"),
                                  points_at(page, difference, "low"), points_at(page, difference, "high"),
                                  percent_at(page, before, "value", 0), page_number_at(page, before, "n")));
}

const char *page_phrases(struct page *page, const json_t *counts, const struct page_phrase *phrases,
                         size_t count)
{
    const char *out = "";

    for (size_t i = 0; i < count; i++) {
        if (page_count_at(counts, phrases[i].key) == 0)
            continue;
        const char *phrase = page_say(page, phrases[i].word, page_number_at(page, counts, phrases[i].key));
        out = page_text(page, "%s%s%s", out, out[0] == '\0' ? "" : ", ", phrase);
    }
    return out;
}

enum word page_weekday(json_int_t weekday)
{
    static const enum word words[] = {WORD_MONDAY, WORD_TUESDAY,  WORD_WEDNESDAY, WORD_THURSDAY,
                                      WORD_FRIDAY, WORD_SATURDAY, WORD_SUNDAY};

    return weekday >= 1 && weekday <= 7 ? words[weekday - 1] : WORD_COUNT;
}

/* Head and foot ------------------------------------------------------------------------------------------------- */

void page_put_title(struct page *page, enum word report, const json_t *reply)
{
    const json_t *filter = page_at(reply, "filter");

    if (page_at(reply, "period") != NULL)
        page_put_wrapped(page, STYLE_STRONG, 0,
                         page_say(page, WORD_TITLE, page_text_at(reply, "store"), page_word(page, report),
                                  say_period(page, page_at(reply, "period")),
                                  page_text_at(reply, "timezone")));
    else
        page_put(page, STYLE_STRONG, "%s - %s\n", page_text_at(reply, "store"), page_word(page, report));
    if (json_is_string(page_at(filter, "kiosk")))
        page_put_wrapped(page, STYLE_PLAIN, 0,
                         page_say(page, WORD_ONLY_KIOSK, page_text_at(filter, "kiosk")));
    if (json_is_string(page_at(filter, "staff")))
        page_put_wrapped(page, STYLE_PLAIN, 0,
                         page_say(page, WORD_ONLY_STAFF, page_text_at(filter, "staff")));
    if (strcmp(page_text_at(filter, "audience"), "internal") == 0)
        page_put_wrapped(page, STYLE_PLAIN, 0, page_word(page, WORD_ONLY_INTERNAL));
    if (json_is_object(page_at(reply, "before")))
        page_put_wrapped(page, STYLE_QUIET, 0,
                         page_say(page, WORD_COMPARED, say_period(page, page_at(reply, "before"))));
    page_put(page, STYLE_PLAIN, "\n");
}

const char *page_left_out(struct page *page, const json_t *left_out)
{
    static const struct page_phrase visits[] = {
        {"withdrawn", WORD_LEFT_WITHDRAWN}, {"burst", WORD_LEFT_BURST}, {"mash", WORD_LEFT_MASH},
        {"stuck", WORD_LEFT_STUCK},         {"other", WORD_LEFT_OTHER}, {"time_unknown", WORD_LEFT_TIME},
    };

    return page_phrases(page, left_out, visits, sizeof visits / sizeof visits[0]);
}

static void put_left_out(struct page *page, const json_t *reply)
{
    static const struct page_phrase answers[] = {{"invalid_answers", WORD_NOT_INVALID},
                                                 {"answers_without_rating", WORD_NOT_RATED}};
    const json_t *left_out = page_at(reply, "left_out");
    const char *parts = page_left_out(page, left_out);

    if (parts[0] == '\0')
        page_put_wrapped(page, STYLE_QUIET, 0, page_word(page, WORD_LEFT_OUT_NONE));
    else
        page_put_wrapped(page, STYLE_PLAIN, 0, page_say(page, WORD_LEFT_OUT, parts));
    if (parts[0] != '\0' && page_is_known(page_at(reply, "csat_with_left_out")))
        page_put_wrapped(
            page, STYLE_PLAIN, 0,
            page_say(page, WORD_LEFT_OUT_RATE, page_rate(page, page_at(reply, "csat_with_left_out"))));
    parts = page_phrases(page, left_out, answers, sizeof answers / sizeof answers[0]);
    if (parts[0] != '\0')
        page_put_wrapped(page, STYLE_PLAIN, 0, page_say(page, WORD_NOT_COUNTED, parts));
}

static void put_lost(struct page *page, const json_t *lost)
{
    static const struct page_phrase phrases[] = {{"damaged", WORD_LOST_DAMAGED},
                                                 {"restored", WORD_LOST_RESTORED}};
    const char *parts = page_phrases(page, lost, phrases, sizeof phrases / sizeof phrases[0]);

    if (parts[0] != '\0')
        page_put_wrapped(page, STYLE_PLAIN, 0, page_say(page, WORD_LOST, parts));
}

static enum word policy_word(const json_t *policy)
{
    const char *attribute = page_text_at(policy, "attribute");

    if (strcmp(attribute, "positive") == 0)
        return WORD_POLICY_POSITIVE;
    return strcmp(attribute, "none") == 0 ? WORD_POLICY_NONE : WORD_POLICY_ALL;
}

/* Until when answers are gone, of a period that begins before that; else NULL. Compared by the local date and time. */
static const char *purged_before(const json_t *reply)
{
    const char *before = page_text_at(page_at(page_at(reply, "policy"), "retention"), "purged_before");
    const char *from = page_text_at(page_at(reply, "period"), "from");

    return before[0] != '\0' && strcmp(from, before) < 0 ? before : NULL;
}

static void put_purged(struct page *page, const json_t *reply)
{
    const char *before = purged_before(reply);

    if (before != NULL)
        page_put_wrapped(page, STYLE_QUIET, 0,
                         page_say(page, WORD_POLICY_PURGED, page_moment(page, before, true)));
}

static void put_policy(struct page *page, const json_t *policy)
{
    const json_t *change;
    size_t index;

    page_put_wrapped(page, STYLE_QUIET, 0,
                     page_say(page, WORD_POLICY_AND_INTERVALS, page_word(page, policy_word(policy))));
    json_array_foreach(page_at(policy, "changes"), index, change) page_put_wrapped(
        page, STYLE_QUIET, 0,
        page_say(page, WORD_POLICY_SINCE, page_moment(page, page_text_at(change, "since"), false),
                 page_word(page, policy_word(change))));
}

void page_put_foot(struct page *page, const json_t *reply)
{
    if (json_is_object(page_at(reply, "left_out")))
        put_left_out(page, reply);
    put_lost(page, page_at(reply, "lost"));
    if (json_is_object(page_at(reply, "policy")))
        put_policy(page, page_at(reply, "policy"));
    put_purged(page, reply);
}

bool page_put_satisfied(struct page *page, const json_t *reply)
{
    const json_t *csat = page_at(reply, "csat"), *ratings = page_at(reply, "ratings");
    json_int_t visits = page_count_at(reply, "visits");

    if (visits == 0) {
        bool is_of_one = json_is_string(page_at(page_at(reply, "filter"), "staff"));
        bool is_gone = is_of_one && purged_before(reply) != NULL;

        page_put_wrapped(page, STYLE_PLAIN, 0,
                         page_word(page, is_gone ? WORD_NO_VISITS_NAMED : WORD_NO_VISITS));
        page_put(page, STYLE_PLAIN, "\n");
        return false;
    }
    if (!page_is_known(csat)) {
        page_put(page, STYLE_PLAIN, "%s\n\n", page_say(page, WORD_VISITS_FEW, page_number(page, visits)));
        return false;
    }
    page_put(page, STYLE_STRONG, "%s", page_say(page, WORD_SATISFIED, page_rate(page, csat)));
    page_put(page, STYLE_PLAIN, "   %s",
             page_say(page, WORD_SATISFIED_OF,
                      page_number(page, page_count_at(ratings, "4") + page_count_at(ratings, "5")),
                      page_number_at(page, csat, "n")));
    page_put(page, STYLE_QUIET, "   %s\n",
             page_say(page, WORD_MEAN, page_decimal(page, json_number_value(page_at(reply, "mean")), 1)));
    page_put_comparison(page, page_at(reply, "comparison"), 0);
    return true;
}
