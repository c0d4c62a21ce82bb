/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * board.h - one kiosk's hardware: an ATmega2560 at 16 MHz running the real firmware image, its five buttons,
 * display, EEPROM and serial line, on libsimavr.
 *
 * A board exists while it is powered. Time is counted in cycles from power-up and stands still between calls.
 * Boards do not share state (but the image's flash), so many can live in one process, one thread at a time
 * each; a process with boards may fork, and each side then has its own (but a shared EEPROM mapping stays
 * shared: give such boards private cells). The one thing libsimavr keeps for the whole process is its log
 * function, which board_create sets.
 */
#ifndef KIOSK_EMULATOR_BOARD_H
#define KIOSK_EMULATOR_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "eeprom_model.h"
#include "image.h"
#include "piezo_model.h"
#include "ssd1306_model.h"
#include "twi_model.h"
#include "uart_model.h"

struct board;

enum board_event_kind {
    BOARD_EVENT_BUTTONS, /* value: pressed buttons, bit 0 is button 1 */
    BOARD_EVENT_DISPLAY, /* first byte of picture data after buttons were pressed; value: cycles since then */
    BOARD_EVENT_EEPROM_WRITE, /* a write has begun; value: address << 16 | mode << 8 | data */
    BOARD_EVENT_RESET,        /* value: MCUSR */
    BOARD_EVENT_POWER_LOST,   /* the planned cut; value: writes begun since power-up */
    BOARD_EVENT_FAULT, /* the core crashed or sleeps with interrupts off; value: program counter in bytes */
};

struct board_event {
    enum board_event_kind kind;
    uint64_t cycle;
    uint64_t value;
};

struct board_config {
    struct image *image; /* outlives the board */
    uint8_t *eeprom; /* EEPROM_SIZE cells, outlive the board; kept current at every completed byte write */
    struct eeprom_unstable unstable_cell; /* from the board before, or all zero */
    uint64_t seed;                        /* power-up noise in SRAM and display, and torn EEPROM cells */
    uint32_t host_baud;                   /* 0 for 115200 */
    uint8_t pressed;                      /* buttons held at power-up */
    bool is_display_absent;
    bool is_bus_stuck;
    /* Both are called from inside board_run_to and board_press, may be NULL, and must not run the board. */
    void (*on_tx)(void *user, uint8_t byte);
    void (*on_event)(void *user, const struct board_event *event);
    void *user;
};

enum board_outcome {
    BOARD_REACHED, /* the cycle asked for */
    BOARD_STOPPED, /* board_stop was called from a callback, or a write has begun and board_stop_at_writes is
                      on */
    BOARD_POWER_LOST, /* a planned power cut; nothing runs any more */
    BOARD_FAULTY,     /* the core crashed, or sleeps with interrupts off; nothing runs any more */
};

/* Power up. NULL when memory is short or libsimavr does not know the ATmega2560. */
struct board *board_create(const struct board_config *config);

/* Free the board. NULL is legal. A write under way leaves its cell old; call board_lose_power first for
 * another tear. */
void board_destroy(struct board *board);

/* Run up to the cycle (an instruction may reach a few cycles beyond). A cycle already passed returns
 * BOARD_REACHED. */
enum board_outcome board_run_to(struct board *board, uint64_t cycle);
enum board_outcome board_run_ms(struct board *board, uint32_t ms);

/* From a callback: let board_run_to return after this instruction. */
void board_stop(struct board *board);

/* Let board_run_to return BOARD_STOPPED after each instruction that begins an EEPROM write: the place to
 * fork. */
void board_stop_at_writes(struct board *board, bool is_wanted);

/* The supply is gone now. A write under way tears its cell; the board can only be looked at and destroyed. */
void board_lose_power(struct board *board, enum eeprom_tear tear);

/* Plan a power cut half-way through the count-th EEPROM write from now; 0 takes the plan back. */
void board_plan_cut(struct board *board, uint64_t count, enum eeprom_tear tear);

/* The reset pin, as a serial port being opened pulls it on an Arduino: SRAM, EEPROM and display keep what
 * they hold. */
void board_reset(struct board *board);

/* Set which buttons are pressed; bit 0 is button 1. */
void board_press(struct board *board, uint8_t pressed);

/* Queue bytes to the kiosk at the host's line rate. Returns how many found room. */
size_t board_send(struct board *board, const uint8_t *bytes, size_t count);

/* Unplug or plug in the display; a plugged-in display has lost its registers. */
void board_set_display(struct board *board, bool is_present);
void board_set_bus_stuck(struct board *board, bool is_stuck);

uint64_t board_cycle(const struct board *board);

/* Of these, the cycles in which the core slept. */
uint64_t board_asleep_cycles(const struct board *board);

/* The address, in bytes, of the instruction that comes next. */
uint32_t board_program_counter(const struct board *board);

uint32_t board_resets(const struct board *board);

/* Text of the last complaint libsimavr made about the firmware, empty if none. */
const char *board_complaint(const struct board *board);

/* What can be seen on the display. A dark picture if it is absent. */
void board_look(const struct board *board, struct ssd1306_picture *picture);

/* The firmware's memory at a data address (registers, I/O, SRAM), for tests. */
uint8_t board_peek(const struct board *board, uint16_t address);

/* Write to SRAM behind the firmware's back, for tests. Registers are not reached this way. */
void board_poke(struct board *board, uint16_t address, uint8_t value);

/* The models, for counters and special wishes; they live as long as the board. */
struct eeprom_model *board_eeprom(struct board *board);
struct uart_model *board_uart(struct board *board);
struct twi_model *board_twi(struct board *board);
struct ssd1306_model *board_display(struct board *board);
struct piezo_model *board_piezo(struct board *board);

#endif
