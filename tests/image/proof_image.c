/* SPDX-License-Identifier: MIT
 *
 * The firmware image itself under power cuts: what the host's proofs say of its parts, said of kiosk.elf.
 *
 * The scenario is played once. At each EEPROM write, and at each byte of an ACK or WELCOME, the process forks;
 * in the fork the power fails (or the line is damaged there), the board starts again on what its cells hold,
 * delivers, and serves the next customer. Then display, rows and presses have to agree. In some forks each
 * write of the recovery is a place to fork again.
 */
#include <getopt.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/image/scenario.h"

#define FAULTS_MAX 2
#define JOBS_MAX 16
#define REPORTS_MAX 20
#define PAIRS_EVERY 500       /* of the first cuts, in the short run */
#define CUT_EARLIER_CYCLES 64 /* before a write is over: a running instruction may take that long to end */
#define AFTER_PRESS_MS 60

enum place { PLACE_WRITE, PLACE_BYTE, PLACE_LINE, PLACE_COUNT };
static const char *const place_names[PLACE_COUNT] = {"write", "byte", "line"};

static const char *const tear_names[EEPROM_TEAR_COUNT] = {"old",     "new",   "erased",
                                                          "old&new", "noise", "unstable"};

/* What becomes of a cell in whose write the power fails: late, when as much as possible has been done on the
 * strength of that write, or just as it has begun. */
struct variant {
    enum eeprom_tear tear;
    bool is_early;
};
static const struct variant variants[] = {
    {EEPROM_TEAR_OLD, false},   {EEPROM_TEAR_NEW, false},   {EEPROM_TEAR_ERASED, false},
    {EEPROM_TEAR_AND, false},   {EEPROM_TEAR_NOISE, false}, {EEPROM_TEAR_UNSTABLE, false},
    {EEPROM_TEAR_OLD, true},    {EEPROM_TEAR_NEW, true},    {EEPROM_TEAR_ERASED, true},
    {EEPROM_TEAR_AND, true},    {EEPROM_TEAR_NOISE, true},  {EEPROM_TEAR_UNSTABLE, true},
    {EEPROM_TEAR_NOISE, false}, {EEPROM_TEAR_NOISE, true},  {EEPROM_TEAR_UNSTABLE, false},
};
#define VARIANT_COUNT (sizeof variants / sizeof variants[0])
#define SHORT_VARIANT_COUNT EEPROM_TEAR_COUNT

enum damage { DAMAGE_CHANGED, DAMAGE_DROPPED, DAMAGE_INSERTED, DAMAGE_COUNT };

/* One fault: the number of the write or of the byte, from 1, and its variant. */
struct fault {
    enum place place;
    unsigned number;
    unsigned variant;
};

/* Counted by all processes together. */
struct totals {
    atomic_uint cases, pairs, failed, reports;
    atomic_uint tears[EEPROM_TEAR_COUNT];
    atomic_uint bytes[2], damaged[2]; /* of ACK, of WELCOME */
    atomic_uint voids, unacknowledged, resent, acknowledged;
};

struct proof {
    bool is_long;
    bool is_replay;
    unsigned jobs;
    unsigned every;
    struct fault wanted[FAULTS_MAX]; /* of --case */
    unsigned wanted_count;

    struct bench bench;
    struct totals *totals;
    bool is_counting; /* a first pass: how many cases will there be? */
    unsigned counted, started, running;
    unsigned writes, bytes;          /* in the scenario, or since power came back */
    struct fault faults[FAULTS_MAX]; /* of this process */
    unsigned depth;
};

static bool is_same_fault(const struct fault *a, const struct fault *b)
{
    return a->place == b->place && a->number == b->number && a->variant == b->variant;
}

/* A case, in its own process ------------------------------------------------------------------------------- */

static uint64_t seed_of(const struct proof *proof)
{
    uint64_t seed = 1;

    for (unsigned i = 0; i < proof->depth; i++)
        seed = (seed * 1000003 + proof->faults[i].number) * 131 + proof->faults[i].variant * 3 +
               proof->faults[i].place;
    return seed;
}

static void report(struct proof *proof, const char *wrong)
{
    char text[64 * FAULTS_MAX] = "";
    size_t size = 0;

    proof->totals->failed++;
    for (unsigned i = 0; i < proof->depth; i++) {
        const struct fault *fault = &proof->faults[i];
        size += (size_t)snprintf(text + size, sizeof text - size, "%s%s:%u:%u", i > 0 ? "+" : "",
                                 place_names[fault->place], fault->number, fault->variant);
    }
    if (proof->is_replay || proof->totals->reports++ < REPORTS_MAX)
        dprintf(STDOUT_FILENO, "FAIL: %s: proof_image --case %s\n", wrong, text);
}

