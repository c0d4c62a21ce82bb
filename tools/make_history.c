/* SPDX-License-Identifier: MIT
 *
 * make_history.c - years of plausible visits in a database, to look at reports and to measure them.
 *
 * The same options give the same rows, but for the ids that the store draws. Everything about the people is made up.
 */
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/period.h"
#include "daemon/store_help.h"
#include "history_writer.h"
#include "protocol/vocabulary.h"

#define HOUR_MS INT64_C(3600000)
#define DAY_MS (24 * HOUR_MS)
#define KIOSKS_MAX 48
#define STAFF_MAX 240
#define TEAM_MAX 8        /* who works at one counter */
#define BATCH_CAPACITY 16 /* answers that arrive together: a visit's */
#define ANSWERS_PER_VISIT 3.66
#define VISITS_AN_HOUR_MAX 240 /* one after another, with no time to play */
#define WEEK_WEIGHT 6.43       /* of day_weight, seven days in the mean of a year */
#define SECONDS_OF_DAY 86400
#define OPENS_H 9
#define CLOSES_H 19
#define LINE_MS 300 /* from a press to the daemon, and a little */

struct options {
    const char *database, *timezone, *end;
    long years, visits, kiosks, staff;
    bool is_through_store;
    uint64_t seed;
};

struct kiosk {
    /* The session's boot; its arrived_ms: when what was answered off line arrives. */
    struct store_origin origin;
    uint32_t seq;
    uint32_t rating_seq;
    uint16_t boot;      /* of the answers; another than the session's when its cable was out over a restart */
    int64_t started_ms; /* that boot */
    uint16_t signed_on; /* who serves here today; 0: the customer is asked */
    double quality;     /* of this counter: added to the chance of a good rating */
    int64_t newest_ms;  /* of the batch */
    bool is_calling;    /* in the batch is a help call */
    struct answer batch[BATCH_CAPACITY];
    size_t count;
};

struct history {
    struct options options;
    struct history_writer *writer;
    uint64_t random;
    struct kiosk kiosk;
    unsigned index;              /* the kiosk's */
    double skill[STAFF_MAX + 1]; /* added to the chance of a good rating */
    uint64_t visits, answers;
    int64_t first_ms, last_ms;
    int percent; /* shown */
};

