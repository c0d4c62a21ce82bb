/* SPDX-License-Identifier: MIT
 *
 * render_text.c - replies as a page for a terminal: aligned, with bars, each figure with its n and its
 * interval.
 *
 * Replies come over a socket: a key that is missing reads as 0, "" or null, and nothing here may crash on it.
 */
#include "render_internal.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#define BAR_COLUMNS_MAX 40
#define LABEL_COLUMNS 22
#define NAME_COLUMNS 17
#define TEXT_SIZE 160
#define SHARES_MIN 5 /* of fewer answers only the counts are shown */

enum style { STYLE_PLAIN, STYLE_STRONG, STYLE_QUIET, STYLE_GOOD, STYLE_BAD };

static void put(struct page *page, enum style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void put(struct page *page, enum style style, const char *format, ...)
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

static json_t *at(const json_t *object, const char *key)
{
    return json_object_get(object, key);
}

static json_int_t count_at(const json_t *object, const char *key)
{
    return json_integer_value(at(object, key));
}

static const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(at(object, key));

    return text == NULL ? "" : text;
}

/* "1 answer", "2 answers" */
static const char *s_of(json_int_t count)
{
    return count == 1 ? "" : "s";
}

/* Names are Latin: each character is one column wide. */
static unsigned width_of(const char *text)
{
    unsigned width = 0;

    for (; *text != '\0'; text++)
        width += (*text & 0xC0) != 0x80 ? 1 : 0;
    return width;
}

static void put_padded(struct page *page, enum style style, const char *text, unsigned width)
{
    unsigned own = width_of(text);

    put(page, style, "%s", text);
    put(page, STYLE_PLAIN, "%*s", own < width ? (int)(width - own) : 0, "");
}

static long percent(double share)
{
    return lround(100 * share);
}

/* "92 %  86 to 96 %", or why there is none. */
static void rate_text(const json_t *rate, char text[TEXT_SIZE])
{
    const json_t *value = at(rate, "value");

    if (!json_is_number(value))
        snprintf(text, TEXT_SIZE, "%s",
                 count_at(rate, "n") > 0 || json_is_true(at(rate, "too_few")) ? "too few" : "-");
    else
        snprintf(text, TEXT_SIZE, "%3ld %%  %ld to %ld %%", percent(json_number_value(value)),
                 percent(json_number_value(at(rate, "low"))), percent(json_number_value(at(rate, "high"))));
}

/* An eighth of a column at the end; a share that is not zero is never invisible. */
static void put_bar(struct page *page, double share, unsigned columns)
{
    static const char *const parts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    unsigned eighths = (unsigned)lround(fmin(fmax(share, 0), 1) * columns * 8);
    unsigned used = 0;

    if (share > 0 && eighths == 0)
        eighths = 1;
    for (; eighths >= 8; eighths -= 8, used++)
        put(page, STYLE_PLAIN, "█");
    if (eighths > 0) {
        put(page, STYLE_PLAIN, "%s", parts[eighths]);
        used++;
    }
    put(page, STYLE_PLAIN, "%*s", (int)(columns - used), "");
}

static unsigned bar_columns(const struct page *page)
{
    unsigned columns = page->columns > LABEL_COLUMNS + 24 ? page->columns - LABEL_COLUMNS - 20 : 4;

    return columns < BAR_COLUMNS_MAX ? columns : BAR_COLUMNS_MAX;
}

static void put_share(struct page *page, const char *label, json_int_t count, json_int_t total)
{
    double share = total > 0 ? (double)count / (double)total : 0;

    put(page, STYLE_PLAIN, "  ");
    put_padded(page, STYLE_PLAIN, label, LABEL_COLUMNS);
    put_bar(page, share, bar_columns(page));
    put(page, STYLE_PLAIN, "%6" JSON_INTEGER_FORMAT, count);
    if (total >= SHARES_MIN)
        put(page, STYLE_QUIET, "  %3ld %%", percent(share));
    put(page, STYLE_PLAIN, "\n");
}