static uint8_t written_value(const struct eeprom_write *write)
{
    if (write->mode == EEPROM_ERASE_ONLY)
        return 0xFF;
    return write->mode == EEPROM_WRITE_ONLY ? write->old & write->data : write->data;
}

/* Would this tear leave the cell as "old" or "new" does? */
static bool is_repeated(const struct eeprom_write *write, enum eeprom_tear tear)
{
    uint8_t old = write->old, new = written_value(write), both = old &new;

    switch (tear) {
    case EEPROM_TEAR_NEW:
    case EEPROM_TEAR_UNSTABLE:
        return new == old;
    case EEPROM_TEAR_ERASED:
        return old == 0xFF || new == 0xFF;
    case EEPROM_TEAR_AND:
        return both == old || both == new;
    default:
        return false;
    }
}

/* The supply fails in the write that is under way, if there is one. */
static void cut(struct proof *proof, const struct variant *variant)
{
    struct bench *bench = &proof->bench;
    struct eeprom_model *eeprom = board_eeprom(bench->board);

    while (!variant->is_early && eeprom->is_busy && bench->wrong == NULL &&
           board_cycle(bench->board) + CUT_EARLIER_CYCLES < eeprom->done_cycle)
        bench_run_to(bench, eeprom->done_cycle - CUT_EARLIER_CYCLES);
    noise_init(eeprom->noise, seed_of(proof));
    if (eeprom->is_busy)
        proof->totals->tears[variant->tear]++;
    bench_cut(bench, variant->tear);
}

static void count_case(struct proof *proof)
{
    const struct bench *bench = &proof->bench;
    struct totals *totals = proof->totals;
    struct ledger_sums sums;

    (void)ledger_check(&bench->ledger, &bench->collector, false, &sums);
    totals->cases++;
    totals->pairs += proof->depth == 2;
    totals->voids += sums.voids;
    totals->unacknowledged += sums.unacknowledged;
    totals->acknowledged += sums.acknowledged;
    totals->resent += bench->collector.resent;
}

static void on_second_write(void *user);

/* Power is gone: what follows. Does not return. */
_Noreturn static void recover(struct proof *proof)
{
    struct bench *bench = &proof->bench;
    const struct fault *first = &proof->faults[0];
    bool has_second = proof->is_replay
                          ? proof->wanted_count > proof->depth
                          : proof->is_long || (first->number * 7 + first->variant) % PAIRS_EVERY == 0;

    bench->hooks = (struct bench_hooks){.user = proof};
    if (proof->depth < FAULTS_MAX && first->place == PLACE_WRITE && has_second)
        bench->hooks.on_write = on_second_write;
    proof->writes = 0;
    scenario_recover(bench, seed_of(proof), first->number + first->variant);
    if (bench->wrong != NULL)
        report(proof, bench->wrong);
    count_case(proof);
    _exit(bench->wrong == NULL ? 0 : 1);
}

static void wait_for_one(struct proof *proof)
{
    int status;

    if (wait(&status) < 0) {
        perror("proof_image: wait");
        exit(2);
    }
    proof->running--;
    if (!WIFEXITED(status) || WEXITSTATUS(status) > 1) {
        proof->totals->failed++;
        dprintf(STDOUT_FILENO, "FAIL: a case ended without a verdict, near write %u, byte %u\n",
                proof->writes, proof->bytes);
    }
}

static void show_progress(const struct proof *proof)
{
    if (!isatty(STDOUT_FILENO) || proof->is_replay || proof->depth > 0 || proof->started % 50 != 0)
        return;
    printf("\r%u of %u cases, %u wrong ", proof->started, proof->counted, proof->totals->failed);
    fflush(stdout);
}

/* Fork for a fault here. True in the process that has it. */
static bool is_case(struct proof *proof, enum place place, unsigned number, unsigned variant)
{
    const struct fault fault = {place, number, variant};

    if (proof->is_counting) {
        proof->counted++;
        return false;
    }
    if (proof->is_replay &&
        (proof->depth == proof->wanted_count || !is_same_fault(&fault, &proof->wanted[proof->depth])))
        return false;
    if (proof->depth == 0 && ++proof->started % proof->every != 0 && !proof->is_replay)
        return false;
    show_progress(proof);
    while (proof->running >= (proof->depth > 0 ? 1 : proof->jobs))
        wait_for_one(proof);
    pid_t child = fork();
    if (child < 0) {
        perror("proof_image: fork");
        exit(2);
    }
    proof->running++;
    if (child != 0)
        return false;
    proof->running = 0;
    proof->faults[proof->depth++] = fault;
    return true;
}