/* SplitMix64. */
static uint64_t next(struct history *history)
{
    uint64_t z = history->random += 0x9E3779B97F4A7C15u;

    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static uint32_t below(struct history *history, uint32_t limit)
{
    return (uint32_t)(next(history) % limit);
}

static double chance(struct history *history)
{
    return (double)(next(history) >> 11) / 9007199254740992.0; /* 2^53 */
}

/* An index into weights, drawn in their proportion. */
static uint16_t draw(struct history *history, const double *weights, uint16_t count)
{
    double sum = 0, at;
    uint16_t i = 0;

    for (uint16_t k = 0; k < count; k++)
        sum += weights[k];
    at = chance(history) * sum;
    while (i + 1 < count && at >= weights[i])
        at -= weights[i++];
    return i;
}

/* People ------------------------------------------------------------------------------------------------------ */

static void staff_start(struct history *history)
{
    static const char *const names[] = {"Amélie", "Ben",    "Chloé", "Dan",   "Elif",  "Fatou",
                                        "Giulia", "Hanna",  "Igor",  "Jorge", "Kaja",  "Łukasz",
                                        "Mehmet", "Nadège", "Olga",  "Piet",  "Quinn", "Rosa",
                                        "Sven",   "Tomáš",  "Ulla",  "Vera",  "Wim",   "Zoë"};
    const long count = sizeof names / sizeof names[0];
    char name[32];

    for (long i = 0; i < history->options.staff; i++) {
        if (i < count)
            snprintf(name, sizeof name, "%s", names[i]);
        else
            snprintf(name, sizeof name, "%s %c.", names[i % count], (char)('A' + i / count));
        history_writer_staff(history->writer, name, history->first_ms);
        history->skill[i + 1] = 0.12 * (chance(history) - 0.5);
    }
}

/* Somebody of the counter's team. Neighbouring counters share people. */
static uint16_t team_member(struct history *history, unsigned kiosk)
{
    long staff = history->options.staff, size = staff < TEAM_MAX ? staff : TEAM_MAX;
    long first = (long)kiosk * staff / history->options.kiosks;

    return (uint16_t)(1 + (first + (long)below(history, (uint32_t)size)) % staff);
}

/* Answers ----------------------------------------------------------------------------------------------------- */

static bool is_off_line(const struct kiosk *kiosk)
{
    return kiosk->boot != kiosk->origin.boot;
}

/* Most calls find somebody within minutes; what came of it is not always known. */
static void call_answer(struct history *history, const struct kiosk *kiosk)
{
    const double outcomes[] = {7, 1.5, 1, 0.5};
    struct history_call call = {.raised_ms = kiosk->newest_ms + 2 * LINE_MS};
    double luck = chance(history);

    call.staff = team_member(history, history->index);
    if (luck < 0.9)
        call.acknowledged_ms = call.raised_ms + 5000 + (int64_t)(-log(1 - chance(history)) * 60000);
    call.closed_ms = (luck < 0.9 ? call.acknowledged_ms : call.raised_ms + 600000) + 30000 +
                     (int64_t)(-log(1 - chance(history)) * 180000);
    call.outcome = (enum outcome)(OUTCOME_SOLVED + draw(history, outcomes, 4));
    history_writer_call(history->writer, &call);
}

/* What was answered arrives: at once, or with all of the day. */
static void flush(struct history *history)
{
    struct kiosk *kiosk = &history->kiosk;
    struct store_origin origin = kiosk->origin;

    if (kiosk->count == 0)
        return;
    if (!is_off_line(kiosk))
        origin.arrived_ms = kiosk->newest_ms + LINE_MS;
    history_writer_answers(history->writer, &origin, kiosk->batch, kiosk->count);
    if (kiosk->is_calling && !is_off_line(kiosk))
        call_answer(history, kiosk);
    history->answers += kiosk->count;
    kiosk->count = 0;
    kiosk->is_calling = false;
}

static void answer(struct history *history, int64_t at_ms, uint8_t question, uint16_t value)
{
    struct kiosk *kiosk = &history->kiosk;
    struct answer *next_answer = &kiosk->batch[kiosk->count++];

    *next_answer = (struct answer){
        .seq = ++kiosk->seq,
        .question = question,
        .value = value,
        .boot = kiosk->boot,
        .uptime_s = (uint32_t)((at_ms - kiosk->started_ms) / 1000),
    };
    kiosk->newest_ms = at_ms;
    kiosk->is_calling = kiosk->is_calling || (question == QUESTION_HELP && value == HELP_YES);
    if (question == QUESTION_RATING)
        kiosk->rating_seq = kiosk->seq;
    else if (question > QUESTION_RATING && question <= QUESTION_FLAG)
        next_answer->visit_back = (uint8_t)(kiosk->seq - kiosk->rating_seq);
    if (kiosk->count == BATCH_CAPACITY)
        flush(history);
}

/* A visit ----------------------------------------------------------------------------------------------------- */

/* The hour's share of a day: a peak before noon, a higher one after work; Saturdays early. */
static double load_of(int weekday, double hour)
{
    double noon = exp(-(hour - 11.5) * (hour - 11.5) / 3.0);
    double evening = exp(-(hour - 17.0) * (hour - 17.0) / 2.0);

    if (weekday == 7 || hour < OPENS_H || hour >= (weekday == 6 ? CLOSES_H - 3 : CLOSES_H))
        return 0;
    return 0.25 + noon + (weekday == 6 ? 0.4 : 1.3 * evening);
}

static uint16_t rating_of(struct history *history, uint16_t staff, double load, double trend)
{
    double good = 0.84 + history->skill[staff] + history->kiosk.quality + trend - (load > 1.2 ? 0.12 : 0);
    double weights[RATING_MAX] = {0.35 * (1 - good), 0.30 * (1 - good), 0.35 * (1 - good), 0.4 * good,
                                  0.6 * good};

    return (uint16_t)(RATING_MIN + draw(history, weights, RATING_MAX));
}

/* Some skip, some walk away. */
static uint16_t reply(struct history *history, uint16_t value)
{
    double luck = chance(history);

    if (luck < 0.12)
        return ANSWER_NONE;
    return luck < 0.20 ? ANSWER_SKIPPED : value;
}

static uint16_t cause_of(struct history *history, double load)
{
    const double weights[] = {load > 1.2 ? 5 : 2, 1.2, 1, 1.4, 0.5};

    return (uint16_t)(1 + draw(history, weights, 5));
}

static void happy_ask(struct history *history, int64_t at_ms, uint16_t staff)
{
    const double mentions[] = {0.10 + history->skill[staff], 0.25, 0.65};
    const double strengths[] = {3, 2, 2.5, 2, 1.5};
    uint16_t mention = reply(history, (uint16_t)(1 + draw(history, mentions, 3)));

    answer(history, at_ms + 5000, QUESTION_MENTION, mention);
    if (mention == ANSWER_NONE)
        return;
    if (mention == MENTION_ASKED || below(history, 2) == 0)
        answer(history, at_ms + 7000, QUESTION_RETURNING,
               reply(history, chance(history) < (mention == MENTION_ASKED ? 0.8 : 0.6) ? RETURNING_YES
                                                                                       : RETURNING_NO));
    else
        answer(history, at_ms + 7000, QUESTION_STRENGTH,
               reply(history, (uint16_t)(1 + draw(history, strengths, 5))));
}

static void unhappy_ask(struct history *history, int64_t at_ms, uint16_t rating, double load)
{
    if (rating <= RATING_UNHAPPY_MAX)
        answer(history, at_ms + 2000, QUESTION_HELP,
               reply(history, chance(history) < 0.2 ? HELP_YES : HELP_NO));
    answer(history, at_ms + 4000, QUESTION_CAUSE, reply(history, cause_of(history, load)));
}

static void visit(struct history *history, int64_t at_ms, double load, double trend)
{
    const struct kiosk *kiosk = &history->kiosk;
    uint16_t staff = kiosk->signed_on != 0 ? kiosk->signed_on : team_member(history, history->index);
    uint16_t rating = rating_of(history, staff, load, trend);
    bool is_happy = rating >= RATING_HAPPY_MIN;

    history->visits++;
    answer(history, at_ms, QUESTION_RATING, rating);
    if (chance(history) < 0.01) {
        answer(history, at_ms, QUESTION_FLAG, below(history, 5) == 0 ? FLAG_STUCK : FLAG_WITHDRAWN);
        return;
    }
    if (kiosk->signed_on != 0)
        answer(history, at_ms, QUESTION_SERVED, staff);
    if (!is_happy)
        unhappy_ask(history, at_ms, rating, load);
    if (kiosk->signed_on == 0) {
        uint16_t named = reply(history, staff);

        answer(history, at_ms + (is_happy ? 3000 : 6000), QUESTION_STAFF, named);
        if (named == ANSWER_NONE || named == ANSWER_SKIPPED)
            return;
    }
    if (is_happy)
        happy_ask(history, at_ms, staff);
}

/* Somebody plays with the buttons: a burst. */
static void play(struct history *history, int64_t at_ms)
{
    for (int i = 0; i < 6; i++, history->visits++) {
        answer(history, at_ms + 4000 * i, QUESTION_RATING, RATING_MAX);
        flush(history);
    }
}

/* A day ------------------------------------------------------------------------------------------------------- */

static void kiosk_boot(struct history *history, int64_t at_ms)
{
    struct kiosk *kiosk = &history->kiosk;

    kiosk->boot = ++kiosk->origin.boot;
    kiosk->started_ms = kiosk->origin.boot_started_ms = at_ms;
    answer(history, at_ms, QUESTION_BOOT, 1);
    flush(history);
}

/* The cable is out, and the power fails: the day's answers arrive in a later boot, and nobody knows when theirs began. */
static void kiosk_unplug(struct history *history, int64_t at_ms, int64_t arrives_ms)
{
    struct kiosk *kiosk = &history->kiosk;

    kiosk_boot(history, at_ms);
    kiosk->boot = (uint16_t)(kiosk->origin.boot + 1);
    kiosk->origin.boot = (uint16_t)(kiosk->boot + 1);
    kiosk->origin.arrived_ms = arrives_ms;
    kiosk->origin.boot_started_ms = arrives_ms - 60000;
}

static void kiosk_hour(struct history *history, int64_t from_ms, uint32_t count, double load, double trend)
{
    int64_t step_ms = count == 0 ? 0 : 3600000 / count;

    for (uint32_t i = 0; i < count; i++) {
        visit(history,
              from_ms + (int64_t)i * step_ms +
                  (step_ms > 30000 ? below(history, (uint32_t)(step_ms - 30000)) : 0),
              load, trend);
        flush(history);
    }
    if (chance(history) < 0.001)
        play(history, from_ms + 3560000);
}

static void kiosk_hours(struct history *history, int64_t opens_ms, int weekday, double visits, double trend)
{
    double whole = 0;

    for (int hour = OPENS_H; hour < CLOSES_H; hour++)
        whole += load_of(weekday, hour + 0.5);
    for (int hour = OPENS_H; hour < CLOSES_H && whole > 0; hour++) {
        double load = load_of(weekday, hour + 0.5);
        double count = visits * load / whole + chance(history);

        kiosk_hour(history, opens_ms + (int64_t)(hour - OPENS_H) * 3600000,
                   count < VISITS_AN_HOUR_MAX ? (uint32_t)count : VISITS_AN_HOUR_MAX, load, trend);
    }
}

static void kiosk_day(struct history *history, int64_t day_ms, double visits, double trend)
{
    struct kiosk *kiosk = &history->kiosk;
    const struct zone *zone = history_writer_zone(history->writer);
    struct period_local local = period_local(zone, day_ms);
    int64_t opens_ms =
        zone_first_instant(zone, period_days_from_date(local.year, local.month, local.day) * SECONDS_OF_DAY +
                                     OPENS_H * 3600) *
        1000;
    int64_t closes_ms = opens_ms + (int64_t)(CLOSES_H - OPENS_H) * 3600000;

    kiosk->signed_on = 0;
    if (local.day == 1 && history->index == 0) /* the host's updates, by night */
        history_writer_silence(history->writer, true, opens_ms - 6 * HOUR_MS,
                               opens_ms - 6 * HOUR_MS + 600000);
    if (chance(history) < 0.004) {
        kiosk_unplug(history, opens_ms - 600000, closes_ms + 1800000);
        history_writer_silence(history->writer, false, opens_ms - 600000, closes_ms + 1800000);
    } else if (local.day == 1 || is_off_line(kiosk) || chance(history) < 0.004)
        kiosk_boot(history, opens_ms - 600000);
    if (history->index % 2 == 0 && visits > 0) { /* every other counter has one person a day, who signs on */
        kiosk->signed_on = team_member(history, history->index);
        answer(history, opens_ms - 300000, QUESTION_SIGN_ON, kiosk->signed_on);
        flush(history);
    }
    kiosk_hours(history, opens_ms, local.weekday, visits, trend);
    if (kiosk->signed_on != 0 && below(history, 10) != 0) { /* some forget to sign off */
        answer(history, closes_ms - 600000, QUESTION_SIGN_OFF, kiosk->signed_on);
        flush(history);
    }
}

/* Saturdays more, Sundays none, December much, August little; and slowly better. */
static double day_weight(const struct period_local *local)
{
    static const double months[] = {0.9, 0.9, 1, 1, 1.05, 1, 0.9, 0.7, 1, 1.05, 1.15, 1.5};
    static const double days[] = {0, 0.9, 0.85, 0.95, 1, 1.25, 1.4, 0};

    return months[local->month - 1] * days[local->weekday];
}

static void progress(struct history *history)
{
    int percent = (int)(100 * history->visits / (uint64_t)history->options.visits);

    if (percent == history->percent || !isatty(STDERR_FILENO))
        return;
    history->percent = percent;
    fprintf(stderr, "\rmake-history: %3d %%  kiosk %u of %ld, %" PRIu64 " answers ",
            percent < 100 ? percent : 100, history->index + 1, history->options.kiosks, history->answers);
}

/* All the years of one kiosk. What is drawn for it does not depend on the others. */
static void kiosk_run(struct history *history, unsigned index)
{
    const struct zone *zone = history_writer_zone(history->writer);
    double span_ms = (double)(history->last_ms - history->first_ms);
    double visits_a_day = (double)history->options.visits / (span_ms / (double)DAY_MS) * 7 / WEEK_WEIGHT /
                          (double)history->options.kiosks;

    history->index = index;
    history->random = history->options.seed + ((uint64_t)index + 1) * 0xD1B54A32D192ED03u;
    history->kiosk =
        (struct kiosk){.boot = 1, .started_ms = history->first_ms, .quality = 0.06 * (chance(history) - 0.5)};
    history->kiosk.origin =
        (struct store_origin){.boot = 1, .boot_started_ms = history->first_ms, .is_clock_good = true};
    history_writer_begin(history->writer, index);
    for (int64_t day_ms = history->first_ms; day_ms < history->last_ms;
         day_ms = period_next(zone, PERIOD_DAY, day_ms)) {
        struct period_local local = period_local(zone, day_ms);

        kiosk_day(history, day_ms, visits_a_day * day_weight(&local),
                  0.06 * (double)(day_ms - history->first_ms) / span_ms);
        progress(history);
    }
    history_writer_end(history->writer, history->kiosk.origin.boot, history->last_ms);
}

/* The command line -------------------------------------------------------------------------------------------- */

static const char usage[] =
    "usage: make-history --database FILE [option...]\n"
    "\n"
    "Makes a new database with years of plausible visits. What ends early leaves no\n"
    "file.\n"
    "\n"
    "  --years N        how many, 1 to 20 (3)\n"
    "  --end DATE       the day before which they end (2026-11-16)\n"
    "  --visits N       about how many (300000)\n"
    "  --answers N      likewise, in answers, 3.66 a visit; boots and sign-ons come\n"
    "                   on top\n"
    "  --kiosks N       1 to 48 (4)\n"
    "  --staff N        1 to 240 (8)\n"
    "  --timezone NAME  of the store (Europe/Berlin)\n"
    "  --seed N         the same options and seed give the same history (1)\n"
    "  --through-store  the same rows, by the code with which bynamed stores answers:\n"
    "                   several times slower\n"
    "  --help           print this\n";

static _Noreturn void mistake(void)
{
    fputs("usage: make-history --database FILE [option...]; see make-history --help\n", stderr);
    exit(2);
}

static long number(const char *name, long least, long most)
{
    char *rest;
    long value = strtol(optarg, &rest, 10);

    if (*optarg == '\0' || *rest != '\0' || value < least || value > most) {
        fprintf(stderr, "make-history: --%s takes a number from %ld to %ld, not \"%s\"\n", name, least, most,
                optarg);
        exit(2);
    }
    return value;
}

static void option_take(struct options *options, int option)
{
    switch (option) {
    case 'd':
        options->database = optarg;
        break;
    case 't':
        options->timezone = optarg;
        break;
    case 'e':
        options->end = optarg;
        break;
    case 'y':
        options->years = number("years", 1, 20);
        break;
    case 'v':
        options->visits = number("visits", 1, 100000000);
        break;
    case 'a':
        options->visits = (long)((double)number("answers", 1, 400000000) / ANSWERS_PER_VISIT) + 1;
        break;
    case 'k':
        options->kiosks = number("kiosks", 1, KIOSKS_MAX);
        break;
    case 's':
        options->staff = number("staff", 1, STAFF_MAX);
        break;
    case 'r':
        options->seed = (uint64_t)number("seed", 0, 1000000000);
        break;
    case 'S':
        options->is_through_store = true;
        break;
    case 'h':
        fputs(usage, stdout);
        exit(0);
    default: /* getopt has said what is wrong */
        mistake();
    }
}

static void options_read(struct options *options, int count, char **arguments)
{
    static const struct option known[] = {
        {"database", required_argument, NULL, 'd'}, {"years", required_argument, NULL, 'y'},
        {"visits", required_argument, NULL, 'v'},   {"answers", required_argument, NULL, 'a'},
        {"kiosks", required_argument, NULL, 'k'},   {"staff", required_argument, NULL, 's'},
        {"timezone", required_argument, NULL, 't'}, {"end", required_argument, NULL, 'e'},
        {"seed", required_argument, NULL, 'r'},     {"through-store", no_argument, NULL, 'S'},
        {"help", no_argument, NULL, 'h'},           {NULL, 0, NULL, 0},
    };
    int option;

    *options = (struct options){.timezone = "Europe/Berlin",
                                .end = "2026-11-16",
                                .years = 3,
                                .visits = 300000,
                                .kiosks = 4,
                                .staff = 8,
                                .seed = 1};
    while ((option = getopt_long(count, arguments, "h", known, NULL)) != -1)
        option_take(options, option);
    if (options->database == NULL || optind != count)
        mistake();
}

static void start(struct history *history)
{
    const struct options *options = &history->options;
    const struct zone *zone;
    char text[32];

    history->writer = history_writer_open(options->database, options->timezone, options->is_through_store);
    zone = history_writer_zone(history->writer);
    if (!period_parse(zone, options->end, &history->last_ms))
        history_fail("--end is a date, as in 2026-11-16");
    snprintf(text, sizeof text, "%04ld%s", strtol(options->end, NULL, 10) - options->years, options->end + 4);
    if (!period_parse(zone, text, &history->first_ms))
        history_fail("history cannot begin on that day: choose another --end");
    history->random = options->seed;
    staff_start(history);
    for (long i = 0; i < options->kiosks; i++) {
        snprintf(text, sizeof text, "Counter %ld", i + 1);
        history_writer_kiosk(history->writer, text, history->first_ms);
    }
}

static void on_signal(int number)
{
    static const char text[] = "make-history: interrupted; nothing is kept\n";

    (void)number;
    history_abandon();
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
        _exit(1);
    _exit(130);
}

int main(int argument_count, char **arguments)
{
    static struct history history;

    options_read(&history.options, argument_count, arguments);
    sigaction(SIGINT, &(struct sigaction){.sa_handler = on_signal}, NULL);
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_signal}, NULL);
    start(&history);
    for (unsigned i = 0; i < (unsigned)history.options.kiosks; i++)
        kiosk_run(&history, i);
    history_writer_close(history.writer);
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
    printf("%s: %" PRIu64 " visits, %" PRIu64 " answers\n", history.options.database, history.visits,
           history.answers);
    return 0;
}
