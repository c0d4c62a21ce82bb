/* SPDX-License-Identifier: MIT
 *
 * fuzz_journal.c - a journal over any EEPROM: it comes to an end, and what it once showed as an answer stays one until
 * it is acknowledged, through appends, housekeeping, reboots and power cuts.
 *
 * Input: ring size, slots, then operations. A slot is blank, raw, or sealed: with a CRC that is right, so that the
 * fuzzer need not guess it.
 */
#include "firmware/core/journal.h"
#include "fuzz.h"
#include "protocol/crc.h"
#include "tests/unit/firmware/fake_port.h"

#define SLOTS_MAX 24
#define STEPS_MAX (SLOTS_MAX * STORAGE_SLOT_SIZE * 4)
#define CRC_AT 12
#define OPERATIONS_MAX 64

enum operation { APPEND, APPEND_REPLY, ACK, STEP, REBOOT, CUT, READ, OPERATION_COUNT };

struct model {
    uint16_t slot_count;
    struct answer answers[SLOTS_MAX]; /* known to be in the journal and not acknowledged */
    size_t count;
    uint32_t newest; /* the last number that an append returned */
};

static void lay_slot(struct fuzz_input *input, uint8_t *slot)
{
    uint8_t kind = fuzz_u8(input) % 4;

    if (kind == 0)
        return; /* blank, as fake_port_reset left it */
    for (size_t i = 0; i < STORAGE_SLOT_SIZE; i++)
        slot[i] = fuzz_u8(input);
    if (kind == 1)
        return;
    if (kind == 2)
        slot[1] = slot[2] = 0; /* a small lap, so that slots belong together */
    uint16_t crc = crc16(slot, CRC_AT);
    slot[CRC_AT] = (uint8_t)crc;
    slot[CRC_AT + 1] = (uint8_t)(crc >> 8);
}

static void check_counts(const struct journal *journal)
{
    FUZZ_MUST(journal_oldest(journal) >= 1 && journal_oldest(journal) <= journal_next(journal));
    FUZZ_MUST(journal_next(journal) - journal_oldest(journal) <= (uint32_t)journal->slot_count - 2);
    FUZZ_MUST(journal_free(journal) + journal_pending(journal) == journal->slot_count - 2);
}

static bool is_same(const struct answer *a, const struct answer *b)
{
    return a->seq == b->seq && a->visit_back == b->visit_back && a->question == b->question && a->value == b->value &&
           a->boot == b->boot && a->uptime_s == b->uptime_s;
}

static void check_model(const struct model *model, const struct journal *journal)
{
    struct answer back;

    check_counts(journal);
    FUZZ_MUST(journal_next(journal) > model->newest);
    for (size_t i = 0; i < model->count; i++) {
        const struct answer *answer = &model->answers[i];
        FUZZ_MUST(answer->seq >= journal_oldest(journal) && answer->seq < journal_next(journal));
        FUZZ_MUST(journal_read(journal, answer->seq, &back) == JOURNAL_ANSWER);
        FUZZ_MUST(is_same(&back, answer));
    }
}

/* One that is marked as acknowledged may be sent again between others, and may go at any time. */
static bool is_marked_acknowledged(const struct journal *journal, uint32_t seq)
{
    return fake_port.eeprom[STORAGE_JOURNAL + (seq % journal->slot_count + 1) * STORAGE_SLOT_SIZE - 1] == 0;
}

/* What the journal itself says it holds; after a reboot that may be more than what was appended or less than what was
 * acknowledged. */
static void learn(struct model *model, const struct journal *journal)
{
    model->count = 0;
    for (uint32_t seq = journal_oldest(journal); seq != journal_next(journal); seq++) {
        struct answer *answer = &model->answers[model->count];
        if (journal_read(journal, seq, answer) == JOURNAL_ANSWER && !is_marked_acknowledged(journal, seq)) {
            FUZZ_MUST(answer->seq == seq);
            model->count++;
        }
    }
}

