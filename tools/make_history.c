/* SPDX-License-Identifier: MIT
 *
 * make_history.c - years of plausible visits in a database, through the store's own code, to look at reports and
 * to measure them: make-history --database FILE [--years 3] [--visits 300000] [--kiosks 4] [--staff 8] [--seed 1]
 *
 * The same options give the same rows, but for the ids that the store draws. Everything about the people is made up.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/period.h"
#include "daemon/store.h"
#include "protocol/vocabulary.h"

#define DAY_MS INT64_C(86400000)
#define KIOSKS_MAX 12
#define STAFF_MAX 24
#define BATCH_CAPACITY 512 /* answers handed to the store at once */
#define COMMIT_ANSWERS 20000
#define SECONDS_OF_DAY 86400
#define OPENS_H 9
#define CLOSES_H 19

struct options {
    const char *database, *timezone, *end;
    long years, visits, kiosks, staff;
    uint64_t seed;
};

struct kiosk {
    struct store_admitted admitted;
    struct store_origin origin;
    struct message_hello hello;
    char port[16];
    uint32_t seq;
    uint32_t rating_seq;
    uint16_t boot;      /* of the answers; another than the session's when its cable was out over a restart */
    int64_t started_ms; /* that boot */
    uint16_t signed_on; /* who serves here today; 0: the customer is asked */
    struct answer batch[BATCH_CAPACITY];
    size_t count;
};

struct history {
    struct options options;
    struct store *store;
    struct store_error error;
    uint64_t random;
    struct kiosk kiosks[KIOSKS_MAX];
    double skill[STAFF_MAX + 1]; /* added to the chance of a good rating */
    uint64_t visits, answers, uncommitted;
    int64_t first_ms, last_ms;
};

static _Noreturn void fail(const char *text)
{
    fprintf(stderr, "make-history: %s\n", text);
    exit(1);
}

static void must(struct history *history, enum store_status status)
{
    if (status != STORE_OK)
        fail(history->error.text);
}

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

/* The store --------------------------------------------------------------------------------------------------- */

static void flush(struct history *history, struct kiosk *kiosk)
{
    struct store_ingested ingested;

    if (kiosk->count == 0)
        return;
    must(history, store_answers(history->store, &kiosk->origin, kiosk->batch, kiosk->count, &ingested,
                                &history->error));
    history->answers += kiosk->count;
    history->uncommitted += kiosk->count;
    kiosk->count = 0;
}

static void commit(struct history *history)
{
    must(history, store_commit(history->store, &history->error));
    must(history, store_begin(history->store, &history->error));
    history->uncommitted = 0;
}

static void answer(struct history *history, struct kiosk *kiosk, int64_t at_ms, uint8_t question,
                   uint16_t value)
{
    struct answer *next_answer = &kiosk->batch[kiosk->count++];

    *next_answer = (struct answer){
        .seq = ++kiosk->seq,
        .question = question,
        .value = value,
        .boot = kiosk->boot,
        .uptime_s = (uint32_t)((at_ms - kiosk->started_ms) / 1000),
    };
    if (question == QUESTION_RATING)
        kiosk->rating_seq = kiosk->seq;
    else if (question > QUESTION_RATING && question <= QUESTION_FLAG)
        next_answer->visit_back = (uint8_t)(kiosk->seq - kiosk->rating_seq);
    if (kiosk->count == BATCH_CAPACITY)
        flush(history, kiosk);
}

static void hello(struct history *history, struct kiosk *kiosk, int64_t now_ms)
{
    const struct store_visitor visitor = {
        .hello = &kiosk->hello, .port = kiosk->port, .is_auto_adopt = true, .now_ms = now_ms};

    kiosk->hello.oldest = kiosk->seq + 1;
    kiosk->hello.next = kiosk->seq + 1;
    kiosk->hello.boot = kiosk->origin.boot;
    must(history, store_hello(history->store, &visitor, &kiosk->admitted, &history->error));
    kiosk->hello.kiosk_id = kiosk->admitted.kiosk_id;
    kiosk->hello.journal_id = kiosk->admitted.journal_id;
    kiosk->origin.kiosk = kiosk->admitted.kiosk;
    kiosk->origin.journal = kiosk->admitted.journal;
}

