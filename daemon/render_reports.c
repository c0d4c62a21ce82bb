/* SPDX-License-Identifier: MIT
 *
 * render_reports.c - reports of the whole as a page: the week, summary, causes, strengths, help.
 */
#include "render_internal.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/vocabulary.h"

#define LABEL_COLUMNS 22
#define RATE_COLUMNS 19
#define VERDICT_COLUMNS 16
#define SHARES_MIN 5 /* of fewer answers only the counts are shown */
#define CALLS_SHOWN_MAX 20
#define HOURS_FROM_MINUTES 1000 /* a call that took so long is told in hours */
#define OVERVIEW_LINES 24
#define OVERVIEW_PEOPLE_LINES 4
#define OVERVIEW_UNWELL_MAX 3

struct label {
    const char *key;
    enum word word;
};

#define CAUSE_LABEL(NAME, code, name) {name, WORD_CAUSE_##code},
#define STRENGTH_LABEL(NAME, code, name) {name, WORD_STRENGTH_##code},
static const struct label causes[] = {CAUSES(CAUSE_LABEL)};
static const struct label strengths[] = {STRENGTHS(STRENGTH_LABEL)};

/* "  label   ████▌   60   60 %" */
static void put_share(struct page *page, const char *label, json_int_t count, json_int_t total)
{
    double share = total > 0 ? (double)count / (double)total : 0;
    char percent[8];

    snprintf(percent, sizeof percent, "%3.0f", 100 * share);
    page_put(page, STYLE_PLAIN, "  ");
    page_put_padded(page, STYLE_PLAIN, label, LABEL_COLUMNS);
    page_put_bar(page, share, page_bar_columns(page, LABEL_COLUMNS + 20));
    page_put(page, STYLE_PLAIN, "%6" JSON_INTEGER_FORMAT, count);
    if (total >= SHARES_MIN)
        page_put(page, STYLE_QUIET, "  %s", page_say(page, WORD_PERCENT, percent));
    page_put(page, STYLE_PLAIN, "\n");
}

static void put_ratings(struct page *page, const json_t *reply)
{
    static const struct label ratings[] = {{"5", WORD_RATING_5},
                                           {"4", WORD_RATING_4},
                                           {"3", WORD_RATING_3},
                                           {"2", WORD_RATING_2},
                                           {"1", WORD_RATING_1}};

    for (size_t i = 0; i < sizeof ratings / sizeof ratings[0]; i++)
        put_share(page, page_word(page, ratings[i].word),
                  page_count_at(page_at(reply, "ratings"), ratings[i].key), page_count_at(reply, "visits"));
}

/* Summary ------------------------------------------------------------------------------------------------------- */

static void put_shares(struct page *page, enum word title, const json_t *counts, const struct label *labels,
                       size_t count)
{
    json_int_t total = 0;

    for (size_t i = 0; i < count; i++)
        total += page_count_at(counts, labels[i].key);
    if (total == 0)
        return;
    page_put(page, STYLE_STRONG, "\n%s", page_word(page, title));
    page_put(page, STYLE_QUIET, "  %s\n",
             page_say(page, total < SHARES_MIN ? WORD_ANSWERS_FEW : WORD_ANSWERS, page_number(page, total)));
    for (size_t i = 0; i < count; i++)
        put_share(page, page_word(page, labels[i].word), page_count_at(counts, labels[i].key), total);
}

static void put_mention(struct page *page, enum word label, const json_t *mentions, const char *count,
                        const char *rate, const char *comparison)
{
    page_put(page, STYLE_PLAIN, "  ");
    page_put_padded(page, STYLE_PLAIN, page_word(page, label), LABEL_COLUMNS - 3);
    page_put(page, STYLE_PLAIN, "%6" JSON_INTEGER_FORMAT "   %s\n", page_count_at(mentions, count),
             page_rate_wide(page, page_at(mentions, rate)));
    page_put_comparison(page, page_at(mentions, comparison), LABEL_COLUMNS + 8);
}

static json_int_t mention_answers(const json_t *mentions)
{
    return page_count_at(mentions, "asked") + page_count_at(mentions, "will_ask") +
           page_count_at(mentions, "no");
}

