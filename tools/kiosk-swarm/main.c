/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * kiosk-swarm: many kiosks with customers at one daemon, and the database compared with what was tapped.
 */
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#include "tools/kiosk-swarm/collector.h"
#include "tools/kiosk-swarm/options.h"
#include "tools/kiosk-swarm/swarm.h"

enum { EXIT_EQUAL, EXIT_FAILED, EXIT_WRONG };

struct figures {
    size_t taps, answers, rows;
};

static int complain(const char *text)
{
    fprintf(stderr, "%skiosk-swarm: %s\n", isatty(STDERR_FILENO) ? "\r\033[K" : "", text);
    return EXIT_FAILED;
}

static bool run(struct swarm *swarm, const struct options *options, struct collector *collector)
{
    uint16_t staff;

    if (!collector_find_staff(collector, &staff)) {
        snprintf(swarm->text, sizeof swarm->text, "%.500s", collector->text);
        return false;
    }
    if (!swarm_connect(swarm, staff != 0))
        return false;
    if (options->is_flood)
        return swarm_flood(swarm, options, staff);
    return options->rounds > 0 ? swarm_drain(swarm, options, staff != 0)
                               : swarm_visit(swarm, options, staff != 0);
}

/* The first difference is told; every kiosk is looked at. */
static bool compare(struct swarm *swarm, const char *path, struct figures *figures)
{
    sqlite3 *database;
    bool is_equal = true;

    if (sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) {
        complain(sqlite3_errmsg(database));
        sqlite3_close(database);
        return false;
    }
    for (uint16_t i = 0; i < swarm->count; i++) {
        struct station *station = &swarm->stations[i];
        figures->rows += ledger_check(&station->ledger, database);
        figures->taps += station->ledger.tap_count;
        figures->answers += station->ledger.answer_count;
        if (station->ledger.failure[0] == '\0')
            continue;
        fprintf(stderr, "kiosk-swarm: %s: %s\n", station->options.name, station->ledger.failure);
        is_equal = false;
    }
    sqlite3_close(database);
    return is_equal;
}

struct shares {
    double median_ms, most_ms, worst_ms;
};

static struct shares shares_of(struct delays *delays)
{
    return (struct shares){delays_share_ms(delays, 0.5), delays_share_ms(delays, 0.99),
                           delays_share_ms(delays, 1)};
}

static void print_text(struct swarm *swarm, const struct figures *figures)
{
    const struct shares ack = shares_of(&swarm->ack), tap = shares_of(&swarm->tap);

    printf("%u kiosks, %u of them with the firmware image\n", swarm->count, swarm->real_count);
    printf("%zu taps, %zu answers; the database has %zu, each once\n", figures->taps, figures->answers,
           figures->rows);
    printf("%.3f s, %.1f answers/s\n", swarm->measured_s, (double)swarm->ack.count / swarm->measured_s);
    printf("on the line to acknowledged: median %.2f ms, 99 %% within %.2f ms, worst %.2f ms\n",
           ack.median_ms, ack.most_ms, ack.worst_ms);
    if (swarm->tap.count > 0)
        printf("tapped to acknowledged: median %.2f ms, 99 %% within %.2f ms, worst %.2f ms\n", tap.median_ms,
               tap.most_ms, tap.worst_ms);
    printf("kiosks were at most %.2f ms late\n", (double)swarm->lag_us / 1000);
}

static void print_json(struct swarm *swarm, const struct figures *figures)
{
    const struct shares ack = shares_of(&swarm->ack), tap = shares_of(&swarm->tap);
    const double began_s =
        (double)swarm->began_ns / 1e9; /* of CLOCK_MONOTONIC, as others of this machine read it */

    printf("{\"kiosks\": %u, \"real\": %u, \"taps\": %zu, \"answers\": %zu, \"rows\": %zu, \"seconds\": %.3f,"
           " \"answers_a_second\": %.1f, \"ack_ms\": [%.2f, %.2f, %.2f], \"tap_ms\": [%.2f, %.2f, %.2f],"
           " \"latest_ack_s\": [%.6f, %.6f], \"lag_ms\": %.2f}\n",
           swarm->count, swarm->real_count, figures->taps, figures->answers, figures->rows, swarm->measured_s,
           (double)swarm->ack.count / swarm->measured_s, ack.median_ms, ack.most_ms, ack.worst_ms,
           tap.median_ms, tap.most_ms, tap.worst_ms, began_s + (double)swarm->ack.longest_from_us / 1e6,
           began_s + (double)swarm->ack.longest_to_us / 1e6, (double)swarm->lag_us / 1000);
}

/* The daemon is stopped before anything is compared: then the file is at rest. */
static int conclude(struct swarm *swarm, const struct options *options, struct collector *collector,
                    bool is_done, struct figures *figures)
{
    if (!is_done)
        complain(swarm->text);
    if (!collector_stop(collector)) {
        complain(collector->text);
        is_done = false;
    }
    if (swarm->is_stopped)
        return EXIT_FAILED;
    bool is_equal = compare(swarm, collector->config.database, figures);
    if (is_equal && is_done && !collector_verify(collector, options->byname)) {
        complain(collector->text);
        is_equal = false;
    }
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
    if (is_equal && is_done)
        (options->is_json ? print_json : print_text)(swarm, figures);
    return is_equal && is_done ? EXIT_EQUAL : EXIT_FAILED;
}

static int run_all(const struct options *options, struct collector *collector, struct swarm *swarm)
{
    struct figures figures = {0};

    if (!collector_prepare(collector, options))
        return complain(collector->text);
    if (!swarm_open(swarm, options, &collector->config))
        return complain(swarm->text);
    if (!collector_start(collector, options))
        return complain(collector->text);
    bool is_done = run(swarm, options, collector);
    return conclude(swarm, options, collector, is_done, &figures);
}

int main(int argc, char **argv)
{
    static struct collector collector; /* too large for a stack */
    static struct swarm swarm = {.epoll = -1};
    struct options options;
    const enum options_outcome outcome = options_parse(&options, argc, argv);

    if (outcome != OPTIONS_RUN)
        return outcome == OPTIONS_EXIT ? EXIT_EQUAL : EXIT_WRONG;
    signal(SIGPIPE, SIG_IGN);
    int status = run_all(&options, &collector, &swarm);
    collector_stop(&collector);
    if (status == EXIT_EQUAL || swarm.is_stopped)
        collector.is_kept = options.is_kept;
    swarm_close(&swarm);
    collector_remove(&collector);
    return status;
}