/* "2026-11-02T14:00:00+01:00" becomes "2026-11-02 14:00", at midnight the date alone. */
static void moment_text(const char *moment, bool is_midnight_bare, char text[TEXT_SIZE])
{
    if (strlen(moment) < 16)
        snprintf(text, TEXT_SIZE, "%s", moment[0] == '\0' ? "never" : moment);
    else if (is_midnight_bare && memcmp(moment + 11, "00:00", 5) == 0)
        snprintf(text, TEXT_SIZE, "%.10s", moment);
    else
        snprintf(text, TEXT_SIZE, "%.10s %.5s", moment, moment + 11);
}

static void period_text(const json_t *period, char text[TEXT_SIZE])
{
    char from[TEXT_SIZE], to[TEXT_SIZE];

    moment_text(text_at(period, "from"), true, from);
    moment_text(text_at(period, "to"), true, to);
    if (json_is_string(at(period, "from")) && json_is_string(at(period, "to")))
        snprintf(text, TEXT_SIZE, "from %.40s until %.40s", from, to);
    else if (json_is_string(at(period, "from")))
        snprintf(text, TEXT_SIZE, "since %.40s", from);
    else if (json_is_string(at(period, "to")))
        snprintf(text, TEXT_SIZE, "until %.40s", to);
    else
        snprintf(text, TEXT_SIZE, "all time");
}

static void put_title(struct page *page, const char *what, const json_t *reply)
{
    const json_t *filter = at(reply, "filter");
    char period[TEXT_SIZE];

    put(page, STYLE_STRONG, "%s - %s", text_at(reply, "store"), what);
    if (at(reply, "period") != NULL) {
        period_text(at(reply, "period"), period);
        put(page, STYLE_PLAIN, ", %s", period);
        put(page, STYLE_QUIET, " (%s)", text_at(reply, "timezone"));
    }
    put(page, STYLE_PLAIN, "\n");
    if (json_is_string(at(filter, "kiosk")))
        put(page, STYLE_PLAIN, "Only kiosk \"%s\".\n", text_at(filter, "kiosk"));
    if (json_is_string(at(filter, "staff")))
        put(page, STYLE_PLAIN, "Only visits served by \"%s\".\n", text_at(filter, "staff"));
    put(page, STYLE_PLAIN, "\n");
}

/* Parts of a sentence, "3 withdrawn, 5 in bursts", for the counts that are not zero. */
struct phrase {
    const char *key, *words;
};

static unsigned put_phrases(struct page *page, const char *lead, const json_t *counts,
                            const struct phrase *phrases, size_t count)
{
    unsigned parts = 0;

    for (size_t i = 0; i < count; i++) {
        if (count_at(counts, phrases[i].key) == 0)
            continue;
        put(page, STYLE_PLAIN, "%s%" JSON_INTEGER_FORMAT " %s", parts++ == 0 ? lead : ", ",
            count_at(counts, phrases[i].key), phrases[i].words);
    }
    return parts;
}

static void put_left_out(struct page *page, const json_t *reply)
{
    static const struct phrase visits[] = {
        {"withdrawn", "withdrawn"},
        {"stuck", "by a stuck button"},
        {"burst", "in bursts"},
        {"mash", "mashed"},
        {"other", "flagged by their kiosk"},
        {"time_unknown", "of uncertain time"},
    };
    static const struct phrase answers[] = {
        {"invalid_answers", "answers not understood"},
        {"answers_without_rating", "answers without their rating"},
    };
    const json_t *left_out = at(reply, "left_out");
    char rate[TEXT_SIZE];

    if (put_phrases(page, "Left out, visits: ", left_out, visits, sizeof visits / sizeof visits[0]) == 0)
        put(page, STYLE_QUIET, "No visit was left out.\n");
    else if (json_is_number(at(at(reply, "csat_with_left_out"), "value"))) {
        rate_text(at(reply, "csat_with_left_out"), rate);
        put(page, STYLE_PLAIN, ".\nSatisfied with those that were flagged: %s.\n", rate + strspn(rate, " "));
    } else {
        put(page, STYLE_PLAIN, ".\n");
    }
    if (put_phrases(page, "Not counted: ", left_out, answers, sizeof answers / sizeof answers[0]) > 0)
        put(page, STYLE_PLAIN, ".\n");
}