/* Places ------------------------------------------------------------------------------------------------- */

static void on_first_write(void *user)
{
    struct proof *proof = user;
    unsigned number = ++proof->writes;
    unsigned count = proof->is_long || proof->is_replay ? VARIANT_COUNT : SHORT_VARIANT_COUNT;

    for (unsigned variant = 0; variant < count; variant++) {
        if (is_repeated(&board_eeprom(proof->bench.board)->write, variants[variant].tear))
            continue;
        if (is_case(proof, PLACE_WRITE, number, variant)) {
            proof->bench.hooks = (struct bench_hooks){.user = proof};
            cut(proof, &variants[variant]);
            recover(proof);
        }
    }
}

/* One tear for each write of a recovery; which one differs from case to case. */
static void on_second_write(void *user)
{
    struct proof *proof = user;
    unsigned number = ++proof->writes;
    unsigned variant = (proof->faults[0].number + proof->faults[0].variant + number) % SHORT_VARIANT_COUNT;

    while (is_repeated(&board_eeprom(proof->bench.board)->write, variants[variant].tear))
        variant = (variant + 1) % SHORT_VARIANT_COUNT;
    if (is_case(proof, PLACE_WRITE, number, variant)) {
        proof->bench.hooks = (struct bench_hooks){.user = proof};
        cut(proof, &variants[variant]);
        recover(proof);
    }
}

static void on_byte(void *user, const struct collector_frame *frame, size_t index)
{
    struct proof *proof = user;
    unsigned number = ++proof->bytes;
    unsigned variant = number % SHORT_VARIANT_COUNT;

    (void)index;
    if (is_case(proof, PLACE_BYTE, number, variant)) {
        proof->bench.hooks = (struct bench_hooks){.user = proof};
        proof->totals->bytes[frame->type == MESSAGE_WELCOME]++;
        cut(proof, &(struct variant){variants[variant].tear, true});
        recover(proof);
    }
}

static void send_damaged(struct proof *proof, const struct collector_frame *frame, size_t index,
                         enum damage damage)
{
    struct collector_frame damaged = *frame;
    uint8_t noise = (uint8_t)(1 + seed_of(proof) % 255);

    if (damage == DAMAGE_CHANGED) {
        damaged.bytes[index] ^= noise;
    } else if (damage == DAMAGE_DROPPED) {
        memmove(damaged.bytes + index, damaged.bytes + index + 1, --damaged.size - index);
    } else {
        memmove(damaged.bytes + index + 1, damaged.bytes + index, frame->size - 1 - index);
        damaged.bytes[index] = noise;
    }
    bench_send(&proof->bench, &damaged);
}

/* The line is damaged at this byte, and the kiosk has to find out; then the power fails, too. */
_Noreturn static void damage(struct proof *proof, const struct collector_frame *frame, size_t index)
{
    struct bench *bench = &proof->bench;

    bench->hooks = (struct bench_hooks){.user = proof};
    proof->totals->damaged[frame->type == MESSAGE_WELCOME]++;
    send_damaged(proof, frame, index, (enum damage)proof->faults[0].variant);
    bench_run_ms(bench, AFTER_PRESS_MS);
    if (bench->wrong == NULL)
        board_press(bench->board, 0);
    scenario_wait_acknowledged(bench);
    cut(proof, &variants[proof->faults[0].number % SHORT_VARIANT_COUNT]);
    recover(proof);
}

static void on_frame(void *user, const struct collector_frame *frame)
{
    struct proof *proof = user;
    unsigned count = proof->is_long || proof->is_replay ? DAMAGE_COUNT : 1;

    for (size_t index = 0; index < frame->size; index++) {
        for (unsigned variant = 0; variant < count; variant++) {
            if (is_case(proof, PLACE_LINE, proof->bytes + (unsigned)index + 1, variant))
                damage(proof, frame, index);
        }
    }
}

/* The run ------------------------------------------------------------------------------------------------ */

static bool play(struct proof *proof, struct image *image)
{
    proof->writes = proof->bytes = 0;
    bench_init(&proof->bench, image, 1);
    proof->bench.hooks = (struct bench_hooks){on_first_write, on_frame, on_byte, proof};
    scenario_play(&proof->bench);
    bench_close(&proof->bench);
    while (proof->running > 0)
        wait_for_one(proof);
    if (proof->bench.wrong != NULL)
        printf("FAIL: without any fault, at answer %u: %s\n", proof->bench.ledger.count, proof->bench.wrong);
    return proof->bench.wrong == NULL;
}

