/* SPDX-License-Identifier: MIT
 *
 * line.h - one direction of a cable: bytes go in now and come out later, not always the same ones.
 *
 * Keeps their order. What it does to them is drawn from the bench's dice, and only while faults may happen.
 * The caller owns struct line. One thread.
 */
#ifndef BYNAME_SIMULATED_BOARD_LINE_H
#define BYNAME_SIMULATED_BOARD_LINE_H

#include <stddef.h>

#include "tools/simulated-board/bench.h"

#define LINE_CHUNK_SIZE 256
#define LINE_CHUNK_COUNT 64

struct line_chunk {
    uint64_t due_us;
    unsigned size;
    uint8_t bytes[LINE_CHUNK_SIZE];
};

struct line {
    struct bench *bench;
    const char *name;
    bool is_connected;
    uint32_t noise; /* faults of each kind in a million chunks */
    uint64_t last_due_us;
    unsigned first, count;
    struct line_chunk chunks[LINE_CHUNK_COUNT]; /* a ring */
};

void line_init(struct line *line, struct bench *bench, const char *name, uint32_t noise);

/* Bytes whose last leaves the sender at sent_us. They vanish when the line is not connected or too much is
 * under way. */
void line_send(struct line *line, const uint8_t *bytes, size_t size, uint64_t sent_us);

/* When the next bytes come out; NEVER_US: none are under way. */
uint64_t line_due_us(const struct line *line);

/* Those that are due at the bench's time, valid until the next line_send; NULL: none. */
const struct line_chunk *line_take(struct line *line);

/* All that is under way is gone. */
void line_clear(struct line *line);

#endif
