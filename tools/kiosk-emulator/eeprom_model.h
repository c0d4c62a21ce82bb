/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * eeprom_model.h - the ATmega2560's EEPROM as the datasheet has it: busy time, modes, and torn writes.
 *
 * Replaces libsimavr's EEPROM, whose writes take effect at once and can never be interrupted. The cells are
 * the caller's 4096 bytes and may be a shared file mapping: a byte changes only when its write completes, or
 * when power is lost inside it. The caller owns struct eeprom_model, which must outlive the core it is
 * attached to. ATmega2560 datasheet (DS40002211), section 8.3 and 8.6.
 */
#ifndef KIOSK_EMULATOR_EEPROM_MODEL_H
#define KIOSK_EMULATOR_EEPROM_MODEL_H

#include <stdbool.h>
#include <stdint.h>
#include "core.h"
#include "noise.h"

enum { EEPROM_SIZE = 4096 };

/* EEPM1:0. The times are 3.4 ms, 1.8 ms and 1.8 ms. */
enum eeprom_mode { EEPROM_ERASE_AND_WRITE, EEPROM_ERASE_ONLY, EEPROM_WRITE_ONLY, EEPROM_MODE_RESERVED };

/* What a cell holds after power was lost inside its write. "New" is what the operation would have left: the
 * data, 0xFF, or old & data. All kinds are offered in all modes: worse than physics for the two half
 * operations, on purpose.
 */
enum eeprom_tear {
    EEPROM_TEAR_OLD,
    EEPROM_TEAR_NEW,
    EEPROM_TEAR_ERASED,
    EEPROM_TEAR_AND,      /* old & new */
    EEPROM_TEAR_NOISE,    /* any value, the same at every read */
    EEPROM_TEAR_UNSTABLE, /* reads as old or as new, anew at each read, until it is written again */
    EEPROM_TEAR_COUNT,
};

struct eeprom_write {
    uint16_t address;
    uint8_t old;
    uint8_t data;
    enum eeprom_mode mode;
};

/* Called inside a running instruction: look, note, ask the board to stop; do not run the core. */
struct eeprom_listener {
    void (*on_write)(void *user, const struct eeprom_write *write); /* a write has begun */
    void (*on_cut)(void *user);                                     /* the planned power cut is reached */
    void *user;
};

/* A cell left unstable by a power cut. is_set false means none. */
struct eeprom_unstable {
    bool is_set;
    uint16_t address;
    uint8_t old;
    uint8_t new;
};

struct eeprom_model {
    struct avr_t *avr;
    struct avr_int_vector_t *ready;
    uint8_t *cells;
    struct noise *noise;
    struct eeprom_listener listener;
    bool is_busy;
    struct eeprom_write write; /* under way while is_busy */
    uint64_t done_cycle;
    uint64_t cut_at_write; /* number of the write to be cut, 0 for none */
    enum eeprom_tear cut_tear;
    struct eeprom_unstable unstable;
    uint32_t write_us; /* 0 for the datasheet's times; less makes long power-cut runs quicker */
    /* For tests and statistics. */
    uint64_t writes_begun;
    uint64_t reads;
    uint32_t violations; /* the firmware did what the datasheet forbids: touched a busy EEPROM, missed the
                            window */
};

/* Take over the EEPROM registers of a core that has just been powered up. */
void eeprom_model_attach(struct eeprom_model *model, struct avr_t *avr, uint8_t *cells, struct noise *noise,
                         const struct eeprom_listener *listener);

/* To be called after every reset of the core, which forgets all cycle timers. A write under way goes on, as
 * the datasheet promises while the supply holds.
 */
void eeprom_model_after_reset(struct eeprom_model *model);

/* Lose power half-way through the count-th write from now; count 0 takes the plan back. on_cut is called
 * then. */
void eeprom_model_plan_cut(struct eeprom_model *model, uint64_t count, enum eeprom_tear tear);

/* The supply is gone: a write under way leaves its cell as tear says. Without one nothing happens. */
void eeprom_model_lose_power(struct eeprom_model *model, enum eeprom_tear tear);

#endif