static void append(struct fuzz_input *input, struct model *model, struct journal *journal, bool is_reply)
{
    struct answer answer = {.question = fuzz_u8(input) % 16, .value = fuzz_u16(input), .uptime_s = fuzz_u32(input)};
    uint32_t visit = is_reply ? journal_next(journal) - 1 : 0;
    uint32_t next = journal_next(journal);
    bool was_full = journal_free(journal) == 0;

    if (is_reply && visit == 0)
        return;
    enum journal_status status = journal_append(journal, &answer, visit);
    FUZZ_MUST((status == JOURNAL_FULL) == was_full);
    if (status != JOURNAL_OK) {
        FUZZ_MUST(status == JOURNAL_FULL || next / journal->slot_count > 0xFFFFFF);
        return;
    }
    FUZZ_MUST(answer.seq == next);
    FUZZ_MUST(model->count < SLOTS_MAX);
    model->answers[model->count++] = answer;
    model->newest = answer.seq;
}

static void acknowledge(struct fuzz_input *input, struct model *model, struct journal *journal)
{
    uint32_t through = journal_oldest(journal) - 2 + fuzz_u8(input) % (SLOTS_MAX + 4);
    bool is_obeyed = through >= journal_oldest(journal) && through < journal_next(journal);
    size_t kept = 0;

    journal_ack(journal, through);
    if (!is_obeyed)
        return;
    FUZZ_MUST(journal_oldest(journal) == through + 1);
    for (size_t i = 0; i < model->count; i++) {
        if (model->answers[i].seq > through)
            model->answers[kept++] = model->answers[i];
    }
    model->count = kept;
}

static void step(struct fuzz_input *input, struct journal *journal)
{
    unsigned steps = fuzz_u8(input), taken = 0;

    if (steps < 255) {
        while (steps-- > 0 && journal_step(journal)) {
        }
        return;
    }
    while (journal_step(journal))
        FUZZ_MUST(++taken <= STEPS_MAX);
}

/* cut_after: writes until the power fails again; 0: it does not. */
static void reboot(struct model *model, struct journal *journal, uint8_t cut_after)
{
    fake_port_reboot();
    fake_port.cut_at = cut_after;
    if (setjmp(fake_port.power_cut) != 0)
        fake_port_reboot();
    journal_init_ring(journal, model->slot_count);
    check_model(model, journal);
    learn(model, journal);
}

static void operate(struct fuzz_input *input, struct model *model, struct journal *journal)
{
    struct answer answer;

    switch ((enum operation)(fuzz_u8(input) % OPERATION_COUNT)) {
    case APPEND:
        append(input, model, journal, false);
        break;
    case APPEND_REPLY:
        append(input, model, journal, true);
        break;
    case ACK:
        acknowledge(input, model, journal);
        break;
    case STEP:
        step(input, journal);
        break;
    case REBOOT:
        reboot(model, journal, fuzz_u8(input) % 32);
        break;
    case CUT: /* one of the next writes is torn, and the power is gone */
        fake_port.cut_at = fake_port.write_count + 1 + fuzz_u8(input) % 48;
        fake_port.tear = (enum fake_tear)(fuzz_u8(input) % TEAR_KIND_COUNT);
        fake_port.noise = fuzz_u8(input);
        break;
    default: /* any number may be asked for */
        (void)journal_read(journal, fuzz_u32(input), &answer);
        break;
    }
}

/* A power cut jumps out of an operation; all that is used behind it lies in the caller's statics. */
static void run(struct fuzz_input *input, struct model *model, struct journal *journal)
{
    volatile unsigned operations = 0;

    while (input->size > 0 && operations < OPERATIONS_MAX) {
        operations = operations + 1;
        if (setjmp(fake_port.power_cut) == 0)
            operate(input, model, journal);
        else
            reboot(model, journal, 0);
        check_model(model, journal);
    }
    fake_port.cut_at = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fuzz_input input;
    static struct model model;
    static struct journal journal;

    input = (struct fuzz_input){data, size};
    memset(&model, 0, sizeof model);
    fake_port_reset();
    model.slot_count = (uint16_t)(3 + fuzz_u8(&input) % (SLOTS_MAX - 3));
    for (uint16_t i = 0; i < model.slot_count; i++)
        lay_slot(&input, fake_port.eeprom + STORAGE_JOURNAL + i * STORAGE_SLOT_SIZE);
    journal_init_ring(&journal, model.slot_count);
    check_counts(&journal);
    learn(&model, &journal);
    run(&input, &model, &journal);
    reboot(&model, &journal, 0);
    return 0;
}
