/* SPDX-License-Identifier: MIT
 *
 * Worn-out EEPROM: every cell of a slot dead, stuck, or with one stuck bit, in one slot or in several.
 *
 * A slot that cannot hold an answer is passed over and counted, and all promises of world.c stand. A cell that
 * goes bad under an answer may cost that answer, reported as damaged, and no other.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "options.h"
#include "world.h"

#define RING 5
#define SEVERAL_RING 12 /* two bad slots of five would be two fifths of the journal */
#define BAD_CAPACITY 4
#define REPORTS_MAX 5
#define RANDOM_CASES 20000
#define FULL_SIZE_CASES 1500

enum {
    RESULT_CASES,
    RESULT_FAILED,
    RESULT_DEAD,
    RESULT_ZERO,
    RESULT_BIT,
    RESULT_SEVERAL,
    RESULT_LATE,
    RESULT_FULL_SIZE,
    RESULT_COUNTS,
    RESULT_SIZE = RESULT_COUNTS + sizeof(struct world_counts) / sizeof(uint64_t)
};

struct bad_case {
    uint16_t slot_count;
    bool is_late; /* the cells go bad in mid-life */
    struct stuck_cell cells[BAD_CAPACITY];
    uint8_t count;
};

static const char *const lives[] = {
    "haSafSdkSaSffSdkSraSadkS",
    "aSraraSaSdaaSrhdkSaafSdSrhkaaSd",
    "aafekSaekSaekraSekSaSeksaaakdak",
};
#define LIFE_COUNT (sizeof lives / sizeof lives[0])

struct prover {
    const struct options *options;
    unsigned job;
    uint64_t *result;
    struct world world;
};

static const char *play(struct world *world, struct journal *journal, const char *steps)
{
    const char *wrong = NULL;

    for (; *steps != '\0' && wrong == NULL; steps++)
        wrong = world_do(world, journal, *steps);
    return wrong;
}

static const char *live(struct world *world, const struct bad_case *bad, const char *steps)
{
    struct journal journal;

    if (!bad->is_late)
        world_break(world, bad->cells, bad->count);
    const char *wrong = world_boot(world, &journal);
    if (wrong == NULL)
        wrong = play(world, &journal, steps);
    if (wrong == NULL && bad->is_late) {
        world_break(world, bad->cells, bad->count);
        world->lost_allowed = bad->count;
        wrong = play(world, &journal, "r");
    }
    if (wrong == NULL)
        wrong = play(world, &journal, steps);
    return wrong == NULL ? world_finish(world, &journal) : wrong;
}

static void report(struct prover *prover, const struct bad_case *bad, const char *steps, const char *wrong)
{
    if (++prover->result[RESULT_FAILED] > REPORTS_MAX)
        return;
    printf("FAIL %s%s, %u slots: %s\n", steps, bad->is_late ? " (late)" : "", bad->slot_count, wrong);
    for (unsigned i = 0; i < bad->count; i++)
        printf("     slot %u byte %u: bits %02x stuck at 0, %02x at 1\n",
               bad->cells[i].address / STORAGE_SLOT_SIZE, bad->cells[i].address % STORAGE_SLOT_SIZE,
               bad->cells[i].zeros, bad->cells[i].ones);
}

static void try_case(struct prover *prover, const struct bad_case *bad)
{
    uint64_t *result = prover->result;

    for (unsigned i = 0; i < LIFE_COUNT; i++) {
        world_init(&prover->world, bad->slot_count, prover->options->seed);
        const char *wrong = live(&prover->world, bad, lives[i]);
        if (wrong != NULL)
            report(prover, bad, lives[i], wrong);
        result[RESULT_CASES]++;
        result[RESULT_LATE] += bad->is_late;
        result[RESULT_SEVERAL] += bad->count > 1;
        result[RESULT_FULL_SIZE] += bad->slot_count == STORAGE_SLOT_COUNT;
        result[bad->cells[0].ones == 0xFF    ? RESULT_DEAD
               : bad->cells[0].zeros == 0xFF ? RESULT_ZERO
                                             : RESULT_BIT]++;
    }
}

/* 0: dead, that is for ever erased; 1: for ever 0; then each bit stuck at 1 and at 0. */
#define KIND_COUNT 18
static struct stuck_cell bad_cell(unsigned slot, unsigned byte, unsigned kind)
{
    struct stuck_cell cell = {.address = (uint16_t)(slot * STORAGE_SLOT_SIZE + byte)};
    uint8_t bits = kind < 2 ? 0xFF : (uint8_t)(1u << (kind - 2) / 2);