static void put_ratings(struct page *page, const json_t *reply)
{
    static const char *const labels[] = {"1  very unhappy", "2", "3", "4", "5  very happy"};
    char key[2] = "5";

    for (int i = 4; i >= 0; i--, key[0]--)
        put_share(page, labels[i], count_at(at(reply, "ratings"), key), count_at(reply, "visits"));
}

static json_int_t total_of(json_t *counts)
{
    json_int_t total = 0;
    const char *key;
    json_t *value;

    json_object_foreach(counts, key, value) total += json_integer_value(value);
    return total;
}

static void put_shares(struct page *page, const char *title, json_t *counts, const struct phrase *labels,
                       size_t count)
{
    json_int_t total = total_of(counts);

    if (total == 0)
        return;
    put(page, STYLE_STRONG, "\n%s", title);
    put(page, STYLE_QUIET, "  (%" JSON_INTEGER_FORMAT " answer%s%s)\n", total, total == 1 ? "" : "s",
        total < SHARES_MIN ? ", too few for shares" : "");
    for (size_t i = 0; i < count; i++)
        put_share(page, labels[i].words, count_at(counts, labels[i].key), total);
}

static void put_mentions(struct page *page, const json_t *mentions)
{
    json_int_t asked = count_at(mentions, "asked"), will = count_at(mentions, "will_ask");
    json_int_t answered = asked + will + count_at(mentions, "no");
    char rate[TEXT_SIZE];

    if (count_at(mentions, "shown") == 0)
        return;
    put(page, STYLE_STRONG, "\nAsked for by name");
    put(page, STYLE_QUIET,
        "  (%" JSON_INTEGER_FORMAT " answered, of %" JSON_INTEGER_FORMAT " who were asked)\n", answered,
        count_at(mentions, "shown"));
    rate_text(at(mentions, "asked_rate"), rate);
    put(page, STYLE_PLAIN, "  asked for by name  %6" JSON_INTEGER_FORMAT "   %s\n", asked, rate);
    rate_text(at(mentions, "intent_rate"), rate);
    put(page, STYLE_PLAIN, "  will next time     %6" JSON_INTEGER_FORMAT "   %s\n", will, rate);
    if (count_at(mentions, "loyal") + count_at(mentions, "word_of_mouth") > 0)
        put(page, STYLE_PLAIN,
            "  of those who asked: %" JSON_INTEGER_FORMAT " had been here before, %" JSON_INTEGER_FORMAT
            " came by word of mouth\n",
            count_at(mentions, "loyal"), count_at(mentions, "word_of_mouth"));
}

static void put_lost(struct page *page, const json_t *lost)
{
    static const struct phrase phrases[] = {
        {"damaged", "damaged in a kiosk's memory"},
        {"restored", "missing since an older database was restored"},
    };

    if (put_phrases(page, "Lost answers: ", lost, phrases, sizeof phrases / sizeof phrases[0]) > 0)
        put(page, STYLE_PLAIN, ".\n");
}

static void put_verdict(struct page *page, const json_t *reply)
{
    const json_t *csat = at(reply, "csat"), *ratings = at(reply, "ratings");
    char rate[TEXT_SIZE];

    rate_text(csat, rate);
    put(page, STYLE_STRONG, "Satisfied  %s", rate + strspn(rate, " "));
    put(page, STYLE_PLAIN, "   %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT " rated 4 or 5",
        count_at(ratings, "4") + count_at(ratings, "5"), count_at(csat, "n"));
    put(page, STYLE_QUIET, "   mean %.1f\n\n", json_number_value(at(reply, "mean")));
}

