/* SPDX-License-Identifier: MIT
 *
 * Power is cut inside every byte that the journal writes, and every torn byte that can follow is tried.
 *
 * A scenario runs once. At each write the world is copied, once for each tear; the copy boots, goes on with
 * an aftermath, and must keep every promise of world.c. On a ring of five slots the aftermath's own writes
 * are cut in the same way, so that every pair of cuts is tried where the second falls into recovery or what
 * follows it. At full size one aftermath follows each cut.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "options.h"
#include "world.h"

#define RING 5
#define REPORTS_MAX 3
#define TOLD_CAPACITY 100
#define STEPS_SIZE 4096

struct scenario {
    const char *name;
    uint16_t slot_count;
    uint32_t first_seq;    /* where the journal begins; 0: a blank EEPROM */
    const char *parts[14]; /* a repeat count, then steps, in turn; NULL ends */
};

static const struct scenario scenarios[] = {
    {"daily", RING, 0, {"2", "haSdkafSdkSaffSdkS"}},
    {"never-acknowledged", RING, 0, {"1", "aSaSaSaSaSraSaraSdSaraS"}},
    {"late", RING, 0, {"1", "aadSakSaSdaakSrhdkSaafdSrhk"}},
    {"partly", RING, 0, {"1", "aafekSaekSaekSaeksaSekSaSeks"}},
    {"offline", RING, 0, {"1", "arararSaSr", "1", "hdkSarafraS", "2", "aaadrhkarakSra"}},
    {"unprepared", RING, 0, {"1", "aaahdkaaadkafadkaaadk"}},
    {"interrupted", RING, 0, {"4", "asassdksas"}},
    {"lap-255", RING, 255 * RING - 3, {"2", "haSdkaafSdekSarS"}},
    {"full-size",
     STORAGE_SLOT_COUNT,
     0,
     {"40", "haSafSdkS", "51", "aaasr", "1", "aaaaaSahdkS", "30", "ahsafSekaek", "1", "hdk", "12",
      "affdkaS"}},
    {"full-size-never", STORAGE_SLOT_COUNT, 255 * STORAGE_SLOT_COUNT - 100, {"101", "aaS", "2", "aarS"}},
};
#define SCENARIO_COUNT (sizeof scenarios / sizeof scenarios[0])

/* What happens after power comes back, before all is delivered and compared. */
static const char *const aftermaths[] = {"", "hdSaaS", "aafSr", "hdkaSarS", "dSrhdaakSa"};
#define AFTERMATH_COUNT (sizeof aftermaths / sizeof aftermaths[0])

struct variant {
    enum tear_kind kind;
    bool is_second_too; /* also for the second cut of a pair, if the run is short */
};
static const struct variant variants[] = {
    {TEAR_OLD, true},       {TEAR_NEW, true},       {TEAR_ERASED, true},   {TEAR_BOTH, true},
    {TEAR_NOISE, true},     {TEAR_UNSTABLE, true},  {TEAR_FLICKER, true},  {TEAR_NOISE, false},
    {TEAR_NOISE, false},    {TEAR_UNSTABLE, false}, {TEAR_FLICKER, false}, {TEAR_UNSTABLE, false},
    {TEAR_UNSTABLE, false},
};
#define VARIANT_COUNT (sizeof variants / sizeof variants[0])

enum {
    RESULT_CASES,
    RESULT_FULL_SIZE,
    RESULT_PAIRS,
    RESULT_FAILED,
    RESULT_WRITES,
    RESULT_TEARS,
    RESULT_COUNTS = RESULT_TEARS + TEAR_KIND_COUNT,
    RESULT_SIZE = RESULT_COUNTS + sizeof(struct world_counts) / sizeof(uint64_t)
};

/* The path to the case that is being tried: 0 cuts, 1, or 2. */
struct path {
    unsigned scenario;
    unsigned depth;
    uint32_t cut[2];
    unsigned variant[2];
    unsigned aftermath;
};

struct prover {
    const struct options *options;
    unsigned job;
    uint64_t *result;
    struct path path;
    struct path wanted; /* of --replay */
    bool is_replay;
    struct world worlds[3]; /* by number of cuts */
    struct world torn;      /* as the first cut left it */
    const char *told[TOLD_CAPACITY];
    unsigned told_count;
    uint32_t writes[2]; /* counted up to the cut, by depth */
};

