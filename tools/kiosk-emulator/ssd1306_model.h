/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ssd1306_model.h - a 128x64 OLED module with an SSD1306 controller on I2C.
 *
 * Pure: knows neither the core nor the clock. It takes the bytes that follow its address on the bus and
 * answers what an eye in front of the module would see, so that a wrong initialisation is a wrong picture.
 * The module is modelled as the usual one: upright with segment remap A1 and COM scan C8, wired for the
 * alternative COM pin configuration (DA 12), fed by the charge pump (8D 14). The caller owns the struct.
 * SSD1306 datasheet rev 1.1, sections 8 to 10.
 */
#ifndef KIOSK_EMULATOR_SSD1306_MODEL_H
#define KIOSK_EMULATOR_SSD1306_MODEL_H

#include <stdbool.h>
#include <stdint.h>
#include "noise.h"

enum {
    SSD1306_ADDRESS = 0x3C,
    SSD1306_WIDTH = 128,
    SSD1306_HEIGHT = 64,
    SSD1306_PAGES = SSD1306_HEIGHT / 8,
    SSD1306_ARGUMENTS_MAX = 6,
    SSD1306_ROW_BYTES = SSD1306_WIDTH / 8,
};

enum ssd1306_addressing { SSD1306_HORIZONTAL, SSD1306_VERTICAL, SSD1306_PAGE };

struct ssd1306_model {
    /* Where the next byte goes. */
    bool expects_control;
    bool is_single; /* Co was set: one byte, then another control byte */
    bool is_data;
    uint8_t command;
    uint8_t arguments[SSD1306_ARGUMENTS_MAX];
    uint8_t argument_count;
    uint8_t arguments_wanted;
    /* Registers. */
    enum ssd1306_addressing addressing;
    uint8_t column, column_first, column_last;
    uint8_t page, page_first, page_last;
    uint8_t start_line, offset, multiplex, contrast, com_pins;
    bool is_on, is_inverted, is_all_on, is_remapped, is_com_reversed, is_charge_pump_on;
    /* One bit a pixel, least significant bit on top; indexed by segment line, not by column address. */
    uint8_t ram[SSD1306_PAGES][SSD1306_WIDTH];
    /* For tests and statistics. */
    uint64_t data_bytes;
    uint32_t unknown_commands;
    uint8_t last_unknown;
};

/* What can be seen: 64 rows of 128 pixels, most significant bit leftmost, 1 is lit. */
struct ssd1306_picture {
    uint8_t rows[SSD1306_HEIGHT][SSD1306_ROW_BYTES];
};

/* Registers as after the module's power-on reset; the display RAM holds noise. */
void ssd1306_model_init(struct ssd1306_model *model, struct noise *noise);

/* The controller was addressed for writing: a control byte follows. A command cut short is forgotten. */
void ssd1306_model_begin(struct ssd1306_model *model);

/* One byte after the address. */
void ssd1306_model_write(struct ssd1306_model *model, uint8_t byte);

/* The status byte: bit 6 is set while the display is off. */
uint8_t ssd1306_model_read(const struct ssd1306_model *model);

void ssd1306_model_look(const struct ssd1306_model *model, struct ssd1306_picture *picture);

/* x in 0..127 from the left, y in 0..63 from the top. */
bool ssd1306_picture_is_lit(const struct ssd1306_picture *picture, unsigned x, unsigned y);

#endif
