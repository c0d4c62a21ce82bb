/* SPDX-License-Identifier: MIT
 *
 * rig.h - a board with the test image and its mailbox, for tests.
 *
 * One rig owns its image, EEPROM cells and board. All failures are test failures.
 */
#ifndef EMULATOR_RIG_H
#define EMULATOR_RIG_H

#include "bench.h"
#include "tools/kiosk-emulator/board.h"
#include "tests/unit/cmocka_first.h"

enum { RIG_SENT_CAPACITY = 256 };

struct rig {
    struct image *image;
    struct board *board;
    struct board_config config; /* for the next power-up */
    uint8_t cells[EEPROM_SIZE]; /* 0xFF at first */
    uint8_t sent[RIG_SENT_CAPACITY];
    uint64_t sent_cycle[RIG_SENT_CAPACITY];
    size_t sent_count;
    uint64_t events[8]; /* by kind */
    uint64_t last_value[8];
};

/* Power a board up with the image at this path and wait until it is ready. */
void rig_open(struct rig *rig, const char *image_path);
void rig_close(struct rig *rig);

/* Power off with this tear, and on again. */
void rig_power_cycle(struct rig *rig, enum eeprom_tear tear);

/* For cmocka: a rig with bench.elf as *state. */
int rig_setup(void **state);
int rig_teardown(void **state);

void rig_argument(struct rig *rig, unsigned index, uint8_t value);
uint8_t rig_result(const struct rig *rig, unsigned index);
unsigned rig_result_word(const struct rig *rig, unsigned index);

/* Start a command without waiting for its end. */
void rig_start(struct rig *rig, enum bench_command command);

/* Run until the command is done, at most this long. Returns whether it is done. */
bool rig_finish(struct rig *rig, unsigned ms_max);

/* Both. Fails the test if the command takes longer than a second. */
void rig_do(struct rig *rig, enum bench_command command);

/* The full EEPROM write command with 5 arguments. */
void rig_eeprom_write(struct rig *rig, uint16_t address, uint8_t data, enum eeprom_mode mode, uint8_t gap);
uint8_t rig_eeprom_read(struct rig *rig, uint16_t address);

#endif