static const struct scenario *scenario_of(const struct prover *prover)
{
    return &scenarios[prover->path.scenario];
}

/* The first few failures of each sort are told. */
static bool is_news(struct prover *prover, const char *wrong)
{
    unsigned times = 0;

    for (unsigned i = 0; i < prover->told_count; i++)
        times += prover->told[i] == wrong;
    if (times == REPORTS_MAX || prover->told_count == TOLD_CAPACITY)
        return false;
    prover->told[prover->told_count++] = wrong;
    return true;
}

static void report(struct prover *prover, const char *wrong)
{
    const struct path *path = &prover->path;

    prover->result[RESULT_FAILED]++;
    if (!prover->is_replay && !is_news(prover, wrong))
        return;
    printf("FAIL %s: %s\n", scenarios[path->scenario].name, wrong);
    for (unsigned i = 0; i < path->depth; i++)
        printf("     cut %" PRIu32 ", %s\n", path->cut[i], tear_kind_names[variants[path->variant[i]].kind]);
    printf("     replay: test_cuts --seed %" PRIu64 " --replay %u:%u:%" PRIu32 ":%u:%u:%" PRIu32 ":%u\n",
           prover->options->seed, path->scenario, path->depth, path->cut[0], path->variant[0],
           path->aftermath, path->cut[1], path->variant[1]);
}

static const char *play(struct world *world, struct journal *journal, const char *steps, bool is_told)
{
    const char *wrong = NULL;

    for (; *steps != '\0' && wrong == NULL; steps++) {
        wrong = world_do(world, journal, *steps);
        if (is_told)
            printf("  %c -> oldest %" PRIu32 " next %" PRIu32 " through %" PRIu32 "%s%s\n", *steps,
                   journal_oldest(journal), journal_next(journal), world->through, wrong == NULL ? "" : ": ",
                   wrong == NULL ? "" : wrong);
    }
    return wrong;
}

static void show(const struct world *world)
{
    for (unsigned slot = 0; slot < world->slot_count && world->slot_count == RING; slot++) {
        printf("    slot %u:", slot);
        for (unsigned i = 0; i < STORAGE_SLOT_SIZE; i++)
            printf(" %02x", world->cells.bytes[slot * STORAGE_SLOT_SIZE + i]);
        printf("\n");
    }
    for (unsigned i = 0; i < world->cells.unstable_count; i++) {
        const struct unstable_cell *cell = &world->cells.unstable[i];
        if (cell->is_set)
            printf("    slot %u byte %u reads %02x or %02x%s\n", cell->address / STORAGE_SLOT_SIZE,
                   cell->address % STORAGE_SLOT_SIZE, cell->old, cell->new,
                   cell->is_bitwise ? ", or any mixture of their bits" : "");
    }
}

/* Power comes back to prover->worlds[depth], which has been torn. */
static void recover(struct prover *prover)
{
    struct world *world = &prover->worlds[prover->path.depth];
    struct journal journal;
    bool is_told = prover->is_replay;

    const char *wrong = world_boot(world, &journal);
    if (is_told)
        show(world);
    if (is_told)
        printf("  power -> oldest %" PRIu32 " next %" PRIu32 "%s%s\n", journal_oldest(&journal),
               journal_next(&journal), wrong == NULL ? "" : ": ", wrong == NULL ? "" : wrong);
    if (wrong == NULL && prover->path.depth == 1)
        wrong = play(world, &journal, aftermaths[prover->path.aftermath], is_told);
    if (wrong == NULL)
        wrong = world_finish(world, &journal);
    if (wrong != NULL)
        report(prover, wrong);
    prover->result[RESULT_CASES]++;
    prover->result[RESULT_PAIRS] += prover->path.depth == 2;
    prover->result[RESULT_FULL_SIZE] += world->slot_count == STORAGE_SLOT_COUNT;
}

static uint64_t noise_seed(const struct prover *prover)
{
    const struct path *path = &prover->path;
    uint64_t seed = prover->options->seed;

    for (unsigned i = 0; i < path->depth; i++)
        seed = seed * 1000003 + path->cut[i] * 131 + path->variant[i];
    return seed * 31 + path->scenario * 7 + path->aftermath;
}