static void put_mentions(struct page *page, const json_t *mentions)
{
    if (page_count_at(mentions, "shown") == 0)
        return;
    page_put(page, STYLE_STRONG, "\n%s", page_word(page, WORD_ASKED_HEAD));
    page_put(page, STYLE_QUIET, "  %s\n",
             page_say(page, WORD_ASKED_OF, page_number(page, mention_answers(mentions)),
                      page_number_at(page, mentions, "shown")));
    put_mention(page, WORD_ASKED_TODAY, mentions, "asked", "asked_rate", "asked_comparison");
    put_mention(page, WORD_ASKED_NEXT, mentions, "will_ask", "intent_rate", "intent_comparison");
    if (page_count_at(mentions, "loyal") + page_count_at(mentions, "word_of_mouth") > 0)
        page_put_wrapped(page, STYLE_PLAIN, 2,
                         page_say(page, WORD_ASKED_WHO, page_number_at(page, mentions, "loyal"),
                                  page_number_at(page, mentions, "word_of_mouth")));
}

static void put_returning(struct page *page, const json_t *reply)
{
    const json_t *returning = page_at(reply, "returning");
    json_int_t yes = page_count_at(returning, "yes"), no = page_count_at(returning, "no");

    if (yes + no > 0)
        page_put_wrapped(page, STYLE_PLAIN, 0,
                         page_say(page, WORD_RETURNING, page_number(page, yes), page_number(page, yes + no),
                                  page_rate(page, page_at(returning, "rate"))));
    if (page_count_at(reply, "help_calls") > 0)
        page_put_wrapped(page, STYLE_PLAIN, 0,
                         page_say(page, WORD_HELP_CALLS, page_number_at(page, reply, "help_calls")));
}

static void put_responses(struct page *page, const json_t *responses)
{
    static const struct label questions[] = {
        {"staff", WORD_QUESTION_STAFF},         {"mention", WORD_QUESTION_MENTION},
        {"cause", WORD_QUESTION_CAUSE},         {"strength", WORD_QUESTION_STRENGTH},
        {"returning", WORD_QUESTION_RETURNING}, {"help", WORD_QUESTION_HELP},
    };
    bool is_begun = false;

    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
        const json_t *response = page_at(responses, questions[i].key);

        if (page_count_at(response, "shown") == 0)
            continue;
        if (!is_begun)
            page_put(page, STYLE_QUIET, "%s\n", page_word(page, WORD_RESPONSES));
        is_begun = true;
        page_put(page, STYLE_PLAIN, "  ");
        page_put_padded(page, STYLE_PLAIN, page_word(page, questions[i].word), LABEL_COLUMNS - 10);
        page_put_padded(page, STYLE_PLAIN, page_rate_wide(page, page_at(response, "rate")), RATE_COLUMNS);
        page_put(page, STYLE_QUIET, "%s\n",
                 page_say(page, WORD_N_OF_M, page_number_at(page, response, "answered"),
                          page_number_at(page, response, "shown")));
    }
}

static void put_audiences(struct page *page, const json_t *audiences)
{
    const json_t *row;
    size_t index;

    if (json_array_size(audiences) < 2)
        return;
    page_put(page, STYLE_STRONG, "%s\n", page_word(page, WORD_AUDIENCES));
    json_array_foreach(audiences, index, row)
    {
        bool is_internal = strcmp(page_text_at(row, "audience"), "internal") == 0;

        page_put(page, STYLE_PLAIN, "  ");
        page_put_padded(page, STYLE_PLAIN,
                        page_word(page, is_internal ? WORD_AUDIENCE_INTERNAL : WORD_AUDIENCE_EXTERNAL),
                        LABEL_COLUMNS - 10);
        page_put_padded(page, STYLE_PLAIN, page_rate_wide(page, page_at(row, "csat")), RATE_COLUMNS);
        page_put(page, STYLE_QUIET, "%s\n",
                 page_say(page, WORD_VISITS_COUNT, page_number_at(page, row, "visits")));
    }
    page_put(page, STYLE_PLAIN, "\n");
}

