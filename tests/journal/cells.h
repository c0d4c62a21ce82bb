/* SPDX-License-Identifier: MIT
 *
 * cells.h - an EEPROM in memory that can be copied in mid write.
 *
 * It answers the EEPROM part of port.h. The hardware is one per process, so cells_use says which struct cells
 * the calls go to; on_write may switch to a copy, try there what a power cut would do, and switch back. The
 * caller owns struct cells.
 */
#ifndef BYNAME_TEST_CELLS_H
#define BYNAME_TEST_CELLS_H

#include <stdbool.h>
#include <stdint.h>

#include "firmware/core/storage.h"

#define CELLS_CAPACITY (STORAGE_SLOT_COUNT * STORAGE_SLOT_SIZE)
#define CELLS_UNSTABLE_CAPACITY 2

/* What a byte is left as when power fails while it is written. UNSTABLE reads as old or as new, FLICKER as
 * any mixture of their bits, anew at each read until the cell is written again. */
enum tear_kind {
    TEAR_OLD,
    TEAR_NEW,
    TEAR_ERASED,
    TEAR_BOTH, /* old & new */
    TEAR_NOISE,
    TEAR_UNSTABLE,
    TEAR_FLICKER,
    TEAR_KIND_COUNT,
};
extern const char *const tear_kind_names[TEAR_KIND_COUNT];

struct unstable_cell {
    bool is_set;
    bool is_bitwise;
    uint16_t address;
    uint8_t old, new;
};

/* A cell with bits that cannot change any more. A dead cell that stays erased is ones = 0xFF. */
struct stuck_cell {
    uint16_t address;
    uint8_t zeros, ones;
};

struct cells_write {
    uint16_t address;
    uint8_t old, new;
};

struct cells {
    uint8_t bytes[CELLS_CAPACITY];
    uint16_t size;
    struct unstable_cell unstable[CELLS_UNSTABLE_CAPACITY];
    uint8_t unstable_count;
    uint64_t noise; /* state of the generator of what unstable cells read as; not 0 */
    const struct stuck_cell *stuck;
    uint8_t stuck_count;
    uint32_t write_count;
    uint32_t *erases; /* one for each cell, or NULL */
    /* A write is about to be done; called with these cells in use, and to be left so. May be NULL. */
    void (*on_write)(void *user, const struct cells_write *write);
    void *user;
};

/* Blank cells. size <= CELLS_CAPACITY. */
void cells_init(struct cells *cells, uint16_t size, uint64_t seed);

/* Everything but the callback and the counts of erases. */
void cells_copy(struct cells *to, const struct cells *from);

/* Let the port's functions work on these. Returns those of before. */
struct cells *cells_use(struct cells *cells);

/* Power failed inside this write; `seed` says which noise. The cells are then as the next power-up finds
 * them. */
void cells_tear(struct cells *cells, const struct cells_write *write, enum tear_kind kind, uint64_t seed);

/* True when this tear leaves what a kind before it has left already. */
bool cells_is_tear_repeated(const struct cells_write *write, enum tear_kind kind);

/* The next of a sequence of well-mixed numbers (xorshift64*). */
uint64_t cells_random(uint64_t *state);

#endif
