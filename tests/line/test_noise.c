/* SPDX-License-Identifier: MIT
 *
 * Corrupted frames through the decoder: none may pass for another, and after each the line is usable within one
 * frame.
 *
 * A case is a frame that was damaged in one way (or in several), and two good frames after it. What comes out
 * must be a frame that went in, and the second good one must be among it: the first may be lost when the damage
 * reached its delimiter.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/frame.h"

#define POOL 512
#define LINE_SIZE (FRAME_ENCODED_SIZE(FRAME_SIZE_MAX) * 4)
#define CASES_SHORT 10000000ull
#define CASES_LONG 100000000ull
#define CASES_SANITIZED 200000ull

enum fault { FLIP, BURST, DROP, INSERT, DUPLICATE, SPLIT, OVERWRITE, FAULT_COUNT };
static const char *const fault_names[FAULT_COUNT] = {"flips",      "bursts", "drops",      "inserts",
                                                     "duplicates", "splits", "overwritten"};

struct good_frame {
    uint8_t encoded[FRAME_ENCODED_SIZE(FRAME_SIZE_MAX)];
    size_t encoded_size;
    uint8_t type, flags;
    uint8_t body[FRAME_SIZE_MAX];
    size_t body_size;
};

struct line {
    uint8_t bytes[LINE_SIZE];
    size_t size;
};

static struct good_frame pool[POOL];
static uint64_t noise;

static uint32_t random_below(uint32_t bound)
{
    noise ^= noise >> 12;
    noise ^= noise << 25;
    noise ^= noise >> 27;
    return (uint32_t)(((noise * 0x2545F4914F6CDD1Dull >> 32) * bound) >> 32);
}

static void make_pool(void)
{
    for (unsigned i = 0; i < POOL; i++) {
        struct good_frame *frame = &pool[i];
        unsigned zeros = random_below(4); /* of four bytes: from text to an empty EEPROM */

        frame->type = (uint8_t)random_below(FRAME_TYPE_STUCK);
        frame->flags = (uint8_t)(random_below(8) == 0 ? random_below(256) : 0);
        frame->body_size = random_below(i % 8 == 0 ? FRAME_SIZE_MAX - 6 + 1 : 40);
        for (size_t k = 0; k < frame->body_size; k++)
            frame->body[k] = (uint8_t)(random_below(4) < zeros ? 0 : random_below(256));
        frame->encoded_size = frame_encode(frame->type, frame->flags, frame->body, frame->body_size,
                                           frame->encoded, sizeof frame->encoded);
    }
}

static void insert_byte(struct line *line, size_t at, uint8_t byte)
{
    memmove(line->bytes + at + 1, line->bytes + at, line->size - at);
    line->bytes[at] = byte;
    line->size++;
}

static void damage(struct line *line, enum fault fault)
{
    size_t at = random_below((uint32_t)line->size);
    size_t count = 1 + random_below(8);

    if (count > line->size - at)
        count = line->size - at;
    switch (fault) {
    case FLIP:
        for (size_t i = 0; i < count; i++)
            line->bytes[random_below((uint32_t)line->size)] ^= (uint8_t)(1u << random_below(8));
        break;
    case BURST:
        for (size_t i = 0; i < count; i++)
            line->bytes[at + i] ^= (uint8_t)(1 + random_below(255));
        break;
    case DROP:
        memmove(line->bytes + at, line->bytes + at + count, line->size - at - count);
        line->size -= count;
        break;
    case INSERT:
        for (size_t i = 0; i < count; i++)
            insert_byte(line, at, (uint8_t)random_below(256));
        break;
    case DUPLICATE:
        memmove(line->bytes + at + 2 * count, line->bytes + at + count, line->size - at - count);
        memcpy(line->bytes + at + count, line->bytes + at, count);
        line->size += count;
        break;
    case SPLIT:
        insert_byte(line, at, 0);
        break;
    default: /* OVERWRITE */
        memset(line->bytes + at, random_below(2) ? 0xFF : 0, count);
        break;
    }
}

static bool is_same(const struct frame *frame, const struct good_frame *good)
{
    return frame->type == good->type && frame->flags == good->flags && frame->body_size == good->body_size &&
           memcmp(frame->body, good->body, frame->body_size) == 0;
}

struct result {
    uint64_t faults[FAULT_COUNT];
    uint64_t undetected, late, neighbours_lost;
};

static void try_case(struct frame_decoder *decoder, struct result *result)
{
    const struct good_frame *sent[3];
    struct line line;
    struct frame frame;
    bool has_come[3] = {false};

    for (unsigned i = 0; i < 3; i++)
        sent[i] = &pool[random_below(POOL)];
    memcpy(line.bytes, sent[0]->encoded, sent[0]->encoded_size);
    line.size = sent[0]->encoded_size;
    for (unsigned i = random_below(4) == 0 ? 3 : 1; i > 0 && line.size > 0; i--) {
        enum fault fault = (enum fault)random_below(FAULT_COUNT);
        damage(&line, fault);
        result->faults[fault]++;
    }
    for (unsigned i = 1; i < 3; i++) {
        memcpy(line.bytes + line.size, sent[i]->encoded, sent[i]->encoded_size);
        line.size += sent[i]->encoded_size;
    }
    for (size_t i = 0; i < line.size; i++) {
        if (!frame_decoder_push(decoder, line.bytes[i], &frame))
            continue;
        bool is_known = false;
        for (unsigned k = 0; k < 3; k++) {
            if (is_same(&frame, sent[k]))
                is_known = has_come[k] = true;
        }
        result->undetected += !is_known;
    }
    result->late += !has_come[2];
    result->neighbours_lost += !has_come[1];
}

int main(int argc, char **argv)
{
    const char *text = getenv("BYNAME_SEED");
    uint64_t seed = text == NULL ? 1 : strtoull(text, NULL, 10);
    bool is_long = argc > 1 && strcmp(argv[1], "--long") == 0;
    bool is_short = argc > 1 && strcmp(argv[1], "--sanitized") == 0;
    uint64_t cases = is_long ? CASES_LONG : is_short ? CASES_SANITIZED : CASES_SHORT;
    static uint8_t buffer[FRAME_SIZE_MAX];
    struct frame_decoder decoder;
    struct result result = {0};
    uint64_t faults = 0;
    bool is_whole = true;

    printf("seed %" PRIu64 "\n", seed);
    noise = seed * 2 + 1;
    make_pool();
    frame_decoder_init(&decoder, buffer, sizeof buffer);
    for (uint64_t i = 0; i < cases; i++)
        try_case(&decoder, &result);
    printf("neighbour frames lost with the damaged one: %" PRIu64 "; not back within one frame: %" PRIu64
           "\n",
           result.neighbours_lost, result.late);
    printf("proof: line noise: %" PRIu64 " cases,", cases);
    for (unsigned i = 0; i < FAULT_COUNT; i++) {
        printf(" %s %" PRIu64, fault_names[i], result.faults[i]);
        faults += result.faults[i];
        is_whole &= result.faults[i] > 0;
    }
    printf("; %" PRIu64 " faults, %" PRIu64 " lost\n", faults, result.undetected + result.late);
    return result.undetected == 0 && result.late == 0 && is_whole ? 0 : 1;
}