static void put_notes(struct page *page, const json_t *notes)
{
    const json_t *note;
    size_t index;

    if (json_array_size(notes) > 0)
        page_put(page, STYLE_STRONG, "\n%s\n", page_word(page, WORD_NOTES));
    json_array_foreach(notes, index, note)
    {
        const json_t *after = page_at(note, "after");

        page_put_wrapped(page, STYLE_PLAIN, 2,
                         page_say(page, WORD_NOTE, page_moment(page, page_text_at(note, "noted"), false),
                                  page_text_at(note, "text")));
        if (page_count_at(note, "days") == 0 || page_count_at(after, "n") == 0) {
            page_put_wrapped(page, STYLE_QUIET, 4, page_word(page, WORD_NOTE_NONE));
            continue;
        }
        page_put_wrapped(page, STYLE_PLAIN, 4,
                         page_say(page, WORD_NOTE_AFTER, page_rate(page, after),
                                  page_number_at(page, after, "n"), page_number_at(page, note, "days")));
        page_put_comparison(page, page_at(note, "comparison"), 4);
    }
    if (json_array_size(notes) > 0)
        page_put(page, STYLE_PLAIN, "\n");
}

void render_summary(struct page *page, const json_t *reply)
{
    page_put_title(page, WORD_REPORT_SUMMARY, reply);
    put_audiences(page, page_at(reply, "audiences"));
    if (page_put_satisfied(page, reply)) {
        page_put(page, STYLE_PLAIN, "\n");
        put_ratings(page, reply);
        put_mentions(page, page_at(reply, "mentions"));
        put_shares(page, WORD_GREAT, page_at(reply, "strengths"), strengths, 5);
        put_shares(page, WORD_LET_DOWN, page_at(reply, "causes"), causes, 5);
        page_put(page, STYLE_PLAIN, "\n");
        put_returning(page, reply);
        put_responses(page, page_at(reply, "responses"));
    }
    put_notes(page, page_at(reply, "notes"));
    page_put_foot(page, reply);
}

/* Causes and strengths ------------------------------------------------------------------------------------------ */

static void put_peak(struct page *page, const json_t *peak)
{
    const json_t *rate = page_at(peak, "rate");
    char hour[16];

    if (!json_is_object(peak))
        return;
    snprintf(hour, sizeof hour, "%d:00", (int)page_count_at(peak, "hour") % 100);
    page_put_wrapped(page, STYLE_QUIET, 4,
                     page_say(page, WORD_PEAK, hour, page_number_at(page, peak, "count"),
                              page_number_at(page, rate, "n"), page_rate(page, rate)));
}

static void put_choice(struct page *page, const json_t *row, const char *label, bool has_before)
{
    unsigned others = LABEL_COLUMNS + 2 + 7 + 2 + RATE_COLUMNS + (has_before ? VERDICT_COLUMNS : 0);
    const json_t *share = page_at(row, "share");
    enum style style;
    enum word verdict = page_verdict(page_at(row, "comparison"), &style);

    page_put(page, STYLE_PLAIN, "  ");
    page_put_padded(page, STYLE_PLAIN, label, LABEL_COLUMNS);
    page_put_bar(page, json_number_value(page_at(share, "value")), page_bar_columns(page, others));
    page_put(page, STYLE_PLAIN, "%7" JSON_INTEGER_FORMAT "  ", page_count_at(row, "count"));
    if (has_before) {
        page_put_padded(page, STYLE_PLAIN, page_rate_wide(page, share), RATE_COLUMNS);
        page_put(page, style, "%s\n", page_word(page, verdict));
    } else {
        page_put(page, STYLE_PLAIN, "%s\n", page_rate_wide(page, share));
    }
    put_peak(page, page_at(row, "peak"));
}

static void render_choices(struct page *page, const json_t *reply, enum word title, enum word none,
                           const char *list, const char *key, enum word (*word_of)(const char *name))
{
    const json_t *row;
    size_t index;

    if (page_count_at(reply, "visits") > 0 && json_is_null(page_at(reply, "answers"))) {
        page_put(page, STYLE_PLAIN, "%s\n\n",
                 page_say(page, WORD_VISITS_FEW, page_number_at(page, reply, "visits")));
    } else if (page_count_at(reply, "answers") == 0) {
        page_put_wrapped(page, STYLE_PLAIN, 0, page_word(page, none));
        page_put(page, STYLE_PLAIN, "\n");
    } else {
        page_put(page, STYLE_STRONG, "%s", page_word(page, title));
        page_put(page, STYLE_QUIET, "  %s\n",
                 page_say(page, WORD_ANSWERS_SHOWN, page_number_at(page, reply, "answers"),
                          page_number_at(page, reply, "skipped"), page_number_at(page, reply, "none")));
        json_array_foreach(page_at(reply, list), index, row)
            put_choice(page, row, page_word(page, word_of(page_text_at(row, key))),
                       json_is_object(page_at(reply, "before")));
        page_put(page, STYLE_PLAIN, "\n");
    }
    page_put_foot(page, reply);
}