static void put_returning(struct page *page, const json_t *reply)
{
    json_int_t yes = count_at(at(reply, "returning"), "yes"), no = count_at(at(reply, "returning"), "no");

    if (yes + no > 0)
        put(page, STYLE_PLAIN,
            "Been here before: %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT
            " who were asked at random.\n",
            yes, yes + no);
    if (count_at(reply, "help_calls") > 0)
        put(page, STYLE_PLAIN, "Asked for somebody to come: %" JSON_INTEGER_FORMAT ".\n",
            count_at(reply, "help_calls"));
}

void render_summary(struct page *page, const json_t *reply)
{
    static const struct phrase causes[] = {
        {"process", "the process"}, {"rules", "the rules"},   {"presentation", "how it was presented"},
        {"product", "the product"}, {"people", "the people"},
    };
    static const struct phrase strengths[] = {
        {"empathy", "empathy"},     {"follow_through", "follow-through"}, {"respect", "respect"},
        {"listening", "listening"}, {"flexibility", "flexibility"},
    };

    put_title(page, "summary", reply);
    if (count_at(reply, "visits") == 0) {
        put(page, STYLE_PLAIN, "No visits to count in this period yet.\n\n");
    } else if (json_is_null(at(at(reply, "ratings"), "5"))) {
        put(page, STYLE_PLAIN, "%" JSON_INTEGER_FORMAT " visit%s: too few to show more.\n\n",
            count_at(reply, "visits"), count_at(reply, "visits") == 1 ? "" : "s");
    } else {
        put_verdict(page, reply);
        put_ratings(page, reply);
        put_mentions(page, at(reply, "mentions"));
        put_shares(page, "What was great", at(reply, "strengths"), strengths, 5);
        put_shares(page, "What let people down", at(reply, "causes"), causes, 5);
        put(page, STYLE_PLAIN, "\n");
        put_returning(page, reply);
    }
    put_left_out(page, reply);
    put_lost(page, at(reply, "lost"));
}

/* "12 of 40" */
static void asked_text(const json_t *mentions, char text[TEXT_SIZE])
{
    if (json_is_null(at(mentions, "asked"))) {
        snprintf(text, TEXT_SIZE, "too few");
        return;
    }

    json_int_t answered =
        count_at(mentions, "asked") + count_at(mentions, "will_ask") + count_at(mentions, "no");

    snprintf(text, TEXT_SIZE, "%" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT,
             count_at(mentions, "asked"), answered);
}

void render_staff(struct page *page, const json_t *reply)
{
    const json_t *row;
    char rate[TEXT_SIZE], asked[TEXT_SIZE], asked_rate[TEXT_SIZE];
    size_t index;

    put_title(page, "staff", reply);
    if (json_array_size(at(reply, "staff")) < 2 && count_at(reply, "visits") == 0 &&
        !json_is_string(at(at(reply, "filter"), "staff")))
        put(page, STYLE_PLAIN,
            "No staff and no visits yet: \"byname staff add NAME\" puts a name on the kiosks.\n");
    put(page, STYLE_QUIET, "%-*s%7s   %-19s%-15s%s\n", NAME_COLUMNS, "", "visits", "satisfied", "asked for",
        "of answers");
    json_array_foreach(at(reply, "staff"), index, row)
    {
        rate_text(at(row, "csat"), rate);
        asked_text(at(row, "mentions"), asked);
        rate_text(at(at(row, "mentions"), "asked_rate"), asked_rate);
        put_padded(page, count_at(row, "id") == 0 ? STYLE_QUIET : STYLE_STRONG, text_at(row, "name"),
                   NAME_COLUMNS);
        put(page, STYLE_PLAIN, "%7" JSON_INTEGER_FORMAT "   %-19s%-15s%s\n", count_at(row, "visits"), rate,
            asked, asked_rate);
    }
    put(page, STYLE_PLAIN, "%-*s%7" JSON_INTEGER_FORMAT "\n\n", NAME_COLUMNS, "all",
        count_at(reply, "visits"));
    put_left_out(page, reply);
}