static void kiosk_start(struct history *history, struct kiosk *kiosk, unsigned number)
{
    snprintf(kiosk->port, sizeof kiosk->port, "Counter %u", number);
    kiosk->hello = (struct message_hello){.major = PROTOCOL_MAJOR, .firmware = "0.1.0"};
    kiosk->boot = 1;
    kiosk->started_ms = history->first_ms;
    kiosk->origin =
        (struct store_origin){.boot = 1, .boot_started_ms = history->first_ms, .is_clock_good = true};
    hello(history, kiosk, history->first_ms);
    hello(history, kiosk, history->first_ms);
    if (kiosk->admitted.admission != STORE_ADMITTED)
        fail("the store does not admit a kiosk");
}

static void staff_start(struct history *history)
{
    static const char *const names[STAFF_MAX] = {"Amélie", "Ben",    "Chloé", "Dan",   "Elif",  "Fatou",
                                                 "Giulia", "Hanna",  "Igor",  "Jorge", "Kaja",  "Łukasz",
                                                 "Mehmet", "Nadège", "Olga",  "Piet",  "Quinn", "Rosa",
                                                 "Sven",   "Tomáš",  "Ulla",  "Vera",  "Wim",   "Zoë"};
    uint16_t id;

    for (long i = 0; i < history->options.staff; i++) {
        must(history, store_staff_add(history->store, names[i], history->first_ms, &id, &history->error));
        history->skill[id] = 0.12 * (chance(history) - 0.5);
    }
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
    double good = 0.84 + history->skill[staff] + trend - (load > 1.2 ? 0.12 : 0);
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

static void happy_ask(struct history *history, struct kiosk *kiosk, int64_t at_ms, uint16_t staff)
{
    const double mentions[] = {0.10 + history->skill[staff], 0.25, 0.65};
    const double strengths[] = {3, 2, 2.5, 2, 1.5};
    uint16_t mention = reply(history, (uint16_t)(1 + draw(history, mentions, 3)));

    answer(history, kiosk, at_ms + 5000, QUESTION_MENTION, mention);
    if (mention == ANSWER_NONE)
        return;
    if (mention == MENTION_ASKED || below(history, 2) == 0)
        answer(history, kiosk, at_ms + 7000, QUESTION_RETURNING,
               reply(history, chance(history) < (mention == MENTION_ASKED ? 0.8 : 0.6) ? RETURNING_YES
                                                                                       : RETURNING_NO));
    else
        answer(history, kiosk, at_ms + 7000, QUESTION_STRENGTH,
               reply(history, (uint16_t)(1 + draw(history, strengths, 5))));
}

static void unhappy_ask(struct history *history, struct kiosk *kiosk, int64_t at_ms, uint16_t rating,
                        double load)
{
    if (rating <= RATING_UNHAPPY_MAX)
        answer(history, kiosk, at_ms + 2000, QUESTION_HELP,
               reply(history, chance(history) < 0.2 ? HELP_YES : HELP_NO));
    answer(history, kiosk, at_ms + 4000, QUESTION_CAUSE, reply(history, cause_of(history, load)));
}

static void visit(struct history *history, struct kiosk *kiosk, int64_t at_ms, double load, double trend)
{
    uint16_t staff = kiosk->signed_on != 0 ? kiosk->signed_on
                                           : (uint16_t)(1 + below(history, (uint32_t)history->options.staff));
    uint16_t rating = rating_of(history, staff, load, trend);
    bool is_happy = rating >= RATING_HAPPY_MIN;

    history->visits++;
    answer(history, kiosk, at_ms, QUESTION_RATING, rating);
    if (chance(history) < 0.01) {
        answer(history, kiosk, at_ms, QUESTION_FLAG, below(history, 5) == 0 ? FLAG_STUCK : FLAG_WITHDRAWN);
        return;
    }
    if (kiosk->signed_on != 0)
        answer(history, kiosk, at_ms, QUESTION_SERVED, staff);
    if (!is_happy)
        unhappy_ask(history, kiosk, at_ms, rating, load);
    if (kiosk->signed_on == 0) {
        uint16_t named = reply(history, staff);

        answer(history, kiosk, at_ms + 3000, QUESTION_STAFF, named);
        if (named == ANSWER_NONE || named == ANSWER_SKIPPED)
            return;
    }
    if (is_happy)
        happy_ask(history, kiosk, at_ms, staff);
}

/* Somebody plays with the buttons: a burst. */
static void play(struct history *history, struct kiosk *kiosk, int64_t at_ms)
{
    for (int i = 0; i < 6; i++, history->visits++)
        answer(history, kiosk, at_ms + 4000 * i, QUESTION_RATING, RATING_MAX);
}

/* A day ------------------------------------------------------------------------------------------------------- */

static void kiosk_boot(struct history *history, struct kiosk *kiosk, int64_t at_ms)
{
    flush(history, kiosk);
    kiosk->boot = ++kiosk->origin.boot;
    kiosk->started_ms = kiosk->origin.boot_started_ms = at_ms;
    answer(history, kiosk, at_ms, QUESTION_BOOT, 1);
}

/* The cable is out, and the power fails: the day's answers arrive in a later boot, and nobody knows when theirs began. */
static void kiosk_unplug(struct history *history, struct kiosk *kiosk, int64_t at_ms)
{
    kiosk_boot(history, kiosk, at_ms);
    flush(history, kiosk);
    kiosk->boot = (uint16_t)(kiosk->origin.boot + 1);
    kiosk->origin.boot = (uint16_t)(kiosk->boot + 1);
    kiosk->origin.boot_started_ms = kiosk->origin.arrived_ms - 60000;
}

static void kiosk_hours(struct history *history, struct kiosk *kiosk, int64_t opens_ms, int weekday,
                        double visits, double trend)
{
    double whole = 0;

    for (int hour = OPENS_H; hour < CLOSES_H; hour++)
        whole += load_of(weekday, hour + 0.5);
    for (int hour = OPENS_H; hour < CLOSES_H && whole > 0; hour++) {
        double load = load_of(weekday, hour + 0.5);
        double expected = visits * load / whole;
        uint32_t count = (uint32_t)(expected + chance(history));
        int64_t step_ms = count == 0 ? 0 : 3600000 / count;

        for (uint32_t i = 0; i < count; i++)
            visit(history, kiosk,
                  opens_ms + (int64_t)(hour - OPENS_H) * 3600000 + (int64_t)i * step_ms +
                      (step_ms > 30000 ? below(history, (uint32_t)(step_ms - 30000)) : 0),
                  load, trend);
        if (chance(history) < 0.001)
            play(history, kiosk, opens_ms + (int64_t)(hour - OPENS_H) * 3600000 + 3560000);
    }
}

static void kiosk_day(struct history *history, unsigned index, int64_t day_ms, double visits, double trend)
{
    struct kiosk *kiosk = &history->kiosks[index];
    const struct zone *zone = store_zone(history->store);
    struct period_local local = period_local(zone, day_ms);
    int64_t opens_ms =
        zone_first_instant(zone, period_days_from_date(local.year, local.month, local.day) * SECONDS_OF_DAY +
                                     OPENS_H * 3600) *
        1000;

    kiosk->signed_on = 0;
    if (chance(history) < 0.004)
        kiosk_unplug(history, kiosk, opens_ms - 600000);
    else if (local.day == 1 || kiosk->boot != kiosk->origin.boot || chance(history) < 0.004)
        kiosk_boot(history, kiosk, opens_ms - 600000);
    if (index % 2 == 0 && visits > 0) { /* every other counter has one person a day, who signs on */
        kiosk->signed_on = (uint16_t)(1 + (local.day + 7 * (int)index) % history->options.staff);
        answer(history, kiosk, opens_ms - 300000, QUESTION_SIGN_ON, kiosk->signed_on);
    }
    kiosk_hours(history, kiosk, opens_ms, local.weekday, visits, trend);
    if (kiosk->signed_on != 0 && below(history, 10) != 0) /* some forget to sign off */
        answer(history, kiosk, opens_ms + (int64_t)(CLOSES_H - OPENS_H) * 3600000 - 600000, QUESTION_SIGN_OFF,
               kiosk->signed_on);
    flush(history, kiosk);
}

/* Saturdays more, Sundays none, December much, August little; and slowly better. */
static double day_weight(const struct period_local *local)
{
    static const double months[] = {0.9, 0.9, 1, 1, 1.05, 1, 0.9, 0.7, 1, 1.05, 1.15, 1.5};
    static const double days[] = {0, 0.9, 0.85, 0.95, 1, 1.25, 1.4, 0};

    return months[local->month - 1] * days[local->weekday];
}

static void progress(const struct history *history, int64_t day_ms)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\rmake-history: %3d %%  %" PRIu64 " visits, %" PRIu64 " answers ",
                (int)(100 * (day_ms - history->first_ms) / (history->last_ms - history->first_ms)),
                history->visits, history->answers);
}

