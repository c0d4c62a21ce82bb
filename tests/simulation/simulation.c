/* SPDX-License-Identifier: MIT
 *
 * simulation - the whole system in one process and virtual time, once for each seed.
 *
 *   simulation [--seeds FROM TO] [--jobs N]    all of FROM to TO - 1, in N processes; ends at the first that fails
 *   simulation --seed N [--trace]              one, with all that happens
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/simulation/world.h"

#define SEEDS 5000
#define SEEDS_COMPLETE 1000 /* from so many on every kind of fault must have happened */
#define SEEDS_A_SIGN 100    /* of life, on a terminal */
#define FAILURES_SHOWN 100
#define JOBS_MAX 64

struct options {
    uint64_t from, to;
    unsigned jobs;
    bool is_traced;
    bool goes_on; /* after a failure */
};

/* What the processes share. Each takes the next seed until there is none. */
struct shared {
    _Atomic uint64_t next, seeds, lost, failures;
    _Atomic uint64_t faults[FAULT_COUNT];
};

static int usage(void)
{
    fprintf(stderr, "usage: simulation [--seeds FROM TO] [--jobs N] [--go-on] | --seed N [--trace]\n");
    return 2;
}

static bool parse(int argc, char **argv, struct options *options)
{
    *options = (struct options){.from = 0, .to = SEEDS, .jobs = 1};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--seeds") == 0 && i + 2 < argc) {
            options->from = strtoull(argv[i + 1], NULL, 10);
            options->to = strtoull(argv[i + 2], NULL, 10);
            i += 2;
        } else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc) {
            options->from = strtoull(argv[++i], NULL, 10);
            options->to = options->from + 1;
        } else if (strcmp(argv[i], "--jobs") == 0 && i + 1 < argc) {
            options->jobs = (unsigned)strtoul(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "--trace") == 0) {
            options->is_traced = true;
        } else if (strcmp(argv[i], "--go-on") == 0) {
            options->goes_on = true;
        } else {
            return false;
        }
    }
    return options->from < options->to && options->jobs >= 1 && options->jobs <= JOBS_MAX;
}

/* One line, and whether all that can go wrong did. */
static bool print_summary(struct shared *shared)
{
    bool is_good = true;
    uint64_t faults = 0;

    printf("proof: simulation: %llu seeds, ", (unsigned long long)shared->seeds);
    for (int i = 0; i < FAULT_COUNT; i++) {
        printf("%llu %s, ", (unsigned long long)shared->faults[i], fault_words((enum fault)i));
        faults += shared->faults[i];
    }
    printf("%llu failed; %llu faults, %llu lost\n", (unsigned long long)shared->failures,
           (unsigned long long)faults, (unsigned long long)shared->lost);
    for (int i = 0; shared->seeds >= SEEDS_COMPLETE && i < FAULT_COUNT; i++) {
        if (shared->faults[i] > 0)
            continue;
        printf("never happened: %s\n", fault_words((enum fault)i));
        is_good = false;
    }
    return is_good;
}

static void show_progress(const struct options *options, uint64_t seeds)
{
    if (seeds % SEEDS_A_SIGN == 0 && isatty(STDERR_FILENO))
        fprintf(stderr, "\r%llu of %llu seeds", (unsigned long long)seeds,
                (unsigned long long)(options->to - options->from));
}

static void run_seeds(struct world *world, const struct options *options, const char *path,
                      struct shared *shared)
{
    uint64_t seed;

    world->bench.is_traced = options->is_traced;
    while ((shared->failures == 0 || options->goes_on) && (seed = shared->next++) < options->to) {
        bool is_good = world_run(world, seed, path);
        show_progress(options, ++shared->seeds);
        if (is_good)
            continue;
        shared->lost += world->ledger.lost;
        if (shared->failures++ < FAILURES_SHOWN)
            printf("seed %llu: %s (simulation --seed %llu --trace)\n", (unsigned long long)seed,
                   world->ledger.failure, (unsigned long long)seed);
        fflush(stdout);
    }
    for (int i = 0; i < FAULT_COUNT; i++)
        shared->faults[i] += world->bench.faults[i];
}

/* One process's share, in a folder of its own. */
static int run_job(const struct options *options, struct shared *shared)
{
    char folder[] = "/tmp/byname-simulation-XXXXXX";
    char path[64];
    struct world *world = calloc(1, sizeof *world);

    if (world == NULL || mkdtemp(folder) == NULL) {
        free(world);
        return 1;
    }
    snprintf(path, sizeof path, "%s/byname.db", folder);
    world_install(world);
    run_seeds(world, options, path, shared);
    world_free(world);
    free(world);
    rmdir(folder);
    return 0;
}

static bool run_jobs(const struct options *options, struct shared *shared)
{
    pid_t jobs[JOBS_MAX];
    bool is_good = true;

    fflush(stdout);
    for (unsigned i = 0; i < options->jobs; i++) {
        jobs[i] = fork();
        if (jobs[i] == 0)
            _exit(run_job(options, shared));
    }
    for (unsigned i = 0; i < options->jobs; i++) {
        int status = 1;
        is_good = jobs[i] > 0 && waitpid(jobs[i], &status, 0) == jobs[i] && status == 0 && is_good;
    }
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\n");
    return is_good;
}

int main(int argc, char **argv)
{
    struct options options;

    if (!parse(argc, argv, &options))
        return usage();
    struct shared *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return 1;
    shared->next = options.from;
    sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    bool is_good = options.jobs == 1 ? run_job(&options, shared) == 0 : run_jobs(&options, shared);
    bool is_complete = print_summary(shared);
    return is_good && is_complete && shared->failures == 0 ? 0 : 1;
}