void render_causes(struct page *page, const json_t *reply)
{
    page_put_title(page, WORD_REPORT_CAUSES, reply);
    render_choices(page, reply, WORD_LET_DOWN, WORD_NO_CAUSES, "causes", "cause", words_cause);
}

void render_strengths(struct page *page, const json_t *reply)
{
    page_put_title(page, WORD_REPORT_STRENGTHS, reply);
    render_choices(page, reply, WORD_GREAT, WORD_NO_STRENGTHS, "strengths", "strength", words_strength);
}

/* Help ---------------------------------------------------------------------------------------------------------- */

static const char *minutes_at(struct page *page, const json_t *object, const char *key)
{
    return page_number(page, (json_int_t)((json_number_value(page_at(object, key)) + 30) / 60));
}

static const struct page_phrase call_states[] = {
    {"open", WORD_HELP_OPEN},     {"acknowledged", WORD_HELP_ACKNOWLEDGED}, {"closed", WORD_HELP_CLOSED},
    {"missed", WORD_HELP_MISSED}, {"not_followed", WORD_HELP_NOT_FOLLOWED},
};

static const char *states_text(struct page *page, const json_t *counts)
{
    return page_phrases(page, counts, call_states, sizeof call_states / sizeof call_states[0]);
}

static void put_follow_up(struct page *page, const json_t *follow_up)
{
    static const struct page_phrase outcomes[] = {
        {"solved", WORD_HELP_SOLVED},
        {"handed_on", WORD_HELP_HANDED_ON},
        {"could_not", WORD_HELP_COULD_NOT},
        {"abuse", WORD_HELP_ABUSE},
    };
    const char *text = states_text(page, follow_up);

    if (text[0] != '\0')
        page_put_wrapped(page, STYLE_PLAIN, 0, page_say(page, WORD_HELP_STATES, text));
    text = page_phrases(page, follow_up, outcomes, sizeof outcomes / sizeof outcomes[0]);
    if (text[0] != '\0')
        page_put_wrapped(page, STYLE_PLAIN, 0, page_say(page, WORD_HELP_OUTCOMES, text));
    if (page_count_at(follow_up, "closed_n") > 0)
        page_put_wrapped(page, STYLE_PLAIN, 0,
                         page_say(page, WORD_HELP_RECOVERY, minutes_at(page, follow_up, "recovery_median_s"),
                                  minutes_at(page, follow_up, "recovery_p90_s"),
                                  page_number_at(page, follow_up, "closed_n")));
}

static const char *state_text(const struct page *page, const json_t *call)
{
    static const struct label states[] = {{"open", WORD_HELP_STATE_OPEN},
                                          {"acknowledged", WORD_HELP_STATE_ACKNOWLEDGED},
                                          {"closed", WORD_HELP_STATE_CLOSED},
                                          {"missed", WORD_HELP_STATE_MISSED}};

    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        if (strcmp(states[i].key, page_text_at(call, "state")) == 0)
            return page_word(page, states[i].word);
    return "";
}

/* How it ended, else its state; with the time that took. */
static const char *call_text(struct page *page, const json_t *call)
{
    static const struct label outcomes[] = {{"solved", WORD_HELP_OUTCOME_SOLVED},
                                            {"handed_on", WORD_HELP_OUTCOME_HANDED_ON},
                                            {"could_not", WORD_HELP_OUTCOME_COULD_NOT},
                                            {"abuse", WORD_HELP_OUTCOME_ABUSE}};
    const char *text = state_text(page, call);
    const json_t *seconds =
        page_at(call, strcmp(page_text_at(call, "state"), "closed") == 0 ? "recovery_s" : "acknowledged_s");
    json_int_t minutes = (json_integer_value(seconds) + 30) / 60;

    for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++)
        if (strcmp(outcomes[i].key, page_text_at(call, "outcome")) == 0)
            text = page_word(page, outcomes[i].word);
    if (!json_is_integer(seconds))
        return text;
    return page_say(page, WORD_HELP_CALL_AFTER, text,
                    minutes < HOURS_FROM_MINUTES
                        ? page_say(page, WORD_HELP_MINUTES, page_number(page, minutes))
                        : page_say(page, WORD_DAY_LENGTH, page_number(page, (minutes + 30) / 60)));
}