static void days(struct history *history)
{
    const struct zone *zone = store_zone(history->store);
    double day_count = (double)(history->last_ms - history->first_ms) / (double)DAY_MS;
    double visits_a_day =
        (double)history->options.visits / day_count * 7 / 6.2 / (double)history->options.kiosks;

    for (int64_t day_ms = history->first_ms, next_ms; day_ms < history->last_ms; day_ms = next_ms) {
        struct period_local local = period_local(zone, day_ms);
        double trend =
            0.06 * (double)(day_ms - history->first_ms) / (double)(history->last_ms - history->first_ms);

        next_ms = period_next(zone, PERIOD_DAY, day_ms);
        for (unsigned i = 0; i < (unsigned)history->options.kiosks; i++) {
            history->kiosks[i].origin.arrived_ms = next_ms;
            kiosk_day(history, i, day_ms, visits_a_day * day_weight(&local), trend);
        }
        if (history->uncommitted >= COMMIT_ANSWERS) {
            commit(history);
            progress(history, day_ms);
        }
    }
}

/* The command line -------------------------------------------------------------------------------------------- */

static const char usage[] =
    "usage: make-history --database FILE [--years 3] [--visits 300000] [--kiosks 4] [--staff 8]\n"
    "                    [--timezone Europe/Berlin] [--end 2026-11-16] [--seed 1]\n"
    "Makes a new database with that much plausible history up to a day, through the store's own code.\n";

