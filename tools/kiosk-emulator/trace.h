/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * trace.h - one line per event in a kiosk's life, for measuring and for comparing runs.
 *
 * A line is: kiosk time in ms with three decimals, cycle since power-up, event, details. Nothing in it
 * depends on real time, so that equal runs give equal traces. The caller owns struct trace; a zeroed one
 * writes nothing.
 */
#ifndef KIOSK_EMULATOR_TRACE_H
#define KIOSK_EMULATOR_TRACE_H

#include <stdint.h>
#include <stdio.h>
#include "board.h"

/* Counts the frames that pass in one direction: bytes between zero bytes. */
struct trace_line {
    const char *name;
    uint32_t frame_bytes;
    uint64_t frames;
};

struct trace {
    FILE *file;
    struct trace_line tx, rx;
};

/* Returns -1 with errno set if the file cannot be written. path may be NULL: nothing is traced. */
int trace_open(struct trace *trace, const char *path);
void trace_close(struct trace *trace);

/* `clock` is the kiosk's time in cycles since the emulator began, `cycle` since power-up. */
void trace_event(struct trace *trace, uint64_t clock, const struct board_event *event);
void trace_tx(struct trace *trace, uint64_t clock, uint64_t cycle, uint8_t byte);
void trace_rx(struct trace *trace, uint64_t clock, uint64_t cycle, const uint8_t *bytes, size_t count);
void trace_note(struct trace *trace, uint64_t clock, uint64_t cycle, const char *text);

#endif
