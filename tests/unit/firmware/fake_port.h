/* SPDX-License-Identifier: MIT
 *
 * fake_port.h - a kiosk's hardware in memory: time stands still until a test moves it.
 *
 * One per process, as a board is. A power cut is a longjmp out of the EEPROM write it tears.
 */
#ifndef BYNAME_FAKE_PORT_H
#define BYNAME_FAKE_PORT_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "firmware/port/port.h"

/* What a byte is left as when power fails while it is written. */
enum fake_tear { TEAR_OLD, TEAR_NEW, TEAR_ERASED, TEAR_BOTH, TEAR_NOISE, TEAR_KIND_COUNT };

struct fake_port {
    uint32_t now_ms;
    uint8_t buttons;
    uint8_t pressed_by_display, pressed_by_line; /* these go down while the next bytes are written there */
    uint8_t reset_causes;

    uint8_t eeprom[PORT_EEPROM_SIZE];
    uint32_t wear[PORT_EEPROM_SIZE]; /* writes and erases that raised a bit */
    uint16_t dead_from, dead_to;     /* cells that cannot be programmed: [from, to) */
    bool is_dead_frozen;             /* nor erased: they keep what they hold */
    uint32_t write_count;
    uint32_t cut_at; /* the write_count to tear; 0: never */
    enum fake_tear tear;
    uint8_t noise;
    jmp_buf power_cut;
    bool is_slow; /* writes leave the EEPROM busy until the time moves */
    uint32_t busy_until_ms;

    uint8_t rx[4096];
    size_t rx_size, rx_at;
    uint8_t tx[65536];
    size_t tx_size;
    bool is_line_full;

    bool is_display_absent;
    uint32_t display_writes;
    uint32_t beeps;
};

extern struct fake_port fake_port;

/* Blank EEPROM, no buttons, time 0. */
void fake_port_reset(void);

/* Power off and on: only the EEPROM and its wear survive. */
void fake_port_reboot(void);

#endif