/* What a customer named, or what made a run bad; "" for nothing. */
static const char *call_cause(struct page *page, const json_t *call)
{
    const char *cause = page_text_at(call, "cause");

    if (strcmp(page_text_at(call, "event"), "bad_run") == 0)
        return page_say(page, WORD_HELP_RUN, page_number_at(page, call, "unhappy"),
                        page_number_at(page, call, "ratings"));
    return cause[0] == '\0' ? "" : page_word(page, words_cause(cause));
}

/* "×≈2026-11-02 14:05 Counter 2        1/5 solved 4 min         the wait" */
static void put_call(struct page *page, const json_t *call)
{
    const char *cause = call_cause(page, call), *text = call_text(page, call);
    bool is_rated = json_is_integer(page_at(call, "rating"));

    page_put_padded(page, STYLE_QUIET, page_text_at(call, "left_out")[0] == '\0' ? "" : "×", 1);
    page_put_padded(page, STYLE_QUIET, json_is_false(page_at(call, "is_certain")) ? "≈" : "", 1);
    page_put_padded(page, STYLE_PLAIN, page_moment(page, page_text_at(call, "at"), false), 17);
    page_put_padded(page, STYLE_PLAIN, page_text_at(call, "kiosk"), 17);
    page_put_padded(
        page, STYLE_PLAIN,
        is_rated ? page_say(page, WORD_HELP_CALL_RATED, page_number_at(page, call, "rating")) : "", 4);
    page_put_padded(page, strcmp(page_text_at(call, "state"), "open") == 0 ? STYLE_BAD : STYLE_PLAIN, text,
                    cause[0] == '\0' ? 0 : 21);
    page_put(page, STYLE_PLAIN, "%s\n", cause);
}

static void put_calls(struct page *page, const json_t *calls)
{
    size_t shown = json_array_size(calls) < CALLS_SHOWN_MAX ? json_array_size(calls) : CALLS_SHOWN_MAX;
    bool has_uncertain = false;

    if (shown == 0)
        return;
    page_put(page, STYLE_STRONG, "\n%s\n", page_word(page, WORD_HELP_CALL_HEAD));
    for (size_t i = 0; i < shown; i++) {
        const json_t *call = json_array_get(calls, i);

        has_uncertain = has_uncertain || json_is_false(page_at(call, "is_certain"));
        put_call(page, call);
    }
    if (has_uncertain)
        page_put(page, STYLE_QUIET, "  %s\n", page_word(page, WORD_HELP_UNCERTAIN));
    if (json_array_size(calls) > shown)
        page_put(page, STYLE_QUIET, "  %s\n",
                 page_say(page, WORD_MORE, page_number(page, (json_int_t)(json_array_size(calls) - shown))));
}

/* What is listed among the calls and in no figure. */
static void put_apart(struct page *page, const json_t *reply)
{
    const json_t *runs = page_at(reply, "bad_runs");

    if (page_count_at(reply, "calls_left_out") > 0)
        page_put_wrapped(page, STYLE_PLAIN, 0,
                         page_say(page, WORD_HELP_LEFT_OUT, page_number_at(page, reply, "calls_left_out")));
    if (page_count_at(runs, "count") > 0)
        page_put_wrapped(
            page, STYLE_PLAIN, 0,
            page_say(page, WORD_HELP_RUNS, page_number_at(page, runs, "count"), states_text(page, runs)));
}