void render_kiosks(struct page *page, const json_t *reply)
{
    const json_t *row;
    char rate[TEXT_SIZE], heard[TEXT_SIZE];
    size_t index;

    put_title(page, "kiosks", reply);
    if (json_array_size(at(reply, "kiosks")) == 0) {
        put(page, STYLE_PLAIN,
            "No kiosk has been adopted yet: \"byname kiosk list\" shows those that wait.\n");
        return;
    }
    put(page, STYLE_QUIET, "%-*s%-17s%7s %-18s%5s%5s%5s%5s\n", NAME_COLUMNS, "", "last heard", "visits",
        " satisfied", "queue", "full", "lost", "boot");
    json_array_foreach(at(reply, "kiosks"), index, row)
    {
        rate_text(at(row, "csat"), rate);
        moment_text(text_at(row, "last_heard"), false, heard);
        put_padded(page, STYLE_STRONG, text_at(row, "name"), NAME_COLUMNS);
        put(page, STYLE_PLAIN,
            "%-17s%7" JSON_INTEGER_FORMAT " %-18s%5" JSON_INTEGER_FORMAT "%5" JSON_INTEGER_FORMAT
            "%5" JSON_INTEGER_FORMAT "%5" JSON_INTEGER_FORMAT "\n",
            heard, count_at(row, "visits"), rate, count_at(row, "pending"), count_at(row, "refused"),
            count_at(row, "lost"), count_at(row, "boots"));
        if (count_at(row, "conflicts") + count_at(row, "bad_slots") + count_at(row, "display_faults") > 0)
            put(page, STYLE_BAD,
                "  %" JSON_INTEGER_FORMAT " answer%s came with two contents, %" JSON_INTEGER_FORMAT
                " bad slot%s of memory, %" JSON_INTEGER_FORMAT " display fault%s\n",
                count_at(row, "conflicts"), s_of(count_at(row, "conflicts")), count_at(row, "bad_slots"),
                s_of(count_at(row, "bad_slots")), count_at(row, "display_faults"),
                s_of(count_at(row, "display_faults")));
    }
    put(page, STYLE_QUIET,
        "\nqueue: answers still in the kiosk; full: presses refused, its memory was full;\n"
        "lost: answers gone for good; boot: restarts seen.\n");
}

void render_staff_list(struct page *page, const json_t *reply)
{
    const json_t *row;
    size_t index;

    if (json_array_size(at(reply, "staff")) == 0) {
        put(page, STYLE_PLAIN, "No staff yet: \"byname staff add NAME\" puts a name on the kiosks.\n");
        return;
    }
    put(page, STYLE_QUIET, "%6s  %-*s%-10s%s\n", "number", NAME_COLUMNS, "name", "on duty", "PIN");
    json_array_foreach(at(reply, "staff"), index, row)
    {
        bool is_retired = json_is_true(at(row, "retired"));

        put(page, STYLE_PLAIN, "%6" JSON_INTEGER_FORMAT "  ", count_at(row, "id"));
        put_padded(page, is_retired ? STYLE_QUIET : STYLE_STRONG, text_at(row, "name"), NAME_COLUMNS);
        put(page, STYLE_PLAIN, "%-10s%s\n",
            is_retired                            ? "retired"
            : json_is_false(at(row, "on_kiosks")) ? "no room"
            : json_is_true(at(row, "on_duty"))    ? "yes"
                                                  : "no",
            json_is_true(at(row, "has_pin")) ? "set" : "-");
    }
}

static const char *state_words(const json_t *row)
{
    static const struct {
        const char *state, *words;
    } states[] = {
        {"pending", "waits for adoption"},
        {"other_database", "of another database"},
        {"up", "connected"},
        {"away", "silent"},
        {"absent", "not plugged in"},
        {"refused", "refused"},
        {"held", "on hold"},
        {"unverified", "not verified"},
    };

    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        if (strcmp(text_at(row, "state"), states[i].state) == 0)
            return states[i].words;
    }
    return "adopted";
}