static bool is_wanted(const struct prover *prover, unsigned depth)
{
    const struct path *path = &prover->path, *wanted = &prover->wanted;

    return !prover->is_replay || (wanted->depth > depth && path->cut[depth] == wanted->cut[depth] &&
                                  path->variant[depth] == wanted->variant[depth]);
}

static void tear(struct prover *prover, struct world *to, const struct world *from,
                 const struct cells_write *write, unsigned variant)
{
    world_copy(to, from);
    to->cuts++;
    cells_tear(&to->cells, write, variants[variant].kind, noise_seed(prover));
    prover->result[RESULT_TEARS + variants[variant].kind]++;
}

static void on_second_write(void *user, const struct cells_write *write)
{
    struct prover *prover = user;
    struct cells *interrupted = cells_use(NULL);

    prover->path.cut[1] = ++prover->writes[1];
    if (prover->is_replay)
        printf("    write %" PRIu32 ": slot %u byte %u: %02x -> %02x\n", prover->writes[1],
               write->address / STORAGE_SLOT_SIZE, write->address % STORAGE_SLOT_SIZE, write->old,
               write->new);
    for (unsigned v = 0; v < VARIANT_COUNT; v++) {
        prover->path.variant[1] = v;
        if (!(variants[v].is_second_too || prover->options->is_long) ||
            cells_is_tear_repeated(write, variants[v].kind) || !is_wanted(prover, 1))
            continue;
        prover->path.depth = 2;
        tear(prover, &prover->worlds[2], &prover->worlds[1], write, v);
        recover(prover);
        prover->path.depth = 1;
    }
    cells_use(interrupted);
}

static void try_aftermath(struct prover *prover, unsigned aftermath)
{
    struct world *world = &prover->worlds[1];

    if (prover->is_replay && prover->wanted.aftermath != aftermath)
        return;
    prover->path.aftermath = aftermath;
    prover->writes[1] = 0;
    world_copy(world, &prover->torn);
    if (world->slot_count == RING) {
        world->cells.on_write = on_second_write;
        world->cells.user = prover;
    }
    recover(prover);
}

static void on_first_write(void *user, const struct cells_write *write)
{
    struct prover *prover = user;
    struct cells *interrupted = cells_use(NULL);
    uint32_t cut = ++prover->writes[0];
    bool is_ours = cut / prover->options->every % prover->options->jobs == prover->job &&
                   cut % prover->options->every == 0;

    prover->result[RESULT_WRITES]++;
    prover->path.cut[0] = cut;
    for (unsigned v = 0; v < VARIANT_COUNT && (is_ours || prover->is_replay); v++) {
        prover->path.variant[0] = v;
        prover->path.aftermath = 0;
        if (cells_is_tear_repeated(write, variants[v].kind) || !is_wanted(prover, 0))
            continue;
        prover->path.depth = 1;
        tear(prover, &prover->torn, &prover->worlds[0], write, v);
        if (scenario_of(prover)->slot_count == RING) {
            for (unsigned a = 0; a < AFTERMATH_COUNT; a++)
                try_aftermath(prover, a);
        } else {
            try_aftermath(prover, (cut + v) % AFTERMATH_COUNT);
        }
        prover->path.depth = 0;
    }
    cells_use(interrupted);
}

static void write_out(const struct scenario *scenario, bool is_long, char steps[STEPS_SIZE])
{
    size_t size = 0;

    for (unsigned part = 0; scenario->parts[part] != NULL; part += 2) {
        size_t part_size = strlen(scenario->parts[part + 1]);
        long times = strtol(scenario->parts[part], NULL, 10) * (is_long ? 3 : 1);
        for (long i = 0; i < times && size + part_size < STEPS_SIZE; i++) {
            memcpy(steps + size, scenario->parts[part + 1], part_size);
            size += part_size;
        }
    }
    steps[size] = '\0';
}