void render_help(struct page *page, const json_t *reply)
{
    const json_t *help = page_at(reply, "help");

    page_put_title(page, WORD_REPORT_HELP, reply);
    if (json_is_null(page_at(help, "offered"))) {
        page_put(page, STYLE_PLAIN, "%s\n",
                 page_say(page, WORD_VISITS_FEW, page_number_at(page, reply, "visits")));
    } else if (page_count_at(help, "offered") == 0) {
        if (page_count_at(reply, "calls_left_out") == 0)
            page_put_wrapped(page, STYLE_PLAIN, 0, page_word(page, WORD_HELP_NONE));
    } else {
        page_put(page, STYLE_STRONG, "%s\n", page_word(page, WORD_HELP_HEAD));
        page_put_wrapped(page, STYLE_PLAIN, 0,
                         page_say(page, WORD_HELP_OF, page_number_at(page, help, "offered"),
                                  page_number_at(page, help, "yes"), page_number_at(page, help, "no"),
                                  page_number_at(page, help, "skipped"), page_number_at(page, help, "none")));
        page_put_wrapped(page, STYLE_PLAIN, 0,
                         page_say(page, WORD_HELP_RATE, page_rate(page, page_at(help, "rate"))));
        page_put_comparison(page, page_at(help, "comparison"), 0);
        put_follow_up(page, page_at(reply, "follow_up"));
    }
    put_apart(page, reply);
    put_calls(page, page_at(reply, "calls"));
    page_put(page, STYLE_PLAIN, "\n");
    page_put_foot(page, reply);
}

/* The week ------------------------------------------------------------------------------------------------------ */

static void put_week_cause(struct page *page, const json_t *cause)
{
    const json_t *share = page_at(cause, "share");

    if (!json_is_object(cause)) {
        page_put(page, STYLE_PLAIN, "%s\n", page_word(page, WORD_WEEK_CAUSE_NONE));
        return;
    }
    page_put_wrapped(page, STYLE_PLAIN, 0,
                     page_say(page, WORD_WEEK_CAUSE,
                              page_word(page, words_cause(page_text_at(cause, "cause"))),
                              page_number_at(page, cause, "count"), page_number_at(page, share, "n"),
                              page_rate(page, share)));
    put_peak(page, page_at(cause, "peak"));
}

/* As many names as fit into the lines, in their order, and no rank among them. */
static void put_week_people(struct page *page, const json_t *people, unsigned lines)
{
    const json_t *row;
    size_t index;
    unsigned column = 0, line = 0;

    json_array_foreach(people, index, row)
    {
        const char *text = page_say(
            page, json_is_true(page_at(row, "is_own_best")) ? WORD_WEEK_PERSON_BEST : WORD_WEEK_PERSON,
            page_text_at(row, "name"), page_number_at(page, row, "asked"),
            page_number_at(page, page_at(row, "asked_rate"), "n"));
        unsigned width = page_width(text);

        if (column > 0 && column + 3 + width > page->columns) {
            page_put(page, STYLE_PLAIN, "\n");
            column = 0;
            line++;
        }
        if (line + 1 == lines && index + 1 < json_array_size(people) &&
            column + 3 + width + 3 + 12 > page->columns) {
            page_put(
                page, STYLE_QUIET, "%s%s", column == 0 ? "  " : "   ",
                page_say(page, WORD_MORE, page_number(page, (json_int_t)(json_array_size(people) - index))));
            break;
        }
        page_put(page, STYLE_PLAIN, "%s%s", column == 0 ? "  " : "   ", text);
        column += (column == 0 ? 2 : 3) + width;
    }
    if (json_array_size(people) > 0)
        page_put(page, STYLE_PLAIN, "\n");
}

static void put_week_mentions(struct page *page, const json_t *reply, unsigned people_lines)
{
    const json_t *mentions = page_at(reply, "mentions");
    enum style style;
    enum word verdict = page_verdict(page_at(mentions, "asked_comparison"), &style);
    const char *line;

    if (mention_answers(mentions) == 0) {
        page_put(page, STYLE_PLAIN, "%s\n", page_word(page, WORD_WEEK_ASKED_NONE));
        return;
    }
    line = page_say(page, WORD_WEEK_ASKED, page_number_at(page, mentions, "asked"),
                    page_number(page, mention_answers(mentions)),
                    page_rate(page, page_at(mentions, "asked_rate")));
    if (json_is_object(page_at(mentions, "asked_comparison")))
        line = page_join(page, line, page_word(page, verdict));
    page_put_wrapped(page, style == STYLE_QUIET ? STYLE_PLAIN : style, 0, line);
    put_week_people(page, page_at(reply, "asked_for"), people_lines);
}