    if (kind % 2 == 0)
        cell.ones = bits;
    else
        cell.zeros = bits;
    return cell;
}

static void try_each_cell(struct prover *prover)
{
    struct bad_case bad = {.slot_count = RING, .count = 1};

    for (unsigned slot = prover->job; slot < RING; slot += prover->options->jobs) {
        for (unsigned i = 0; i < STORAGE_SLOT_SIZE * KIND_COUNT * 2; i++) {
            bad.is_late = i % 2;
            bad.cells[0] = bad_cell(slot, i / 2 % STORAGE_SLOT_SIZE, i / 2 / STORAGE_SLOT_SIZE);
            try_case(prover, &bad);
        }
    }
}

static struct stuck_cell any_cell(uint64_t *noise, unsigned slot)
{
    return bad_cell(slot, (unsigned)(cells_random(noise) % STORAGE_SLOT_SIZE),
                    (unsigned)(cells_random(noise) % KIND_COUNT));
}

/* Two cells of one slot or of two; at full size four. Three bad slots in a row make an append fail
 * and are tried by the unit tests. Those that go bad under
 * answers do so in one slot: when the two newest acknowledged answers decay together, nothing in the EEPROM tells
 * that their numbers were used, and only the daemon's WELCOME can. */
static void try_several(struct prover *prover, uint16_t slot_count, unsigned cases)
{
    uint64_t noise = prover->options->seed * 2 + 1 + prover->job * 1000;

    for (unsigned n = 0; n < cases / prover->options->jobs / prover->options->every; n++) {
        struct bad_case bad = {.slot_count = slot_count, .count = 2, .is_late = n % 2};
        unsigned slot = (unsigned)(cells_random(&noise) % slot_count);

        if (slot_count == STORAGE_SLOT_COUNT) {
            slot %= 20; /* a life reaches no further */
            bad.count = BAD_CAPACITY;
        }
        for (unsigned i = 0; i < bad.count; i++) {
            unsigned distance = (unsigned)(cells_random(&noise) % 2);
            bad.cells[i] = any_cell(&noise, (slot + (bad.is_late ? 0 : distance)) % slot_count);
        }
        try_case(prover, &bad);
    }
}

static void work(void *user, unsigned job, uint64_t *result)
{
    static struct prover prover;

    prover = *(struct prover *)user;
    prover.job = job;
    prover.result = result;
    try_each_cell(&prover);
    unsigned times = prover.options->is_long ? 100 : 1;
    try_several(&prover, SEVERAL_RING, RANDOM_CASES * times);
    try_several(&prover, STORAGE_SLOT_COUNT, FULL_SIZE_CASES * times);
    memcpy(result + RESULT_COUNTS, &world_counts, sizeof world_counts);
}

int main(int argc, char **argv)
{
    static struct prover prover;
    uint64_t sum[RESULT_SIZE] = {0};
    struct options options;
    struct world_counts counts;
    bool is_whole = true;

    options_read(&options, argc, argv);
    prover.options = &options;
    bool is_good = options_share(&options, work, &prover, sum, RESULT_SIZE);
    memcpy(&counts, sum + RESULT_COUNTS, sizeof counts);
    for (unsigned i = RESULT_CASES; i < RESULT_COUNTS; i++)
        is_whole &= i == RESULT_FAILED || sum[i] > 0;
    is_whole &= counts.dead > 0 && counts.damaged > 0 && counts.passed_over > 0;
    if (!is_whole)
        printf("FAIL: a kind of fault never happened\n");
    printf("seed %" PRIu64 "; slots passed over and counted %" PRIu64 ", answers reported damaged %" PRIu64
           ", faults %" PRIu64 "\n",
           options.seed, counts.passed_over, counts.damaged, counts.faults);
    printf("proof: journal bad cells: %" PRIu64 " cases (%" PRIu64 " at full size, %" PRIu64
           " of several slots, %" PRIu64 " going bad later), dead %" PRIu64 " stuck at 0 %" PRIu64
           " one bit %" PRIu64 "; %" PRIu64 " faults, %" PRIu64 " lost\n",
           sum[RESULT_CASES], sum[RESULT_FULL_SIZE], sum[RESULT_SEVERAL], sum[RESULT_LATE], sum[RESULT_DEAD],
           sum[RESULT_ZERO], sum[RESULT_BIT], sum[RESULT_DEAD] + sum[RESULT_ZERO] + sum[RESULT_BIT],
           sum[RESULT_FAILED]);
    return is_good && is_whole && sum[RESULT_FAILED] == 0 ? 0 : 1;
}
