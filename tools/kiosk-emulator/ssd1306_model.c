/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ssd1306_model.h"

#include <string.h>

enum { CONTROL_CONTINUE = 0x80, CONTROL_DATA = 0x40, CONTROL_RESERVED = 0x3F };
enum { STATUS_OFF = 0x40 };
enum { COM_PINS_ALTERNATIVE = 0x10, COM_PINS_SWAPPED = 0x20, COM_PINS_RESET = 0x12 };
enum { CHARGE_PUMP_ENABLE = 0x04 };

void ssd1306_model_init(struct ssd1306_model *model, struct noise *noise)
{
    memset(model, 0, sizeof *model);
    model->expects_control = true;
    model->addressing = SSD1306_PAGE;
    model->column_last = SSD1306_WIDTH - 1;
    model->page_last = SSD1306_PAGES - 1;
    model->multiplex = SSD1306_HEIGHT - 1;
    model->contrast = 0x7F;
    model->com_pins = COM_PINS_RESET;
    noise_fill(noise, &model->ram[0][0], sizeof model->ram);
}

void ssd1306_model_begin(struct ssd1306_model *model)
{
    model->expects_control = true;
    model->arguments_wanted = 0;
}

static uint8_t arguments_of(uint8_t command)
{
    switch (command) {
    case 0x20: /* addressing mode */
    case 0x81: /* contrast */
    case 0x8D: /* charge pump */
    case 0xA8: /* multiplex ratio */
    case 0xD3: /* display offset */
    case 0xD5: /* clock */
    case 0xD9: /* precharge */
    case 0xDA: /* COM pins */
    case 0xDB: /* VCOMH */
        return 1;
    case 0x21: /* column range */
    case 0x22: /* page range */
    case 0xA3: /* vertical scroll area */
        return 2;
    case 0x29: /* vertical and horizontal scroll */
    case 0x2A:
        return 5;
    case 0x26: /* horizontal scroll */
    case 0x27:
        return 6;
    default:
        return 0;
    }
}

static void set_column_range(struct ssd1306_model *model, const uint8_t *arguments)
{
    model->column_first = arguments[0] & (SSD1306_WIDTH - 1);
    model->column_last = arguments[1] & (SSD1306_WIDTH - 1);
    model->column = model->column_first;
}

static void set_page_range(struct ssd1306_model *model, const uint8_t *arguments)
{
    model->page_first = arguments[0] & (SSD1306_PAGES - 1);
    model->page_last = arguments[1] & (SSD1306_PAGES - 1);
    model->page = model->page_first;
}

/* Commands with arguments. Returns whether the command is known. */
static bool run_long_command(struct ssd1306_model *model, uint8_t command, const uint8_t *arguments)
{
    switch (command) {
    case 0x20:
        model->addressing = (arguments[0] & 3) > SSD1306_PAGE ? SSD1306_PAGE : (arguments[0] & 3);
        return true;
    case 0x21:
        set_column_range(model, arguments);
        return true;
    case 0x22:
        set_page_range(model, arguments);
        return true;
    case 0x81:
        model->contrast = arguments[0];
        return true;
    case 0x8D:
        model->is_charge_pump_on = arguments[0] & CHARGE_PUMP_ENABLE;
        return true;
    case 0xA8:
        model->multiplex = arguments[0] & (SSD1306_HEIGHT - 1);
        return true;
    case 0xD3:
        model->offset = arguments[0] & (SSD1306_HEIGHT - 1);
        return true;
    case 0xDA:
        model->com_pins = arguments[0];
        return true;
    case 0xD5:
    case 0xD9:
    case 0xDB: /* brightness and refresh only */
        return true;
    default: /* scrolling is not modelled */
        return false;
    }
}

/* Commands of one byte. Returns whether the command is known. */
static bool run_short_command(struct ssd1306_model *model, uint8_t command)
{
    if (command <= 0x0F) {
        model->column = (uint8_t)((model->column & 0xF0) | command);
    } else if (command <= 0x1F) {
        model->column = (uint8_t)((model->column & 0x0F) | (command & 0x07) << 4);
    } else if (command >= 0x40 && command <= 0x7F) {
        model->start_line = command & 0x3F;
    } else if (command >= 0xB0 && command <= 0xB7) {
        model->page = command & 0x07;
    } else if (command == 0xA0 || command == 0xA1) {
        model->is_remapped = command & 1;
    } else if (command == 0xA4 || command == 0xA5) {
        model->is_all_on = command & 1;
    } else if (command == 0xA6 || command == 0xA7) {
        model->is_inverted = command & 1;
    } else if (command == 0xAE || command == 0xAF) {
        model->is_on = command & 1;
    } else if (command == 0xC0 || command == 0xC8) {
        model->is_com_reversed = command == 0xC8;
    } else {
        return command == 0xE3 || command == 0x2E; /* no operation; scrolling off */
    }
    return true;
}