static void put_unwell(struct page *page, const json_t *kiosk)
{
    static const struct label reasons[] = {
        {"silent", WORD_REASON_SILENT},
        {"refused", WORD_REASON_REFUSED},
        {"lost", WORD_REASON_LOST},
        {"conflicts", WORD_REASON_CONFLICTS},
        {"bad_slots", WORD_REASON_BAD_SLOTS},
        {"display_faults", WORD_REASON_DISPLAY_FAULTS},
        {"stuck_buttons", WORD_REASON_STUCK_BUTTONS},
    };
    const char *name = json_string_value(json_array_get(page_at(kiosk, "reasons"), 0));
    const char *reason = "?";

    for (size_t i = 0; name != NULL && i < sizeof reasons / sizeof reasons[0]; i++)
        if (strcmp(reasons[i].key, name) == 0)
            reason =
                page_say(page, reasons[i].word, page_moment(page, page_text_at(kiosk, "last_heard"), false));
    page_put(page, STYLE_BAD, "%s%s\n", page_say(page, WORD_WEEK_UNWELL, page_text_at(kiosk, "name"), reason),
             json_array_size(page_at(kiosk, "reasons")) > 1 ? ", ..." : "");
}

static void put_week_kiosks(struct page *page, const json_t *kiosks)
{
    const json_t *unwell = page_at(kiosks, "unwell");
    json_int_t count = page_count_at(kiosks, "count");
    size_t unwell_count = json_array_size(unwell);
    size_t shown = unwell_count <= OVERVIEW_UNWELL_MAX ? unwell_count : OVERVIEW_UNWELL_MAX - 1;

    if (unwell_count == 0 && count > 1)
        page_put_wrapped(page, STYLE_PLAIN, 0,
                         page_say(page, WORD_WEEK_KIOSKS_WELL, page_number(page, count)));
    else if (unwell_count == 0)
        page_put_wrapped(page, STYLE_PLAIN, 0,
                         page_word(page, count == 1 ? WORD_WEEK_KIOSK_WELL : WORD_WEEK_KIOSKS_NONE));
    for (size_t i = 0; i < shown; i++)
        put_unwell(page, json_array_get(unwell, i));
    if (shown < unwell_count)
        page_put(
            page, STYLE_BAD, "%s\n",
            page_say(page, WORD_WEEK_UNWELL_MORE, page_number(page, (json_int_t)(unwell_count - shown))));
}

static void put_week_help(struct page *page, const json_t *reply)
{
    const json_t *help = page_at(reply, "help"), *open = page_at(reply, "open_calls");
    const char *open_text = page_count_at(open, "count") == 0
                                ? page_word(page, WORD_WEEK_OPEN_NONE)
                                : page_say(page, WORD_WEEK_OPEN, page_number_at(page, open, "count"),
                                           page_moment(page, page_text_at(open, "since"), false));

    page_put_wrapped(page, page_count_at(open, "count") == 0 ? STYLE_PLAIN : STYLE_BAD, 0,
                     page_count_at(help, "offered") == 0
                         ? page_say(page, WORD_WEEK_HELP_NONE, open_text)
                         : page_say(page, WORD_WEEK_HELP, page_number_at(page, help, "yes"),
                                    page_number_at(page, help, "offered"), open_text));
}

static void put_overview(struct page *page, const json_t *reply, bool is_terse)
{
    page_put_title(page, WORD_REPORT_OVERVIEW, reply);
    if (page_put_satisfied(page, reply)) {
        if (!is_terse)
            put_ratings(page, reply);
        page_put(page, STYLE_PLAIN, "\n");
        put_week_cause(page, page_at(reply, "cause"));
        put_week_mentions(page, reply, is_terse ? 1 : OVERVIEW_PEOPLE_LINES);
    }
    put_week_help(page, reply);
    put_week_kiosks(page, page_at(reply, "kiosks"));
    page_put_foot(page, reply);
}

static unsigned lines_of(const char *text)
{
    unsigned lines = 0;

    for (; *text != '\0'; text++)
        lines += *text == '\n' ? 1 : 0;
    return lines;
}

/* A page of 24 lines, at 80 columns: where there is more to say, the ratings and most names make room. */
void render_overview(struct page *page, const json_t *reply)
{
    FILE *out = page->out;
    char *text = NULL;
    size_t size = 0;

    page->out = open_memstream(&text, &size);
    if (page->out != NULL) {
        put_overview(page, reply, false);
        fclose(page->out);
    }
    page->out = out;
    if (text != NULL && lines_of(text) <= OVERVIEW_LINES)
        fputs(text, out);
    else
        put_overview(page, reply, true);
    free(text);
}
