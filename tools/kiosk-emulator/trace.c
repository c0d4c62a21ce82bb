/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace.h"

#include <inttypes.h>
#include <string.h>

static void begin_line(const struct trace *trace, uint64_t clock, uint64_t cycle)
{
    const uint64_t us = clock / (CORE_CYCLES_PER_MS / 1000);
    fprintf(trace->file, "%" PRIu64 ".%03" PRIu64 " %" PRIu64 " ", us / 1000, us % 1000, cycle);
}

int trace_open(struct trace *trace, const char *path)
{
    memset(trace, 0, sizeof *trace);
    trace->tx.name = "uart-tx";
    trace->rx.name = "uart-rx";
    if (path == NULL) {
        return 0;
    }
    trace->file = fopen(path, "we");
    if (trace->file == NULL) {
        return -1;
    }
    setvbuf(trace->file, NULL, _IOLBF, 0);
    return 0;
}

void trace_close(struct trace *trace)
{
    if (trace->file != NULL) {
        fclose(trace->file);
        trace->file = NULL;
    }
}

static void print_buttons(FILE *file, uint64_t pressed)
{
    fputs("buttons", file);
    for (unsigned i = 0; i < 5; i++) {
        if (pressed >> i & 1) {
            fprintf(file, " %u", i + 1);
        }
    }
    fputs(pressed == 0 ? " none\n" : "\n", file);
}

static void print_write(FILE *file, uint64_t value)
{
    static const char *const modes[] = {"erase+write", "erase", "write", "reserved"};
    fprintf(file, "eeprom %s address 0x%03x data 0x%02x\n", modes[value >> 8 & 3], (unsigned)(value >> 16),
            (unsigned)(value & 0xFF));
}

static const char *reset_cause(uint64_t flags)
{
    return flags & 0x08 ? "watchdog" : flags & 0x02 ? "external" : "power";
}

void trace_event(struct trace *trace, uint64_t clock, const struct board_event *event)
{
    FILE *file = trace->file;
    if (file == NULL) {
        return;
    }
    begin_line(trace, clock, event->cycle);
    switch (event->kind) {
    case BOARD_EVENT_BUTTONS:
        print_buttons(file, event->value);
        break;
    case BOARD_EVENT_DISPLAY:
        fprintf(file, "display %.3f ms after the press\n", (double)event->value / CORE_CYCLES_PER_MS);
        break;
    case BOARD_EVENT_EEPROM_WRITE:
        print_write(file, event->value);
        break;
    case BOARD_EVENT_RESET:
        fprintf(file, "reset %s\n", reset_cause(event->value));
        break;
    case BOARD_EVENT_POWER_LOST:
        fprintf(file, "power lost in eeprom write %" PRIu64 "\n", event->value);
        break;
    case BOARD_EVENT_FAULT:
        fprintf(file, "fault at program address 0x%05" PRIx64 "\n", event->value);
        break;
    }
}

static void count_byte(struct trace *trace, struct trace_line *line, uint64_t clock, uint64_t cycle,
                       uint8_t byte)
{
    if (byte != 0) {
        line->frame_bytes++;
    } else if (line->frame_bytes > 0) {
        line->frames++;
        begin_line(trace, clock, cycle);
        fprintf(trace->file, "%s frame %" PRIu64 " of %u bytes\n", line->name, line->frames,
                line->frame_bytes);
        line->frame_bytes = 0;
    }
}

void trace_tx(struct trace *trace, uint64_t clock, uint64_t cycle, uint8_t byte)
{
    if (trace->file != NULL) {
        count_byte(trace, &trace->tx, clock, cycle, byte);
    }
}

void trace_rx(struct trace *trace, uint64_t clock, uint64_t cycle, const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; trace->file != NULL && i < count; i++) {
        count_byte(trace, &trace->rx, clock, cycle, bytes[i]);
    }
}

void trace_note(struct trace *trace, uint64_t clock, uint64_t cycle, const char *text)
{
    if (trace->file != NULL) {
        begin_line(trace, clock, cycle);
        fprintf(trace->file, "%s\n", text);
    }
}
