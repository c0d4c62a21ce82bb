/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * device_core.c - the firmware's core on hardware in memory: hundreds keep real time on one processor.
 */
#include "device.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/vocabulary.h"
#include "tools/simulated-board/board.h"

_Static_assert(DEVICE_EEPROM_SIZE == PORT_EEPROM_SIZE, "one EEPROM");

#define BYTE_BITS 10 /* on the line: a start bit, eight, a stop bit */

struct core {
    struct device device;
    struct bench bench;
    struct line up;
    struct board board;
};

static struct core *core_of(struct device *device)
{
    return (struct core *)device;
}

static void on_shown(void *observer, struct board *board)
{
    (void)observer, (void)board; /* nobody looks */
}

static uint64_t wake_us(const struct device *device)
{
    const struct core *core = (const struct core *)device;
    uint64_t due_us = line_due_us(&core->up);

    return due_us < core->board.wake_us ? due_us : core->board.wake_us;
}

/* Each pass at the very time it is due, however late we are: so no press is ever shorter than it was meant. */
static void run(struct device *device, uint64_t until_us)
{
    struct core *core = core_of(device);
    const struct line_chunk *chunk;

    for (uint64_t next_us; (next_us = wake_us(device)) <= until_us;) {
        if (next_us > core->bench.now_us)
            core->bench.now_us = next_us;
        while ((chunk = line_take(&core->up)) != NULL)
            device->options.on_sent(device->options.context, chunk->bytes, chunk->size);
        if (core->board.wake_us <= core->bench.now_us)
            board_step(&core->board);
    }
    if (until_us > core->bench.now_us)
        core->bench.now_us = until_us;
}

static void press(struct device *device, uint8_t buttons)
{
    board_hold(&core_of(device)->board, buttons);
}

static size_t receive(struct device *device, const uint8_t *bytes, size_t size)
{
    struct board *board = &core_of(device)->board;
    size_t room = board->rx_at == board->rx_size ? BOARD_RX_SIZE : BOARD_RX_SIZE - board->rx_size;

    if (size > room)
        size = room;
    if (size > 0)
        board_receive(board, bytes, (unsigned)size);
    return size;
}

static bool is_faulty(const struct device *device)
{
    return !((const struct core *)device)->board.is_on;
}

static bool append(struct device *device, struct answer *answer, uint32_t visit)
{
    return board_append(&core_of(device)->board, answer, visit);
}

static uint16_t free_answers(const struct device *device)
{
    return journal_free(&((const struct core *)device)->board.kiosk.journal);
}

static void destroy(struct device *device)
{
    struct board *board = &core_of(device)->board;

    memcpy(device->options.eeprom, board->eeprom, sizeof board->eeprom);
    free(device);
}

struct device *device_create_core(const struct device_options *options)
{
    static const struct device_class class = {run,       wake_us, press,        receive,
                                              is_faulty, append,  free_answers, destroy};
    struct core *core = calloc(1, sizeof *core);

    if (core == NULL)
        return NULL;
    core->device = (struct device){&class, *options};
    bench_start(&core->bench, options->seed);
    line_init(&core->up, &core->bench, "line", 0);
    board_init(&core->board, &core->bench, 0, &core->up);
    memcpy(core->board.eeprom, options->eeprom, sizeof core->board.eeprom);
    core->board.on_shown = on_shown;
    core->board.haste = options->haste;
    core->board.byte_us = (BYTE_BITS * 1000000 + options->baud / 2) / options->baud;
    board_power_on(&core->board, RESET_POWER_ON);
    return &core->device;
}