static void put_kiosk_rows(struct page *page, const json_t *rows)
{
    const json_t *row;
    char heard[TEXT_SIZE];
    size_t index;

    json_array_foreach(rows, index, row)
    {
        const char *name = text_at(row, "name");

        moment_text(text_at(row, "last_heard"), false, heard);
        put_padded(page, STYLE_STRONG, name[0] == '\0' ? "(no name yet)" : name, NAME_COLUMNS);
        put_padded(page, STYLE_PLAIN, state_words(row), 20);
        put(page, STYLE_PLAIN, "at %s", text_at(row, "port"));
        if (!json_is_true(at(row, "connected")))
            put(page, STYLE_PLAIN, ", heard %s", heard);
        put(page, STYLE_QUIET, "  %s %s\n", text_at(row, "device"), text_at(row, "firmware"));
        if (text_at(row, "note")[0] != '\0')
            put(page, STYLE_QUIET, "%*s%s\n", NAME_COLUMNS, "", text_at(row, "note"));
        if (count_at(row, "pending") + count_at(row, "refused") + count_at(row, "bad_frames") > 0)
            put(page, STYLE_QUIET,
                "%*s%" JSON_INTEGER_FORMAT " answer%s waiting, %" JSON_INTEGER_FORMAT
                " press%s refused, %" JSON_INTEGER_FORMAT " bad frame%s\n",
                NAME_COLUMNS, "", count_at(row, "pending"), s_of(count_at(row, "pending")),
                count_at(row, "refused"), count_at(row, "refused") == 1 ? "" : "es",
                count_at(row, "bad_frames"), s_of(count_at(row, "bad_frames")));
        if (count_at(row, "refused_frames") + count_at(row, "refused_by_kiosk") > 0)
            put(page, STYLE_QUIET,
                "%*snot verified, so refused: %" JSON_INTEGER_FORMAT " frames here, %" JSON_INTEGER_FORMAT
                " at the kiosk\n",
                NAME_COLUMNS, "", count_at(row, "refused_frames"), count_at(row, "refused_by_kiosk"));
    }
}

void render_kiosk_list(struct page *page, const json_t *reply)
{
    const json_t *row;
    size_t index;

    if (json_array_size(at(reply, "kiosks")) == 0)
        put(page, STYLE_PLAIN,
            "No kiosk was ever heard: plug one in, and look at the ports in the configuration.\n");
    put_kiosk_rows(page, at(reply, "kiosks"));
    json_array_foreach(at(reply, "kiosks"), index, row) if (strcmp(text_at(row, "state"), "pending") == 0)
        put(page, STYLE_PLAIN, "\nTo let it in: byname kiosk adopt '%s' --name NAME\n", text_at(row, "port"));
}

void render_done(struct page *page, const json_t *reply)
{
    put(page, STYLE_PLAIN, "%s\n", text_at(reply, "text"));
}

void render_token(struct page *page, const json_t *reply)
{
    const char *link = text_at(reply, "link");

    put(page, STYLE_PLAIN,
        "Token %" JSON_INTEGER_FORMAT " for %s, shown only now. Whoever has it may see what it opens.\n",
        count_at(reply, "id"), text_at(reply, "for"));
    put(page, STYLE_STRONG, "%s\n", link[0] == '\0' ? text_at(reply, "token") : link);
    if (link[0] == '\0')
        put(page, STYLE_PLAIN, "There is no listen= in [http] of bynamed.conf: nothing takes it yet.\n");
}

