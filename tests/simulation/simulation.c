/* SPDX-License-Identifier: MIT
 *
 * simulation - the whole system in one process and virtual time, once for each seed.
 *
 *   simulation [--seeds FROM TO]       all of FROM to TO - 1; ends at the first that fails
 *   simulation --seed N [--trace]      one, with all that happens
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/simulation/world.h"

#define SEEDS 5000
#define FAILURES_SHOWN 100

struct options {
    uint64_t from, to;
    bool is_traced;
    bool is_complete; /* every kind of fault must have happened */
    bool goes_on;     /* after a failure */
};

static int usage(void)
{
    fprintf(stderr, "usage: simulation [--seeds FROM TO] [--go-on] | --seed N [--trace]\n");
    return 2;
}

static bool parse(int argc, char **argv, struct options *options)
{
    *options = (struct options){0, SEEDS, false, true, false};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--seeds") == 0 && i + 2 < argc) {
            options->from = strtoull(argv[i + 1], NULL, 10);
            options->to = strtoull(argv[i + 2], NULL, 10);
            options->is_complete = options->to - options->from >= 1000;
            i += 2;
        } else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc) {
            options->from = strtoull(argv[++i], NULL, 10);
            options->to = options->from + 1;
            options->is_complete = false;
        } else if (strcmp(argv[i], "--trace") == 0) {
            options->is_traced = true;
        } else if (strcmp(argv[i], "--go-on") == 0) {
            options->goes_on = true;
        } else {
            return false;
        }
    }
    return options->from < options->to;
}

static bool print_summary(const struct bench *bench, uint64_t seeds, uint64_t lost, bool is_complete)
{
    bool is_good = true;

    uint64_t faults = 0;

    printf("proof: simulation: %llu seeds", (unsigned long long)seeds);
    for (int i = 0; i < FAULT_COUNT; i++) {
        printf(", %llu %s", (unsigned long long)bench->faults[i], fault_words((enum fault)i));
        faults += bench->faults[i];
    }
    printf("; %llu faults, %llu lost\n", (unsigned long long)faults, (unsigned long long)lost);
    for (int i = 0; is_complete && i < FAULT_COUNT; i++) {
        if (bench->faults[i] > 0)
            continue;
        printf("never happened: %s\n", fault_words((enum fault)i));
        is_good = false;
    }
    return is_good;
}

static bool run_all(struct world *world, const struct options *options, const char *path)
{
    uint64_t lost = 0, failures = 0, seed = options->from;

    world->bench.is_traced = options->is_traced;
    for (; seed < options->to && (failures == 0 || options->goes_on); seed++) {
        if (world_run(world, seed, path))
            continue;
        lost += world->ledger.lost;
        if (failures++ < FAILURES_SHOWN)
            printf("seed %llu: %s\n", (unsigned long long)seed, world->ledger.failure);
        fflush(stdout);
    }
    bool is_complete = print_summary(&world->bench, seed - options->from, lost, options->is_complete);
    return failures == 0 && is_complete;
}

int main(int argc, char **argv)
{
    struct options options;
    char folder[] = "/tmp/byname-simulation-XXXXXX";
    char path[64], lock[72];

    if (!parse(argc, argv, &options))
        return usage();
    struct world *world = calloc(1, sizeof *world);
    if (world == NULL || mkdtemp(folder) == NULL)
        return 1;
    snprintf(path, sizeof path, "%s/byname.db", folder);
    snprintf(lock, sizeof lock, "%s.lock", path);
    world_install(world);
    bool is_good = run_all(world, &options, path);
    world_free(world);
    free(world);
    unlink(path);
    unlink(lock);
    rmdir(folder);
    return is_good ? 0 : 1;
}
