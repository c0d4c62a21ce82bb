/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * kiosk.h - a kiosk on a counter: a board that can be switched off and on, with its EEPROM file, its cable
 * and its clock.
 *
 * The clock counts cycles since the emulator began and goes on while the power is off. The board is always
 * stopped at whole milliseconds of this clock, whatever real time does, so that a run depends only on the
 * seed, the script and what comes down the line. The caller owns struct kiosk; one thread.
 */
#ifndef KIOSK_EMULATOR_KIOSK_H
#define KIOSK_EMULATOR_KIOSK_H

#include <stdbool.h>
#include <stdint.h>
#include "board.h"
#include "eeprom_file.h"
#include "pace.h"
#include "kiosk_pty.h"
#include "trace.h"

enum { KIOSK_TX_CAPACITY = 8192 };

/* Who presses buttons; one is pressed while any hand presses it. */
enum kiosk_hand { KIOSK_HAND_KEYS /* or a script */, KIOSK_HAND_BROWSER, KIOSK_HAND_COUNT };

struct kiosk_config {
    const char *elf_path;
    const char *eeprom_path;
    const char *link_path;  /* NULL for none */
    const char *trace_path; /* NULL for none */
    unsigned pace;
    uint64_t seed;
    uint32_t host_baud;
    bool is_display_absent;
    bool is_bus_stuck;
    bool resets_on_open; /* like an Arduino's, whose reset hangs on DTR */
};

struct kiosk {
    struct kiosk_config config;
    struct image *image;
    struct board *board; /* NULL while the power is off */
    struct eeprom_file eeprom;
    struct eeprom_unstable unstable_cell;
    struct kiosk_pty pty;
    struct trace trace;
    struct pace pace;
    struct noise noise; /* a new seed for every power-up */
    uint64_t clock;     /* cycles since the emulator began */
    uint64_t power_up_clock;
    uint8_t hands[KIOSK_HAND_COUNT];
    uint8_t pressed; /* by any of them */
    bool is_cable_in;
    bool has_peer;
    bool is_broken; /* the board is faulty, and it has been said */
    uint8_t tx[KIOSK_TX_CAPACITY];
    size_t tx_count;
    uint64_t last_line_clock; /* when a byte last moved, either way */
    char error[256];
};

/* Open the files and power up at clock 0. On failure returns -1 with a sentence in kiosk->error and nothing
 * open. */
int kiosk_open(struct kiosk *kiosk, const struct kiosk_config *config, uint64_t now_ns);
void kiosk_close(struct kiosk *kiosk);

/* Run to this clock at most, stopping early at the next byte sent while the line matters, or when `budget_ns`
 * of real time is used up. Returns -1 with kiosk->error set when the board has become faulty.
 */
int kiosk_run(struct kiosk *kiosk, uint64_t clock, uint64_t now_ns, uint64_t budget_ns);

/* Move bytes between the board and the line. */
void kiosk_serve_line(struct kiosk *kiosk, uint64_t now_ns);

/* Whether it is worth waking up for bytes from the line: somebody has it open, and there is room. */
bool kiosk_reads_line(const struct kiosk *kiosk);

/* Each does nothing if it is so already. They return -1 with kiosk->error set. */
int kiosk_power_on(struct kiosk *kiosk);
int kiosk_plug_in(struct kiosk *kiosk);

void kiosk_power_off(struct kiosk *kiosk);
void kiosk_unplug(struct kiosk *kiosk);

/* Set which buttons this hand presses; bit 0 is button 1. */
void kiosk_press(struct kiosk *kiosk, enum kiosk_hand hand, uint8_t pressed);

void kiosk_look(const struct kiosk *kiosk, struct ssd1306_picture *picture);
void kiosk_set_display(struct kiosk *kiosk, bool is_present);
void kiosk_set_bus_stuck(struct kiosk *kiosk, bool is_stuck);
void kiosk_reset(struct kiosk *kiosk);

/* Returns -1 with kiosk->error set while the power is off. */
int kiosk_plan_cut(struct kiosk *kiosk, uint32_t count, enum eeprom_tear tear);

uint64_t kiosk_clock_ms(const struct kiosk *kiosk);

/* Real time by the monotonic clock. */
uint64_t kiosk_real_ns(void);

#endif
