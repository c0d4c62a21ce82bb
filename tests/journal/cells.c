/* SPDX-License-Identifier: MIT */
#include "cells.h"

#include <string.h>

const char *const tear_kind_names[TEAR_KIND_COUNT] = {"old",   "new",      "erased", "old&new",
                                                      "noise", "unstable", "flicker"};

static struct cells *in_use;

uint64_t cells_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (*state * 0x2545F4914F6CDD1Dull) >> 24;
}

void cells_init(struct cells *cells, uint16_t size, uint64_t seed)
{
    memset(cells, 0, sizeof *cells);
    memset(cells->bytes, 0xFF, sizeof cells->bytes);
    cells->size = size;
    cells->noise = seed * 2 + 1;
}

void cells_copy(struct cells *to, const struct cells *from)
{
    memcpy(to->bytes, from->bytes, from->size);
    to->size = from->size;
    memcpy(to->unstable, from->unstable, sizeof to->unstable);
    to->unstable_count = from->unstable_count;
    to->noise = from->noise;
    to->stuck = from->stuck;
    to->stuck_count = from->stuck_count;
    to->write_count = from->write_count;
    to->erases = NULL;
    to->on_write = NULL;
    to->user = NULL;
}

struct cells *cells_use(struct cells *cells)
{
    struct cells *before = in_use;

    in_use = cells;
    return before;
}

bool cells_is_tear_repeated(const struct cells_write *write, enum tear_kind kind)
{
    uint8_t both = write->old & write->new;

    switch (kind) {
    case TEAR_NEW:
    case TEAR_UNSTABLE:
    case TEAR_FLICKER:
        return write->new == write->old;
    case TEAR_ERASED:
        return write->old == 0xFF || write->new == 0xFF;
    case TEAR_BOTH:
        return both == write->old || both == write->new;
    default:
        return false;
    }
}

static void make_unstable(struct cells *cells, const struct cells_write *write, bool is_bitwise)
{
    uint8_t i = cells->unstable_count;

    for (uint8_t k = 0; k < cells->unstable_count; k++) {
        if (!cells->unstable[k].is_set)
            i = k;
    }
    if (i == CELLS_UNSTABLE_CAPACITY)
        return;
    cells->unstable[i] = (struct unstable_cell){.is_set = true,
                                                .is_bitwise = is_bitwise,
                                                .address = write->address,
                                                .old = write->old,
                                                .new = write->new};
    if (i == cells->unstable_count)
        cells->unstable_count++;
}

void cells_tear(struct cells *cells, const struct cells_write *write, enum tear_kind kind, uint64_t seed)
{
    uint8_t *cell = &cells->bytes[write->address];

    cells->noise = seed * 2 + 1;
    (void)cells_random(&cells->noise);
    switch (kind) {
    case TEAR_NEW:
        *cell = write->new;
        break;
    case TEAR_ERASED:
        *cell = 0xFF;
        break;
    case TEAR_BOTH:
        *cell = write->old & write->new;
        break;
    case TEAR_NOISE:
        *cell = (uint8_t)cells_random(&cells->noise);
        break;
    case TEAR_UNSTABLE:
    case TEAR_FLICKER:
        make_unstable(cells, write, kind == TEAR_FLICKER);
        break;
    default: /* TEAR_OLD: the cell was never touched */
        break;
    }
}

static uint8_t read_unstable(struct cells *cells, const struct unstable_cell *unstable)
{
    uint8_t random = (uint8_t)cells_random(&cells->noise);

    if (!unstable->is_bitwise)
        random = random & 1 ? 0xFF : 0;
    return (uint8_t)((unstable->old & random) | (unstable->new & ~random));
}

void port_eeprom_read(uint16_t address, void *data, size_t size)
{
    struct cells *cells = in_use;
    uint8_t *bytes = data;

    memcpy(bytes, cells->bytes + address, size);
    for (uint8_t i = 0; i < cells->unstable_count; i++) {
        const struct unstable_cell *unstable = &cells->unstable[i];
        if (unstable->is_set && unstable->address >= address && unstable->address < address + size)
            bytes[unstable->address - address] = read_unstable(cells, unstable);
    }
    for (uint8_t i = 0; i < cells->stuck_count; i++) {
        const struct stuck_cell *stuck = &cells->stuck[i];
        if (stuck->address >= address && stuck->address < address + size) {
            uint8_t *byte = &bytes[stuck->address - address];
            *byte = (uint8_t)((*byte & ~stuck->zeros) | stuck->ones);
        }
    }
}

bool port_eeprom_is_ready(void)
{
    return true;
}

void port_eeprom_start(uint16_t address, uint8_t value, enum port_eeprom_mode mode)
{
    struct cells *cells = in_use;
    struct cells_write write = {.address = address};

    port_eeprom_read(address, &write.old, 1);
    uint8_t cleared = (uint8_t)(write.old & value);
    write.new = mode == PORT_EEPROM_WRITE ? value : mode == PORT_EEPROM_ERASE ? 0xFF : cleared;
    cells->write_count++;
    if (cells->on_write != NULL)
        cells->on_write(cells->user, &write);
    if (cells->erases != NULL && mode != PORT_EEPROM_CLEAR)
        cells->erases[address]++;
    for (uint8_t i = 0; i < cells->unstable_count; i++) {
        if (cells->unstable[i].address == address)
            cells->unstable[i].is_set = false;
    }
    cells->bytes[address] = write.new;
}