static void run_scenario(struct prover *prover)
{
    const struct scenario *scenario = scenario_of(prover);
    struct world *world = &prover->worlds[0];
    struct journal journal;
    char steps[STEPS_SIZE];

    write_out(scenario, prover->options->is_long && scenario->slot_count == RING, steps);
    world_init(world, scenario->slot_count, prover->options->seed);
    prover->writes[0] = 0;
    const char *wrong = world_boot(world, &journal);
    if (scenario->first_seq != 0) {
        world_start_at(world, &journal, scenario->first_seq);
        wrong = play(world, &journal, "haSdkS", false); /* from here on the slots prove it */
    }
    world->cells.on_write = on_first_write;
    world->cells.user = prover;
    if (wrong == NULL)
        wrong = play(world, &journal, steps, false);
    if (wrong == NULL)
        wrong = world_finish(world, &journal);
    if (wrong != NULL)
        report(prover, wrong);
}

static void work(void *user, unsigned job, uint64_t *result)
{
    static struct prover prover;

    prover = *(struct prover *)user;
    prover.job = job;
    prover.result = result;
    for (unsigned i = 0; i < SCENARIO_COUNT; i++) {
        if (prover.is_replay && prover.wanted.scenario != i)
            continue;
        prover.path = (struct path){.scenario = i};
        uint64_t before = result[RESULT_CASES];
        run_scenario(&prover);
        if (job == 0)
            printf("%-20s %" PRIu32 " writes, %" PRIu64 " cases in this process\n", scenarios[i].name,
                   prover.writes[0], result[RESULT_CASES] - before);
    }
    memcpy(result + RESULT_COUNTS, &world_counts, sizeof world_counts);
}

static bool read_replay(struct prover *prover, const char *text)
{
    struct path *wanted = &prover->wanted;

    if (text == NULL)
        return true;
    prover->is_replay = true;
    return sscanf(text, "%u:%u:%" SCNu32 ":%u:%u:%" SCNu32 ":%u", &wanted->scenario, &wanted->depth,
                  &wanted->cut[0], &wanted->variant[0], &wanted->aftermath, &wanted->cut[1],
                  &wanted->variant[1]) == 7;
}

static bool summarise(const uint64_t *sum, bool must_be_whole)
{
    struct world_counts counts;
    uint64_t faults = 0;
    bool is_whole = true;

    memcpy(&counts, sum + RESULT_COUNTS, sizeof counts);
    printf("voids: %" PRIu64 " torn, %" PRIu64 " damaged; reported damaged %" PRIu64 ", dead %" PRIu64
           ", gaps %" PRIu64 "; refused when full %" PRIu64 "; sent again %" PRIu64
           "; rows beyond the acknowledged %" PRIu64 "; new journal ids %" PRIu64 "\n",
           counts.voids_torn, counts.voids_damaged, counts.damaged, counts.dead, counts.reported_gaps,
           counts.refused, counts.resent, counts.unacknowledged, counts.renewed);
    printf("proof: journal power cuts: %" PRIu64 " cases (%" PRIu64 " at full size, %" PRIu64 " pairs),",
           sum[RESULT_CASES], sum[RESULT_FULL_SIZE], sum[RESULT_PAIRS]);
    for (unsigned kind = 0; kind < TEAR_KIND_COUNT; kind++) {
        printf(" %s %" PRIu64, tear_kind_names[kind], sum[RESULT_TEARS + kind]);
        faults += sum[RESULT_TEARS + kind];
        is_whole &= sum[RESULT_TEARS + kind] > 0;
    }
    printf("; %" PRIu64 " faults, %" PRIu64 " lost\n", faults, sum[RESULT_FAILED]);
    is_whole &= counts.voids_torn > 0 && counts.refused > 0 && counts.resent > 0 && counts.unacknowledged > 0;
    if (must_be_whole && !is_whole)
        printf("FAIL: a kind of fault never happened\n");
    return is_whole || !must_be_whole;
}

int main(int argc, char **argv)
{
    static struct prover prover;
    uint64_t sum[RESULT_SIZE] = {0};
    struct options options;
    struct timespec begin, end;

    options_read(&options, argc, argv);
    prover.options = &options;
    if (!read_replay(&prover, options.replay)) {
        fprintf(stderr, "a case to replay is seven numbers, as printed\n");
        return 2;
    }
    clock_gettime(CLOCK_MONOTONIC, &begin);
    bool is_good = options_share(&options, work, &prover, sum, RESULT_SIZE);
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("seed %" PRIu64 ", %.1f s\n", options.seed,
           (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9);
    is_good &= summarise(sum, !prover.is_replay);
    return is_good && sum[RESULT_FAILED] == 0 ? 0 : 1;
}
