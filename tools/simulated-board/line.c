/* SPDX-License-Identifier: MIT */
#include "line.h"

#include <string.h>

#define LATENCY_US_MIN 300
#define LATENCY_US_MAX 2000
#define DELAY_US_MAX (20 * SECOND_US)
#define SHORT_DELAY_US_MAX (SECOND_US / 2)

void line_init(struct line *line, struct bench *bench, const char *name, uint32_t noise)
{
    memset(line, 0, sizeof *line);
    line->bench = bench;
    line->name = name;
    line->is_connected = true;
    line->noise = noise;
}

static bool happens(struct line *line)
{
    return line->bench->is_faulty && bench_is(line->bench, line->noise);
}

static void flip_bits(struct line *line, struct line_chunk *chunk)
{
    for (uint32_t count = 1 + bench_below(line->bench, 3); count > 0; count--)
        chunk->bytes[bench_below(line->bench, chunk->size)] ^= (uint8_t)(1u << bench_below(line->bench, 8));
    bench_fault(line->bench, FAULT_BIT_FLIPPED, "%s: bits flipped", line->name);
}

static void burst(struct line *line, struct line_chunk *chunk)
{
    unsigned at = bench_below(line->bench, chunk->size);
    unsigned end = at + 1 + bench_below(line->bench, 24);

    for (; at < chunk->size && at < end; at++)
        chunk->bytes[at] = (uint8_t)bench_draw(line->bench);
    bench_fault(line->bench, FAULT_BURST, "%s: burst", line->name);
}

static void drop_bytes(struct line *line, struct line_chunk *chunk)
{
    unsigned at = bench_below(line->bench, chunk->size);
    unsigned count = bench_is(line->bench, 300000) ? chunk->size : 1 + bench_below(line->bench, 8);

    if (count > chunk->size - at)
        count = chunk->size - at;
    memmove(chunk->bytes + at, chunk->bytes + at + count, chunk->size - at - count);
    chunk->size -= count;
    bench_fault(line->bench, FAULT_BYTES_DROPPED, "%s: %u bytes dropped", line->name, count);
}

static void insert_bytes(struct line *line, struct line_chunk *chunk)
{
    unsigned at = bench_below(line->bench, chunk->size + 1);
    unsigned count = 1 + bench_below(line->bench, 6);

    if (chunk->size + count > LINE_CHUNK_SIZE)
        return;
    memmove(chunk->bytes + at + count, chunk->bytes + at, chunk->size - at);
    for (unsigned i = 0; i < count; i++)
        chunk->bytes[at + i] = (uint8_t)bench_draw(line->bench);
    chunk->size += count;
    bench_fault(line->bench, FAULT_BYTES_INSERTED, "%s: %u bytes inserted", line->name, count);
}

static void mangle(struct line *line, struct line_chunk *chunk)
{
    if (happens(line))
        flip_bits(line, chunk);
    if (happens(line))
        burst(line, chunk);
    if (happens(line))
        insert_bytes(line, chunk);
    if (happens(line))
        drop_bytes(line, chunk);
}

static void put(struct line *line, const struct line_chunk *chunk)
{
    if (line->count == LINE_CHUNK_COUNT || chunk->size == 0)
        return;
    line->chunks[(line->first + line->count) % LINE_CHUNK_COUNT] = *chunk;
    line->count++;
    line->last_due_us = chunk->due_us;
}

/* The last bytes come on their own, a little later. */
static void put_split(struct line *line, const struct line_chunk *chunk)
{
    struct line_chunk part = *chunk;

    bench_fault(line->bench, FAULT_CHUNK_SPLIT, "%s: split", line->name);
    part.size = 1 + bench_below(line->bench, chunk->size - 1);
    put(line, &part);
    part.size = chunk->size - part.size;
    memcpy(part.bytes, chunk->bytes + chunk->size - part.size, part.size);
    part.due_us += bench_below(line->bench, 30000);
    put(line, &part);
}

void line_send(struct line *line, const uint8_t *bytes, size_t size, uint64_t sent_us)
{
    struct line_chunk chunk = {.size = size < LINE_CHUNK_SIZE ? (unsigned)size : LINE_CHUNK_SIZE};

    if (!line->is_connected || size == 0)
        return;
    memcpy(chunk.bytes, bytes, chunk.size);
    chunk.due_us = sent_us + bench_between(line->bench, LATENCY_US_MIN, LATENCY_US_MAX);
    if (happens(line)) {
        uint64_t most_us = bench_is(line->bench, 100000) ? DELAY_US_MAX : SHORT_DELAY_US_MAX;
        chunk.due_us += bench_between(line->bench, 1000, most_us);
        bench_fault(line->bench, FAULT_CHUNK_DELAYED, "%s: delayed", line->name);
    }
    if (chunk.due_us < line->last_due_us)
        chunk.due_us = line->last_due_us;
    bool is_repeated = happens(line);
    struct line_chunk again = chunk;
    mangle(line, &chunk);
    if (chunk.size > 1 && happens(line))
        put_split(line, &chunk);
    else
        put(line, &chunk);
    if (is_repeated) {
        put(line, &again);
        bench_fault(line->bench, FAULT_CHUNK_REPEATED, "%s: repeated", line->name);
    }
}

uint64_t line_due_us(const struct line *line)
{
    return line->count > 0 ? line->chunks[line->first].due_us : NEVER_US;
}

const struct line_chunk *line_take(struct line *line)
{
    if (line_due_us(line) > line->bench->now_us)
        return NULL;
    const struct line_chunk *chunk = &line->chunks[line->first];
    line->first = (line->first + 1) % LINE_CHUNK_COUNT;
    line->count--;
    return chunk;
}

void line_clear(struct line *line)
{
    line->count = 0;
    line->last_due_us = 0;
}