static bool is_complete(const struct totals *totals)
{
    bool is_complete = totals->bytes[0] > 0 && totals->bytes[1] > 0 && totals->damaged[0] > 0 &&
                       totals->damaged[1] > 0 && totals->pairs > 0 && totals->voids > 0 &&
                       totals->unacknowledged > 0 && totals->resent > 0 && totals->acknowledged > 0;

    for (unsigned tear = 0; tear < EEPROM_TEAR_COUNT; tear++)
        is_complete &= totals->tears[tear] > 0;
    if (!is_complete)
        printf("FAIL: a kind of fault never happened\n");
    return is_complete;
}

static void say(const struct proof *proof, const struct totals *totals)
{
    unsigned faults = totals->cases + totals->pairs;

    printf("scenario: %u EEPROM writes, %u bytes of ACK and WELCOME; voids %u, rows beyond the acknowledged "
           "%u, answers sent "
           "again %u\n",
           proof->writes, proof->bytes, totals->voids, totals->unacknowledged, totals->resent);
    printf("proof: image: %u cases (%u with a second cut),", totals->cases, totals->pairs);
    for (unsigned tear = 0; tear < EEPROM_TEAR_COUNT; tear++)
        printf(" %s %u,", tear_names[tear], totals->tears[tear]);
    printf(" cut in a byte of ACK %u, of WELCOME %u, line damaged in ACK %u, in WELCOME %u; %u faults, %u "
           "lost\n",
           totals->bytes[0], totals->bytes[1], totals->damaged[0], totals->damaged[1], faults,
           totals->failed);
}

/* PLACE:NUMBER:VARIANT, and a second after a plus sign. */
static bool read_case(struct proof *proof, const char *text)
{
    proof->is_replay = true;
    for (proof->wanted_count = 0; proof->wanted_count < FAULTS_MAX; text++) {
        struct fault *fault = &proof->wanted[proof->wanted_count];
        char place[8] = "";
        int size = 0;
        if (sscanf(text, "%7[a-z]:%u:%u%n", place, &fault->number, &fault->variant, &size) != 3)
            return false;
        for (fault->place = 0; fault->place < PLACE_COUNT && strcmp(place, place_names[fault->place]) != 0;)
            fault->place++;
        proof->wanted_count++;
        text += size;
        if (*text != '+')
            return *text == '\0' && fault->place < PLACE_COUNT;
    }
    return false;
}

static bool read_options(struct proof *proof, int argument_count, char **arguments)
{
    static const struct option names[] = {{"case", required_argument, NULL, 'c'},
                                          {"every", required_argument, NULL, 'e'},
                                          {"jobs", required_argument, NULL, 'j'},
                                          {"long", no_argument, NULL, 'l'},
                                          {NULL, 0, NULL, 0}};
    int option;

    while ((option = getopt_long(argument_count, arguments, "", names, NULL)) != -1) {
        if (option == 'c' && !read_case(proof, optarg))
            return false;
        if (option == 'e')
            proof->every = (unsigned)strtoul(optarg, NULL, 10);
        if (option == 'j')
            proof->jobs = (unsigned)strtoul(optarg, NULL, 10);
        if (option == 'l')
            proof->is_long = true;
        if (option == '?')
            return false;
    }
    return optind == argument_count && proof->every > 0 && proof->jobs > 0 && proof->jobs <= JOBS_MAX;
}

int main(int argument_count, char **arguments)
{
    static struct proof proof = {.jobs = 2, .every = 1};
    const char *path = getenv("BYNAME_ELF");
    const char *error = NULL;

    if (!read_options(&proof, argument_count, arguments)) {
        fputs("usage: proof_image [--long] [--every N] [--jobs N] [--case PLACE:NUMBER:VARIANT[+...]]\n",
              stderr);
        return 2;
    }
    struct image *image = image_open(path == NULL ? IMAGE_ELF : path, &error);
    if (image == NULL) {
        fprintf(stderr, "proof_image: %s: %s; build the preset mega2560\n", path == NULL ? IMAGE_ELF : path,
                error);
        return 2;
    }
    struct totals *totals =
        mmap(NULL, sizeof *totals, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (totals == MAP_FAILED) {
        perror("proof_image: mmap");
        return 2;
    }
    proof.totals = totals;
    proof.is_counting = true;
    bool is_good = play(&proof, image);
    proof.is_counting = false;
    is_good = is_good && play(&proof, image);
    if (isatty(STDOUT_FILENO))
        printf("\r%40s\r", "");
    say(&proof, totals);
    if (!proof.is_replay && proof.every == 1)
        is_good &= is_complete(totals);
    if (proof.is_replay && totals->cases == 0) {
        fputs("proof_image: there is no such case\n", stderr);
        is_good = false;
    }
    image_close(image);
    return is_good && totals->failed == 0 ? 0 : 1;
}