static void run_command(struct ssd1306_model *model)
{
    const uint8_t command = model->command;
    const bool is_known = arguments_of(command) > 0 ? run_long_command(model, command, model->arguments)
                                                    : run_short_command(model, command);
    if (!is_known) {
        model->unknown_commands++;
        model->last_unknown = command;
    }
}

static void take_command_byte(struct ssd1306_model *model, uint8_t byte)
{
    if (model->arguments_wanted == 0) {
        model->command = byte;
        model->argument_count = 0;
        model->arguments_wanted = arguments_of(byte);
    } else {
        model->arguments[model->argument_count++] = byte;
        model->arguments_wanted--;
    }
    if (model->arguments_wanted == 0) {
        run_command(model);
    }
}

/* Step *value from last back to first. Returns whether it wrapped. */
static bool advance(uint8_t *value, uint8_t first, uint8_t last, uint8_t mask)
{
    if (*value == last) {
        *value = first;
        return true;
    }
    *value = (uint8_t)((*value + 1) & mask);
    return false;
}

static bool advance_column(struct ssd1306_model *model)
{
    return advance(&model->column, model->column_first, model->column_last, SSD1306_WIDTH - 1);
}

static bool advance_page(struct ssd1306_model *model)
{
    return advance(&model->page, model->page_first, model->page_last, SSD1306_PAGES - 1);
}

/* Segment remap acts when a byte is stored: what is in the RAM already does not move (datasheet 10.1.8). */
static void take_data_byte(struct ssd1306_model *model, uint8_t byte)
{
    const uint8_t segment = model->is_remapped ? (uint8_t)(SSD1306_WIDTH - 1 - model->column) : model->column;
    model->data_bytes++;
    model->ram[model->page][segment] = byte;
    if (model->addressing == SSD1306_VERTICAL) {
        if (advance_page(model)) {
            advance_column(model);
        }
    } else if (advance_column(model) && model->addressing == SSD1306_HORIZONTAL) {
        advance_page(model);
    }
}

static void take_control_byte(struct ssd1306_model *model, uint8_t byte)
{
    model->expects_control = false;
    model->is_single = byte & CONTROL_CONTINUE;
    model->is_data = byte & CONTROL_DATA;
    if (byte & CONTROL_RESERVED) {
        model->unknown_commands++;
        model->last_unknown = byte;
    }
}

void ssd1306_model_write(struct ssd1306_model *model, uint8_t byte)
{
    if (model->expects_control) {
        take_control_byte(model, byte);
        return;
    }
    if (model->is_data) {
        take_data_byte(model, byte);
    } else {
        take_command_byte(model, byte);
    }
    model->expects_control = model->is_single;
}

uint8_t ssd1306_model_read(const struct ssd1306_model *model)
{
    return model->is_on ? 0 : STATUS_OFF;
}

/* The line of display RAM shown in row y of the panel, or -1 where the multiplexer never goes.
 *
 * Row y hangs on COM pin 63 - y if pins and panel agree on the alternative wiring. Told "sequential", the
 * controller puts COM0..31 on the even pins and COM32..63 on the odd ones: the well-known interlaced picture.
 */
static int ram_line_of_row(const struct ssd1306_model *model, unsigned y)
{
    unsigned pin = SSD1306_HEIGHT - 1 - y;
    if (model->com_pins & COM_PINS_SWAPPED) {
        pin ^= 1;
    }
    const unsigned com = model->com_pins & COM_PINS_ALTERNATIVE ? pin : (pin >> 1) + 32 * (pin & 1);
    if (com > model->multiplex) {
        return -1;
    }
    const unsigned scan = model->is_com_reversed ? model->multiplex - com : com;
    return (int)((scan + model->start_line + model->offset) & (SSD1306_HEIGHT - 1));
}

static void look_at_row(const struct ssd1306_model *model, unsigned line, uint8_t *row)
{
    for (unsigned x = 0; x < SSD1306_WIDTH; x++) {
        const uint8_t byte = model->ram[line / 8][SSD1306_WIDTH - 1 - x];
        bool is_lit = byte >> (line & 7) & 1;
        is_lit = model->is_all_on || is_lit != model->is_inverted;
        if (is_lit) {
            row[x / 8] = (uint8_t)(row[x / 8] | 0x80 >> (x & 7));
        }
    }
}

void ssd1306_model_look(const struct ssd1306_model *model, struct ssd1306_picture *picture)
{
    memset(picture, 0, sizeof *picture);
    if (!model->is_on || !model->is_charge_pump_on) {
        return;
    }
    for (unsigned y = 0; y < SSD1306_HEIGHT; y++) {
        const int line = ram_line_of_row(model, y);
        if (line >= 0) {
            look_at_row(model, (unsigned)line, picture->rows[y]);
        }
    }
}

bool ssd1306_picture_is_lit(const struct ssd1306_picture *picture, unsigned x, unsigned y)
{
    return picture->rows[y][x / 8] >> (7 - (x & 7)) & 1;
}