void render_token_list(struct page *page, const json_t *reply)
{
    const json_t *row;
    char moment[TEXT_SIZE];
    size_t index;

    if (json_array_size(at(reply, "tokens")) == 0)
        put(page, STYLE_PLAIN,
            "There is no token: byname token create manager, staff:WHO or board makes one.\n");
    else
        put(page, STYLE_QUIET, "number  for       whose             made              what for\n");
    json_array_foreach(at(reply, "tokens"), index, row)
    {
        put(page, STYLE_PLAIN, "%6" JSON_INTEGER_FORMAT "  ", count_at(row, "id"));
        put_padded(page, STYLE_PLAIN, text_at(row, "scope"), 10);
        put_padded(page, STYLE_STRONG, text_at(row, "staff"), NAME_COLUMNS);
        moment_text(text_at(row, "created"), false, moment);
        put_padded(page, STYLE_PLAIN, moment, 18);
        put(page, STYLE_PLAIN, "%s", text_at(row, "label"));
        moment_text(text_at(row, "revoked"), false, moment);
        if (text_at(row, "revoked")[0] != '\0')
            put(page, STYLE_QUIET, " (revoked %s)", moment);
        put(page, STYLE_PLAIN, "\n");
    }
}

static void put_uptime(struct page *page, json_int_t seconds)
{
    if (seconds >= 2 * 86400)
        put(page, STYLE_PLAIN, "%" JSON_INTEGER_FORMAT " days", seconds / 86400);
    else if (seconds >= 2 * 3600)
        put(page, STYLE_PLAIN, "%" JSON_INTEGER_FORMAT " hours", seconds / 3600);
    else
        put(page, STYLE_PLAIN, "%" JSON_INTEGER_FORMAT " minute%s", seconds / 60, s_of(seconds / 60));
}

void render_status(struct page *page, const json_t *reply)
{
    bool is_well = json_is_true(at(reply, "is_well"));
    const json_t *problem;
    size_t index;

    put(page, STYLE_STRONG, "%s ", text_at(reply, "store"));
    put(page, is_well ? STYLE_GOOD : STYLE_BAD, "%s", is_well ? "is well" : "is unwell");
    put(page, STYLE_PLAIN, ", bynamed runs for ");
    put_uptime(page, count_at(reply, "uptime_s"));
    put(page, STYLE_PLAIN, ".\n");
    json_array_foreach(at(reply, "problems"), index, problem)
        put(page, STYLE_BAD, "- %s\n", json_is_string(problem) ? json_string_value(problem) : "?");
    json_array_foreach(at(reply, "warnings"), index, problem)
        put(page, STYLE_PLAIN, "- %s\n", json_is_string(problem) ? json_string_value(problem) : "?");
    if (json_array_size(at(reply, "kiosks")) > 0)
        put(page, STYLE_PLAIN, "\n");
    put_kiosk_rows(page, at(reply, "kiosks"));
    put(page, STYLE_QUIET, "\ndatabase %s\n", text_at(reply, "path"));
}

void render_verify(struct page *page, const json_t *reply)
{
    bool is_well = json_is_true(at(reply, "is_well"));

    put(page, STYLE_STRONG,
        "%" JSON_INTEGER_FORMAT " answer%s and %" JSON_INTEGER_FORMAT " visit%s were counted again: ",
        count_at(reply, "answers"), s_of(count_at(reply, "answers")), count_at(reply, "visits"),
        s_of(count_at(reply, "visits")));
    put(page, is_well ? STYLE_GOOD : STYLE_BAD, "%s\n",
        is_well ? "every figure agrees." : "there are differences.");
    if (!is_well) {
        put(page, STYLE_PLAIN,
            "%" JSON_INTEGER_FORMAT " visits and %" JSON_INTEGER_FORMAT
            " tallies are wrong, %" JSON_INTEGER_FORMAT " answers are missing.\n",
            count_at(reply, "visits_wrong"), count_at(reply, "tallies_wrong"), count_at(reply, "missing"));
        put(page, STYLE_PLAIN, "The first difference: %s.\n", text_at(reply, "first_difference"));
    }
    if (count_at(reply, "lost") + count_at(reply, "conflicts") > 0)
        put(page, STYLE_PLAIN,
            "Known to be lost: %" JSON_INTEGER_FORMAT
            " answers. Came with two contents: %" JSON_INTEGER_FORMAT ".\n",
            count_at(reply, "lost"), count_at(reply, "conflicts"));
}