static long number(const char *text, long least, long most)
{
    char *rest;
    long value = strtol(text, &rest, 10);

    if (*text == '\0' || *rest != '\0' || value < least || value > most) {
        fprintf(stderr, "make-history: %s is not a number from %ld to %ld\n%s", text, least, most, usage);
        exit(2);
    }
    return value;
}

static void options_read(struct options *options, int count, char **arguments)
{
    static const struct option known[] = {
        {"database", required_argument, NULL, 'd'}, {"years", required_argument, NULL, 'y'},
        {"visits", required_argument, NULL, 'v'},   {"kiosks", required_argument, NULL, 'k'},
        {"staff", required_argument, NULL, 's'},    {"timezone", required_argument, NULL, 't'},
        {"end", required_argument, NULL, 'e'},      {"seed", required_argument, NULL, 'r'},
        {"help", no_argument, NULL, 'h'},           {NULL, 0, NULL, 0},
    };
    int option;

    *options = (struct options){NULL,        "Europe/Berlin", "2026-11-16", .years = 3, .visits = 300000,
                                .kiosks = 4, .staff = 8,      .seed = 1};
    while ((option = getopt_long(count, arguments, "h", known, NULL)) != -1) {
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
            options->years = number(optarg, 1, 20);
            break;
        case 'v':
            options->visits = number(optarg, 1, 100000000);
            break;
        case 'k':
            options->kiosks = number(optarg, 1, KIOSKS_MAX);
            break;
        case 's':
            options->staff = number(optarg, 1, STAFF_MAX);
            break;
        case 'r':
            options->seed = (uint64_t)number(optarg, 0, 1000000000);
            break;
        case 'h':
            fputs(usage, stdout);
            exit(0);
        default:
            fputs(usage, stderr);
            exit(2);
        }
    }
    if (options->database == NULL || optind != count) {
        fputs(usage, stderr);
        exit(2);
    }
}

static void start(struct history *history)
{
    const struct store_options options = {.path = history->options.database,
                                          .store_name = "Corner shop",
                                          .timezone = history->options.timezone};
    char first[24];

    if (access(history->options.database, F_OK) == 0)
        fail("the file exists: name a new one");
    must(history, store_open(&options, &history->store, &history->error));
    if (!period_parse(store_zone(history->store), history->options.end, &history->last_ms))
        fail("--end is a date, as in 2026-11-16");
    snprintf(first, sizeof first, "%04ld%s", strtol(history->options.end, NULL, 10) - history->options.years,
             history->options.end + 4);
    if (!period_parse(store_zone(history->store), first, &history->first_ms))
        fail("history cannot begin on that day: choose another --end");
    history->random = history->options.seed;
    must(history, store_begin(history->store, &history->error));
    staff_start(history);
    for (unsigned i = 0; i < (unsigned)history->options.kiosks; i++)
        kiosk_start(history, &history->kiosks[i], i + 1);
}

int main(int argument_count, char **arguments)
{
    static struct history history;

    options_read(&history.options, argument_count, arguments);
    start(&history);
    days(&history);
    for (unsigned i = 0; i < (unsigned)history.options.kiosks; i++)
        hello(&history, &history.kiosks[i], history.last_ms);
    must(&history, store_commit(history.store, &history.error));
    store_close(history.store);
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
    printf("%s: %" PRIu64 " visits, %" PRIu64 " answers\n", history.options.database, history.visits,
           history.answers);
    return 0;
}
